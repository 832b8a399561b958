"""Pixel size and in-plane rotation from the lattice: the reflections of a ceria particle along [110].

Lengths in pm, spatial frequencies u (along x, right) and v (along y, down) in cycles per pixel. The rotation is that of
[001] from +x, counterclockwise as seen (y down): (002) lies at (cos, -sin) of it. The projection looks the same after
half a turn, so rotations lie between -90° and 90°.

Method. Peaks of the power spectrum over its background (spectrum.py) are taken, one at a time, for one of the strong
reflections; each gives a pixel size and a rotation, and the net that the spectrum agrees with best is kept, judged by
the chance of finding so much power at all its places in noise. An affine map from the ideal net to the peaks, by
weighted least squares, then gives pixel size, rotation and anisotropy. Where several nets match, one holds the places
of all the others, and the finest of them is the lattice's. A net is believed only where both {111}, (220) and three
more stand out and fit. That excludes other zone axes; silicon and its kin, whose net has the same shape, are known by
the weakness of (002) and {222}. A face-centred metal is told by its other pixel size, hence with a hint only.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, sqrt
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from segdepth_app.errors import SeriesError
from segdepth_app.series.net import (
    LATTICE_PM,
    LEAST_SEEN,
    MOST_PEAKS,
    NET,
    SEEN,
    Fit,
    best_net,
    name_of,
    place,
    refined,
    rotation_of,
)
from segdepth_app.series.spectrum import spectrum_of

if TYPE_CHECKING:
    from segdepth_app.series.opener import Series

HINT_SHARE = 0.15
WIDEST_PM = (1.5, 45.0)
"""Pixel sizes that are looked for where nobody gives a hint."""
NEEDED = (0, 1, 3)
"""Numbers in NET of reflections without which no net is believed: {111} twice, (220)."""
ODD, HALF = (0, 1, 4, 5), (2, 6, 7)
"""Numbers in NET: {111} and {311}; (002) and {222}, which a diamond lattice lacks."""
LEAST_HALF_SHARE = 0.03
"""Power of HALF over that of ODD. Simulated silicon has up to 0.02 (C1 2 to 8 nm), ceria from 0.06."""
LEAST_PERIOD_CELLS = 4.0
"""{111} must lie so many independent points from zero frequency."""
LARGEST_MISFIT = 2.5
"""Residuals over what is allowed for, root mean square."""
LARGEST_RMS = 0.04
LARGEST_ANISOTROPY = 0.06
NOTED_ANISOTROPY = 0.015
SAMPLED = 8


@dataclass(frozen=True)
class Spot:
    """One reflection of the net that was found in the power spectrum; its Friedel mate lies at (-u, -v)."""

    hkl: str
    u: float
    v: float
    """Where it was found, cycles per pixel."""
    u_fit: float
    v_fit: float
    """Where the fitted net has it."""
    strength: float
    """Excess over the background of this frequency, which is about 1 without a reflection."""


@dataclass(frozen=True)
class LatticeFit:
    """The net of reflections of an image, or the reason why none is believed (`fits` False, numbers None)."""

    fits: bool
    reason: str
    """In words: what was found, or why nothing was."""
    pixel_size_pm: float | None = None
    pixel_size_error_pm: float | None = None
    """Standard error, from the residuals."""
    rotation_deg: float | None = None
    spots: list[Spot] = field(default_factory=list)
    rms_percent: float | None = None
    """Mean distance of spots from the fitted net, in percent of their frequency."""
    anisotropy: float | None = None
    """Longest over shortest scale of the net, minus 1: 0 for square pixels and an unstrained lattice."""
    confidence: float = 0.0
    """0 to 1."""
    net_power: tuple[float, ...] = ()
    """Power above its surroundings at each place of net.NET, seen or not, in the square of the image's unit."""
    power: npt.NDArray[np.uint8] | None = None
    """(n, n) for display: log of the power, zero frequency at [n // 2, n // 2]."""
    power_step: float = 0.0
    """Cycles per pixel from one point of `power` to the next."""


