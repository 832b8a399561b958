"""Fitting the ceria [110] lattice to peaks, so that every peak gets its element from where it stands.

All columns stand on a fine rectangular grid of a/4 × a/(2√2) = 1.353 × 1.913 Å, of which every fourth point is empty:
with grid numbers (i, j), Ce where i + 2j is a multiple of 4, O where i is odd, empty where i + 2j leaves 2.
So one affine map of the fine grid, and one of four origins, say everything.

Units: Å; x to the right, y down; positions are (n, 2) arrays of (x, y).
"""

from dataclasses import dataclass
from math import pi

import numpy as np
import numpy.typing as npt

from segdepth_app.specimen.ceria import PERIOD_X, PERIOD_Y

STEP_X, STEP_Y = PERIOD_X / 4, PERIOD_Y / 2
MAX_ROTATION_RAD = np.deg2rad(6)
MAX_STRAIN = 0.06
START_RADIUS = 45.0
"""The search sees this much of the specimen; farther away small errors of angle and scale add up."""
MAX_RESIDUAL = 0.45
"""Peaks farther from the grid than this take no part in the fit."""
MIN_PEAKS = 12
MIN_SHARE = 0.75
"""Share of peaks that must lie near occupied points of the grid."""
MAX_RMS = 0.30

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Lattice:
    """Fine-grid number (i, j) → position origin + i·a + j·b."""

    origin: Floats  # (2,)
    steps: Floats  # (2, 2): rows a and b
    share: float
    """Share of the peaks that lie on occupied points."""
    rms: float
    """Of those peaks, from their points."""

    def positions(self, numbers: npt.ArrayLike) -> Floats:
        """(n, 2) grid numbers → (n, 2) positions."""
        return self.origin + np.asarray(numbers, float) @ self.steps

    def numbers(self, positions: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Nearest grid numbers, (n, 2)."""
        return np.rint((np.asarray(positions, float) - self.origin) @ np.linalg.inv(self.steps)).astype(np.int64)

    @property
    def fits(self) -> bool:
        """Is it believable?"""
        return self.share >= MIN_SHARE and self.rms <= MAX_RMS


def elements(numbers: np.ndarray) -> np.ndarray:
    """Atomic number at each grid number (n, 2): 58, 8, or 0 for empty points."""
    place = (numbers[:, 0] + 2 * numbers[:, 1]) % 4
    return np.select([place == 0, place % 2 == 1], [58, 8], 0)


def fit_lattice(peaks: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Lattice | None:
    """The lattice of the peaks (n, 2), near the nominal one; None where there are too few peaks.

    `weights` (n,) are the certainty of each peak. See `Lattice.fits` for whether to believe it.
    """
    points = np.asarray(peaks, float)
    if len(points) < MIN_PEAKS:
        return None
    strength = np.ones(len(points)) if weights is None else np.asarray(weights, float)
    centre = np.median(points, axis=0)
    distance = np.hypot(*(points - centre).T)
    near = distance <= START_RADIUS
    steps = _search(points[near] - centre, strength[near])
    origin = centre + _phase_offset(points[near] - centre, strength[near], steps)
    radius = START_RADIUS / 2
    while True:
        inside = distance <= radius
        if inside.sum() >= MIN_PEAKS:
            for _ in range(3):
                origin, steps = _refined(points[inside], strength[inside], origin, steps)
        if radius >= distance.max():
            break
        radius *= 1.4
    return _with_best_origin(points, strength, origin, steps)


def _search(points: Floats, weights: Floats) -> Floats:
    """Steps (2, 2) whose rotation and scale line the points up best with both fine spacings."""
    reach = max(float(np.ptp(points, axis=0).max()), 10.0)
    # a quarter of a turn of phase across the field
    fineness = 0.25 * STEP_X / reach
    angles = np.arange(-MAX_ROTATION_RAD, MAX_ROTATION_RAD + fineness, fineness)
    scales = np.arange(1 - MAX_STRAIN, 1 + MAX_STRAIN + fineness, fineness)
    cos, sin = np.cos(angles), np.sin(angles)
    along = cos[:, None] * points[:, 0] + sin[:, None] * points[:, 1]
    across = -sin[:, None] * points[:, 0] + cos[:, None] * points[:, 1]
    power = np.zeros((2, len(angles), len(scales)))
    for axis, (coordinate, step) in enumerate(((along, STEP_X), (across, STEP_Y))):
        for k, scale in enumerate(scales):
            power[axis, :, k] = np.abs(np.exp(2j * pi * coordinate / (step * scale)) @ weights) ** 2
    # one angle for both axes, but each its own scale
    row = int(power.max(axis=2).sum(axis=0).argmax())
    scale_x, scale_y = scales[power[:, row].argmax(axis=1)]
    turn = np.array([[cos[row], sin[row]], [-sin[row], cos[row]]])
    return np.diag([STEP_X * scale_x, STEP_Y * scale_y]) @ turn


def _phase_offset(points: Floats, weights: Floats, steps: Floats) -> Floats:
    """Position of a grid point near the origin of the points."""
    turns = points @ np.linalg.inv(steps)
    phase = np.angle(weights @ np.exp(2j * pi * turns)) / (2 * pi)
    return np.asarray(phase @ steps)


def _refined(points: Floats, weights: Floats, origin: Floats, steps: Floats) -> tuple[Floats, Floats]:
    """Least squares over the points that lie near the grid."""
    numbers = np.rint((points - origin) @ np.linalg.inv(steps))
    residual = np.hypot(*(points - origin - numbers @ steps).T)
    good = residual < MAX_RESIDUAL
    if good.sum() < MIN_PEAKS or np.any(np.ptp(numbers[good], axis=0) < 2):
        return origin, steps
    design = np.column_stack([np.ones(good.sum()), numbers[good]])
    root = np.sqrt(weights[good])[:, None]
    solution, *_ = np.linalg.lstsq(design * root, points[good] * root, rcond=None)
    return solution[0], solution[1:]


def _with_best_origin(points: Floats, weights: Floats, origin: Floats, steps: Floats) -> Lattice:
    """Of the four origins the one that leaves the empty points without peaks."""
    numbers = np.rint((points - origin) @ np.linalg.inv(steps)).astype(np.int64)
    residual = np.hypot(*(points - origin - numbers @ steps).T)
    near = residual < MAX_RESIDUAL
    best: Lattice | None = None
    for shift in range(4):
        moved = numbers - [shift, 0]
        right = near & (elements(moved) > 0)
        share = float(weights[right].sum() / weights.sum())
        rms = float(np.sqrt((residual[right] ** 2).mean())) if right.any() else np.inf
        if best is None or share > best.share:
            best = Lattice(origin + shift * steps[0], steps, share, rms)
    assert best is not None
    return best
