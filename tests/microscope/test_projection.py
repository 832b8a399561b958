"""The structure factor and the transmission of a layer."""

import numpy as np
import pytest
import torch

from segdepth_app.microscope.projection import Projector, Scatterers, WaveGrid, cis
from segdepth_app.specimen.crystal import STRAND_DTYPE
from tests.oracles import direct_structure_factor

CPU = torch.device("cpu")
WARM = Scatterers("lobato", {"Ce": 0.3, "O": 0.5})
GRID = WaveGrid((64, 80), (9.0, 11.0))


def strands_at(x, y, element):
    """One atom each."""
    strands = np.zeros(len(x), STRAND_DTYPE)
    strands["x"], strands["y"], strands["element"], strands["end"] = x, y, element, 1
    return strands


@pytest.mark.parametrize("scatterers", [WARM, Scatterers("kirkland")], ids=["damped", "at rest"])
def test_structure_factor_is_the_plain_sum(scatterers):
    """Two elements, some atoms counted negative; against a loop over atoms in double precision."""
    rng = np.random.default_rng(0)
    x, y = rng.uniform(0, 11, 12), rng.uniform(0, 9, 12)
    element, signs = rng.choice([58, 8], 12), rng.choice([-1.0, 1.0], 12)
    projector = Projector(GRID, scatterers, voltage_kv=300, device=CPU)
    got = projector.factor(strands_at(x, y, element), signs).numpy()
    expected = np.zeros(got.shape, complex)
    for z in (58, 8):
        for sign in (-1, 1):
            chosen = (element == z) & (signs == sign)
            sums = direct_structure_factor(x[chosen], y[chosen], projector.gx.numpy(), projector.gy.numpy())
            expected += sign * projector.atom(z).numpy() * sums
    np.testing.assert_allclose(got, expected, atol=2e-6 * np.abs(expected).max())


def test_potential_reaches_nyquist_only_where_nothing_damps_it():
    """Damped: the waves' band, two thirds of Nyquist."""
    nyquist = 0.5 / max(GRID.step)
    for scatterers, limit in ((WARM, 2 / 3), (Scatterers("lobato"), 1), (Scatterers("lobato", {"Ce": 0.3, "O": 0}), 1)):
        projector = Projector(GRID, scatterers, voltage_kv=300, device=CPU)
        occupied = projector.g2[projector.atom(58) > 0].sqrt()
        along_x = projector.gx[projector.atom(58)[0] > 0]
        assert along_x.max().item() == pytest.approx(limit * nyquist, abs=1.01 / 9.0)
        assert occupied.max().item() <= (nyquist * limit if limit < 1 else 2 * nyquist)


def test_transmission_is_the_phase_of_the_potential():
    """exp(iσV) of one atom, with V summed plainly over its Fourier coefficients at three samples."""
    projector = Projector(GRID, WARM, voltage_kv=300, device=CPU)
    factor = projector.factor(strands_at([5.0], [4.0], [8]))
    got = projector.transmission(factor).angle().numpy()
    atom = projector.atom(8).double().numpy()
    for row, column in ((28, 36), (30, 36), (10, 5)):
        dy, dx = row * GRID.step[0] - 4.0, column * GRID.step[1] - 5.0
        waves = np.cos(2 * np.pi * (projector.gy.numpy()[:, None] * dy + projector.gx.numpy()[None, :] * dx))
        double = np.where(projector.gx.numpy() > 0, 2, 1)  # the half plane g_x < 0
        assert got[row, column] == pytest.approx(projector.sigma * (atom * waves * double).sum(), abs=2e-6)


def test_transmission_may_be_called_again_with_another_layer():
    """Its memory is used again: nothing of the layer before may stay."""
    projector = Projector(GRID, WARM, voltage_kv=300, device=CPU)
    layers = [projector.factor(strands_at([x], [4.0], [58])) for x in (1.0, 6.0)]
    first = projector.transmission(layers[0]).clone()
    projector.transmission(layers[1])
    torch.testing.assert_close(projector.transmission(layers[0]), first, rtol=0, atol=0)


def test_cis_keeps_its_phase_far_from_zero():
    """A thousand turns and a bit: double precision holds the bit."""
    turns = torch.tensor([0.25, 1000.125, -777.75], dtype=torch.float64)
    expected = torch.polar(torch.ones(3, dtype=torch.float64), 2 * torch.pi * turns).to(torch.complex64)
    torch.testing.assert_close(cis(turns), expected, rtol=0, atol=1e-6)