def find_reflections(
    images: npt.NDArray[np.floating] | Iterable[npt.NDArray[np.floating]], pixel_hint_pm: float | None = None
) -> LatticeFit:
    """The net of ceria [110] in an image (H, W), or in the mean power of several images of one size.

    With a hint pixel sizes within 15 % of it are tried, without one those from 1.5 to 45 pm.
    """
    if isinstance(images, np.ndarray) and images.ndim == 2:
        images = images[None]
    spectrum = spectrum_of(images)
    low, high = WIDEST_PM
    if pixel_hint_pm is not None:
        low, high = pixel_hint_pm * (1 - HINT_SHARE), pixel_hint_pm * (1 + HINT_SHARE)
    finest = LEAST_PERIOD_CELLS * spectrum.cell * spectrum.step * LATTICE_PM / sqrt(3)
    reach = min(0.5, 1.15 * high * hypot(*place(NET[-1])))
    picture = spectrum.picture(reach if pixel_hint_pm else 0.5)
    if finest > high:
        reason = f"the field is too small: it would have to hold {LEAST_PERIOD_CELLS:g} (111) planes and more"
        return _refused(reason, picture, spectrum.step)
    best = best_net(spectrum, max(low, finest), high)
    if best is None:
        return _refused("no reflection stands out of the background", picture, spectrum.step)
    found = refined(spectrum, *best)
    fit = _judged(found, picture, spectrum.step, pixel_hint_pm)
    if not fit.fits:
        return fit
    strengths = tuple(spectrum.above_surroundings(u, v) for u, v in found.peaks)
    return replace(fit, reason=_praise(fit, pixel_hint_pm), net_power=strengths)


def lattice_of_series(
    series: "Series", *, frame: int | None = None, region: Sequence[int] | None = None, hint: bool = True
) -> LatticeFit:
    """The net in one frame, or in the mean power of some; `region` x, y, width, height in source pixels, or all.

    `hint`: the pixel size in use narrows the search. Raises: SeriesError for a region that is none.
    """
    x, y, width, height = (0, 0, series.width_px, series.height_px) if region is None else _region(series, region)
    frames = _sampled(series.n_frames) if frame is None else [frame]
    parts = _readable(series, frames, np.s_[y : y + height, x : x + width])
    return find_reflections(parts, series.pixel_size_pm if hint else None)


def _readable(series: "Series", frames: Sequence[int], part: tuple[slice, slice]) -> Iterator[npt.NDArray[np.float32]]:
    """That part of the frames that can be read. Raises: SeriesError where none can."""
    n_read, fault = 0, None
    for index in frames:
        try:
            image = series.frame(index)[part]
        except SeriesError as error:
            fault = error
            continue
        n_read += 1
        yield image
    if fault is not None and not n_read:
        raise fault


def _region(series: "Series", region: Sequence[int]) -> tuple[int, int, int, int]:
    try:
        x, y, width, height = (int(value) for value in region)
    except (TypeError, ValueError) as error:
        raise SeriesError(f"{region!r} is no rectangle.", "Give x, y, width and height in pixels.") from error
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, series.width_px), min(y + height, series.height_px)
    if min(right - left, bottom - top) < 16:
        raise SeriesError(
            f"The rectangle of {width} × {height} px at x {x}, y {y} holds too little of the "
            f"{series.width_px} × {series.height_px} px frame.",
            "Mark at least 16 × 16 px.",
        )
    return left, top, right - left, bottom - top


def _sampled(n_frames: int) -> list[int]:
    return sorted({round(i) for i in np.linspace(0, n_frames - 1, min(SAMPLED, n_frames))})


