"""Pixel size and in-plane rotation from the lattice: the reflections of a ceria particle along [110].

Lengths in pm, spatial frequencies u (along x, right) and v (along y, down) in cycles per pixel. The rotation is that of
[001] from +x, counterclockwise as seen (y down): (002) lies at (cos, -sin) of it.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from segdepth_app.series.opener import Series


@dataclass(frozen=True)
class Spot:
    """One reflection of the net that was found in the power spectrum."""

    hkl: str
    u: float
    v: float
    """Where it was found, cycles per pixel."""
    u_fit: float
    v_fit: float
    """Where the fitted net has it."""
    strength: float
    """Power over that of the background at this frequency."""


@dataclass(frozen=True)
class LatticeFit:
    """The net of reflections of an image, or the reason why none is believed (`fits` False, numbers None)."""

    fits: bool
    reason: str
    """In words: what was found, or why nothing was."""
    pixel_size_pm: float | None = None
    rotation_deg: float | None = None
    spots: list[Spot] = field(default_factory=list)
    rms_percent: float | None = None
    """Mean distance of spots from the fitted net, in percent of their frequency."""
    anisotropy: float | None = None
    """Longest over shortest scale of the net, minus 1: 0 for square pixels and an unstrained lattice."""
    confidence: float = 0.0
    """0 to 1."""
    power: npt.NDArray[np.uint8] | None = None
    """(n, n) for display: log of the power, zero frequency at [n // 2, n // 2]."""
    power_step: float = 0.0
    """Cycles per pixel from one point of `power` to the next."""


def find_reflections(image: npt.NDArray[np.floating], pixel_hint_pm: float | None = None) -> LatticeFit:
    """The net of ceria [110] in an image (H, W) or the mean power of several (T, H, W)."""
    return LatticeFit(False, "The search for reflections is being written.")


def lattice_of_series(series: "Series", *, frame: int | None = None, region: object = None) -> LatticeFit:
    """The net in one frame, or in the mean power of sampled ones; `region` x, y, width, height or None for all."""
    index = series.n_frames // 2 if frame is None else frame
    return find_reflections(series.frame(index), series.pixel_size_pm)
