"""The lens against closed forms."""

import numpy as np
import pytest
import torch

from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.lens import aberration_phase, image_spread_damping, spatial_damping

WAVELENGTH = 0.0196875


def gaussian_beam(r2, z, waist):
    """Paraxial Gaussian beam without its plane carrier, propagated by z; no FFT in it."""
    k = 2 * np.pi / WAVELENGTH
    q = 1 + 2j * z / (k * waist**2)
    return torch.exp(-r2 / (waist**2 * q)) / q


@pytest.mark.parametrize("c1", [-900.0, 0.0, 60.0, 900.0])
def test_defocus_alone_is_free_propagation(c1):
    """Size and sign of C1."""
    n, step = 256, 0.2
    axis = (torch.arange(n, dtype=torch.float64) - n // 2) * step
    r2 = axis[:, None] ** 2 + axis[None, :] ** 2
    g2 = squared_frequency((n, n), (step, step), torch.device("cpu"))
    before, expected = (gaussian_beam(r2, z, waist=3.0) for z in (0.0, c1))
    chi = aberration_phase(g2, wavelength=WAVELENGTH, c1=c1)
    after = ifft2(fft2(before.to(torch.complex128)) * torch.exp(-1j * chi))
    # float64 rounding gives 6e-16; 1e-12 leaves room for other FFT libraries
    torch.testing.assert_close(after, expected.to(torch.complex128), rtol=0, atol=1e-12)


@pytest.mark.parametrize(("c3", "c5"), [(-9e4, 0.0), (0.0, 5e7), (-9e4, 5e7)])
def test_gradient_of_the_phase_is_the_ray_deviation(c3, c5):
    """dχ/dg / 2π = C1 θ + C3 θ³ + C5 θ⁵, by central differences."""
    g = torch.linspace(0.2, 1.5, 14, dtype=torch.float64)
    h = 1e-5
    terms = {"wavelength": WAVELENGTH, "c1": 60.0, "c3": c3, "c5": c5}
    slope = (aberration_phase((g + h) ** 2, **terms) - aberration_phase((g - h) ** 2, **terms)) / (4 * torch.pi * h)
    theta = WAVELENGTH * g
    expected = 60 * theta + c3 * theta**3 + c5 * theta**5
    torch.testing.assert_close(slope, expected, rtol=1e-6, atol=1e-8)
    damping = spatial_damping(g**2, semiangle_1e=2e-4, **terms)
    torch.testing.assert_close(damping, torch.exp(-((torch.pi * 2e-4 / WAVELENGTH * expected) ** 2)), rtol=1e-9, atol=0)


def test_image_spread_blurs_a_point_into_a_gaussian():
    """Standard deviation of the blurred point, in Å."""
    n, step, sigma = 128, 0.05, 0.25
    g2 = squared_frequency((n, n), (step, step), torch.device("cpu"))
    point = torch.zeros(n, n, dtype=torch.complex128)
    point[0, 0] = 1
    blurred = ifft2(fft2(point) * image_spread_damping(g2, sigma=sigma)).real
    x = torch.fft.fftfreq(n, d=1 / (n * step), dtype=torch.float64)
    variance = (blurred.sum(0) * x**2).sum() / blurred.sum()
    assert variance.sqrt().item() == pytest.approx(sigma, rel=1e-6)
