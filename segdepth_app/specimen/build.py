"""Random specimens with a free surface at the top.

Units: Å, rad; y grows into the specimen. A specimen is drawn in three steps: the surface line (flat, sawtooth,
stepped), the plane (the count a smooth wedge has at each column), and the deviations from it by kind:

wedge     none: thickness depends on position alone, as in the paper
rough     single columns off by ±1 to ±3, vacancies, adatoms, terraces, a light sublattice that lacks atoms
shuffled  every count drawn on its own, so that position says nothing

The whole specimen, surface and lattice, is turned about the middle of the extent and strained evenly.
The surface runs along the crystal's first cell vector. What was added to these specimens later draws from a
generator spawned off the given one, so that a seed gives the columns it always gave.
"""

from dataclasses import dataclass, replace

import numpy as np

from segdepth_app.config import SpecimenConfig
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import Crystal, Extent, Layers, lattice_sites
from segdepth_app.specimen.deviations import MAX_COUNT, counts_of_kind, with_terraces
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.structure import crystal_from_file
from segdepth_app.specimen.surroundings import surroundings
from segdepth_app.specimen.table import empty_table
from segdepth_app.units import angstrom_from_nm

THINNEST_SUPPORT = 5.0
SAME_ROW = 0.3  # Å: heaviest columns closer than this along y stand in one row


@dataclass(frozen=True)
class SpecimenPlan:
    """What a specimen shall be; everything else is drawn from the generator."""

    surface: str
    kind: str
    thickness: float  # mean atoms per column, well inside
    wedge_faces: str  # both, exit, mixed
    crystal: Crystal = CERIA_110
    rotation: float = 0.0  # from x towards y
    lattice_scale: float = 1.0
    tilt: tuple[float, float] = (0.0, 0.0)  # along x, y
    support_thickness: float = 0.0  # of amorphous carbon in the vacuum; 0: none
    neighbour: bool = False  # a misoriented particle in the vacuum
    terraces: bool = False  # blocks of one or two more atoms, an island of adatoms


def crystal_of(config: SpecimenConfig) -> Crystal:
    """The crystal that a dataset's specimens are cut from. Raises: InputError for an unusable structure file."""
    if config.structure is None:
        return CERIA_110
    return crystal_from_file(config.structure, config.zone_axis)


def drawn_plan(
    config: SpecimenConfig, kind: str, surface: str, thickness: float, rng: np.random.Generator
) -> SpecimenPlan:
    """The plan of one specimen: what the settings leave open beside kind, surface and thickness is drawn.

    Every value is drawn whether it is used or not, so that one setting does not move the others.
    """
    rotation = rng.uniform(config.rotation_low_deg, config.rotation_high_deg)
    scale = rng.uniform(config.lattice_scale_low, config.lattice_scale_high)
    # evenly over a disc of directions
    tilt, direction = np.deg2rad(config.tilt_high_deg) * np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
    has_support, has_neighbour, has_terraces = rng.random(3) < (
        config.share_support,
        config.share_neighbour,
        config.share_terraced,
    )
    thickest = angstrom_from_nm(config.support_thickness_high_nm)
    support = rng.uniform(min(THINNEST_SUPPORT, thickest), thickest)
    return SpecimenPlan(
        surface,
        kind,
        thickness,
        config.wedge_faces,
        crystal=crystal_of(config),
        rotation=float(np.deg2rad(rotation)),
        lattice_scale=float(scale),
        tilt=(float(tilt * np.cos(direction)), float(tilt * np.sin(direction))) if tilt else (0.0, 0.0),
        support_thickness=float(support) if has_support else 0.0,
        neighbour=bool(has_neighbour),
        terraces=bool(has_terraces) and kind == "rough",
    )


def build_specimen(plan: SpecimenPlan, extent: Extent, rng: np.random.Generator) -> Specimen:
    """A specimen over extent (x0, x1, y0, y1)."""
    crystal = scaled(plan.crystal, plan.lattice_scale)
    pose = _Pose(extent, plan.rotation)
    (a, b), (u, v) = crystal.cell, rng.random(2)
    origin = pose.outward(u * a[0] + v * b[0], u * a[1] + v * b[1])
    x, y, site = lattice_sites(crystal, extent, origin, rotation=plan.rotation)
    along, down = pose.inward(x, y)
    top = pose.top + pose.height * rng.uniform(0.12, 0.5)
    spacing = row_spacing(crystal)
    depth = down - (top + _surface_line(plan.surface, along, pose.width, spacing, rng))  # below the surface
    table = empty_table(len(x))
    table["x"], table["y"], table["site"] = x, y, site
    table["element"] = np.array([s.element for s in crystal.sites])[site]
    rate = _atoms_per_period(crystal)
    plane = _wedge(depth, along, pose.height, plan, rng, share=(rate / rate.max())[site])
    table["plane"] = plane
    light = table["element"] != max(s.element for s in crystal.sites)
    counts = counts_of_kind(plan.kind, plane, depth, light, spacing, rng)
    later, beyond = rng.spawn(1)[0].spawn(2)
    table["count"] = with_terraces(counts, along, depth, spacing, later) if plan.terraces else counts
    table["deviation"] = table["count"] - table["plane"]
    table = table[(depth >= 0) | (table["count"] > 0)]
    table["first"] = _first_period(table["count"], rate[table["site"]], plan.wedge_faces, rng)
    specimen = Specimen(table, crystal, plan.tilt)
    if not plan.support_thickness and not plan.neighbour:
        return specimen
    around = surroundings(specimen, extent, beyond, carbon=plan.support_thickness, neighbour=plan.neighbour)
    return replace(specimen, extras=around)


