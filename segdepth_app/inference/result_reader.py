"""What a finished result and one in the making have in common: what they are, and where their pixels lie.

Source pixels are those of the file's frame (with drift undone: of its first frame), x right, y down, integers at pixel
centres; a result pixel is a pixel of the grid of the maps. numpy only.
"""

from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from segdepth_app.errors import InputError
from segdepth_app.inference.result_info import ResultInfo
from segdepth_app.models.card import ModelCard
from segdepth_app.series.grid import Grid, grid_for

Floats = npt.NDArray[np.float32]
Steps = Generator[None, None, Floats]
"""Work in steps; what it returns at its end is the answer."""


class ResultReader(ABC):
    """Maps and traces of a result. Use as a context manager."""

    path: Path
    info: ResultInfo
    card: ModelCard
    version: str
    done: npt.NDArray[np.bool_]
    """Frames that were analysed; the others hold nothing, not zeros."""

    @abstractmethod
    def close(self) -> None:
        """Lets go of the files; info, card and done stay usable."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Height and width in result pixels."""

    @abstractmethod
    def depth(self, t: int) -> npt.NDArray[np.uint8]:
        """Likeliest class of every pixel of frame t, (h, w), 255 outside the frame.

        Raises: InputError where it is not done.
        """

    @abstractmethod
    def confidence(self, t: int) -> npt.NDArray[np.uint8]:
        """Probability of that class in 255ths, (h, w), 0 outside the frame. Raises: InputError where it is not done."""

    @abstractmethod
    def probability(self, t: int) -> Floats:
        """All probabilities of frame t, (11, h, w). Raises: InputError where it is not done."""

    @abstractmethod
    def source_shift_px(self) -> npt.NDArray[np.float64] | None:
        """Drift (dy, dx) of every frame of the file that was undone, (T, 2) px; None where frames stayed as they were.

        Raises: ResultError where it was not kept.
        """

    @abstractmethod
    def _pixel_trace(self, x: int, y: int) -> Floats:
        """Probabilities (T, 11) at a result pixel; frames that are not done hold anything."""

    @abstractmethod
    def _mean_steps(self, rows: slice, cols: slice, chosen: npt.NDArray[np.bool_]) -> Steps:
        """Mean probabilities (T, 11) of the chosen pixels of a rectangle of result pixels, read in small steps."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    @property
    def n_frames(self) -> int:
        """Images of the series, done or not."""
        return self.info.n_frames

    @property
    def scale(self) -> float:
        """Source pixels per result pixel."""
        return self.info.scale

    @cached_property
    def grid(self) -> Grid:
        """Where result pixels lie in the frame."""
        if self.info.grid is not None:
            return Grid.from_dict(self.info.grid)
        height, width = self.shape
        grid = grid_for(self.info.height_px, self.info.width_px, 1.0, self.info.scale)
        return replace(grid, height=height, width=width)

    @property
    def time_s(self) -> npt.NDArray[np.floating] | None:
        """Time of each frame from the first, where the series says so."""
        frame_time = self.info.frame_time_s
        return None if frame_time is None else np.arange(self.n_frames) * frame_time

    def trace(self, x_px: float, y_px: float) -> Floats:
        """Probabilities at a source pixel through time, (T, 11); NaN in frames that are not done.

        Raises: InputError where the pixel lies outside the frame.
        """
        return self._where_done(self._pixel_trace(*self.to_result_px(x_px, y_px)))

    def roi_trace(self, x_px: float, y_px: float, width_px: float, height_px: float) -> Floats:
        """Mean probabilities in a rectangle of source pixels through time, (T, 11); NaN in frames that are not done.

        The mean is over the result pixels whose centres lie in the rectangle, or the one in its middle where it
        holds none. Raises: InputError where the rectangle is empty or not within the frame.
        """
        steps = self.roi_steps(x_px, y_px, width_px, height_px)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                values: Floats = end.value
                return values

    def roi_steps(self, x_px: float, y_px: float, width_px: float, height_px: float) -> Steps:
        """roi_trace() as a generator that returns it: each step reads a few MB, for windows that must not stand still.

        Raises: InputError as roi_trace, at the first step.
        """
        rows, cols, chosen = self._pixels_in(x_px, y_px, width_px, height_px)
        values = yield from self._mean_steps(rows, cols, chosen)
        return self._where_done(values)

    def to_result_px(self, x_px: float, y_px: float) -> tuple[int, int]:
        """The result pixel (x, y) that holds a source pixel. Raises: InputError outside the frame."""
        if not (0 <= x_px <= self.info.width_px - 1 and 0 <= y_px <= self.info.height_px - 1):
            raise InputError(
                f"Pixel {x_px:g},{y_px:g} lies outside the frame.",
                f"x runs from 0 to {self.info.width_px - 1}, y from 0 to {self.info.height_px - 1}.",
            )
        height, width = self.shape
        x, y = (int(np.floor(float(value) + 0.5)) for value in self.grid.to_grid(x_px, y_px))
        # a rim narrower than a result pixel belongs to the last one
        return min(max(x, 0), width - 1), min(max(y, 0), height - 1)

    def to_source_px(self, x: float, y: float) -> tuple[float, float]:
        """The source pixel, with fractions, at a result pixel."""
        x_px, y_px = self.grid.to_source(x, y)
        return float(x_px), float(y_px)

    def _pixels_in(self, x: float, y: float, width: float, height: float) -> tuple[slice, slice, npt.NDArray[np.bool_]]:
        if width < 1 or height < 1:
            raise InputError(f"The region {x:g},{y:g},{width:g},{height:g} holds no pixel.", "Give x,y,width,height.")
        right, low = x + width - 1, y + height - 1
        corners = [self.to_result_px(*corner) for corner in ((x, y), (right, y), (x, low), (right, low))]
        xs, ys = zip(*corners, strict=True)
        rows, cols = slice(min(ys), max(ys) + 1), slice(min(xs), max(xs) + 1)
        grid_y, grid_x = np.mgrid[rows, cols]
        source_x, source_y = self.grid.to_source(grid_x, grid_y)
        # a pixel reaches half a pixel around its centre
        inside = (source_x >= x - 0.5) & (source_x < x + width - 0.5)
        inside &= (source_y >= y - 0.5) & (source_y < y + height - 0.5)
        if not inside.any():
            middle_x, middle_y = self.to_result_px((x + right) / 2, (y + low) / 2)
            inside = (grid_x == middle_x) & (grid_y == middle_y)
        return rows, cols, inside

    def _where_done(self, values: Floats) -> Floats:
        values[~self.done] = np.nan
        return values

    def _check_frame(self, t: int) -> None:
        if not 0 <= t < self.n_frames:
            raise InputError(f"There is no frame {t}.", f"Frames run from 0 to {self.n_frames - 1}.")
        if not self.done[t]:
            raise InputError(
                f"Frame {t} was not analysed.",
                "It could not be read, or the job ended before it; the warnings say which.",
            )
