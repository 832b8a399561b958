"""The electron and the atom against published figures."""

import pytest
import torch

from segdepth_app.errors import InputError
from segdepth_app.microscope.electron import interaction_parameter, wavelength
from segdepth_app.microscope.potentials import VOLT_ANGSTROM2_PER_SCATTERING, scattering_factor


@pytest.mark.parametrize(
    ("voltage", "expected"),
    # Williams & Carter, Transmission Electron Microscopy (2009), table 1.2, in Å
    [(100, 0.0370), (200, 0.0251), (300, 0.0197), (1000, 0.0087)],
)
def test_wavelength_matches_the_textbook_table(voltage, expected):
    # the table has three digits
    assert wavelength(voltage) == pytest.approx(expected, abs=6e-5)


def test_interaction_parameter_at_300_kv():
    assert interaction_parameter(300) == pytest.approx(6.526162e-4, rel=1e-5)


@pytest.mark.parametrize(
    ("table", "element", "expected"),
    [
        ("lobato", "Ce", (17.389, 2.5837, 0.9311)),
        ("lobato", "O", (2.0291, 0.5427, 0.1586)),
        ("kirkland", "Ce", (17.367, 2.5712, 0.9358)),
        ("kirkland", "O", (1.9897, 0.5421, 0.1586)),
    ],
)
def test_scattering_factors_at_three_frequencies(table, element, expected):
    g2 = torch.tensor([0.0, 1.0, 4.0], dtype=torch.float64)
    got = scattering_factor(element, g2, table=table)
    torch.testing.assert_close(got, torch.tensor(expected, dtype=torch.float64), rtol=4e-4, atol=0)


def test_potential_constant_follows_from_hydrogen():
    """h²/(2π m e) = 2π a₀ · e/(4πε₀): Bohr radius and Coulomb constant, no mass in it."""
    assert pytest.approx(2 * 3.14159265 * 0.529177211 * 14.3996454, rel=1e-6) == VOLT_ANGSTROM2_PER_SCATTERING


def test_unknown_element_is_refused():
    with pytest.raises(InputError, match="Xx"):
        scattering_factor("Xx", torch.zeros(1), table="lobato")
