"""Columns of a series: where they stand, what they are, and how many atoms each holds in each frame.

Sites are found once, in the evidence of all frames and their sums (evidence.py), and are the same in every frame, so a
column is linked through time by construction. Peaks of the mean map give a lattice (lattice.py); its points that are
occupied often enough become sites, and carry the element. Where no lattice fits, the peaks themselves are the sites
and the element is unknown. In each frame the log probabilities are averaged over the site's plateau, as in training.

Units: positions in result pixels unless the name says otherwise; maps are [y, x].
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from segdepth_app.datasets.labels import plateau_map, pool_discs
from segdepth_app.inference.evidence import Evidence
from segdepth_app.inference.lattice import MAX_RESIDUAL, Lattice, elements, fit_lattice
from segdepth_app.inference.results import COLUMN_DTYPE, PROBABILITY_FIELDS, UNKNOWN_ELEMENT
from segdepth_app.inference.traces import Smoothed
from segdepth_app.models.card import ModelCard
from segdepth_app.specimen.table import SYMBOLS, empty_table
from segdepth_app.units import PM_PER_ANGSTROM, px_from_binned

MIN_DISTANCE = 0.9
"""Å between peaks; ceria's columns are 1.353 Å apart."""
BLUR = 0.3
"""Å, sigma; less than a column's disc."""
PEAK_PRESENCE = 0.25
"""Mean chance of any atom that a peak must have."""
SITE_PRESENCE = 0.10
"""Mean chance of any atom that a lattice site must have to be considered; smoothing through time decides later."""
BLOCK_PRESENCE = 0.5
"""… or in the best stretch of the series (evidence.STRETCH_FRAMES): one that is filled for a while counts."""
BEND = 4.0
"""Å over which local displacements from the lattice are averaged."""
LIGHT = 8

Floats = npt.NDArray[np.floating]


