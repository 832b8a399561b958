"""The grid a network works on, and how it lies on the frames of a series.

Coordinates: integers are pixel centres, from 0, x to the right, y down, on the frame as on the grid. The crystal's
[001] lies `rotation_deg` counterclockwise, as seen, from +x in the frame; a grid's +x runs along it.

Not turned, the grid is that of resample.py: upper left corner on the frame's, whole pixels, a rest at the right and
lower edge left off. Turned, it covers the whole frame, centred, and its corners lie outside.

Networks are trained on sums of whole counts, so where grid pixels are the larger ones, noise comes before sub-pixel
geometry: on a turned grid every frame pixel goes, undivided, to the grid pixel that its centre lies in, and sums of
counts stay independent Poisson numbers. (Area averages would share counts between neighbours: at a quarter of the
resolution that leaves 70 to 80 % of the variance, and correlated noise.) What it costs is an uncertainty of place of
0.3 frame pixels, less than the frame pixel itself blurs. Where grid pixels are finer, values are interpolated.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, cos, floor, radians, sin
from typing import Any, Self, TypeVar

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.resample import area_resample, resampled_shape, scale_of

Number = TypeVar("Number", float, np.ndarray)

_TINY = 1e-6
_ROWS = 64
"""Frame rows that are gathered at once, so that they stay in the processor's cache."""


@dataclass(frozen=True)
class Grid:
    """Square pixels of `scale` frame pixels a side, `height` × `width` of them."""

    scale: float
    rotation_deg: float
    height: int
    width: int
    x0_px: float = -0.5
    y0_px: float = -0.5
    """Frame coordinates of the grid's upper left corner (the corner, not the centre of its first pixel)."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def is_turned(self) -> bool:
        """Whether the grid's axes differ from the frame's."""
        return self.rotation_deg != 0

    def to_source(self, x: Number, y: Number) -> tuple[Number, Number]:
        """Frame coordinates of grid coordinates."""
        c, s = self._axis()
        u, v = (x + 0.5) * self.scale, (y + 0.5) * self.scale
        return self.x0_px + (c * u + s * v), self.y0_px + (c * v - s * u)

    def to_grid(self, x: Number, y: Number) -> tuple[Number, Number]:
        """Grid coordinates of frame coordinates; inverse of to_source."""
        c, s = self._axis()
        u, v = x - self.x0_px, y - self.y0_px
        return (c * u - s * v) / self.scale - 0.5, (s * u + c * v) / self.scale - 0.5

    def matrix(self) -> np.ndarray:
        """float64 (2, 3): (x, y, 1) of the frame → (x, y) of the grid."""
        c, s = (value / self.scale for value in self._axis())
        turn = np.array([[c, -s], [s, c]])
        return np.column_stack([turn, -turn @ (self.x0_px, self.y0_px) - 0.5])

    def inside(self, height_px: int, width_px: int) -> np.ndarray:
        """bool (height, width): grid pixels whose centre lies in the frame."""
        x, y = self.to_source(*self._centres())
        return (x >= -0.5) & (x <= width_px - 0.5) & (y >= -0.5) & (y <= height_px - 0.5)

    def coarser(self, factor: int) -> Self:
        """The grid of `factor` × `factor` pixels of this one, from the same corner; a rest is left off."""
        height, width = self.height // factor, self.width // factor
        return replace(self, scale=scale_of(1.0, self.scale * factor), height=height, width=width)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Self:
        """Inverse of as_dict."""
        return cls(**values)

    def _axis(self) -> tuple[float, float]:
        """Cosine and sine of the rotation; exact for quarter turns."""
        if self.rotation_deg % 90 == 0:
            return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[int(self.rotation_deg // 90) % 4]
        return cos(radians(self.rotation_deg)), sin(radians(self.rotation_deg))

    def _centres(self) -> tuple[np.ndarray, np.ndarray]:
        return np.arange(self.width, dtype=float)[None, :], np.arange(self.height, dtype=float)[:, None]


def grid_for(
    height_px: int,
    width_px: int,
    pixel_size_pm: float,
    to_pm: float,
    rotation_deg: float = 0.0,
    multiple: int = 1,
) -> Grid:
    """The grid of `to_pm` pixels for frames of that size; height and width are multiples of `multiple`.

    Raises: SeriesError where the frame is smaller than `multiple` such pixels.
    """
    scale = scale_of(pixel_size_pm, to_pm)
    height, width = (n // multiple * multiple for n in resampled_shape(height_px, width_px, pixel_size_pm, to_pm))
    if not height or not width:
        raise SeriesError(
            f"A frame of {height_px} × {width_px} px at {pixel_size_pm:.4g} pm is smaller than one pixel of "
            f"{multiple * to_pm:.4g} pm, which the model needs.",
            "Check the pixel size.",
        )
    if rotation_deg == 0:
        return Grid(scale, 0.0, height, width)
    upright = Grid(scale, float(rotation_deg), 0, 0)
    c, s = (abs(value) for value in upright._axis())
    height, width = (
        ceil(extent / (scale * multiple) - _TINY) * multiple
        for extent in (s * width_px + c * height_px, c * width_px + s * height_px)
    )
    # the middle of the grid on the middle of the frame
    x, y = replace(upright, x0_px=0.0, y0_px=0.0).to_source(width / 2 - 0.5, height / 2 - 0.5)
    return replace(upright, height=height, width=width, x0_px=(width_px - 1) / 2 - x, y0_px=(height_px - 1) / 2 - y)


def sample(image: np.ndarray, grid: Grid, shift: Sequence[float] = (0.0, 0.0), filler: float = 1.0) -> np.ndarray:
    """The image (H, W) on the grid, float32 (height, width); `filler` where the frame does not reach.

    `shift` (dy, dx): what stands at (y, x) of the coordinates that the grid is laid on, stands at (y + dy, x + dx) of
    this image. On a grid that is not turned and whose pixels are a whole number of frame pixels wide, it is rounded
    to whole pixels, so that the sums stay sums of whole counts.
    """
    image = np.asarray(image, dtype=np.float32)
    if not grid.is_turned:
        return _upright(image, grid, (float(shift[0]), float(shift[1])), filler)
    moved = replace(grid, x0_px=grid.x0_px + float(shift[1]), y0_px=grid.y0_px + float(shift[0]))
    return _gathered(image, moved, filler) if grid.scale >= 1 else _interpolated(image, moved, filler)


def shifted(image: np.ndarray, dy: int, dx: int, filler: float) -> np.ndarray:
    """result(y, x) = image(y + dy, x + dx), whole pixels, the image's shape and type; `filler` where there is none."""
    if not dy and not dx:
        return image
    height, width = image.shape
    result = np.full_like(image, filler)
    rows, columns = height - abs(dy), width - abs(dx)
    if rows > 0 and columns > 0:
        y, x = max(dy, 0), max(dx, 0)
        result[y - dy : y - dy + rows, x - dx : x - dx + columns] = image[y : y + rows, x : x + columns]
    return result


