"""The lens against closed forms and abTEM."""

import numpy as np
import pytest
import torch

from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.lens import (
    aberration_phase,
    aberrations,
    gradient_damping,
    image_spread_damping,
    spatial_damping,
)

WAVELENGTH = 0.0196875
# a lens with nothing left out: Å and rad
BENT = {"c3": -9e4, "c5": 5e7, "c12": 35.0, "c12_angle": 0.7, "c21": 900.0, "c21_angle": -2.1}


def frequency_axes(n=48, step=0.17):
    """g_y (n, 1) and g_x (n + 6,), float64, in FFT order."""
    gy = torch.fft.fftfreq(n, d=step, dtype=torch.float64)[:, None]
    return gy, torch.fft.fftfreq(n + 6, d=step, dtype=torch.float64)


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


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "terms",
    [
        {"c12": 35.0, "c12_angle": 0.7},
        {"c21": 900.0, "c21_angle": -2.1},
        {"c3": -9e4, "c5": 5e7},
        BENT,
    ],
    ids=["astigmatism", "coma", "round", "all"],
)
def test_phase_and_envelope_agree_with_abtem(terms):
    """Size, sign and direction of every term; abTEM's arrays are [x, y], with angles from x to y as here."""
    import abtem

    n, step, c1, semiangle = 64, 0.25, 60.0, 5e-4
    names = {"c3": "C30", "c5": "C50", "c12": "C12", "c12_angle": "phi12", "c21": "C21", "c21_angle": "phi21"}
    theirs = {"C10": c1, **{names[key]: value for key, value in terms.items()}}
    grid = {"energy": 300e3, "gpts": (n, n), "sampling": (step, step)}
    phase = abtem.transfer.Aberrations(aberration_coefficients=theirs, **grid)._evaluate_kernel().T
    envelope = (
        abtem.transfer.SpatialEnvelope(angular_spread=semiangle * 1e3, aberration_coefficients=theirs, **grid)
        ._evaluate_kernel()
        .T
    )

    gy = torch.fft.fftfreq(n, d=step, dtype=torch.float64)[:, None]
    gx = gy.T
    chi, grad_y, grad_x = aberrations(gy, gx, wavelength=WAVELENGTH, **terms)
    chi = chi + torch.pi * WAVELENGTH * c1 * (gy**2 + gx**2)
    ray_y, ray_x = grad_y + c1 * WAVELENGTH * gy, grad_x + c1 * WAVELENGTH * gx
    ours = torch.exp(-1j * chi)
    damping = gradient_damping(ray_y, ray_x, wavelength=WAVELENGTH, semiangle_1e=semiangle)
    # abTEM computes in float32: χ up to some 150 rad, at 6e-8 each
    np.testing.assert_allclose(ours.numpy(), phase, atol=2e-4)
    np.testing.assert_allclose(damping.numpy(), envelope, atol=2e-5)


def test_without_bent_terms_the_lens_is_round():
    gy, gx = frequency_axes()
    chi, grad_y, grad_x = aberrations(gy, gx, wavelength=WAVELENGTH, c3=-9e4, c5=5e7)
    g2 = gy**2 + gx**2
    expected = aberration_phase(g2, wavelength=WAVELENGTH, c1=0.0, c3=-9e4, c5=5e7)
    torch.testing.assert_close(chi, expected, rtol=1e-12, atol=1e-12)
    damping = gradient_damping(grad_y, grad_x, wavelength=WAVELENGTH, semiangle_1e=1e-3)
    expected = spatial_damping(g2, wavelength=WAVELENGTH, semiangle_1e=1e-3, c1=0.0, c3=-9e4, c5=5e7)
    torch.testing.assert_close(damping, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("beam_tilt", [(0.0, 0.0), (4e-3, -7e-3)])
def test_gradient_is_the_slope_of_the_phase(beam_tilt):
    """Along both axes, by central differences."""
    gy, gx = frequency_axes()
    terms = {"wavelength": WAVELENGTH, "beam_tilt": beam_tilt, **BENT}
    h = 1e-5
    _, grad_y, grad_x = aberrations(gy, gx, **terms)
    above, below = aberrations(gy + h, gx, **terms).chi, aberrations(gy - h, gx, **terms).chi
    right, left = aberrations(gy, gx + h, **terms).chi, aberrations(gy, gx - h, **terms).chi
    # χ reaches 1e3 rad at the corners: its rounding over h leaves 1e-8 Å, the third derivative 1e-9
    torch.testing.assert_close((above - below) / (4 * torch.pi * h), grad_y.expand_as(above), rtol=1e-7, atol=1e-7)
    torch.testing.assert_close((right - left) / (4 * torch.pi * h), grad_x.expand_as(above), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("direction", [0.0, 0.4, -2.5])
def test_tilted_beam_in_spherical_aberration_is_coma_astigmatism_and_defocus(direction):
    """The Zemlin tableau: C3 and a tilt τ give C21 = 3 C3 τ, C12 = C3 τ² and C1 = 2 C3 τ², in τ's direction."""
    c3, tilt = 2e5, 6e-3
    gy, gx = frequency_axes()
    beam_tilt = tilt * np.cos(direction), tilt * np.sin(direction)
    got = aberrations(gy, gx, wavelength=WAVELENGTH, c3=c3, beam_tilt=beam_tilt)
    expected = aberrations(
        gy,
        gx,
        wavelength=WAVELENGTH,
        c3=c3,
        c12=c3 * tilt**2,
        c12_angle=direction,
        c21=3 * c3 * tilt,
        c21_angle=direction,
    )
    defocus = torch.pi * WAVELENGTH * 2 * c3 * tilt**2 * (gy**2 + gx**2)
    # float64 of phases up to 1e3 rad
    torch.testing.assert_close(got.chi, expected.chi + defocus, rtol=1e-11, atol=1e-10)


def test_tilted_beam_leaves_the_unscattered_wave_alone():
    """Neither phase nor slope at g = 0, and so no shift of the image."""
    origin = torch.zeros(1, dtype=torch.float64)
    chi, grad_y, grad_x = aberrations(origin, origin, wavelength=WAVELENGTH, beam_tilt=(9e-3, -4e-3), **BENT)
    assert chi.item() == pytest.approx(0, abs=1e-12)
    assert (grad_y.item(), grad_x.item()) == pytest.approx((0, 0), abs=1e-12)


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
