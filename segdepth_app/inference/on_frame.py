"""Maps of a result drawn on the frame they belong to, whatever way the result's grid is turned.

Pictures are those of the frame, `zoom` picture pixels per frame pixel: a whole number, or one over a whole number.
"""

from math import ceil, floor, log10

import numpy as np

from segdepth_app.series.grid import Grid


def zoom_for(height_px: int, width_px: int, longest: int) -> float:
    """The largest zoom at which the frame's longer side is at most `longest` picture pixels."""
    side = max(height_px, width_px)
    return float(longest // side) if side <= longest else 1 / ceil(side / longest)


def frame_picture(frame: np.ndarray, zoom: float) -> np.ndarray:
    """The frame (H, W) as a picture, float32: every pixel repeated, or the means of blocks."""
    if zoom >= 1:
        n = round(zoom)
        return np.repeat(np.repeat(frame, n, axis=0), n, axis=1).astype(np.float32)
    n = round(1 / zoom)
    height, width = (size // n for size in frame.shape)
    blocks = frame[: height * n, : width * n].reshape(height, n, width, n)
    return np.asarray(blocks.mean(axis=(1, 3), dtype=np.float32))


class OnFrame:
    """Puts maps of a grid on pictures of a frame; where each pixel comes from is worked out once."""

    def __init__(self, grid: Grid, height_px: int, width_px: int, zoom: float) -> None:
        self.zoom = zoom
        self.shape = (_zoomed(height_px, zoom), _zoomed(width_px, zoom))
        rows, cols = (np.arange(n, dtype=float) for n in self.shape)
        x, y = grid.to_grid(self.to_frame(cols)[None, :], self.to_frame(rows)[:, None])
        x, y = (np.floor(np.broadcast_to(value, self.shape) + 0.5).astype(np.intp) for value in (x, y))
        self.reaches = (x >= 0) & (x < grid.width) & (y >= 0) & (y < grid.height)
        """Picture pixels that lie on the grid, bool (h, w)."""
        self._x, self._y = x[self.reaches], y[self.reaches]

    def __call__(self, values: np.ndarray, filler: float) -> np.ndarray:
        """The map (grid height, grid width) as a picture of its type: the nearest value; `filler` beside the grid."""
        picture = np.full(self.shape, filler, values.dtype)
        picture[self.reaches] = values[self._y, self._x]
        return picture

    def to_frame(self, at: np.ndarray) -> np.ndarray:
        """Frame coordinates of picture coordinates (pixel centres are whole numbers in both)."""
        return (at + 0.5) / self.zoom - 0.5

    def to_picture(self, at: np.ndarray) -> np.ndarray:
        """Picture coordinates of frame coordinates."""
        return (at + 0.5) * self.zoom - 0.5


def _zoomed(n: int, zoom: float) -> int:
    return max(1, round(n * zoom) if zoom >= 1 else n // round(1 / zoom))


def bar_length_nm(width_nm: float) -> float:
    """Length of a scale bar: the longest of 1, 2, 5 × 10ⁿ nm within a quarter of the picture."""
    decade = 10.0 ** floor(log10(width_nm / 4))
    return max(step * decade for step in (1, 2, 5) if step * decade <= width_nm / 4)
