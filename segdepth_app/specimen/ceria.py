"""Ceria along [110]: where columns stand.

Units: Å. x = [001] (period a), y = [1-10] (period a/√2, the normal of the (110) surface), z = [110], along the
beam (period a/√2). One atom of each column per period, in one of two layers.
"""

from math import sqrt

import numpy as np

LATTICE_CONSTANT = 5.411
PERIOD_X = LATTICE_CONSTANT
PERIOD_Y = LATTICE_CONSTANT / sqrt(2)
LAYER_SPACING = LATTICE_CONSTANT / (2 * sqrt(2))
CE, OXYGEN = 58, 8

# fractional x, fractional y, layer parity (z = 0 or ½), atomic number
SITES = (
    (0.0, 0.0, 0, CE),
    (0.5, 0.5, 1, CE),
    (0.25, 0.0, 1, OXYGEN),
    (0.75, 0.0, 1, OXYGEN),
    (0.25, 0.5, 0, OXYGEN),
    (0.75, 0.5, 0, OXYGEN),
)


def lattice_sites(
    extent: tuple[float, float, float, float], origin: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Columns whose positions lie in extent (x0, x1, y0, y1): x, y, parity, element, each (n,).

    `origin` (x, y) is the position of one Ce column of parity 0.
    """
    x0, x1, y0, y1 = extent
    cells_x = np.arange(np.floor((x0 - origin[0]) / PERIOD_X) - 1, np.ceil((x1 - origin[0]) / PERIOD_X) + 1)
    cells_y = np.arange(np.floor((y0 - origin[1]) / PERIOD_Y) - 1, np.ceil((y1 - origin[1]) / PERIOD_Y) + 1)
    sites = np.array(SITES)
    x = origin[0] + (cells_x[None, :, None] + sites[:, 0]) * PERIOD_X
    y = origin[1] + (cells_y[:, None, None] + sites[:, 1]) * PERIOD_Y
    x, y, parity, element = (
        np.broadcast_to(a, np.broadcast_shapes(x.shape, y.shape)).ravel() for a in (x, y, sites[:, 2], sites[:, 3])
    )
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    return x[inside], y[inside], parity[inside].astype(int), element[inside].astype(int)
