"""What the maps of a whole series say of every pixel, added up as they come; memory does not grow with the series.

Sums of frames (windows.py) say more than their frames: once the sum of a window is known it takes the place of what
the frames, or the shorter sums, within it said.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

STRETCH_FRAMES = 8
"""A column that is there for so many frames is looked for as one that is there for good."""
SURE = 3.0
"""Standard deviations by which activity must exceed the frame-to-frame noise to be shown."""


class _Window(NamedTuple):
    """Maps (h, w) of frames start to stop - 1."""

    start: int
    stop: int
    presence: Floats
    height: Floats

    @property
    def parent_stop(self) -> int:
        """Where the window of twice the length ends that could take its place."""
        width = 2 * (self.stop - self.start)
        return (self.start // width + 1) * width


class Evidence:
    """Running sums over windows of frames. Frames come in order, each followed by all the sums that it completes."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.n_frames = 0
        self._next = 0
        self._open: list[_Window] = []
        self._presence, self._height, self._weight = np.zeros(shape), np.zeros(shape), 0
        self._stretch, self._n_stretch = np.zeros(shape), 0
        self._best = np.zeros(shape)
        self._best_sum: Floats | None = None
        self._first: Floats = np.zeros(shape)
        self._last: Floats = np.zeros(shape)
        self._count, self._square, self._step = np.zeros(shape), np.zeros(shape), np.zeros(shape)

    def add(self, probability: Floats, frame: int | None = None) -> None:
        """Probabilities (11, h, w) of a frame; without a number, of the next one."""
        frame = self._next if frame is None else frame
        self._close(frame)
        present, height = _maps(probability)
        self._open.append(_Window(frame, frame + 1, present, height))
        self._add_stretch(present)
        self._add_count(np.tensordot(np.arange(len(probability), dtype=float), probability, axes=1))
        self._next = frame + 1
        self.n_frames += 1

    def add_sum(self, start: int, stop: int, probability: Floats) -> None:
        """Probabilities (11, h, w) of the frames from start to stop - 1, added up to one image."""
        present, height = _maps(probability)
        self._open = [window for window in self._open if window.start < start]
        self._open.append(_Window(start, stop, present, height))
        if stop - start == STRETCH_FRAMES:
            self._best_sum = present if self._best_sum is None else np.maximum(self._best_sum, present)

    def _close(self, frame: int) -> None:
        """Adds up the windows that no sum can replace any more."""
        for window in [window for window in self._open if window.parent_stop <= frame]:
            self._presence += (window.stop - window.start) * window.presence
            self._height += (window.stop - window.start) * window.height
            self._weight += window.stop - window.start
            self._open.remove(window)

    def _add_stretch(self, present: Floats) -> None:
        self._stretch += present
        self._n_stretch += 1
        if self._n_stretch == STRETCH_FRAMES:
            np.maximum(self._best, self._stretch / STRETCH_FRAMES, out=self._best)
            self._stretch[:] = 0
            self._n_stretch = 0

    def _add_count(self, count: Floats) -> None:
        # from the first frame on, so that squares of large numbers do not cancel
        if self.n_frames:
            self._step += (count - self._last) ** 2
        else:
            self._first = count
        self._last = count
        self._count += count - self._first
        self._square += (count - self._first) ** 2

    def _mean(self, closed: Floats, name: str) -> Floats:
        weight = self._weight + sum(window.stop - window.start for window in self._open)
        rest = sum((window.stop - window.start) * getattr(window, name) for window in self._open)
        return np.asarray((closed + rest) / max(weight, 1))

    @property
    def presence(self) -> Floats:
        """Mean chance of any atom, (h, w)."""
        return self._mean(self._presence, "presence")

    @property
    def height(self) -> Floats:
        """Mean expected root of the count, (h, w)."""
        return self._mean(self._height, "height")

    @property
    def best_stretch(self) -> Floats:
        """Chance of any atom in the best stretch of the series, (h, w)."""
        return np.maximum(self._best if self._best_sum is None else self._best_sum, self.presence)

    def activity(self) -> Floats:
        """Standard deviation in time of the expected count beyond frame-to-frame noise, in atoms, (h, w).

        The variance of successive differences is twice that of the noise, whatever else changes slowly or seldom.
        For noise alone the ratio of both has a standard deviation of about 1/√T (von Neumann, Ann. Math. Stat. 12,
        367 (1941)); what is not surely less is 0.
        """
        n = self.n_frames
        if n < 3:
            return np.zeros_like(self._count)
        variance = np.maximum(self._square - self._count**2 / n, 0) / (n - 1)
        noise = self._step / (2 * (n - 1))
        beyond = noise < variance * (1 - SURE / np.sqrt(n))
        return np.where(beyond, np.sqrt(np.maximum(variance - noise, 0)), 0)


def _maps(probability: Floats) -> tuple[Floats, Floats]:
    """Chance of any atom, and expected root of the count: it lets a thin column keep its peak beside a thick one."""
    return 1 - probability[0], np.tensordot(np.sqrt(np.arange(len(probability))), probability, axes=1)
