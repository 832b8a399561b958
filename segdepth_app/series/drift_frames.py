"""The frames that drift is measured on, binned, and their mean in one place."""

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.correlation import Canvas
from segdepth_app.series.opener import Series

WORKING_PM = 40.0
WORKING_EDGE_PX = 256
"""Edge to which frames are binned where their pixel size is unknown."""
LEAST_EDGE_PX = 48
MEMORY = 400_000_000
"""Bytes of binned frames that are kept; of longer series they are read again in every pass."""
CLIP = 6.0
"""Standard deviations beyond which a binned pixel is no specimen."""


class Frames:
    """The binned frames of a series, float32 (h, w), mean 0; None where one cannot be read."""

    def __init__(self, series: Series) -> None:
        self._series = series
        self.n = series.n_frames
        shortest = min(series.height_px, series.width_px)
        if series.pixel_size_pm is None:
            wanted = max(series.height_px, series.width_px) / WORKING_EDGE_PX
        else:
            wanted = WORKING_PM / series.pixel_size_pm
        self.binning = max(1, min(round(wanted), shortest // LEAST_EDGE_PX))
        self.shape = series.height_px // self.binning, series.width_px // self.binning
        self.pixel_pm = self.binning * (series.pixel_size_pm or WORKING_PM / self.binning)
        self._kept: dict[int, np.ndarray | None] = {}
        self._keeps = self.n * self.shape[0] * self.shape[1] * 4 <= MEMORY

    def __getitem__(self, index: int) -> np.ndarray | None:
        if index not in self._kept:
            values = self._read(index)
            if not self._keeps:
                return values
            self._kept[index] = values
        return self._kept[index]

    def _read(self, index: int) -> np.ndarray | None:
        try:
            frame = self._series.frame(index)
        except SeriesError:
            return None
        (h, w), b = self.shape, self.binning
        rows = frame[: h * b, : w * b].reshape(h, b, w * b).sum(axis=1, dtype=np.float32)
        small = rows.reshape(h, w, b).sum(axis=2) / np.float32(b * b)
        middle, spread = float(np.median(small)), float(small.std())
        # single hot pixels would outweigh the specimen, and they do not move with it
        small = np.clip(small, middle - CLIP * spread, middle + CLIP * spread)
        return small - small.mean(dtype=np.float64).astype(np.float32)


class Groups:
    """Means of `size` consecutive frames, as frames; the last takes what is left over as well."""

    def __init__(self, frames: Frames, size: int) -> None:
        self._frames, self.size = frames, size
        self.n = max(frames.n // size, 1)
        self.shape, self.binning, self.pixel_pm = frames.shape, frames.binning, frames.pixel_pm

    def members(self, index: int) -> range:
        """The frames of one group."""
        return range(index * self.size, self._frames.n if index == self.n - 1 else (index + 1) * self.size)

    def __getitem__(self, index: int) -> np.ndarray | None:
        total, number = np.zeros(self.shape, dtype=np.float32), 0
        for member in self.members(index):
            frame = self._frames[member]
            if frame is not None:
                total += frame
                number += 1
        return total / np.float32(number) if number else None


class RunningMean:
    """A mean of frames on a canvas that reaches half a frame beyond them on all sides."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.margin = shape[0] // 2, shape[1] // 2
        size = shape[0] + 2 * self.margin[0], shape[1] + 2 * self.margin[1]
        self.total = np.zeros(size, dtype=np.float32)
        self.weight = np.zeros(size, dtype=np.float32)

    def add(self, frame: np.ndarray, shift: np.ndarray, sign: float = 1.0) -> None:
        """Adds a frame (h, w) whose specimen stands `shift` (dy, dx) further than on the canvas; −1 takes it off."""
        place = np.array(self.margin) - shift
        (y, x), (fy, fx) = np.floor(place).astype(int), place - np.floor(place)
        moved = frame[1:] * np.float32(1 - fy) + frame[:-1] * np.float32(fy)
        moved = moved[:, 1:] * np.float32(1 - fx) + moved[:, :-1] * np.float32(fx)
        h, w = moved.shape
        self.total[y + 1 : y + 1 + h, x + 1 : x + 1 + w] += np.float32(sign) * moved
        self.weight[y + 1 : y + 1 + h, x + 1 : x + 1 + w] += np.float32(sign)

    def canvas(self, shape: tuple[int, int]) -> Canvas:
        """The mean, for templates of that shape."""
        known = self.weight > 0.5
        mean = self.total / np.maximum(self.weight, 1)
        return Canvas.of(np.where(known, mean - mean[known].mean(), 0) if known.any() else mean, known, shape)
