"""How many atoms each column really has: the plane of a smooth wedge, and the ways columns stray from it.

Units: Å; `depth` is measured from the surface line into the specimen, below 0 outside.
"""

import numpy as np

MAX_COUNT = 10


def counts_of_kind(
    kind: str,
    plane: np.ndarray,
    depth: np.ndarray,
    light: np.ndarray,
    row_spacing: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Counts (n,) of a specimen of this kind; `light` (n,) is true for columns of the lighter elements."""
    inside = depth >= 0
    if kind == "wedge":
        return plane
    if kind == "shuffled":
        counts = rng.integers(1, MAX_COUNT + 1, len(plane))
        counts[rng.random(len(plane)) < 0.04] = 0
        return np.where(inside, counts, 0)
    return _roughened(plane, depth, light, row_spacing, rng)


def _roughened(
    plane: np.ndarray, depth: np.ndarray, light: np.ndarray, row_spacing: float, rng: np.random.Generator
) -> np.ndarray:
    inside = depth >= 0
    counts = plane.copy()
    share = rng.uniform(0.1, 0.6)
    step = rng.choice([1, 2, 3], len(plane), p=[0.55, 0.3, 0.15]) * rng.choice([-1, 1], len(plane))
    counts += np.where(rng.random(len(plane)) < share, step, 0)
    if rng.random() < 0.4:  # a light sublattice that is poor (or rich): oxygen, in an oxide
        counts += np.where(light, rng.choice([-3, -2, -1, 1]), 0)
    counts = np.clip(counts, 1, MAX_COUNT)
    near_surface = depth < 3 * row_spacing
    vacant = rng.random(len(plane)) < np.where(near_surface, rng.uniform(0, 0.3), 0.01)
    counts[vacant] = 0
    adatom = ~inside & (depth > -1.2 * row_spacing) & (rng.random(len(plane)) < rng.uniform(0, 0.4))
    return np.where(inside, counts, np.where(adatom, rng.integers(1, 4, len(plane)), 0))


def with_terraces(
    counts: np.ndarray, x: np.ndarray, depth: np.ndarray, row_spacing: float, rng: np.random.Generator
) -> np.ndarray:
    """One or two blocks between straight edges, one or two atoms thicker, and an island of adatoms on the surface.

    Vacancies stay vacant; a column already at MAX_COUNT cannot grow.
    """
    counts = counts.copy()
    inside = depth >= 0
    for _ in range(rng.integers(1, 3)):
        across = x if rng.random() < 0.5 else depth  # edges along the lattice, as real terraces have
        low, high = across[inside].min(initial=0), across[inside].max(initial=0)
        width = rng.uniform(0.15, 0.5) * (high - low)
        begin = rng.uniform(low, high - width)
        block = inside & (counts > 0) & (across >= begin) & (across < begin + width)
        counts[block] += rng.integers(1, 3)
    width = rng.uniform(4, 9) * row_spacing
    begin = rng.uniform(x.min(initial=0), max(x.max(initial=0) - width, x.min(initial=0)))
    rows = rng.integers(1, 3)
    island = ~inside & (depth > -(rows + 0.2) * row_spacing) & (x >= begin) & (x < begin + width)
    counts[island] = np.maximum(counts[island], rng.integers(1, 3, np.count_nonzero(island)))
    return np.minimum(counts, MAX_COUNT)
