"""Labels and weights of pixels, derived from the column table.

Every pixel belongs to its nearest column. Within `plateau_share` of the column's disc radius its label is
the column's count; from there rings of falling count reach 0 at the radius (spatial label smoothing).
The weight is 1 at the centre and falls with the square of the distance to `background_weight` at the
radius. A vacancy (count 0) has label 0 and the weight of a column: that nothing is there must be learnt.

Units: distances in pm; column x, y in Å from the centre of the first reference pixel.
Axes: maps are [y, x] at `binning` times the reference pixel.
"""

import numpy as np
import numpy.typing as npt

from segdepth_app.config import LabelConfig
from segdepth_app.config.rings import ring_label, ring_weight
from segdepth_app.units import PM_PER_ANGSTROM, binned_from_px

HEAVY_FROM_Z = 20
"""Columns of elements from this atomic number on have the heavy disc."""

NO_COLUMN = -1

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


def disc_radius_pm(element: int, labels: LabelConfig) -> float:
    """Radius of a column's disc, by the element's atomic number."""
    return labels.heavy_radius_pm if element >= HEAVY_FROM_Z else labels.light_radius_pm


def disc_radii_pm(elements: npt.ArrayLike, labels: LabelConfig) -> Floats:
    """disc_radius_pm of many columns, (n,)."""
    heavy = np.asarray(elements) >= HEAVY_FROM_Z
    return np.where(heavy, labels.heavy_radius_pm, labels.light_radius_pm).astype(np.float32)


def pixel_positions(columns: np.ndarray, *, pixel_size_pm: float, binning: int) -> npt.NDArray[np.float64]:
    """(n, 2) positions (y, x) of columns in pixels of the map; integers are pixel centres."""
    in_px = np.stack([columns["y"], columns["x"]], axis=1).astype(float) * (PM_PER_ANGSTROM / pixel_size_pm)
    return np.asarray(binned_from_px(in_px, binning))


def nearest_columns(
    columns: np.ndarray, *, shape: tuple[int, int], pixel_size_pm: float, binning: int, reach_pm: float
) -> tuple[Ints, Floats]:
    """Row of the nearest column of every pixel and the distance to it in pm, each (H, W).

    Pixels farther than `reach_pm` from every column have row NO_COLUMN and distance inf.
    """
    height, width = shape
    owner = np.full(height * width, NO_COLUMN, np.int32)
    distance = np.full(height * width, np.inf, np.float32)
    stored_pm = pixel_size_pm * binning
    centres = pixel_positions(columns, pixel_size_pm=pixel_size_pm, binning=binning)
    half = int(np.ceil(reach_pm / stored_pm)) + 1
    near = np.rint(centres).astype(np.int64)
    steps = np.arange(-half, half + 1)
    rows, cols = near[:, :1] + steps, near[:, 1:] + steps
    dy2 = (rows - centres[:, :1]) ** 2
    dx2 = (cols - centres[:, 1:]) ** 2
    squared = dy2[:, :, None] + dx2[:, None, :]
    usable = (
        ((rows >= 0) & (rows < height))[:, :, None]
        & ((cols >= 0) & (cols < width))[:, None, :]
        & (squared <= (reach_pm / stored_pm) ** 2)
    )
    which, row, col = np.nonzero(usable)
    flat = rows[which, row] * width + cols[which, col]
    squared = squared[usable]
    # farthest first: where a pixel is named twice, numpy keeps the last, which is the nearest column
    order = np.argsort(-squared, kind="stable")
    owner[flat[order]] = which[order]
    distance[flat[order]] = np.sqrt(squared[order]) * stored_pm
    return owner.reshape(shape), distance.reshape(shape)


def ring_maps(
    columns: np.ndarray, *, shape: tuple[int, int], pixel_size_pm: float, binning: int, labels: LabelConfig
) -> tuple[npt.NDArray[np.uint8], Floats]:
    """Depth label uint8 (H, W) and weight float32 (H, W) of every pixel."""
    depth = np.zeros(shape, np.uint8)
    weight = np.full(shape, labels.background_weight, np.float32)
    owner, distance = nearest_columns(
        columns,
        shape=shape,
        pixel_size_pm=pixel_size_pm,
        binning=binning,
        reach_pm=max(labels.heavy_radius_pm, labels.light_radius_pm),
    )
    near = owner != NO_COLUMN
    rows = owner[near]
    reach = distance[near] / disc_radii_pm(columns["element"], labels)[rows]
    depth[near] = ring_label(columns["count"][rows], reach, labels.plateau_share)
    weight[near] = ring_weight(reach, labels.background_weight)
    return depth, weight


def disc_map(
    columns: np.ndarray,
    *,
    shape: tuple[int, int],
    pixel_size_pm: float,
    binning: int,
    labels: LabelConfig,
    share: float = 1.0,
) -> Ints:
    """Row of the column in whose disc a pixel lies, else NO_COLUMN, int32 (H, W); `share` scales the discs."""
    owner, distance = nearest_columns(
        columns,
        shape=shape,
        pixel_size_pm=pixel_size_pm,
        binning=binning,
        reach_pm=max(labels.heavy_radius_pm, labels.light_radius_pm) * share,
    )
    radii = np.append(disc_radii_pm(columns["element"], labels) * share, 0)  # the last answers NO_COLUMN
    return np.where(distance <= radii[owner], owner, NO_COLUMN).astype(np.int32)


def plateau_map(
    columns: np.ndarray, *, shape: tuple[int, int], pixel_size_pm: float, binning: int, labels: LabelConfig
) -> Ints:
    """disc_map of the plateaus: the pixels whose probabilities are pooled to judge a column."""
    return disc_map(
        columns,
        shape=shape,
        pixel_size_pm=pixel_size_pm,
        binning=binning,
        labels=labels,
        share=labels.plateau_share,
    )


def centre_mask(
    columns: np.ndarray, *, shape: tuple[int, int], pixel_size_pm: float, binning: int, labels: LabelConfig
) -> Bools:
    """Pixels of the paper's centre accuracy: within the disc of their nearest column; vacancies have none."""
    owner = disc_map(columns, shape=shape, pixel_size_pm=pixel_size_pm, binning=binning, labels=labels)
    is_column = np.append(columns["count"] > 0, False)  # the last answers NO_COLUMN
    return np.asarray(is_column[owner])


def pool_discs(values: npt.NDArray[np.floating], discs: Ints, n_columns: int) -> npt.NDArray[np.float64]:
    """Mean of `values` (C, H, W) over each column's pixels in `discs`: (n, C); NaN where a column has none."""
    inside = discs != NO_COLUMN
    rows = discs[inside]
    sizes = np.bincount(rows, minlength=n_columns)
    sums = np.stack([np.bincount(rows, weights=plane[inside], minlength=n_columns) for plane in values], axis=1)
    with np.errstate(invalid="ignore"):
        return np.asarray(sums / sizes[:, None])
