"""Any crystal from a file, seen along a zone axis: CIF, or whatever else ASE reads → Crystal.

Units: Å. The beam runs along the lattice direction [uvw] of the file's own cell. Across the beam the smallest
cell is taken whose two vectors advance along the beam by a multiple of the period, so that columns repeat
exactly. The longer of the two runs along +x (for ceria [110] that is [001], as in the built-in crystal), the
other downwards; x, y and the beam are right-handed. The heaviest column stands at the cell's corner.
Columns are found by projecting the atoms. A site that the file fills partly counts as full.
"""

from functools import lru_cache
from math import gcd
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import connected_components

from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file
from segdepth_app.specimen.crystal import Crystal, Layers, Site
from segdepth_app.specimen.lattice_basis import primitive_basis

if TYPE_CHECKING:
    from ase import Atoms

SAME_COLUMN = 0.2  # atoms closer than this in projection are one column
WIDEST_COLUMN = 0.5
SLICE = 2.0
DISTINCT = 0.8  # heights farther apart than this get layers of their own
MAX_LAYERS = 32
OFFSET_TOLERANCES = (0.1, 0.3, 0.6)
"""By how much a cell vector may miss the period along the beam, which shears the crystal along the beam.
The next one is tried where the cell would have too many columns; all are below the thickness of a slice."""
SAME_ATOM = 0.05
LONGEST_PERIOD = 60.0
NEAR, FAR = 6, 40  # how many cells are searched
MAX_SITES = 255  # the column table numbers sites in one byte
MAX_ATOMS = 1000
MAX_LEVELS = 16
LOWER_INDICES = "Choose a zone axis of lower indices."

ZoneAxis = tuple[int, int, int]


def crystal_from_file(path: str | Path, zone_axis: ZoneAxis) -> Crystal:
    """The crystal in a file along [uvw]; read once while the file does not change.

    Raises: InputError where ASE cannot read it, it has no cell, or no cell of tolerable size repeats along [uvw].
    """
    path = existing_file(path, "Structure").resolve()
    return _cached(path, tuple(int(i) for i in zone_axis), path.stat().st_mtime_ns)  # type: ignore[arg-type]


@lru_cache(maxsize=16)
def _cached(path: Path, zone_axis: ZoneAxis, _: int) -> Crystal:
    return crystal_from_atoms(read_structure(path), zone_axis, name=path.name)


def read_structure(path: str | Path) -> "Atoms":
    """Atoms of a CIF, XYZ or other file that ASE reads. Raises: InputError where it cannot."""
    import warnings

    import ase.io

    path = existing_file(path, "Structure")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ASE warns of CIF details that do not matter here
            atoms = ase.io.read(path)
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as a structure.", "Use a column table (.csv), .cif or .xyz."
        ) from error
    if isinstance(atoms, list) or not len(atoms):
        raise InputError(f"{path} has no atoms in it.", "Use a column table (.csv), .cif or .xyz.")
    return atoms


def crystal_from_atoms(atoms: "Atoms", zone_axis: ZoneAxis, *, name: str) -> Crystal:
    """The periodic structure along [uvw] of its cell. Raises: InputError as crystal_from_file does."""
    label = f"[{' '.join(str(i) for i in zone_axis)}]"
    if not any(zone_axis):
        raise InputError("The zone axis [0 0 0] is no direction.", "Give three whole numbers, not all 0.")
    if atoms.cell.rank < 3 or not atoms.pbc.all():
        raise InputError(f"{name} has no crystal cell, so it has no direction {label}.", "Use a CIF of the crystal.")
    if len(atoms) > MAX_ATOMS:
        raise InputError(
            f"The cell of {name} has {len(atoms)} atoms; up to {MAX_ATOMS} can be turned to a zone axis.",
            "Use the crystal's unit cell, or a structure with the beam along z already.",
        )
    basis = primitive_basis(atoms, tolerance=SAME_ATOM)
    beam = _beam_period(atoms.cell[:], basis, zone_axis, f"{name} along {label}")
    in_cell = round(len(atoms) * abs(np.linalg.det(basis) / np.linalg.det(atoms.cell[:])))
    across = _across(in_cell, basis, beam, f"{name} along {label}")
    return _projected(atoms, basis, np.array([*across, beam]), f"{name} {label}")


