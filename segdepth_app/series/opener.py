"""Opening a TEM series: `open_series(options)` gives a Series with frames on demand.

Every number says where it comes from: typed by the user, read from the file, estimated, or missing. A missing
pixel size or dose is never replaced by a guess.
"""

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
from segdepth_app.series.levels import DISAGREEMENT, MISSING, TYPED, Values, levels_of
from segdepth_app.series.moved import Moved
from segdepth_app.series.names import hinted_frame_time_s, hinted_pixel_size_pm
from segdepth_app.series.sampling import Sample, sample_frames
from segdepth_app.series.source import Source

FROM_FILE, FROM_LATTICE = "from file", "from the lattice"
SATURATED_SHARE = 1e-3
ABSURD = 1e18
"""Its square still fits into float32."""


def open_series(options: SeriesOptions, *, shift_px: np.ndarray | None = None) -> "Series":
    """Opens a file, a folder of frames, or frames in the order given; use it in a `with` statement.

    Reads the directory of the file and some 20 frames for the vacuum level. `shift_px` (T, 2), (dy, dx) of every frame
    of the file, is undone in place of the drift that was measured last; only with `align`.
    Raises: SeriesError, one clear line, where it cannot be opened or is no image series.
    """
    source = open_source(options.series, options.raw)
    try:
        return Series(source, options, shift_px)
    except BaseException:
        source.close()
        raise


class Series:
    """An opened TEM series. Frames are float32 (H, W) in the file's own numbers."""

    def __init__(self, source: Source, options: SeriesOptions, shift_px: np.ndarray | None = None) -> None:
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
        self._set_levels(sample, options)
        if sample.saturated_share > SATURATED_SHARE:
            self._warnings.append(
                f"{100 * sample.saturated_share:.2g} % of the pixels are saturated (the largest {self.dtype.name})."
            )
        self._set_images(options, shift_px)

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
        """Image `index` with vacuum = 1 and no electrons = 0: (frame − offset) / (vacuum − offset)."""
        offset = self.offset or 0.0
        if not offset:
            return self.frame(index) / np.float32(self.vacuum)
        return (self.frame(index) - np.float32(offset)) / np.float32(self.vacuum - offset)

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

    def _set_images(self, options: SeriesOptions, shift_px: np.ndarray | None) -> None:
        """What is asked of alignment and sums; from here on frames and their time are those of the images."""
        self.shift_px = None if options.align == "none" else self._drift() if shift_px is None else shift_px
        if self.shift_px is not None and self.shift_px.shape != (self.n_frames, 2):
            raise SeriesError(
                f"{self.name} has {self.n_frames} frames, but the drift to undo is that of {len(self.shift_px)}.",
                "It belongs to another series: measure the drift of this one.",
            )
        self._images = Moved(self.n_frames, sum_frames=options.sum_frames, shift_px=self.shift_px)
        if self._images.n_left_out:
            self._warnings.append(
                f"The last {self._images.n_left_out} of {self.n_frames} frames do not fill a sum of "
                f"{options.sum_frames} and are left out."
            )
        self.n_frames = self._images.n_images
        if self.frame_time_s is not None:
            self.frame_time_s *= options.sum_frames

    def _drift(self) -> np.ndarray:
        """The drift that was measured last, with what there was to warn of."""
        drift = require_drift(self.fingerprint(), self.name, self.n_frames)
        self._warnings.extend(drift.warnings)
        return drift.shift_px

    def _set_pixel_size(self, options: SeriesOptions) -> None:
        in_file = self._source.calibration.pixel_size_pm
        self.pixel_size_pm = options.pixel_size_pm or in_file
        given = FROM_LATTICE if options.pixel_size_from == "lattice" else TYPED
        self.pixel_size_source = given if options.pixel_size_pm else FROM_FILE if in_file else MISSING
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

    def _set_levels(self, sample: Sample, options: SeriesOptions) -> None:
        found = levels_of(
            Values(
                self.name,
                self.n_frames,
                self.height_px,
                self.width_px,
                self._source.is_display,
                self._finite,
                sample,
            ),
            options,
        )
        self.is_counts = found.is_counts
        self.vacuum, self.vacuum_source, self.vacuum_reason = found.vacuum, found.vacuum_source, found.vacuum_reason
        self.gain, self.gain_source = found.gain, found.gain_source
        self.offset, self.offset_source = found.offset, found.offset_source
        self.dose_e_per_px, self.dose_source = found.dose_e_per_px, found.dose_source
        self._warnings.extend(found.warnings)


def _name(series: Sequence[Path]) -> str:
    first = series[0]
    return first.name or first.resolve().name