def scaled(crystal: Crystal, scale: float) -> Crystal:
    """The crystal strained evenly in all three directions."""
    if scale == 1.0:
        return crystal
    (ax, ay), (bx, by) = crystal.cell
    cell = (ax * scale, ay * scale), (bx * scale, by * scale)
    return replace(crystal, cell=cell, layers=Layers(crystal.layers.n, crystal.layers.spacing * scale))


def row_spacing(crystal: Crystal) -> float:
    """Mean distance along y between rows of the heaviest columns; the first cell vector runs along x."""
    height = float(crystal.cell[1][1])
    heaviest = max(site.element for site in crystal.sites)
    rows = np.sort([site.v * height for site in crystal.sites if site.element == heaviest])
    n_rows = int(np.count_nonzero(np.diff(rows, append=rows[0] + height) > SAME_ROW))
    return height / max(n_rows, 1)


class _Pose:
    """How the specimen's own frame (surface on top) lies in the image: turned about the extent's middle."""

    def __init__(self, extent: Extent, rotation: float) -> None:
        x0, x1, y0, y1 = extent
        self.middle = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        self.rotation = rotation
        sine, cosine = abs(np.sin(rotation)), abs(np.cos(rotation))
        # of the box in the specimen's frame that holds the whole turned extent
        self.width = cosine * (x1 - x0) + sine * (y1 - y0)
        self.height = sine * (x1 - x0) + cosine * (y1 - y0)
        self.top = y0 if rotation == 0 else float(self.middle[1] - self.height / 2)

    def outward(self, x: float, y: float) -> tuple[float, float]:
        """From the specimen's frame to the image."""
        turned = self._turned(np.array([x]), np.array([y]), self.rotation)
        return float(turned[0][0]), float(turned[1][0])

    def inward(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From the image to the specimen's frame."""
        return self._turned(x, y, -self.rotation)

    def _turned(self, x: np.ndarray, y: np.ndarray, angle: float) -> tuple[np.ndarray, np.ndarray]:
        if angle == 0:
            return x, y
        cosine, sine = np.cos(angle), np.sin(angle)
        dx, dy = x - self.middle[0], y - self.middle[1]
        return self.middle[0] + cosine * dx - sine * dy, self.middle[1] + sine * dx + cosine * dy


def _surface_line(shape: str, x: np.ndarray, width: float, spacing: float, rng: np.random.Generator) -> np.ndarray:
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
        rises = rng.choice([-3, -2, -1, 1, 2, 3], n_steps) * spacing
        levels = np.concatenate([[0], np.cumsum(rises)])
        steps: np.ndarray = (levels - levels.min())[np.searchsorted(edges, x)]
        return steps
    return np.zeros_like(x)


def _wedge(
    depth: np.ndarray, x: np.ndarray, height: float, plan: SpecimenPlan, rng: np.random.Generator, *, share: np.ndarray
) -> np.ndarray:
    """The smooth count at each column, 0 outside: thin at the surface, thicker inside, a slight slope along x.

    `share` is the column's number of atoms per length over that of the densest columns.
    """
    thin = rng.uniform(1, min(3.5, plan.thickness))
    # the mean over the specimen is plan.thickness, wherever the ramp ends
    ramp = rng.uniform(0.25, 1.2) * height
    rise = 1 - np.exp(-2 * np.maximum(depth, 0) / ramp)
    slope = rng.normal(0, 0.8) * (x - x.mean()) / np.ptp(x)
    inside = depth >= 0
    shape = np.where(inside, rise, 0)
    mean_shape = shape[inside].mean() if inside.any() else 1.0
    scale = (plan.thickness - thin) / max(mean_shape, 1e-6)
    counts = np.clip(np.rint((thin + scale * shape + slope) * share), 1, MAX_COUNT).astype(int)
    return np.where(inside, counts, 0)


def _atoms_per_period(crystal: Crystal) -> np.ndarray:
    """How many counted atoms a period of each site's column holds, (n_sites,)."""
    return np.array([sum(number == site.element for _, number in site.atoms) for site in crystal.sites])


def _first_period(counts: np.ndarray, rate: np.ndarray, faces: str, rng: np.random.Generator) -> np.ndarray:
    """Period of each column's first atom; the thickest column ends at the exit face."""
    periods = -(-counts.astype(int) // rate)
    spare = int(periods.max(initial=1)) - periods
    if faces == "mixed":
        faces = str(rng.choice(["both", "exit", "entrance"]))
    if faces == "exit":  # cut on the exit face: columns begin together
        return np.zeros_like(spare)
    if faces == "entrance":
        return spare
    # both faces; odd remainders go to either side, the same way within a specimen
    return (spare + rng.integers(0, 2)) // 2
