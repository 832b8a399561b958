"""What the lattice of a series says: the fit as the child answers it, and in words. No Qt."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.typed import FROM_LATTICE

FINEST = 3
"""Decimals of an angle or a percentage: what lies below is noise of the arithmetic."""
NOTICED = 0.02
"""A pixel size further than this from the one in use is remarked upon; that of a file is seldom better than 1 %."""


@dataclass(frozen=True)
class Reflection:
    """One reflection; frequencies in cycles per pixel, u along x (right), v along y (down)."""

    hkl: str
    u: float
    v: float
    u_fit: float
    v_fit: float
    strength: float = 0.0


@dataclass(frozen=True)
class FoundLattice:
    """The net of reflections of an image, or the reason why none is believed."""

    fits: bool
    reason: str
    pixel_size_pm: float | None = None
    rotation_deg: float | None = None
    spots: tuple[Reflection, ...] = ()
    rms_percent: float | None = None
    anisotropy: float | None = None
    confidence: float = 0.0
    power: np.ndarray | None = None
    """uint8 (n, n), zero frequency at [n // 2, n // 2]."""
    power_step: float = 0.0
    """Cycles per pixel from one point of `power` to the next."""

    @classmethod
    def from_answer(cls, answer: dict[str, Any], power: np.ndarray | None) -> "FoundLattice":
        """From the child's answer to `lattice`."""
        names = ("pixel_size_pm", "rotation_deg", "rms_percent", "anisotropy")
        return cls(
            fits=bool(answer.get("fits")),
            reason=str(answer.get("reason") or ""),
            spots=tuple(_reflection(spot) for spot in answer.get("spots") or ()),
            confidence=float(answer.get("confidence") or 0.0),
            power=power,
            power_step=float(answer.get("power_step") or 0.0),
            **{name: _number(answer.get(name)) for name in names},
        )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _reflection(spot: dict[str, Any]) -> Reflection:
    hkl = spot["hkl"]
    name = hkl if isinstance(hkl, str) else "".join(str(index) for index in hkl)
    numbers = {key: float(spot[key]) for key in ("u", "v", "u_fit", "v_fit", "strength")}
    return Reflection(name, **numbers)


def fit_lines(fit: FoundLattice, pixel_size_pm: float | None, source: str) -> list[tuple[str, str]]:
    """The fit as (what, value); `pixel_size_pm` with its `source` is the one in use."""
    lines = []
    if fit.pixel_size_pm is not None:
        lines.append(("Pixel size", f"{fit.pixel_size_pm:.4g} pm/px{_compared(fit, pixel_size_pm, source)}"))
    if fit.rotation_deg is not None:
        lines.append(("Rotation", f"{angle_text(fit.rotation_deg)} (or {angle_text(turned(fit.rotation_deg))})"))
    if fit.spots:
        lines.append(("Reflections", f"{len(fit.spots)}: {families(fit)}"))
    if fit.rms_percent is not None:
        lines.append(("Off the fit", f"{fit.rms_percent:.2g} % rms"))
    if fit.anisotropy is not None:
        lines.append(("Anisotropy", f"{100 * fit.anisotropy:.2g} % between the longest and shortest scale"))
    if fit.fits:
        lines.append(("Confidence", f"{fit.confidence:.2f} of 1"))
    return lines


def _compared(fit: FoundLattice, pixel_size_pm: float | None, source: str) -> str:
    if pixel_size_pm is None or fit.pixel_size_pm is None or source.startswith(FROM_LATTICE):
        return ""
    off = fit.pixel_size_pm / pixel_size_pm - 1
    agrees = "they agree" if abs(off) <= NOTICED else "they do not agree"
    percent = signed(round(100 * off, FINEST), "+.2g")
    return f"; {pixel_size_pm:.4g} pm is in use ({source}), {percent} %: {agrees}"


def family(hkl: str) -> str:
    """`200` for 002, 020 and their like: reflections without signs and order."""
    return "".join(sorted((index for index in hkl if index.isdigit()), reverse=True))


def families(fit: FoundLattice) -> str:
    """`111 ×4, 200 ×2`: reflections by the names they have without signs."""
    names = [family(spot.hkl) for spot in fit.spots]
    return ", ".join(f"{name} ×{names.count(name)}" for name in sorted(set(names)))


def angle_text(degrees: float) -> str:
    """`37.2°`, with a proper minus sign; what only rounding made of zero is zero."""
    return f"{signed(round(degrees, FINEST))}°"


def turned(degrees: float, by: float = 180.0) -> float:
    """An angle turned on, within −180° (left out) to 180°."""
    # to a billionth: what was typed comes back as it was
    return round(180 - (180 - (degrees + by)) % 360, 9)