def _beam_period(cell: np.ndarray, basis: np.ndarray, zone_axis: ZoneAxis, what: str) -> np.ndarray:
    """The shortest lattice vector along [uvw]."""
    steps = np.rint(np.array(zone_axis) @ cell @ np.linalg.inv(basis)).astype(int)
    beam: np.ndarray = steps // gcd(*steps.tolist()) @ basis
    if np.linalg.norm(beam) > LONGEST_PERIOD:
        raise InputError(f"{what} repeats only every {np.linalg.norm(beam):.0f} Å.", LOWER_INDICES)
    return beam


def _across(atoms_per_cell: int, basis: np.ndarray, beam: np.ndarray, what: str) -> np.ndarray:
    """Two lattice vectors (rows) that repeat columns exactly, the longer one first; see OFFSET_TOLERANCES."""
    found = None
    for tolerance in OFFSET_TOLERANCES:
        pair = _shortest_pair(basis, beam, tolerance)
        if pair is None:
            continue
        found = pair
        n_cells = abs(np.linalg.det(np.array([*pair, beam])) / np.linalg.det(basis))
        if round(n_cells) * atoms_per_cell <= MAX_SITES:
            break
    if found is None:
        raise InputError(f"{what} has no columns that repeat within a tolerable cell.", LOWER_INDICES)
    return found


def _shortest_pair(basis: np.ndarray, beam: np.ndarray, tolerance: float) -> np.ndarray | None:
    period = float(np.linalg.norm(beam))
    axis = beam / period
    steps = np.arange(-NEAR, NEAR + 1)
    near = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 3) @ basis
    # any two lattice vectors that span the smallest area in projection make, with the beam, a primitive cell
    pair = _spanning(near, axis, area=abs(np.linalg.det(basis)) / period)
    if pair is None:
        return None
    steps = np.arange(-FAR, FAR + 1)
    vectors = np.stack(np.meshgrid(steps, steps, indexing="ij"), axis=-1).reshape(-1, 2) @ pair
    vectors -= np.rint(vectors @ axis / period)[:, None] * beam
    shortest = _spanning(vectors[np.abs(vectors @ axis) < tolerance], axis)
    if shortest is None:
        return None
    short, long = shortest
    return np.array([long, short if np.cross(long, short) @ axis > 0 else -short])


def _spanning(vectors: np.ndarray, axis: np.ndarray, *, area: float | None = None) -> np.ndarray | None:
    """The shortest vector in projection along axis, and the shortest that spans an area (this area) with it."""
    flat = vectors - (vectors @ axis)[:, None] * axis
    length = np.linalg.norm(flat, axis=1)
    order = np.argsort(np.round(length, 4), kind="stable")
    order = order[length[order] > 0.1]
    if not len(order):
        return None
    spanned = np.linalg.norm(np.cross(flat[order[0]], flat[order]), axis=1)
    others = order[spanned > 0.1 if area is None else np.abs(spanned - area) < 1e-3 * area]
    return vectors[[order[0], others[0]]] if len(others) else None


def _projected(atoms: "Atoms", basis: np.ndarray, repeat: np.ndarray, name: str) -> Crystal:
    """Sites of the cell `repeat` (rows: two vectors across the beam, the period along it)."""
    period = float(np.linalg.norm(repeat[2]))
    axis = repeat[2] / period
    right = repeat[0] - (repeat[0] @ axis) * axis
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(axis, right)])  # x and y as rows
    cell = repeat[:2] @ frame.T
    fractions, numbers = _contents(atoms, basis, repeat, name)
    label, shifts = _columns(fractions[:, :2] @ cell, cell)
    positions = (fractions[:, :2] + shifts) @ cell
    layers, layer_of = _cut_along_beam(fractions[:, 2] * period, period)
    sites = []
    for i in range(label.max() + 1):
        rows = np.flatnonzero(label == i)
        if np.ptp(positions[rows], axis=0).max() > WIDEST_COLUMN:
            raise InputError(f"The columns of {name} overlap in projection.", LOWER_INDICES)
        u, v = positions[rows].mean(axis=0) @ np.linalg.inv(cell)
        rows = rows[np.lexsort([fractions[rows, 2], layer_of[rows]])]
        sites.append((u, v, tuple((int(layer_of[k]), int(numbers[k])) for k in rows)))
    if len(sites) > MAX_SITES:
        raise InputError(
            f"{name} repeats only over {len(sites)} columns; up to {MAX_SITES} are possible.",
            LOWER_INDICES,
        )
    (ax, _), (bx, by) = np.round(cell, 9).tolist()
    return Crystal(name, ((ax, 0.0), (bx + 0.0, by)), _from_heaviest(sites, layers.n), layers)


