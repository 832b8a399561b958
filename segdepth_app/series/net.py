"""The net of reflections of ceria along [110], and how well a power spectrum agrees with one.

A net is a matrix (2, 2) from places in the ideal crystal, along [001] and [1-10] in 1/pm, to u and v in cycles per
pixel.
"""

from dataclasses import dataclass
from math import atan2, degrees, hypot, log, radians, sqrt

import numpy as np
import numpy.typing as npt

from segdepth_app.series.spectrum import Floats, Spectrum, peaks_of

LATTICE_PM = 541.1
"""Ceria's lattice constant (specimen/ceria.py has it in Å)."""
NET = ((1, 1), (1, -1), (2, 0), (0, 2), (3, 1), (3, -1), (2, 2), (2, -2), (4, 0), (1, 3), (1, -3))
"""(l, h) of reflections (h -h l), one of each Friedel pair; their place is (l, √2 h) / a."""
SEEDS = NET[:4]
SAME_MATCH = 0.85
"""Nets whose score is this share of the best match as well; the finest is taken, since a crystal's reflections also
hold coarser nets of the same shape."""
SAME_NET = 0.06
"""Nets whose pixel sizes differ by less are the same one, seen from different peaks."""
LOOK_SHARE = 0.035
"""How far, as a share of its frequency, a reflection may lie from the undistorted net."""
REFINED_SHARE = 0.012
SEEN = 4.0
"""A reflection is seen where noise would put as much power with a chance below exp(-4)."""
WIDTH_SHARE = 0.12
BENT_SHARE = 0.004
"""How far a peak may well lie from its place: in widths of a peak (contrast that changes over a wedge shifts it), and
as a share of its frequency (strain, distortion)."""
MOST_PEAKS = 60
LEAST_SEEN = 6
"""Pairs of reflections that a net must have."""


@dataclass(frozen=True)
class Match:
    """What the spectrum says at the places of a net."""

    evidence: Floats
    """Minus the logarithm of the chance to find so much in noise, per reflection of NET; 0 beyond the spectrum."""
    found: Floats
    """(n, 2): u, v of the highest point near each reflection."""

    @property
    def score(self) -> float:
        """High where many reflections are strong; none alone decides."""
        return float(np.log1p(self.evidence).sum())


def place(lh: tuple[int, int]) -> tuple[float, float]:
    """Along [001] and [1-10], in 1/pm."""
    return lh[0] / LATTICE_PM, sqrt(2) * lh[1] / LATTICE_PM


IDEAL = np.array([place(lh) for lh in NET])


def turned(pixel_pm: float, rotation_deg: float) -> Floats:
    """(2, 2): from a place in the ideal net (1/pm) to u, v."""
    c, s = np.cos(radians(rotation_deg)), np.sin(radians(rotation_deg))
    # [001] to (c, -s); [1-10], a quarter turn counterclockwise from it, to (-s, -c)
    return pixel_pm * np.array([[c, -s], [-s, -c]])


def best_net(spectrum: Spectrum, low_pm: float, high_pm: float) -> tuple[Floats, Match] | None:
    """The undistorted net (2, 2) with the best match among those that a single peak suggests."""
    shortest, longest = (hypot(*place(lh)) for lh in (SEEDS[0], SEEDS[-1]))
    peaks = peaks_of(spectrum, low_pm * shortest, min(high_pm * longest, 0.5), least=SEEN, most=MOST_PEAKS)
    nets: list[tuple[float, Floats, Match]] = []
    for u, v in peaks:
        for lh in SEEDS:
            along, across = place(lh)
            pixel = hypot(u, v) / hypot(along, across)
            if not low_pm <= pixel <= high_pm:
                continue
            net = turned(pixel, degrees(atan2(-v, u) - atan2(across, along)))
            nets.append((pixel, net, match_of(spectrum, net, LOOK_SHARE)))
    if not nets:
        return None
    best = max(match.score for _, _, match in nets)
    good = [one for one in nets if one[2].score >= SAME_MATCH * best]
    finest = min(pixel for pixel, _, _ in good)
    _, net, match = max((one for one in good if one[0] < (1 + SAME_NET) * finest), key=lambda one: one[2].score)
    return net, match