def _judged(fit: Fit, picture: npt.NDArray[np.uint8], step: float, hint: float | None) -> LatticeFit:
    doubt = _doubt(fit, hint) or _diamond(fit)
    if doubt:
        return _refused(doubt, picture, step)
    longest, shortest = fit.scales
    pixel, anisotropy = sqrt(longest * shortest), longest / shortest - 1
    free = max(1, 2 * int(fit.seen.sum()) - 4)
    # what makes the net longer one way than the other may as well have made all of it longer or shorter
    error = pixel * hypot(fit.rms / sqrt(2 * free), anisotropy / 4)
    chance = 4 * MOST_PEAKS * float(np.exp(-fit.evidence[fit.seen].sum()))
    spots = _spots(fit)
    return LatticeFit(
        fits=True,
        reason="",
        pixel_size_pm=pixel,
        pixel_size_error_pm=error,
        rotation_deg=rotation_of(fit.net),
        spots=spots,
        rms_percent=100 * fit.rms,
        anisotropy=anisotropy,
        confidence=max(0.0, 1 - chance) * float(np.exp(-0.7 * (fit.misfit / LARGEST_MISFIT) ** 2)),
        power=picture,
        power_step=step,
    )


def _spots(fit: Fit) -> list[Spot]:
    rows = zip(NET, fit.peaks, fit.places, fit.evidence, fit.seen, strict=True)
    return [
        Spot(name_of(lh), *(float(value) for value in (*found, *fitted, evidence)))
        for lh, found, fitted, evidence, is_seen in rows
        if is_seen
    ]


def _doubt(fit: Fit, hint: float | None) -> str:
    """Why the net is not believed; empty where it is."""
    longest, shortest = fit.scales
    pixel, anisotropy = sqrt(longest * shortest), longest / shortest - 1
    missing = [name_of(NET[i]) for i in NEEDED if not fit.seen[i]]
    if missing:
        return f"no net of ceria [110]: nothing stands out at {' and '.join(missing)} of the net that fits best"
    if fit.seen.sum() < LEAST_SEEN:
        return f"only {fit.seen.sum()} pairs of reflections stand out, too few to tell a net from chance"
    if fit.misfit > LARGEST_MISFIT or fit.rms > LARGEST_RMS:
        return f"the reflections lie {100 * fit.rms:.2g} % off the net of ceria [110], so they are of something else"
    if anisotropy > LARGEST_ANISOTROPY:
        return (
            f"the net is {100 * anisotropy:.2g} % longer one way than the other: either the pixels are not square, "
            "or it is not ceria [110]"
        )
    if hint is not None and abs(pixel / hint - 1) > HINT_SHARE:
        return f"the net found would mean {pixel:.4g} pm/px, too far from the {hint:.4g} pm/px in use"
    return ""


def _diamond(fit: Fit) -> str:
    """Why the net may be that of silicon, germanium or diamond; empty for ceria."""
    half, odd = fit.evidence[list(HALF)], fit.evidence[list(ODD)]
    if half.max() >= SEEN and half.sum() >= LEAST_HALF_SHARE * odd.sum():
        return ""
    if len(HALF) * SEEN >= LEAST_HALF_SHARE * odd.sum():
        return "(002) and {222} do not stand out of the noise, so ceria cannot be told from silicon"
    return "(002) and {222} are as weak as in a diamond lattice (silicon), whose net has the same shape as ceria's"


def _refused(reason: str, picture: npt.NDArray[np.uint8], step: float) -> LatticeFit:
    return LatticeFit(False, reason[0].upper() + reason[1:] + ".", power=picture, power_step=step)


def _praise(fit: LatticeFit, hint: float | None) -> str:
    """A fit that is believed, in words."""
    text = (
        f"{len(fit.spots)} pairs of reflections fit ceria [110] within {fit.rms_percent:.2g} %: "
        f"{fit.pixel_size_pm:.4g} ± {fit.pixel_size_error_pm:.1g} pm/px, [001] at {fit.rotation_deg:z.1f}°."
    )
    if fit.anisotropy is not None and fit.anisotropy > NOTED_ANISOTROPY:
        text += f" One direction is {100 * fit.anisotropy:.2g} % longer than the other: strain, tilt or distortion."
    if hint is None:
        text += " Without a pixel size to compare with, another face-centred crystal along [110] would look the same."
    return text
