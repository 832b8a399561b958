"""What the neighbours of a column suggest for it, where a specimen has no smooth wedge to compare with.

Two answers. A plane is fitted by least squares to the counts of the nearest columns of the same element, the column
itself left out, and read off at the column; rounded, and kept within 0 to 10 atoms. Where the neighbours lie on one
line the slope across it is taken as 0. And the mean count of the nearest columns of any element: where counts are
drawn on their own, the regression of calls on this mean is the sum of the weights that all of those neighbours have in
the calls, however a network combines them (a fit that shares only some of its neighbours would see only their part).

Units: x, y in Å.
"""

import numpy as np
from scipy.spatial import cKDTree

from segdepth_app.config import N_CLASSES

N_NEIGHBOURS = 8
N_AROUND = 12
FEWEST_NEIGHBOURS = 3
NO_REFERENCE = -1
SINGULAR = 1e-6
TINY = 1e-9  # Å


def neighbours_plane(columns: np.ndarray) -> np.ndarray:
    """Count (n,) that the neighbours suggest for every row of a column table; NO_REFERENCE where there are too few."""
    plane = np.full(len(columns), NO_REFERENCE, np.int64)
    for element in np.unique(columns["element"]):
        rows = np.flatnonzero(columns["element"] == element)
        if len(rows) > FEWEST_NEIGHBOURS:
            place = np.stack([columns["x"][rows], columns["y"][rows]], axis=1).astype(np.float64)
            plane[rows] = _fitted(place, columns["count"][rows].astype(np.float64))
    return plane


def mean_around(columns: np.ndarray) -> np.ndarray:
    """Mean count (n,) of the nearest other columns of every row of a column table; NaN for one that is alone."""
    if len(columns) < 2:
        return np.full(len(columns), np.nan)
    place = np.stack([columns["x"], columns["y"]], axis=1).astype(np.float64)
    return np.asarray(columns["count"][_others(place, N_AROUND)].mean(axis=1))


def has_plane(kind: str, columns: np.ndarray) -> bool:
    """Whether the column table says what smooth wedge the columns deviate from; shuffled specimens have none."""
    return kind != "shuffled" and bool(
        np.array_equal(columns["count"].astype(int) - columns["plane"], columns["deviation"])
    )


def _fitted(place: np.ndarray, count: np.ndarray) -> np.ndarray:
    near = _others(place, N_NEIGHBOURS)
    offset = place[near] - place[:, None]
    # in units of the neighbours' mean distance, so that "singular" means the same in every crystal
    offset /= np.maximum(np.linalg.norm(offset, axis=2).mean(axis=1), TINY)[:, None, None]
    design = np.concatenate([np.ones((*near.shape, 1)), offset], axis=2)
    transposed = design.transpose(0, 2, 1)
    inverse = np.linalg.pinv(transposed @ design, rcond=SINGULAR, hermitian=True)
    at_column = np.einsum("nk,nkm,nm->n", inverse[:, 0], transposed, count[near])
    # a hair below one half would round down what is one half exactly
    return np.clip(np.floor(at_column + 0.5 + 1e-9), 0, N_CLASSES - 1).astype(np.int64)


def _others(place: np.ndarray, most: int) -> np.ndarray:
    """Rows (n, k) of the nearest other columns."""
    k = min(most, len(place) - 1)
    _, found = cKDTree(place).query(place, k + 1)
    own = found == np.arange(len(place))[:, None]
    # of columns that lie on one another the column itself may not be among those found: then the farthest goes
    own[~own.any(axis=1), -1] = True
    return np.asarray(found[~own].reshape(len(place), k))
