"""Frames at hand, and the contrast of a whole series from some of them. No Qt."""

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np

CACHE_BYTES = 512 * 2**20
N_SAMPLES = 20
SAMPLE_PIXELS = 50_000
CONTRAST_PERCENTILES = (0.5, 99.5)


class FrameCache:
    """The most recently used frames, up to a number of bytes but at least two."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._frames: OrderedDict[int, np.ndarray] = OrderedDict()
        self._bytes = 0

    def __contains__(self, frame: int) -> bool:
        return frame in self._frames

    def get(self, frame: int) -> np.ndarray | None:
        """The frame, now the most recently used one."""
        if frame in self._frames:
            self._frames.move_to_end(frame)
        return self._frames.get(frame)

    def put(self, frame: int, image: np.ndarray) -> None:
        """Keeps a frame; the ones not used for longest go."""
        if frame in self._frames:
            self._bytes -= self._frames.pop(frame).nbytes
        self._frames[frame] = image
        self._bytes += image.nbytes
        while self._bytes > self._limit and len(self._frames) > 2:
            _, dropped = self._frames.popitem(last=False)
            self._bytes -= dropped.nbytes

    def clear(self) -> None:
        """Forgets all."""
        self._frames.clear()
        self._bytes = 0


def contrast(samples: Iterable[np.ndarray]) -> tuple[float, float]:
    """Black and white for a whole series, from some of its frames."""
    values = np.concatenate([thinned(image) for image in samples])
    low, high = (float(value) for value in np.percentile(values, CONTRAST_PERCENTILES))
    return (low, high) if high > low else (low, low + 1)


def thinned(image: np.ndarray) -> np.ndarray:
    """Every k-th pixel, about SAMPLE_PIXELS of them; k is odd so that it does not walk along one column."""
    flat = image.ravel()
    step = flat.size // SAMPLE_PIXELS
    return flat[:: step + 1 - step % 2]


def sample_frames(n_frames: int) -> list[int]:
    """About 20 frames, evenly spread, with the first and the last."""
    return sorted({round(t) for t in np.linspace(0, n_frames - 1, min(n_frames, N_SAMPLES))})
