"""Where a map lies on the frame it was made of, and which of its pixels is under a pixel of the frame.

A placing is a 2 × 3 matrix from source pixels to the map's pixels, both (x, y) with integers at pixel centres, as
`series.grid.Grid.matrix()` gives it. Views draw source pixel x over [x, x + 1), images their pixel i over [i, i + 1).
"""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtGui import QTransform

from segdepth_app.units import binned_from_px


def scaled(scale: float) -> np.ndarray:
    """The placing of a map whose pixels are `scale` source pixels wide and start in the same corner, (2, 3)."""
    return np.array([[1 / scale, 0, binned_from_px(0, scale)], [0, 1 / scale, binned_from_px(0, scale)]])


def drawn(placing: np.ndarray) -> QTransform:
    """From the map's own coordinates (pixel corners) to those of the view.

    Raises: ValueError where the matrix cannot be turned round.
    """
    (a, b, c), (d, e, f) = np.asarray(placing, float)
    # corners are half a pixel before centres, on both sides
    to_map = QTransform(a, d, b, e, c + 0.5 - (a + b) / 2, f + 0.5 - (d + e) / 2)
    to_view, possible = to_map.inverted()
    if not possible:
        raise ValueError(f"A map cannot be placed by {placing}: the matrix has no inverse")
    return to_view


def extent(placing: np.ndarray, shape: tuple[int, int]) -> QRectF:
    """The upright rectangle of the view that holds a map of (height, width) pixels."""
    height, width = shape
    return drawn(placing).mapRect(QRectF(0, 0, width, height))


def cell_under(placing: np.ndarray, shape: tuple[int, int], x: float, y: float) -> tuple[int, int] | None:
    """(row, column) of the map's pixel that holds source position (x, y); None beside the map."""
    column, row = np.floor(np.asarray(placing, float) @ (x, y, 1.0) + 0.5).astype(int)
    height, width = shape
    return (int(row), int(column)) if 0 <= row < height and 0 <= column < width else None