def _upright(image: np.ndarray, grid: Grid, shift: tuple[float, float], filler: float) -> np.ndarray:
    dy, dx = (floor(value + 0.5) for value in shift)
    is_whole = grid.scale == round(grid.scale)
    rest = (0.0, 0.0) if is_whole else (shift[0] - dy, shift[1] - dx)
    small = area_resample(shifted(image, dy, dx, filler), 1.0, grid.scale, rest)
    return small[: grid.height, : grid.width]


def _gathered(image: np.ndarray, grid: Grid, filler: float) -> np.ndarray:
    """Means of the frame pixels whose centres lie in each grid pixel."""
    height, width = image.shape
    total, number = np.zeros(grid.shape), np.zeros(grid.shape, dtype=np.int64)
    m = grid.matrix()
    corners = grid.to_grid(np.array([0, width - 1] * 2), np.array([0, 0, height - 1, height - 1]))
    # a shift may move the frame's rim off the grid
    holds_all = all(
        at.min() > -0.4999 and at.max() < n - 0.5001 for at, n in zip(corners, grid.shape[::-1], strict=True)
    )
    # cells are counted from their corners, hence + 0.5; a float32 is good to a ten-thousandth of a grid pixel here
    along_x = (m[:, :1] * np.arange(width) + (m[:, 2:] + 0.5)).astype(np.float32)
    for top in range(0, height, _ROWS):
        rows = np.arange(top, min(top + _ROWS, height), dtype=np.float32)[:, None]
        x, y = (along_x[axis] + np.float32(m[axis, 1]) * rows for axis in (0, 1))
        values = image[top : top + _ROWS]
        if not holds_all:
            kept = (x >= 0) & (x < grid.width) & (y >= 0) & (y < grid.height)
            if not kept.any():
                continue
            x, y, values = x[kept], y[kept], values[kept]
        x, y = x.astype(np.int32), y.astype(np.int32)
        first, last = int(y.min()), int(y.max()) + 1
        cell, values = ((y - first) * grid.width + x).ravel(), values.ravel()
        size = (last - first) * grid.width
        total[first:last] += np.bincount(cell, weights=values, minlength=size)[:size].reshape(-1, grid.width)
        number[first:last] += np.bincount(cell, minlength=size)[:size].reshape(-1, grid.width)
    return _completed(image, grid, total, number, filler)


def _completed(image: np.ndarray, grid: Grid, total: np.ndarray, number: np.ndarray, filler: float) -> np.ndarray:
    """Means from sums; what the frame's edge cuts off a grid pixel counts as filler, empty ones take their nearest."""
    height, width = image.shape
    x, y = grid.to_source(*grid._centres())
    reach = grid.scale / 2 * sum(abs(value) for value in grid._axis())
    deep = (np.minimum(x, width - 1 - x) + 0.5 >= reach) & (np.minimum(y, height - 1 - y) + 0.5 >= reach)
    missing = np.where(deep, 0, np.maximum(grid.scale**2 - number, 0))
    empty = deep & (number == 0)
    if empty.any():
        rows, columns = (np.rint(np.broadcast_to(value, grid.shape)[empty]).astype(int) for value in (y, x))
        total[empty], number[empty] = image[rows, columns], 1
    return ((total + filler * missing) / (number + missing)).astype(np.float32)


def _interpolated(image: np.ndarray, grid: Grid, filler: float) -> np.ndarray:
    """Linear interpolation between pixel centres; in the frame's outermost half pixel the edge value."""
    height, width = image.shape
    x, y = grid.to_source(*grid._centres())
    outside = (x < -0.5) | (x > width - 0.5) | (y < -0.5) | (y > height - 0.5)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    column, row = np.minimum(x.astype(int), max(width - 2, 0)), np.minimum(y.astype(int), max(height - 2, 0))
    right, below = np.minimum(column + 1, width - 1), np.minimum(row + 1, height - 1)
    fx, fy = (x - column).astype(np.float32), (y - row).astype(np.float32)
    above_line = image[row, column] * (1 - fx) + image[row, right] * fx
    below_line = image[below, column] * (1 - fx) + image[below, right] * fx
    result = above_line * (1 - fy) + below_line * fy
    result[outside] = filler
    return result.astype(np.float32, copy=False)
