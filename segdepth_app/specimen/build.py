"""Random ceria [110] specimens with a free (110) surface at the top.

Units: Å; y grows into the specimen. A specimen is drawn in three steps: the surface line (flat, sawtooth,
stepped), the plane (the count a smooth wedge has at each column), and the deviations from it by kind:

wedge     none: thickness depends on position alone, as in the paper
rough     single columns off by ±1 to ±3, vacancies, adatoms, terraces, an O sublattice that lacks atoms
shuffled  every count drawn on its own, so that position says nothing
"""

from dataclasses import dataclass

import numpy as np

from segdepth_app.specimen.ceria import CERIA_110, OXYGEN, PERIOD_X, PERIOD_Y
from segdepth_app.specimen.crystal import Extent, lattice_sites
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.table import empty_table

MAX_COUNT = 10
ROW_SPACING = PERIOD_Y / 2


@dataclass(frozen=True)
class SpecimenPlan:
    """What a specimen shall be; everything else is drawn from the generator."""

    surface: str
    kind: str
    thickness: float  # mean atoms per column, well inside
    wedge_faces: str  # both, exit, mixed


def build_specimen(plan: SpecimenPlan, extent: Extent, rng: np.random.Generator) -> Specimen:
    """A specimen over extent (x0, x1, y0, y1)."""
    x0, x1, y0, y1 = extent
    height = y1 - y0
    origin = rng.uniform(0, PERIOD_X), rng.uniform(0, PERIOD_Y)
    x, y, site = lattice_sites(CERIA_110, extent, origin)
    element = np.array([s.element for s in CERIA_110.sites])[site]
    top = y0 + height * rng.uniform(0.12, 0.5)
    depth = y - (top + _surface_line(plan.surface, x, x1 - x0, rng))  # below the surface, Å
    inside = depth >= 0
    plane = np.where(inside, _wedge(depth, x, height, plan, rng), 0)

    table = empty_table(len(x))
    table["x"], table["y"], table["site"], table["element"], table["plane"] = x, y, site, element, plane
    table["count"] = _counts(plan, plane, depth, inside, element, rng)
    table["deviation"] = table["count"] - table["plane"]
    kept = inside | (table["count"] > 0)
    table = table[kept]
    table["first"] = _first_period(table["count"], plan.wedge_faces, rng)
    return Specimen(table, CERIA_110)


def _surface_line(shape: str, x: np.ndarray, width: float, rng: np.random.Generator) -> np.ndarray:
    """Depth of the surface below its highest point at each x."""
    if shape == "sawtooth":
        period = rng.uniform(12, max(14, width * 0.7))
        amplitude = rng.uniform(3, min(14, 0.7 * period))
        phase = rng.uniform(0, period)
        skew = rng.uniform(0.3, 0.7)
        t = ((x + phase) % period) / period
        teeth: np.ndarray = amplitude * np.where(t < skew, t / skew, (1 - t) / (1 - skew))
        return teeth
    if shape == "stepped":
        n_steps = rng.integers(1, 4)
        edges = np.sort(rng.uniform(x.min(), x.max(), n_steps))
        rises = rng.choice([-3, -2, -1, 1, 2, 3], n_steps) * ROW_SPACING
        levels = np.concatenate([[0], np.cumsum(rises)])
        steps: np.ndarray = (levels - levels.min())[np.searchsorted(edges, x)]
        return steps
    return np.zeros_like(x)


def _wedge(depth: np.ndarray, x: np.ndarray, height: float, plan: SpecimenPlan, rng: np.random.Generator) -> np.ndarray:
    """The smooth count at each column: thin at the surface, thicker inside, a slight slope along x."""
    thin = rng.uniform(1, min(3.5, plan.thickness))
    # the mean over the specimen is plan.thickness, wherever the ramp ends
    ramp = rng.uniform(0.25, 1.2) * height
    rise = 1 - np.exp(-2 * np.maximum(depth, 0) / ramp)
    slope = rng.normal(0, 0.8) * (x - x.mean()) / np.ptp(x)
    inside = depth >= 0
    shape = np.where(inside, rise, 0)
    mean_shape = shape[inside].mean() if inside.any() else 1.0
    scale = (plan.thickness - thin) / max(mean_shape, 1e-6)
    counts: np.ndarray = np.clip(np.rint(thin + scale * shape + slope), 1, MAX_COUNT).astype(int)
    return counts


def _counts(
    plan: SpecimenPlan,
    plane: np.ndarray,
    depth: np.ndarray,
    inside: np.ndarray,
    element: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    if plan.kind == "wedge":
        return plane
    if plan.kind == "shuffled":
        counts = rng.integers(1, MAX_COUNT + 1, len(plane))
        counts[rng.random(len(plane)) < 0.04] = 0
        return np.where(inside, counts, 0)
    return _roughened(plane, depth, inside, element, rng)


def _roughened(
    plane: np.ndarray, depth: np.ndarray, inside: np.ndarray, element: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    counts = plane.copy()
    share = rng.uniform(0.1, 0.6)
    step = rng.choice([1, 2, 3], len(plane), p=[0.55, 0.3, 0.15]) * rng.choice([-1, 1], len(plane))
    counts += np.where(rng.random(len(plane)) < share, step, 0)
    if rng.random() < 0.4:  # an oxygen-poor (or rich) sublattice
        counts += np.where(element == OXYGEN, rng.choice([-3, -2, -1, 1]), 0)
    counts = np.clip(counts, 1, MAX_COUNT)
    near_surface = depth < 3 * ROW_SPACING
    vacant = rng.random(len(plane)) < np.where(near_surface, rng.uniform(0, 0.3), 0.01)
    counts[vacant] = 0
    adatom = ~inside & (depth > -1.2 * ROW_SPACING) & (rng.random(len(plane)) < rng.uniform(0, 0.4))
    return np.where(inside, counts, np.where(adatom, rng.integers(1, 4, len(plane)), 0))


def _first_period(counts: np.ndarray, faces: str, rng: np.random.Generator) -> np.ndarray:
    """Index of each column's first atom along the beam; the thickest column ends at the exit face."""
    thickest = int(counts.max(initial=1))
    spare = thickest - counts.astype(int)
    if faces == "mixed":
        faces = str(rng.choice(["both", "exit", "entrance"]))
    if faces == "exit":  # cut on the exit face: columns begin together
        return np.zeros_like(spare)
    if faces == "entrance":
        return spare
    # both faces; odd remainders go to either side, the same way within a specimen
    return (spare + rng.integers(0, 2)) // 2
