"""Thermal motion against the published figures and the Debye-Waller factor."""

import numpy as np
import pytest
import torch
from ase import Atoms

from segdepth_app.config import OpticsConfig
from segdepth_app.microscope.focal import FocalStack, Lens
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.potentials import projected_potential
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import Slab, exit_wave, exit_waves
from segdepth_app.microscope.structure_slab import strands_of_atoms
from segdepth_app.microscope.thermal import b_factors, displacement_rms
from segdepth_app.specimen.ceria import CERIA_110, LAYER_SPACING, PERIOD_X, PERIOD_Y


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


FIELD = (2 * PERIOD_Y, 2 * PERIOD_X)
SHAPE = (108, 150)
WARM = {"Ce": 0.75, "O": 1.11}
N_CONFIGURATIONS = 64


def ceria_block(periods=5):
    """Ceria along [110] as atoms, each in the middle of its layer, in a cell that repeats across the beam."""
    cells = [(i, j, k) for k in range(periods) for j in range(2) for i in range(2)]
    found = [
        (number, ((i + site.u) * PERIOD_X, (j + site.v) * PERIOD_Y, (2 * k + layer + 0.5) * LAYER_SPACING))
        for i, j, k in cells
        for site in CERIA_110.sites
        for layer, number in site.atoms
    ]
    numbers, positions = zip(*found, strict=True)
    return Atoms(numbers, positions, cell=(FIELD[1], FIELD[0], 2 * periods * LAYER_SPACING), pbc=True)


def images_of(waves):
    """The image of each wave alone, (K, H, W), and that of all together."""
    frame = Frame(FIELD[1] / SHAPE[1], 1, (int(FIELD[0] / FIELD[1] * SHAPE[1]), SHAPE[1]), 0, SHAPE)
    lens = Lens(300, -9e4, 5e7, 2e-4)
    stacks = [FocalStack(part, frame, lens, [60.0]) for part in (*waves, waves)]
    *single, together = (stack.image(c1=60, focal_spread_1e=0, image_spread=0).numpy() for stack in stacks)
    return np.array(single), together


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_frozen_phonons_average_to_abtems():
    """Mean images over 64 configurations each: they differ as their standard errors say, and from damped atoms more.

    The field holds some 150 patches of the lens's resolution, so chi square over their number is known to ± 0.12.
    What the two programs' sampling leaves is 3.5 % of the contrast, half of the standard error (measured with the
    same displacements for both: it falls to 1 % on a grid twice as fine).
    """
    import abtem

    abtem.config.set({"local_diagnostics.progress_bar": False, "diagnostics.progress_bar": False})
    atoms = ceria_block()
    rms = {element: np.sqrt(b / (8 * np.pi**2)) for element, b in WARM.items()}
    moving = abtem.FrozenPhonons(atoms, N_CONFIGURATIONS, rms, directions="xy", seed=3, ensemble_mean=False)
    potential = abtem.Potential(
        moving,
        gpts=SHAPE[::-1],
        slice_thickness=LAYER_SPACING,
        parametrization="lobato",
        projection="infinite",
    )
    waves = abtem.PlaneWave(energy=300e3).multislice(potential).compute(progress_bar=False).array
    theirs, mean = images_of(torch.from_numpy(waves.transpose(0, 2, 1).copy()))

    strands, layers = strands_of_atoms(atoms)
    grid, rng = WaveGrid(SHAPE, FIELD), np.random.default_rng(0)
    slab = Slab(strands, layers, Scatterers("lobato", WARM, frozen_phonons=True))
    several = exit_waves(
        [slab] * N_CONFIGURATIONS,
        [grid] * N_CONFIGURATIONS,
        voltage_kv=300,
        device=torch.device("cpu"),
        rngs=[rng] * N_CONFIGURATIONS,
    )
    ours, our_mean = images_of(several)
    damped = exit_wave(
        Slab(strands, layers, Scatterers("lobato", WARM)), grid, voltage_kv=300, device=torch.device("cpu")
    )
    without_phonons = images_of(damped[None])[1]

    np.testing.assert_allclose(our_mean, ours.mean(axis=0), atol=1e-5)
    of_theirs, of_ours = (images.var(axis=0, ddof=1) / N_CONFIGURATIONS for images in (theirs, ours))
    assert ((our_mean - mean) ** 2 / (of_theirs + of_ours)).mean() < 1.5
    assert ((without_phonons - mean) ** 2 / of_theirs).mean() > 3