class Placing(Protocol):
    """Where result pixels lie in the source (series.grid.Grid)."""

    def to_source(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Result pixels → source pixels."""


@dataclass(frozen=True)
class Sites:
    """The columns of a series; x, y in result pixels."""

    x: Floats
    y: Floats
    element: npt.NDArray[np.int64]
    """Atomic number; 0: unknown."""
    lattice: Lattice | None
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.x)

    def taken(self, rows: np.ndarray) -> "Sites":
        """Some of them."""
        return Sites(self.x[rows], self.y[rows], self.element[rows], self.lattice, self.warnings)

    def discs(self, shape: tuple[int, int], card: ModelCard) -> npt.NDArray[np.int32]:
        """Number of the site on whose plateau a pixel lies, else -1, (h, w)."""
        table = empty_table(len(self))
        for name, position in (("x", self.x), ("y", self.y)):
            in_reference_px = px_from_binned(position, card.output_binning)  # type: ignore[arg-type]
            table[name] = in_reference_px * card.pixel_size_pm / PM_PER_ANGSTROM
        table["element"] = np.where(self.element > 0, self.element, LIGHT)
        return plateau_map(
            table, shape=shape, pixel_size_pm=card.pixel_size_pm, binning=card.output_binning, labels=card.labels
        )

    def symbols(self) -> list[str]:
        """Element symbols, `?` where unknown."""
        return [SYMBOLS.get(int(z), UNKNOWN_ELEMENT) for z in self.element]


def find_sites(evidence: Evidence, card: ModelCard) -> Sites:
    """All places where a column may stand, at least for a while."""
    pixel = card.output_pixel_pm / PM_PER_ANGSTROM
    peaks, strength = find_peaks(evidence.height, evidence.presence, pixel)
    lattice = fit_lattice(peaks * pixel, strength) if set(card.elements) == {"Ce", "O"} else None
    if lattice is None or not lattice.fits:
        warnings = () if not len(peaks) else (_no_lattice(peaks, lattice),)
        return Sites(peaks[:, 0], peaks[:, 1], np.zeros(len(peaks), np.int64), None, warnings)
    numbers = _grid_numbers(lattice, evidence.presence.shape, pixel)
    element = elements(numbers)
    positions = _bent(lattice, numbers, peaks * pixel) / pixel
    sites = Sites(positions[:, 0], positions[:, 1], element, lattice)
    occupied = _occupied(sites, evidence, card)
    return Sites(sites.x[occupied], sites.y[occupied], element[occupied], lattice, _strays(peaks * pixel, lattice))


def find_peaks(height: Floats, presence: Floats, pixel: float) -> tuple[Floats, Floats]:
    """Local maxima of the blurred height map: (n, 2) positions (x, y) to a fraction of a pixel, and their presence."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    blurred = gaussian_filter(height, BLUR / pixel, mode="nearest")
    steadied = gaussian_filter(presence, BLUR / pixel, mode="nearest")
    reach = max(int(MIN_DISTANCE / pixel / 2 + 0.5), 1)
    y, x = np.mgrid[-2 * reach : 2 * reach + 1, -2 * reach : 2 * reach + 1]
    disc = x**2 + y**2 <= (MIN_DISTANCE / pixel) ** 2
    top = (blurred == maximum_filter(blurred, footprint=disc, mode="nearest")) & (steadied >= PEAK_PRESENCE)
    rows, cols = np.nonzero(top)
    dx, dy = (_vertex(blurred, rows, cols, axis) for axis in (1, 0))
    return np.column_stack([cols + dx, rows + dy]).astype(float), steadied[rows, cols]


def _vertex(image: Floats, rows: np.ndarray, cols: np.ndarray, axis: int) -> Floats:
    """Vertex of the parabola through a peak and its two neighbours, within half a pixel."""
    position = rows if axis == 0 else cols
    low, high = np.maximum(position - 1, 0), np.minimum(position + 1, image.shape[axis] - 1)
    before, after = (image[low, cols], image[high, cols]) if axis == 0 else (image[rows, low], image[rows, high])
    curvature = before - 2 * image[rows, cols] + after
    flat = np.abs(curvature) < 1e-12
    offset = np.where(flat, 0, (before - after) / np.where(flat, 1, 2 * curvature))
    inner = (position > 0) & (position < image.shape[axis] - 1)
    return np.where(inner, np.clip(offset, -0.5, 0.5), 0)


def _grid_numbers(lattice: Lattice, shape: tuple[int, ...], pixel: float) -> np.ndarray:
    """Grid numbers of all points within the picture that may hold a column, row by row."""
    height, width = shape[0] * pixel, shape[1] * pixel
    corners = lattice.numbers([(0, 0), (width, 0), (0, height), (width, height)])
    (i0, j0), (i1, j1) = corners.min(axis=0) - 1, corners.max(axis=0) + 2
    j, i = (grid.ravel() for grid in np.meshgrid(np.arange(j0, j1), np.arange(i0, i1), indexing="ij"))
    numbers = np.column_stack([i, j])
    x, y = lattice.positions(numbers).T
    half = pixel / 2
    inside = (x > -half) & (x < width - half) & (y > -half) & (y < height - half)
    return numbers[inside & (elements(numbers) > 0)]


def _bent(lattice: Lattice, numbers: np.ndarray, peaks: Floats) -> Floats:
    """Positions of grid points, moved by the mean displacement of the peaks around them: crystals bend."""
    from scipy.spatial import cKDTree

    points = lattice.positions(numbers)
    displacement = peaks - lattice.positions(lattice.numbers(peaks))
    good = np.hypot(*displacement.T) < MAX_RESIDUAL
    near = cKDTree(points).sparse_distance_matrix(cKDTree(peaks[good]), 3 * BEND, output_type="coo_matrix")
    weight = near.copy()
    weight.data = np.exp(-0.5 * (near.data / BEND) ** 2)
    total = np.asarray(weight.sum(axis=1)).ravel()
    moved = weight.tocsr() @ displacement[good]
    # where few peaks are near, the lattice itself counts as one more
    return points + moved / (total + 1)[:, None]


def _occupied(sites: Sites, evidence: Evidence, card: ModelCard) -> npt.NDArray[np.bool_]:
    shape = evidence.presence.shape
    maps = np.stack([evidence.presence, evidence.best_stretch])
    mean, best = pool_discs(maps, sites.discs(shape, card), len(sites)).T
    # a site whose plateau holds no pixel (at the rim) is NaN, and compares False
    return (mean >= SITE_PRESENCE) | (best >= BLOCK_PRESENCE)


def _no_lattice(peaks: np.ndarray, lattice: Lattice | None) -> str:
    if lattice is None:
        return f"Only {len(peaks)} columns were found, too few to fit a lattice; their elements are unknown."
    return (
        f"The {len(peaks)} columns found do not fit the ceria [110] lattice (a share of {lattice.share:.2f}, "
        f"{100 * lattice.rms:.0f} pm rms); their elements are unknown. Is the crystal in this orientation, and not "
        "rotated by more than 6° in the picture?"
    )


def _strays(peaks: Floats, lattice: Lattice) -> tuple[str, ...]:
    numbers = lattice.numbers(peaks)
    off = np.hypot(*(peaks - lattice.positions(numbers)).T) >= MAX_RESIDUAL
    n = int((off | (elements(numbers) == 0)).sum())
    return (f"{n} of {len(peaks)} peaks do not lie on the lattice and were left out of the columns.",) if n else ()


def pool(log_probability: Floats, discs: npt.NDArray[np.int32], n_sites: int) -> npt.NDArray[np.float64]:
    """Probabilities (n, 11) of each site: softmax of the mean log probability on its plateau."""
    logs = pool_discs(log_probability, discs, n_sites)
    logs -= logs.max(axis=1, keepdims=True)
    values = np.exp(logs)
    return values / values.sum(axis=1, keepdims=True)


def columns_table(
    sites: Sites,
    frames: npt.ArrayLike,
    probabilities: Floats,
    smoothed: Smoothed,
    *,
    grid: Placing,
) -> np.ndarray:
    """COLUMN_DTYPE of all sites in `frames` (T,), from pooled probabilities (T, N, 11); positions in source pixels."""
    n_frames, n_sites, _ = probabilities.shape
    table = np.zeros((n_frames, n_sites), COLUMN_DTYPE)
    table["frame"] = np.asarray(frames)[:, None]
    table["column"] = np.arange(n_sites)
    table["element"] = np.array(sites.symbols(), "S2")
    table["x_px"], table["y_px"] = grid.to_source(np.asarray(sites.x, float), np.asarray(sites.y, float))
    table["count"] = probabilities.argmax(axis=2)
    table["confidence"] = probabilities.max(axis=2)
    for n, name in enumerate(PROBABILITY_FIELDS):
        table[name] = probabilities[:, :, n]
    table["hmm_count"] = smoothed.path
    table["hmm_confidence"] = smoothed.confidence
    return table.ravel()
