"""Phase and damping of the objective lens.

Units: Å, rad, g in 1/Å. Signs: C1 > 0 is overfocus (white columns); the lens multiplies the wave by
exp(-iχ). Axes: [..., y, x], zero frequency first; directions run from x towards y (down). Coefficients are
Krivanek's: C12 is twofold astigmatism (elsewhere A1), C21 axial coma (3 B2), C3 and C5 spherical aberration.

A tilted beam meets the lens off its axis: the wave's frequency g passes at θ = λg + τ. Here χ is counted from its
value at τ, and without its slope there: the slope only moves the image, and the operator moves it back. The
tilt that the specimen sees is the specimen's own (specimen tilt), not this one.
"""

from math import cos, pi, sin
from typing import NamedTuple

import torch
from torch import Tensor


class Aberrations(NamedTuple):
    """What a lens adds at each frequency, defocus left out: that adds πλC1g² to chi, C1λg to the gradient."""

    chi: Tensor
    """χ, rad."""
    grad_y: Tensor
    """∂χ/∂g_y / 2π, Å: how far the ray at this frequency lands from where it should."""
    grad_x: Tensor


def aberrations(
    gy: Tensor,
    gx: Tensor,
    *,
    wavelength: float,
    c3: float = 0.0,
    c5: float = 0.0,
    c12: float = 0.0,
    c12_angle: float = 0.0,
    c21: float = 0.0,
    c21_angle: float = 0.0,
    beam_tilt: tuple[float, float] = (0.0, 0.0),
) -> Aberrations:
    """χ and its gradient at frequencies gy, gx (shapes that broadcast, as (H, 1) and (W,)); `beam_tilt` is (x, y).

    χ = (2π/λ) (½θ² C12 cos 2(φ-φ12) + ⅓θ³ C21 cos(φ-φ21) + ¼C3 θ⁴ + ⅙C5 θ⁶).
    Krivanek, Dellby, Lupini, Ultramicroscopy 78 (1999) 1.
    """
    tilt_x, tilt_y = beam_tilt
    terms = _Coefficients.of(c3, c5, c12, c12_angle, c21, c21_angle)
    path, slope_y, slope_x = terms.path(wavelength * gy + tilt_y, wavelength * gx + tilt_x)
    if beam_tilt != (0.0, 0.0):
        at_y, at_x = (torch.tensor(tilt, dtype=gy.dtype, device=gy.device) for tilt in (tilt_y, tilt_x))
        path0, slope0_y, slope0_x = terms.path(at_y, at_x)
        path = path - path0 - wavelength * (gy * slope0_y + gx * slope0_x)
        slope_y, slope_x = slope_y - slope0_y, slope_x - slope0_x
    return Aberrations(2 * pi / wavelength * path, slope_y, slope_x)


class _Coefficients(NamedTuple):
    c3: float
    c5: float
    c12_even: float  # C12 cos 2φ12
    c12_odd: float
    c21_x: float  # C21 cos φ21
    c21_y: float

    @classmethod
    def of(cls, c3: float, c5: float, c12: float, c12_angle: float, c21: float, c21_angle: float) -> "_Coefficients":
        """From sizes and directions."""
        even, odd = c12 * cos(2 * c12_angle), c12 * sin(2 * c12_angle)
        return cls(c3, c5, even, odd, c21 * cos(c21_angle), c21 * sin(c21_angle))

    def path(self, y: Tensor, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Path difference λχ/2π and its derivatives along y and x, at angles y, x."""
        r2 = y**2 + x**2
        path = r2**2 * (self.c3 / 4 + r2 * (self.c5 / 6))
        radial = r2 * (self.c3 + r2 * self.c5)
        slope_y, slope_x = radial * y, radial * x
        if self.c12_even or self.c12_odd:
            path = path + 0.5 * self.c12_even * (x**2 - y**2) + self.c12_odd * x * y
            slope_y = slope_y - self.c12_even * y + self.c12_odd * x
            slope_x = slope_x + self.c12_even * x + self.c12_odd * y
        if self.c21_x or self.c21_y:
            along = self.c21_x * x + self.c21_y * y
            path = path + r2 * along / 3
            slope_y = slope_y + (2 * along * y + r2 * self.c21_y) / 3
            slope_x = slope_x + (2 * along * x + r2 * self.c21_x) / 3
        return path, slope_y, slope_x


def gradient_damping(grad_y: Tensor, grad_x: Tensor, *, wavelength: float, semiangle_1e: float) -> Tensor:
    """Damping of the wave by a converging beam of Gaussian shape, 1/e half-angle `semiangle_1e`.

    exp(-(π α/λ)² |∇χ/2π|²), the gradient in Å and with C1's part in it. Frank, Optik 38 (1973) 519.
    """
    return torch.exp(-((pi * semiangle_1e / wavelength) ** 2) * (grad_y**2 + grad_x**2))


def aberration_phase(g2: Tensor, *, wavelength: float, c1: float, c3: float = 0.0, c5: float = 0.0) -> Tensor:
    """χ of a round lens at squared frequencies g² (any shape).

    χ = (2π/λ) (C1 θ²/2 + C3 θ⁴/4 + C5 θ⁶/6), θ = λ g. Kirkland (2010), eq. 2.22, with C1 = -defocus there.
    """
    theta2 = wavelength**2 * g2
    return (2 * pi / wavelength) * theta2 * (c1 / 2 + theta2 * (c3 / 4 + theta2 * c5 / 6))


def spatial_damping(
    g2: Tensor, *, wavelength: float, semiangle_1e: float, c1: float, c3: float = 0.0, c5: float = 0.0
) -> Tensor:
    """gradient_damping of a round lens at g²: ∇χ/2π = C1 λ g + C3 λ³ g³ + C5 λ⁵ g⁵."""
    theta2 = wavelength**2 * g2
    shift2 = theta2 * (c1 + theta2 * (c3 + theta2 * c5)) ** 2
    return torch.exp(-((pi * semiangle_1e / wavelength) ** 2) * shift2)


def image_spread_damping(g2: Tensor, *, sigma: float) -> Tensor:
    """Damping of the image's spectrum by a Gaussian vibration of standard deviation `sigma`."""
    return torch.exp(-2 * pi**2 * sigma**2 * g2)
