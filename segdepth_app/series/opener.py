"""Opening a TEM series: `open_series(options)` gives a Series with frames on demand.

Every number says where it comes from: typed by the user, read from the file, estimated, or missing. A missing
pixel size or dose is never replaced by a guess.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from segdepth_app.config import SeriesOptions
from segdepth_app.errors import SeriesError
from segdepth_app.series import fingerprint as prints
from segdepth_app.series.dispatch import open_source
from segdepth_app.series.drift_files import require_drift
from segdepth_app.series.moved import Moved
from segdepth_app.series.names import hinted_frame_time_s, hinted_pixel_size_pm
from segdepth_app.series.sampling import Sample, sample_frames
from segdepth_app.series.source import Source
from segdepth_app.series.vacuum import COUNTS_FANO, WHITE_NOISE, Vacuum, estimate_vacuum

FROM_FILE, TYPED, MISSING = "from file", "typed", "missing"
SATURATED_SHARE = 1e-3
DISAGREEMENT = 0.2
"""A typed vacuum level or dose that is further than this from what the frames say is remarked upon."""

ABSURD = 1e18
"""Its square still fits into float32."""
MOST_COUNTS = 1000
"""Counting cameras lose electrons long before so many fall on one pixel in one frame."""


def open_series(options: SeriesOptions) -> "Series":
    """Opens a file, a folder of frames, or frames in the order given; use it in a `with` statement.

    Reads the directory of the file and some 20 frames for the vacuum level.
    Raises: SeriesError, one clear line, where it cannot be opened or is no image series.
    """
    source = open_source(options.series, options.raw)
    try:
        return Series(source, options)
    except BaseException:
        source.close()
        raise


class Series:
    """An opened TEM series. Frames are float32 (H, W) in the file's own numbers."""

    def __init__(self, source: Source, options: SeriesOptions) -> None:
        self._source = source
        self.paths = source.paths
        self.name = _name(options.series)
        self.n_frames, self.height_px, self.width_px = source.n_frames, source.height_px, source.width_px
        self.dtype = np.dtype(source.dtype)
        self._warnings = list(source.warnings)
        self._bad_pixels: dict[int, int] = {}
        self.rotation_deg = options.rotation_deg
        self.align, self.sum_frames = options.align, options.sum_frames
        self._set_pixel_size(options)
        self._set_frame_time(options)
        sample = sample_frames(
            self._finite,
            n_frames=self.n_frames,
            height_px=self.height_px,
            width_px=self.width_px,
            pixel_size_pm=self.pixel_size_pm,
            ceiling=float(np.iinfo(self.dtype).max) if self.dtype.kind in "ui" else None,
            landmarks=source.landmarks,
        )
        self._warnings.extend(sample.remarks)
        estimate = estimate_vacuum(sample)
        self.is_counts = self._looks_like_counts(sample, estimate)
        self._set_vacuum(options.vacuum, sample, estimate)
        self.vacuum_reason = self.vacuum_source
        self._set_gain(options)
        self._set_dose(options.dose_e_per_px, sample)
        if sample.saturated_share > SATURATED_SHARE:
            self._warnings.append(
                f"{100 * sample.saturated_share:.2g} % of the pixels are saturated (the largest {self.dtype.name})."
            )
        self._set_images(options)

    @property
    def warnings(self) -> list[str]:
        """What the user should know; grows as frames with unusable pixels are read."""
        if not self._bad_pixels:
            return list(self._warnings)
        n, frames = sum(self._bad_pixels.values()), sorted(self._bad_pixels)
        listed = ", ".join(str(index) for index in frames[:5]) + ("…" if len(frames) > 5 else "")
        return [
            *self._warnings,
            f"{n} pixels in {len(frames)} of the frames read so far (frame {listed}) are no numbers "
            "(NaN, infinite or absurdly large); they are replaced by the vacuum level.",
        ]

    def frame(self, index: int) -> np.ndarray:
        """Image `index` (from 0), float32 (H, W), values as in the file: a frame, or the mean of those summed, aligned.

        Pixels that are NaN, infinite or beyond 1e18 become the vacuum level; `warnings` then counts them.
        """
        return self._images.image(index, lambda frame: self._finite(frame, self.vacuum), self.vacuum)

    def rest_shift(self, index: int) -> tuple[float, float]:
        """(dy, dx): what is left of image `index`'s drift below a pixel, for series.grid.sample; 0 for sums."""
        return self._images.rest_shift(index)

    @property
    def image_dose_e_per_px(self) -> float | None:
        """Electrons per pixel in vacuum of one image, that is of all frames of the file that it sums."""
        return None if self.dose_e_per_px is None else self.dose_e_per_px * self.sum_frames

    def normalised(self, index: int) -> np.ndarray:
        """Frame `index` with vacuum = 1."""
        return self.frame(index) / np.float32(self.vacuum)

    def require_pixel_size(self) -> float:
        """Pixel size in pm. Raises: SeriesError where neither the file nor the user gave one."""
        if self.pixel_size_pm is None:
            hint = "Give it with --pixel-size-pm (or type it in the View tab)."
            if self.hinted_pixel_size_pm:
                hint = (
                    f"Give it with --pixel-size-pm; the file name mentions {self.hinted_pixel_size_pm:g} pm, "
                    "which may be it."
                )
            raise SeriesError(f"{self.name} does not say its pixel size.", hint)
        return self.pixel_size_pm

    def fingerprint(self) -> str:
        """SHA-256 of sizes and of the first and last MB; the same for a moved or copied series."""
        return prints.fingerprint(self.paths, self._source.layout)

    def close(self) -> None:
        """Lets go of the files; frames can no longer be read."""
        self._source.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _finite(self, index: int, filler: float | None = None) -> np.ndarray:
        if not 0 <= index < self._source.n_frames:
            raise IndexError(f"Frame {index} of {self._source.n_frames}.")
        stored = self._source.read(index)
        with np.errstate(over="ignore"):
            frame = np.array(stored, dtype=np.float32)
        # NaN fails both comparisons; a mask is made only where it is needed, since frames may be large
        if not (frame.min() > -ABSURD and frame.max() < ABSURD):
            bad = ~(np.abs(frame) < ABSURD)
            n_bad = int(bad.sum())
            if n_bad == frame.size:
                raise SeriesError(f"Frame {index} of {self.name} holds no numbers (all NaN).", "Leave this frame out.")
            self._bad_pixels[index] = n_bad
            frame[bad] = frame[~bad].mean(dtype=np.float64) if filler is None else filler
        return frame

    def _set_images(self, options: SeriesOptions) -> None:
        """What is asked of alignment and sums; from here on frames and their time are those of the images."""
        drift = require_drift(self.fingerprint(), self.name, self.n_frames) if options.align == "rigid" else None
        shift_px = None if drift is None else drift.shift_px
        self._images = Moved(self.n_frames, sum_frames=options.sum_frames, shift_px=shift_px)
        self.shift_px = shift_px
        if drift is not None:
            self._warnings.extend(drift.warnings)
        if self._images.n_left_out:
            self._warnings.append(
                f"The last {self._images.n_left_out} of {self.n_frames} frames do not fill a sum of "
                f"{options.sum_frames} and are left out."
            )
        self.n_frames = self._images.n_images
        if self.frame_time_s is not None:
            self.frame_time_s *= options.sum_frames

    def _set_pixel_size(self, options: SeriesOptions) -> None:
        in_file = self._source.calibration.pixel_size_pm
        self.pixel_size_pm = options.pixel_size_pm or in_file
        self.pixel_size_source = TYPED if options.pixel_size_pm else FROM_FILE if in_file else MISSING
        self.hinted_pixel_size_pm = hinted_pixel_size_pm(options.series[0]) if not in_file else None
        if self.pixel_size_pm is None:
            hint = f" (its name mentions {self.hinted_pixel_size_pm:g} pm)" if self.hinted_pixel_size_pm else ""
            self._warnings.append(f"The pixel size is missing{hint}; it must be typed before an analysis.")
        elif in_file and options.pixel_size_pm and abs(in_file / options.pixel_size_pm - 1) > DISAGREEMENT:
            self._warnings.append(
                f"The typed pixel size of {options.pixel_size_pm:.4g} pm is used; the file says {in_file:.4g} pm."
            )

    def _set_frame_time(self, options: SeriesOptions) -> None:
        in_file = self._source.calibration.frame_time_s
        self.frame_time_s = options.frame_time_s or in_file
        self.frame_time_source = TYPED if options.frame_time_s else FROM_FILE if in_file else MISSING
        self.hinted_frame_time_s = hinted_frame_time_s(options.series[0]) if not in_file else None
        if self.frame_time_s is None and self.n_frames > 1 and self.hinted_frame_time_s:
            self._warnings.append(
                f"The frame time is missing (the name mentions {1 / self.hinted_frame_time_s:g} frames per second)."
            )

    def _looks_like_counts(self, sample: Sample, estimate: Vacuum) -> bool:
        if self._source.is_display or not sample.is_whole or sample.lowest < 0 or estimate.fano is None:
            return False
        if estimate.level > MOST_COUNTS:
            self._warnings.append(
                f"The values are whole numbers, but {estimate.level:.4g} in vacuum is more than a camera can count."
            )
            return False
        if sample.divisor > 1:
            self._warnings.append(
                f"All values are multiples of {sample.divisor}: counts times a gain. Divide them by "
                f"{sample.divisor}, or type the dose."
            )
            return False
        low, high = COUNTS_FANO
        if not low <= estimate.fano <= high:
            self._warnings.append(
                "The values are whole numbers, but in vacuum their variance is "
                f"{estimate.fano:.2g} times their mean; electron counts would have about 1."
            )
            return False
        if estimate.whiteness < WHITE_NOISE:
            self._warnings.append(
                "The values are whole numbers, but their noise is blurred over pixels, unlike that of counts."
            )
            return False
        return True

    def _set_vacuum(self, wanted: str, sample: Sample, estimate: Vacuum) -> None:
        wanted = wanted.strip()
        if wanted == "auto":
            self.vacuum = estimate.level
            self.vacuum_source = f"automatic: from {100 * estimate.share:.0f} % of the image"
            if estimate.doubts:
                self.vacuum_source = "automatic: uncertain"
                self._warnings.append(
                    f"Vacuum level uncertain: {'; '.join(estimate.doubts)}. Taken: {estimate.level:.4g}. "
                    "Type it, or mark a rectangle in vacuum."
                )
        elif "," in wanted:
            x, y, width, height = self._rectangle(wanted)
            part = np.s_[y : y + height, x : x + width]
            self.vacuum = float(np.mean([self._finite(i)[part].mean(dtype=np.float64) for i in sample.indices]))
            self.vacuum_source = f"rectangle {width} × {height} px at x {x}, y {y}"
        else:
            self.vacuum = _positive_number(wanted)
            self.vacuum_source = TYPED
        if not math.isfinite(self.vacuum) or self.vacuum <= 0:
            raise SeriesError(
                f"The vacuum level of {self.name} comes out as {self.vacuum:.4g}; it must be above zero.",
                "Give the mean value in vacuum with --vacuum (a number, or a rectangle x,y,width,height).",
            )
        if self.vacuum_source == TYPED and not sample.lowest <= self.vacuum <= sample.highest:
            self._warnings.append(
                f"The typed vacuum level {self.vacuum:.4g} lies outside the values of the frames "
                f"({sample.lowest:.4g} to {sample.highest:.4g})."
            )

    def _rectangle(self, text: str) -> tuple[int, int, int, int]:
        hint = "Give x,y,width,height in pixels of the file, for example --vacuum 10,10,64,64."
        try:
            x, y, width, height = (int(part) for part in text.split(","))
        except ValueError as error:
            raise SeriesError(f"{text!r} is no rectangle.", hint) from error
        inside = 0 <= x and 0 <= y and x + width <= self.width_px and y + height <= self.height_px
        if not inside or width < 1 or height < 1:
            raise SeriesError(
                f"The vacuum rectangle {text} does not lie within the {self.width_px} × {self.height_px} px image.",
                hint,
            )
        return x, y, width, height

    def _set_gain(self, options: SeriesOptions) -> None:
        counted = "electron counts" if self.is_counts else MISSING
        self.gain = options.gain or (1.0 if self.is_counts else None)
        self.gain_source = TYPED if options.gain else counted
        self.offset = options.offset if options.offset is not None else 0.0 if self.is_counts else None
        self.offset_source = TYPED if options.offset is not None else counted

    def _set_dose(self, typed: float | None, sample: Sample) -> None:
        self.dose_e_per_px: float | None
        if typed is not None:
            self.dose_e_per_px, self.dose_source = typed, TYPED
            if self.is_counts and abs(typed / self.vacuum - 1) > DISAGREEMENT:
                self._warnings.append(
                    f"The typed dose of {typed:.4g} e/px is used, but the frames look like electron counts with "
                    f"{self.vacuum:.4g} in vacuum."
                )
        elif self.is_counts:
            self.dose_e_per_px, self.dose_source = self.vacuum, "vacuum level of counts"
        else:
            self.dose_e_per_px, self.dose_source = None, MISSING
            self._warnings.append(
                "The values are no electron counts, so the dose is unknown; it must be typed (--dose)."
            )


def _positive_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise SeriesError(
            f"The vacuum level {text!r} is neither auto, nor a number, nor a rectangle.",
            "Give --vacuum auto, a number, or x,y,width,height.",
        ) from error
    return value


def _name(series: Sequence[Path]) -> str:
    first = series[0]
    return first.name or first.resolve().name