def match_of(spectrum: Spectrum, net: Floats, share: float) -> Match:
    """The highest excess within `share` of each reflection's place."""
    evidence, found = np.zeros(len(NET)), np.zeros((len(NET), 2))
    n = len(spectrum.excess)
    for i, (u, v) in enumerate(IDEAL @ net.T):
        radius = max(share * hypot(u, v) / spectrum.step, spectrum.cell)
        row, column = spectrum.place(u, v)
        top, left = int(np.ceil(row - radius)), int(np.ceil(column - radius))
        bottom, right = int(row + radius) + 1, int(column + radius) + 1
        found[i] = u, v
        if min(top, left) < 2 or max(bottom, right) > n - 2:
            continue
        rows, columns = np.mgrid[top:bottom, left:right]
        inside = np.hypot(rows - row, columns - column) <= radius
        values = np.where(inside, spectrum.excess[top:bottom, left:right], -np.inf)
        at = np.unravel_index(int(values.argmax()), values.shape)
        n_points = max(1.0, inside.sum() / spectrum.cell**2)
        evidence[i] = max(0.0, float(values[at]) - log(n_points))
        found[i] = spectrum.frequency(rows[at], columns[at])
    return Match(evidence, found)


def _sharpened(spectrum: Spectrum, u: float, v: float) -> tuple[float, float]:
    """The top of a peak between the points, by a parabola through the logarithms along either axis."""
    row, column = (round(value) for value in spectrum.place(u, v))
    reach = max(1, round(spectrum.cell / 2))
    part = np.log(np.maximum(spectrum.excess[row - reach : row + reach + 1, column - reach : column + reach + 1], 1e-3))
    steps = []
    for before, middle, after in (part[::reach, reach], part[reach, ::reach]):
        bend = before - 2 * middle + after
        steps.append(float(np.clip((before - after) / (2 * bend), -1, 1)) * reach if bend < 0 else 0.0)
    return spectrum.frequency(row + steps[0], column + steps[1])


@dataclass(frozen=True)
class Fit:
    """An affine net, laid through the peaks that are seen."""

    net: Floats
    evidence: Floats
    """Per reflection of NET, as in Match."""
    peaks: Floats
    """(n, 2): u, v, found between the points of the spectrum."""
    allowed: Floats
    """How far each peak may well lie from its place, cycles per pixel."""

    @property
    def seen(self) -> npt.NDArray[np.bool_]:
        """Which reflections stand out."""
        return self.evidence >= SEEN

    @property
    def places(self) -> Floats:
        """Where the net has its reflections, (n, 2)."""
        return np.asarray(IDEAL @ self.net.T)

    @property
    def scales(self) -> tuple[float, float]:
        """Pixel size in pm along the direction in which it is longest, and across."""
        longest, shortest = np.linalg.svd(self.net, compute_uv=False)
        return float(longest), float(max(shortest, 1e-12))

    @property
    def misfit(self) -> float:
        """Distance of peaks from their places over what is allowed, root mean square of those seen."""
        away = np.hypot(*(self.peaks - self.places).T) / self.allowed
        return float(np.sqrt((away[self.seen] ** 2).mean())) if self.seen.any() else float("inf")

    @property
    def rms(self) -> float:
        """Distance of peaks from their places as a share of their frequency, weighted as in the fit."""
        frequency = np.hypot(*self.places.T)
        away = np.hypot(*(self.peaks - self.places).T) / frequency
        weight = (frequency / self.allowed) ** 2 * self.seen
        return float(np.sqrt((weight * away**2).sum() / weight.sum())) if self.seen.any() else float("inf")


def refined(spectrum: Spectrum, net: Floats, match: Match) -> Fit:
    """The affine net through the peaks that are seen, by iterated least squares."""
    for _ in range(4):
        seen = match.evidence >= SEEN
        if seen.sum() < LEAST_SEEN:
            break
        peaks, weight = _sharp_peaks(spectrum, match), 1 / _allowed(spectrum, match, net)[:, None]
        net = np.linalg.lstsq((weight * IDEAL)[seen], (weight * peaks)[seen], rcond=None)[0].T
        match = match_of(spectrum, net, REFINED_SHARE)
    return Fit(net, match.evidence, _sharp_peaks(spectrum, match), _allowed(spectrum, match, net))


def _sharp_peaks(spectrum: Spectrum, match: Match) -> Floats:
    return np.array([_sharpened(spectrum, u, v) for u, v in match.found])


def _allowed(spectrum: Spectrum, match: Match, net: Floats) -> Floats:
    width = spectrum.cell * spectrum.step
    place = width * np.hypot(0.5 / np.sqrt(np.maximum(match.evidence, 1)), WIDTH_SHARE)
    return np.asarray(np.hypot(place, BENT_SHARE * np.hypot(*(IDEAL @ net.T).T)))


def rotation_of(net: Floats) -> float:
    """Of the rotation nearest to the affine map, in degrees, above -90 and up to 90."""
    left, _, right = np.linalg.svd(net)
    x, y = (left @ right)[:, 0]
    angle = degrees(atan2(-y, x))
    return float(angle - 180 * np.ceil((angle - 90) / 180))


def name_of(lh: tuple[int, int]) -> str:
    """Miller indices, as in (1-11)."""
    l, h = lh  # noqa: E741 (Miller's own letter)
    return f"({h}{-h}{l})" if h else f"(00{l})"
