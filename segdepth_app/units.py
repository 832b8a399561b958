"""The only place where users' units become Å and radians, and back."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np

Number = TypeVar("Number", float, "np.ndarray")

PM_PER_ANGSTROM = 100.0


def angstrom_from_pm(value: float) -> float:
    """pm → Å."""
    return value / PM_PER_ANGSTROM


def angstrom_from_nm(value: float) -> float:
    """nm → Å."""
    return value * 10


def angstrom_from_um(value: float) -> float:
    """µm → Å."""
    return value * 1e4


def angstrom_from_mm(value: float) -> float:
    """mm → Å."""
    return value * 1e7


def dose_per_area(dose_e_per_px: float, pixel_size_pm: float) -> float:
    """Electrons per pixel → electrons per Å²."""
    return dose_e_per_px / angstrom_from_pm(pixel_size_pm) ** 2


def dose_per_px(dose_e_per_a2: float, pixel_size_pm: float) -> float:
    """Electrons per Å² → electrons per pixel; inverse of dose_per_area."""
    return dose_e_per_a2 * angstrom_from_pm(pixel_size_pm) ** 2


def dose_of_frame(rate_e_per_a2_s: float, frame_time_s: float) -> float:
    """Dose rate in e/Å²/s → electrons per Å² in one frame."""
    return rate_e_per_a2_s * frame_time_s


def binned_from_px(x: Number, binning: float) -> Number:
    """Pixel coordinate → coordinate after binning; integers are pixel centres in both, from 0."""
    return (x + 0.5) / binning - 0.5


def px_from_binned(x: Number, binning: float) -> Number:
    """Inverse of binned_from_px."""
    return (x + 0.5) * binning - 0.5
