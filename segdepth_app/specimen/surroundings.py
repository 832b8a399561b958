"""What real images show beside the particle: an amorphous carbon film, and a neighbouring particle off its zone axis.

Units: Å; x, y as in the column table, z along the beam from the crystal's first layer, layers at k·spacing.
Both fill a part of the vacuum behind an irregular border and keep clear of every column in projection, so
nothing here has a true count but 0. Both end at the specimen's exit face at the latest and grow towards the
entrance, so that the focus still refers to the specimen.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.transform import Rotation

from segdepth_app.specimen.crystal import STRAND_DTYPE, Crystal, Extent, Layers, strands_of
from segdepth_app.specimen.specimen import Specimen, layer_range

CARBON = 6
CARBON_G_PER_CM3 = (1.8, 2.0)  # evaporated and sputtered films
CARBON_DISTANCE = 1.2  # shortest bond in carbon, with some play
CARBON_GAP, NEIGHBOUR_GAP = 1.6, 3.0  # from the nearest column, in projection
CLOSE_TO_AXIS = np.deg2rad(6)
MIN_THICKNESS = 8.0
MAP_STEP = 1.0


@dataclass(frozen=True)
class Patch:
    """A part of the image plane behind an irregular border, which thins out towards it."""

    direction: np.ndarray  # (2,), unit vector into the patch
    waves: np.ndarray  # (n, 4): wave vector x, y, phase, amplitude of the border's irregularity
    border: float  # position of the border along `direction`
    softness: float  # distance over which the thickness grows to its full value
    bounds: Extent  # of the vacuum behind the border

    def depth(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Distance behind the border, below 0 outside."""
        rough = sum((a * np.cos(kx * x + ky * y + phase) for kx, ky, phase, a in self.waves), np.zeros_like(x))
        return self.direction[0] * x + self.direction[1] * y + rough - self.border

    def fullness(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Share of the full thickness, 0 to 1."""
        return np.clip(self.depth(x, y) / self.softness, 0, 1)


def surroundings(
    specimen: Specimen, extent: Extent, rng: np.random.Generator, *, carbon: float, neighbour: bool
) -> np.ndarray:
    """Atoms (STRAND_DTYPE, one each) in the specimen's vacuum: carbon of this thickness (0: none), a neighbour."""
    columns = np.stack([specimen.table["x"], specimen.table["y"]], axis=1).astype(float)
    layers = specimen.crystal.layers
    _, end = layer_range(strands_of(specimen.table, specimen.crystal), layers)
    exit_face = (end - 1) * layers.spacing
    neighbour_rng, carbon_rng = rng.spawn(2)
    atoms = _Atoms(np.zeros((0, 3)), np.zeros(0, int))
    if neighbour:
        atoms = _neighbour(specimen.crystal, columns, extent, exit_face, neighbour_rng)
    if carbon > 0:
        taken = np.concatenate([columns, atoms.positions[:, :2]])
        film = _film(columns, taken, extent, carbon, exit_face, carbon_rng)
        atoms = _Atoms(
            np.concatenate([atoms.positions, film]), np.concatenate([atoms.numbers, np.full(len(film), CARBON)])
        )
    return _strands(atoms, layers)


def carbon_density(g_per_cm3: float) -> float:
    """Atoms per Å³ of carbon of this density."""
    return g_per_cm3 * 6.02214076e23 / 12.011 * 1e-24


def amorphous(
    box: tuple[float, float, float], rng: np.random.Generator, *, density: float, distance: float
) -> np.ndarray:
    """Random positions (n, 3) in a box, n = density × volume, no two closer than `distance`.

    Random sequential addition, a batch at a time. Raises: ValueError where that many do not fit.
    """
    wanted = round(density * float(np.prod(box)))
    if density * distance**3 > 0.4:  # random addition jams at 0.73
        raise ValueError(f"{density:g} atoms/Å³ cannot be placed at random {distance:g} Å apart.")
    positions = np.zeros((0, 3))
    while len(positions) < wanted:
        new = rng.uniform(0, box, (wanted - len(positions), 3))
        clashes = KDTree(new).query_pairs(distance, output_type="ndarray")
        free = np.ones(len(new), bool)
        free[clashes.max(axis=1)] = False
        if len(positions):
            free &= KDTree(positions).query(new, distance_upper_bound=distance)[0] > distance
        positions = np.concatenate([positions, new[free]])
    return positions


def misorientation(crystal: Crystal, rng: np.random.Generator) -> Rotation:
    """A random orientation with no short lattice direction of the cell within 6° of the beam."""
    steps = np.array([(u, v, w) for u in (-1, 0, 1) for v in (-1, 0, 1) for w in (-1, 0, 1) if (u, v, w) != (0, 0, 0)])
    directions = steps @ _cell(crystal)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    while True:
        rotation = Rotation.from_quat(rng.normal(size=4))
        if np.abs(rotation.apply(directions)[:, 2]).max() < np.cos(CLOSE_TO_AXIS):
            return rotation


@dataclass(frozen=True)
class _Atoms:
    positions: np.ndarray  # (n, 3)
    numbers: np.ndarray  # (n,)


def _film(
    columns: np.ndarray, taken: np.ndarray, extent: Extent, thickness: float, exit_face: float, rng: np.random.Generator
) -> np.ndarray:
    """Carbon (n, 3) in part or all of the vacuum, clear of the columns and of a neighbour's atoms."""
    patch = _patch(columns, extent, CARBON_GAP, rng, shares=(0.3, 1.2), softness=(2.0, 20.0))
    if patch is None:
        return np.zeros((0, 3))
    x0, x1, y0, y1 = patch.bounds
    density, entrance = carbon_density(rng.uniform(*CARBON_G_PER_CM3)), _entrance(thickness, exit_face, rng)
    positions = amorphous((x1 - x0, y1 - y0, thickness), rng, density=density, distance=CARBON_DISTANCE)
    positions += [x0, y0, entrance]
    x, y, z = positions.T
    kept = np.abs(z - entrance - thickness / 2) < patch.fullness(x, y) * thickness / 2
    return positions[kept & _clear_of(taken, x, y, CARBON_GAP)]


def _neighbour(
    crystal: Crystal, columns: np.ndarray, extent: Extent, exit_face: float, rng: np.random.Generator
) -> _Atoms:
    """A particle of the same crystal, thinner towards its rough edge."""
    patch = _patch(columns, extent, NEIGHBOUR_GAP, rng, shares=(0.2, 0.6), softness=(3.0, 25.0))
    if patch is None:
        return _Atoms(np.zeros((0, 3)), np.zeros(0, int))
    thickness = max(rng.uniform(0.6, 1.0) * exit_face, MIN_THICKNESS)
    entrance = _entrance(thickness, exit_face, rng)
    x0, x1, y0, y1 = patch.bounds
    low, high = np.array([x0, y0, entrance]), np.array([x1, y1, entrance + thickness])
    atoms = _turned_crystal(crystal, low, high, misorientation(crystal, rng), rng)
    x, y, z = atoms.positions.T
    kept = np.abs(z - entrance - thickness / 2) < patch.fullness(x, y) * thickness / 2
    kept &= _clear_of(columns, x, y, NEIGHBOUR_GAP)
    return _Atoms(atoms.positions[kept], atoms.numbers[kept])


def _patch(
    columns: np.ndarray,
    extent: Extent,
    gap: float,
    rng: np.random.Generator,
    *,
    shares: tuple[float, float],
    softness: tuple[float, float],
) -> Patch | None:
    """A patch over a random share of the vacuum (all of it from 1 on); None where there is hardly any vacuum."""
    angle = rng.uniform(0, 2 * np.pi)
    direction = np.array([np.cos(angle), np.sin(angle)])
    wavelength, phase, heading = rng.uniform(6, 40, 4), rng.uniform(0, 2 * np.pi, 4), rng.uniform(0, 2 * np.pi, 4)
    k = 2 * np.pi / wavelength
    waves = np.stack([k * np.cos(heading), k * np.sin(heading), phase, rng.uniform(0.02, 0.08, 4) * wavelength], axis=1)
    share, width = rng.uniform(*shares), rng.uniform(*softness)
    x, y = (
        grid.ravel()
        for grid in np.meshgrid(np.arange(extent[0], extent[1], MAP_STEP), np.arange(extent[2], extent[3], MAP_STEP))
    )
    vacuum = _clear_of(columns, x, y, gap)
    if np.count_nonzero(vacuum) * MAP_STEP**2 < 50:
        return None
    x, y = x[vacuum], y[vacuum]
    depth = Patch(direction, waves, 0.0, width, extent).depth(x, y)
    # a share above 1 puts the border outside, so that the film is at its full thickness everywhere
    border = float(np.quantile(depth, 1 - share) if share < 1 else depth.min() - width)
    behind = depth >= border
    low, high = (np.array([f(x[behind]), f(y[behind])]) for f in (np.min, np.max))
    low, high = np.maximum(low - MAP_STEP, extent[::2]), np.minimum(high + MAP_STEP, extent[1::2])
    return Patch(direction, waves, border, width, (low[0], high[0], low[1], high[1]))


def _clear_of(points: np.ndarray, x: np.ndarray, y: np.ndarray, gap: float) -> np.ndarray:
    if not len(points):
        return np.ones(len(x), bool)
    distance, _ = KDTree(points).query(np.stack([x, y], axis=1), distance_upper_bound=gap)
    clear: np.ndarray = distance >= gap
    return clear


def _entrance(thickness: float, exit_face: float, rng: np.random.Generator) -> float:
    """Height of the entrance face: anywhere beside the specimen, or beginning before it where thicker."""
    return float(rng.uniform(0, max(exit_face - thickness, 0)) + min(exit_face - thickness, 0))


def _cell(crystal: Crystal) -> np.ndarray:
    """The three repeats of the crystal as rows."""
    (ax, ay), (bx, by) = crystal.cell
    return np.array([(ax, ay, 0), (bx, by, 0), (0, 0, crystal.layers.period)])


def _turned_crystal(
    crystal: Crystal, low: np.ndarray, high: np.ndarray, rotation: Rotation, rng: np.random.Generator
) -> _Atoms:
    """The crystal, turned and shifted at random, in the box from low to high."""
    cell = _cell(crystal)
    basis = np.array([(s.u, s.v, layer / crystal.layers.n) for s in crystal.sites for layer, _ in s.atoms])
    numbers = np.array([number for s in crystal.sites for _, number in s.atoms])
    corners = np.array([(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    middle = (low + high) / 2
    reach = rotation.inv().apply(corners - middle) @ np.linalg.inv(cell)
    first, last = np.floor(reach.min(axis=0)).astype(int) - 1, np.ceil(reach.max(axis=0)).astype(int) + 1
    cells = np.stack(np.meshgrid(*(np.arange(a, b) for a, b in zip(first, last, strict=True)), indexing="ij"), axis=-1)
    fractions = cells.reshape(-1, 1, 3) + basis + rng.random(3)
    positions = rotation.apply(fractions.reshape(-1, 3) @ cell) + middle
    inside = ((positions >= low) & (positions < high)).all(axis=1)
    return _Atoms(positions[inside], np.tile(numbers, len(fractions))[inside])


def _strands(atoms: _Atoms, layers: Layers) -> np.ndarray:
    """Each atom as a strand of one, in the layer nearest to its height."""
    strands = np.zeros(len(atoms.positions), STRAND_DTYPE)
    strands["x"], strands["y"], z = atoms.positions.T
    layer = np.rint(z / layers.spacing).astype(int)
    strands["element"], strands["layer"], strands["first"] = atoms.numbers, layer % layers.n, layer // layers.n
    strands["end"] = strands["first"] + 1
    return strands