def _contents(atoms: "Atoms", basis: np.ndarray, repeat: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Fractions (n, 3) of `repeat` in [0, 1) and atomic numbers of all atoms in it."""
    wanted = round(len(atoms) * abs(np.linalg.det(repeat) / np.linalg.det(atoms.cell[:])))
    if wanted > 8 * MAX_SITES:
        raise InputError(f"{name} repeats only over {wanted} atoms.", LOWER_INDICES)
    inverse = np.linalg.inv(repeat)
    one = atoms.positions @ np.linalg.inv(basis)
    folded = np.mod(one + 1e-6, 1) - 1e-6
    kept = _without_doubles(folded, basis, atoms.numbers)
    corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]) @ repeat @ np.linalg.inv(basis)
    low, high = np.floor(corners.min(axis=0)).astype(int) - 1, np.ceil(corners.max(axis=0)).astype(int) + 1
    cells = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(low, high, strict=True)), indexing="ij"), axis=-1)
    fractions = ((cells.reshape(-1, 1, 3) + folded[kept]).reshape(-1, 3) @ basis) @ inverse
    numbers = np.tile(atoms.numbers[kept], cells.size // 3)
    inside = ((fractions >= -1e-5) & (fractions < 1 - 1e-5)).all(axis=1)
    if np.count_nonzero(inside) != wanted:
        raise InputError(f"The lattice of {name} is not regular enough to be repeated.", "Clean up its positions.")
    return fractions[inside], numbers[inside]


def _without_doubles(fractions: np.ndarray, basis: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Rows to keep of atoms that the primitive cell holds several times."""
    between = fractions[:, None] - fractions[None]
    between -= np.rint(between)
    same = (np.linalg.norm(between @ basis, axis=-1) < 2 * SAME_ATOM) & (numbers[:, None] == numbers[None])
    _, label = connected_components(same, directed=False)
    kept: np.ndarray = np.unique(label, return_index=True)[1]
    return kept


def _columns(positions: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Column of each atom, and the cell shift (n, 2) that brings it beside the first atom of its column."""
    between = (positions[:, None] - positions[None]) @ np.linalg.inv(cell)
    shifts = -np.rint(between)
    near = np.linalg.norm((between + shifts) @ cell, axis=-1) < SAME_COLUMN
    _, label = connected_components(near, directed=False)
    first = np.unique(label, return_index=True)[1]
    return label, shifts[np.arange(len(positions)), first[label]]


def _cut_along_beam(heights: np.ndarray, period: float) -> tuple[Layers, np.ndarray]:
    """The fewest layers, about 2 Å thick or thinner, in which distinct heights do not share one; each atom's."""
    levels = np.unique(np.round(np.mod(heights + 1e-4, period), 2))
    gap = np.abs(levels[:, None] - levels[None])
    apart = np.minimum(gap, period - gap) >= DISTINCT
    best = (len(levels) ** 2 + 1, 0, 0.0, 0.0)
    fewest = min(max(round(period / SLICE), 1), MAX_LAYERS)
    for n in range(fewest, MAX_LAYERS + 1):
        spacing = period / n
        for origin in levels[:MAX_LEVELS].tolist():
            steps = (levels - origin) / spacing
            layer = np.rint(steps).astype(int) % n
            shared = int(np.count_nonzero(apart & (layer[:, None] == layer[None])))
            best = min(best, (shared, n, float(np.square(steps - np.rint(steps)).sum()), origin))
        if best[0] == 0:
            break
    _, n, _, origin = best
    return Layers(n, period / n), np.rint((heights - origin) / (period / n)).astype(int) % n


def _from_heaviest(sites: list[tuple[float, float, tuple[tuple[int, int], ...]]], n_layers: int) -> tuple[Site, ...]:
    """The sites, heaviest first, the first one at the corner and in the first layer."""
    heaviest = sorted(sites, key=lambda s: (-max(z for _, z in s[2]), round(s[1] % 1, 3), round(s[0] % 1, 3)))
    u0, v0, atoms0 = heaviest[0]
    counted = max(z for _, z in atoms0)
    start = next(layer for layer, z in atoms0 if z == counted)
    made = []
    for u, v, atoms in heaviest:
        order = sorted(((layer - start) % n_layers, z) for layer, z in atoms)
        made.append(Site(_folded(u - u0), _folded(v - v0), tuple(order)))
    return tuple(made)


def _folded(fraction: float) -> float:
    return round(float(fraction), 9) % 1
