"""Phase and damping of a round objective lens.

Units: Å, rad, g in 1/Å. Signs: C1 > 0 is overfocus (white columns); the lens multiplies the wave by
exp(-iχ). Axes: [..., y, x], zero frequency first.
"""

from math import pi

import torch
from torch import Tensor


def aberration_phase(g2: Tensor, *, wavelength: float, c1: float, c3: float = 0.0, c5: float = 0.0) -> Tensor:
    """χ at squared frequencies g² (any shape).

    χ = (2π/λ) (C1 θ²/2 + C3 θ⁴/4 + C5 θ⁶/6), θ = λ g. Kirkland (2010), eq. 2.22, with C1 = -defocus there.
    """
    theta2 = wavelength**2 * g2
    return (2 * pi / wavelength) * theta2 * (c1 / 2 + theta2 * (c3 / 4 + theta2 * c5 / 6))


def spatial_damping(
    g2: Tensor, *, wavelength: float, semiangle_1e: float, c1: float, c3: float = 0.0, c5: float = 0.0
) -> Tensor:
    """Damping of the wave by a converging beam of Gaussian shape, 1/e half-angle `semiangle_1e`.

    exp(-(π α/λ)² |∇χ/2π|²), with ∇χ/2π = C1 λ g + C3 λ³ g³ + C5 λ⁵ g⁵. Frank, Optik 38 (1973) 519.
    """
    theta2 = wavelength**2 * g2
    shift2 = theta2 * (c1 + theta2 * (c3 + theta2 * c5)) ** 2
    return torch.exp(-((pi * semiangle_1e / wavelength) ** 2) * shift2)


def image_spread_damping(g2: Tensor, *, sigma: float) -> Tensor:
    """Damping of the image's spectrum by a Gaussian vibration of standard deviation `sigma`."""
    return torch.exp(-2 * pi**2 * sigma**2 * g2)
