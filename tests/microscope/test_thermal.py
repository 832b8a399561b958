"""Thermal motion against the published figures and the Debye-Waller factor."""

import numpy as np
import pytest
import torch

from segdepth_app.config import OpticsConfig
from segdepth_app.microscope.potentials import projected_potential
from segdepth_app.microscope.thermal import b_factors, displacement_rms


@pytest.mark.parametrize(
    ("temperature", "ce", "o", "other"),
    # ceria's three measured temperatures; between them the straight line; outside proportional to T
    [
        (None, 0.30, 0.485, 0.5),
        (300, 0.30, 0.485, 0.5),
        (573, 0.56, 0.84, 0.5 * 1.91),
        (773, 0.75, 1.11, 0.5 * 773 / 300),
        (673, 0.655, 0.975, 0.5 * 673 / 300),
        (250, 0.25, 0.485 * 250 / 300, 0.5 * 250 / 300),
        (1000, 0.75 / 0.773, 1.11 / 0.773, 0.5 / 0.3),
    ],
)
def test_b_factors_at_a_temperature(temperature, ce, o, other):
    by_element, rest = b_factors(OpticsConfig(), temperature)
    assert (by_element["Ce"], by_element["O"], rest) == pytest.approx((ce, o, other), rel=1e-12)


def test_changed_b_factors_keep_their_ratio_to_the_table():
    """B of Ce doubled at 300 K is doubled at 773 K; O, left alone, stays."""
    by_element, rest = b_factors(OpticsConfig(b_ce_a2=0.6, b_other_a2=0), 773)
    assert (by_element["Ce"], by_element["O"], rest) == pytest.approx((1.5, 1.11, 0), rel=1e-12)


def test_room_temperature_changes_no_bit():
    assert b_factors(OpticsConfig(), 300) == b_factors(OpticsConfig(), None)


@pytest.mark.parametrize("b_factor", [0.3, 1.11])
def test_displaced_atoms_scatter_as_the_debye_waller_factor_says(b_factor):
    """Mean of e^{2πi g·u} over many displacements, against the damping of the projected potential."""
    g2 = torch.tensor([0.0, 0.49, 1.0, 2.25, 4.0], dtype=torch.float64)
    damped = projected_potential("Ce", g2, table="lobato", b_factor=b_factor)
    expected = damped / projected_potential("Ce", g2, table="lobato", b_factor=0.0)
    n = 200_000
    u = np.random.default_rng(4).normal(0, displacement_rms(b_factor), n)
    mean = np.cos(2 * np.pi * np.sqrt(g2.numpy())[:, None] * u).mean(axis=1)
    # a cosine's standard deviation is below 0.71: 5 standard errors of the mean
    np.testing.assert_allclose(mean, expected.numpy(), rtol=0, atol=5 * 0.71 / np.sqrt(n))
