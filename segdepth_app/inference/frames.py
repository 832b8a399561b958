"""The loop over a series: frame → input of the network → ln p → journal; and sums of frames on the way.

Sums are means of inputs, of which the network is told the whole dose. They are made like a binary counter: one open
sum per length, so that no frame is read twice and memory does not grow with the series.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segdepth_app.errors import Cancelled, SegDepthError, SeriesError
from segdepth_app.inference.journal_writer import Journal
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.windows import windows_ending
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.grid import Grid
from segdepth_app.series.opener import Series

CUDA_BATCH = 16
"""Frames at once on a GPU; a CPU gains nothing from more than one."""
UNIT = "frames"


class Use(NamedTuple):
    """What is assumed of a series when a model is applied to it."""

    pixel_size_pm: float
    image_dose_e_per_px: float
    """Electrons per pixel of the file in one image, that is in all frames that it sums."""
    rotation_deg: float


class Sum(NamedTuple):
    """Frames start to stop - 1 as one image."""

    start: int
    stop: int
    n_frames: int
    """How many of them could be read."""
    mean: Tensor


class Adder:
    """Sums of aligned windows of 2, 4, 8 … frames (windows.windows), of inputs that come in order."""

    def __init__(self, longest: int) -> None:
        self.longest = longest
        self._open: dict[int, tuple[Tensor | None, int]] = {}

    @property
    def span(self) -> int:
        """Frames of the longest window: whoever goes on at a multiple of it needs no frames before."""
        return 2 ** (self.longest.bit_length() - 1)

    def add(self, frame: int, inputs: Tensor | None) -> list[Sum]:
        """The sums that this frame (None: it could not be read) completes, shortest first."""
        mean, n = inputs, int(inputs is not None)
        width, found = 1, []
        for start, stop in windows_ending(frame, self.longest):
            mean, n = _joined(self._open.pop(width), (mean, n))
            width = stop - start
            if mean is not None:
                found.append(Sum(start, stop, n, mean))
        if width < self.span:
            self._open[width] = mean, n
        return found


def _joined(one: tuple[Tensor | None, int], other: tuple[Tensor | None, int]) -> tuple[Tensor | None, int]:
    (a, n_a), (b, n_b) = one, other
    if a is None or b is None:
        return (b, n_b) if a is None else (a, n_a)
    return (a * n_a + b * n_b) / (n_a + n_b), n_a + n_b


@dataclass
class Loop:
    """Everything that takes part in the analysis of a series, frame by frame."""

    series: Series
    predictor: Predictor
    journal: Journal
    use: Use
    grid: Grid
    reporter: Reporter

    def __post_init__(self) -> None:
        self._adder = Adder(self.journal.info.longest_sum_frames)
        self._x, self._y = self.grid.to_source(
            np.arange(self.grid.width, dtype=float)[None, :], np.arange(self.grid.height, dtype=float)[:, None]
        )

    def run(self) -> Command | None:
        """Analyses what the journal lacks; the command (stop or pause) that ended it early.

        Raises: Cancelled; SeriesError where the series cannot be reached any more. The journal keeps what is done.
        """
        n_frames, first = self.series.n_frames, self.journal.n_reached
        self.reporter.progress(first, n_frames, UNIT)
        self._catch_up(first)
        try:
            for frames in _batches(first, n_frames, self._batch_size):
                self.reporter.raise_if_cancelled()
                command = self.reporter.command()
                if command in (Command.STOP, Command.PAUSE):
                    return command
                self._analyse(frames)
                self.journal.flush_when_due()
                self.reporter.progress(frames.stop, n_frames, UNIT)
        except Cancelled:
            raise
        except (SegDepthError, OSError):
            self.journal.flush()
            raise
        return None

    @property
    def _batch_size(self) -> int:
        return CUDA_BATCH if self.predictor.device.type == "cuda" else 1

    def _catch_up(self, first: int) -> None:
        """Reads the frames again whose sums were open when the analysis was interrupted; computes nothing."""
        for frame in range(first // self._adder.span * self._adder.span, first):
            self._adder.add(frame, None if frame in self.journal.gaps else self._inputs(frame))

    def _analyse(self, frames: range) -> None:
        """One batch: all is computed before any of it is added, so that the journal never holds half of it."""
        read = [self._read(frame) for frame in frames]
        inputs = [found for found in read if isinstance(found, Tensor)]
        logs = iter(self._logs(inputs, 1))
        found: dict[int, list[Sum]] = {}
        for frame, item in zip(frames, read, strict=True):
            for added in self._adder.add(frame, item if isinstance(item, Tensor) else None):
                found.setdefault(added.n_frames, []).append(added)
        sums = [
            (added, log)
            for n_frames, group in found.items()
            for added, log in zip(group, self._logs([added.mean for added in group], n_frames), strict=True)
        ]
        for frame, item in zip(frames, read, strict=True):
            if isinstance(item, Tensor):
                self.journal.add(next(logs), self._recorded(frame))
            else:
                self.journal.add_gap(item)
        for added, log in sums:
            self.journal.add_sum((added.start, added.stop), log)

    def _logs(self, inputs: list[Tensor], n_frames: int) -> npt.NDArray[np.float32] | list[npt.NDArray[np.float32]]:
        """ln p of each input, a mean of `n_frames` images."""
        if not inputs:
            return []
        return self.predictor.from_inputs(
            torch.stack(inputs),
            pixel_size_pm=self.use.pixel_size_pm,
            dose_e_per_px=self.use.image_dose_e_per_px * n_frames,
        )

    def _read(self, frame: int) -> Tensor | str:
        """The input of a frame, or why it cannot be read. Raises: SeriesError where the whole series is gone."""
        try:
            return self._inputs(frame)
        except (SeriesError, OSError, ValueError) as error:
            reason = " ".join(str(error).split()) or type(error).__name__
            if not any(path.exists() for path in self.series.paths):
                raise SeriesError(
                    f"{self.series.name} cannot be reached any more: {reason}",
                    f"The {frame} frames before are kept; once it can be, the same command goes on from there.",
                ) from error
            why = f"Frame {frame} could not be read and is left out: {reason}"
            self.reporter.warning(why)
            return why

    def _inputs(self, frame: int) -> Tensor:
        return self.predictor.inputs(
            self.series.normalised(frame)[None],
            pixel_size_pm=self.use.pixel_size_pm,
            rotation_deg=self.use.rotation_deg,
            shifts=np.array([self.series.rest_shift(frame)]),
        )[0]

    def _recorded(self, frame: int) -> npt.NDArray[np.bool_]:
        """Result pixels (h, w) whose centre lies in the frame, where the drift has taken it, or in one of its sum."""
        height, width = self.series.height_px, self.series.width_px
        recorded = np.zeros(self.grid.shape, bool)
        for dy, dx in np.unique(np.floor(shifts_of_image(self.series, frame) + 0.5), axis=0):
            x, y = self._x + dx, self._y + dy
            recorded |= (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
        return recorded


def shifts_of_image(series: Series, image: int) -> npt.NDArray[np.floating]:
    """Drift (dy, dx) of the frames of the file that an image is the sum of, (n, 2)."""
    if series.shift_px is None:
        return np.zeros((1, 2))
    return np.asarray(series.shift_px[image * series.sum_frames : (image + 1) * series.sum_frames], float)


def _batches(first: int, stop: int, size: int) -> Iterator[range]:
    """Frames from `first` on, in the batches that a loop from 0 would take: what is computed together stays so."""
    start = first
    while start < stop:
        end = min((start // size + 1) * size, stop)
        yield range(start, end)
        start = end
