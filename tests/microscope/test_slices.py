"""The exit wave: closed forms, conservation laws, and one slab against the same slab put differently."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from ceria_slabs import bulk_ceria, wedge_on_grid

from segdepth_app.microscope.electron import interaction_parameter, wavelength
from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.lens import aberration_phase
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import Slab, exit_wave, exit_waves, slab_of
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import STRAND_DTYPE
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.table import empty_table

CPU = torch.device("cpu")
LIGHT = Scatterers("lobato", {"Ce": 0.3, "O": 0.5})


def rms(got, expected):
    """rms of the difference over the expected wave's standard deviation."""
    return ((got - expected).abs().square().mean().sqrt() / expected.std()).item()


def test_one_thin_atom_is_a_weak_phase_object():
    """ψ ≈ 1 + iσV: for one O atom of large B the phase is small, and its integral is σ · 47.878 · f(0)."""
    strands = np.array([(5.0, 5.0, 8, 1, 0, 1)], STRAND_DTYPE)
    grid = WaveGrid((128, 128), (10.0, 10.0))
    slab = Slab(strands, CERIA_110.layers, Scatterers("lobato", {"O": 4.0}))
    wave = exit_wave(slab, grid, voltage_kv=300, device=CPU)
    integral = wave.angle().sum().item() * (10 / 128) ** 2
    assert integral == pytest.approx(interaction_parameter(300) * 47.878 * 2.0291, rel=0.02)


def test_wave_in_vacuum_is_one():
    specimen = Specimen(empty_table(0), CERIA_110)
    wave = exit_wave(slab_of(specimen, LIGHT), WaveGrid((32, 32), (5.0, 5.0)), voltage_kv=300, device=CPU)
    torch.testing.assert_close(wave, torch.ones_like(wave), rtol=0, atol=1e-4)


def test_more_defocus_is_more_free_space():
    """Lens at C1 + d equals the lens at C1 on a wave propagated by d."""
    specimen, field = bulk_ceria(3)
    grid = WaveGrid((108, 100), field)
    wave = exit_wave(slab_of(specimen, LIGHT), grid, voltage_kv=300, device=CPU).to(torch.complex128)
    g2 = squared_frequency(grid.shape, grid.step, CPU)
    lam = wavelength(300)
    chi = aberration_phase(g2, wavelength=lam, c1=90.0, c3=-9e4)
    directly = ifft2(fft2(wave) * torch.exp(-1j * chi))
    propagated = ifft2(fft2(wave) * torch.exp(-1j * torch.pi * lam * 30.0 * g2))
    chi = aberration_phase(g2, wavelength=lam, c1=60.0, c3=-9e4)
    torch.testing.assert_close(ifft2(fft2(propagated) * torch.exp(-1j * chi)), directly, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("step", "lost"), [(0.053, 5e-5), (0.08, 5e-4)])
def test_no_electrons_are_lost(step, lost):
    """What leaves the band is gone; at 5.3 pm next to nothing does."""
    n = round(18 / step)
    grid = WaveGrid((n, n), (n * step, n * step))
    wave = exit_wave(slab_of(wedge_on_grid(n, step), LIGHT), grid, voltage_kv=300, device=CPU)
    assert (wave.abs() ** 2).mean().item() == pytest.approx(1, abs=lost)


def test_waves_of_a_batch_are_those_of_each_slab_alone():
    """Different thickness, tilt, potentials and scale side by side, in no order of size."""
    grids, slabs = [], []
    for seed, (table, tilt, scale) in enumerate(
        [("lobato", (0.0, 0.0), 1.0), ("kirkland", (0.005, 0.0), 1.02), ("lobato", (0.0, -0.008), 0.99)]
    ):
        specimen = replace(wedge_on_grid(200, 0.08, seed=seed), tilt=tilt)
        specimen.table["count"] = np.minimum(specimen.table["count"], (4, 9, 6)[seed])
        slabs.append(slab_of(specimen, Scatterers(table, LIGHT.b_factors)))
        grids.append(WaveGrid((200, 200), (16.0 * scale, 16.0 * scale)))
    together = exit_waves(slabs, grids, voltage_kv=300, device=CPU, rngs=[None] * 3)
    for wave, slab, grid in zip(together, slabs, grids, strict=True):
        # single precision of sums in another order
        assert rms(wave, exit_wave(slab, grid, voltage_kv=300, device=CPU)) < 1e-5


def test_a_tilted_slab_is_its_atoms_moved_sideways():
    """Against the same atoms listed one by one at sheared places, without any tilt."""
    specimen = replace(wedge_on_grid(200, 0.08), tilt=(0.012, -0.007))
    grid = WaveGrid((200, 200), (16.0, 16.0))
    tilted = exit_wave(slab_of(specimen, LIGHT), grid, voltage_kv=300, device=CPU)
    atoms = specimen.atoms()
    strands = np.zeros(len(atoms), STRAND_DTYPE)
    strands["x"], strands["y"], strands["element"] = *atoms.positions[:, :2].T, atoms.numbers
    layer = np.rint(atoms.positions[:, 2] / CERIA_110.layers.spacing).astype(int)
    strands["layer"], strands["first"] = layer % 2, layer // 2
    strands["end"] = strands["first"] + 1
    moved = exit_wave(Slab(strands, CERIA_110.layers, LIGHT), grid, voltage_kv=300, device=CPU)
    straight = exit_wave(slab_of(replace(specimen, tilt=(0.0, 0.0)), LIGHT), grid, voltage_kv=300, device=CPU)
    # the moving frame's band limit moves too: 0.1 % at most, where the tilt itself is 40 %
    assert rms(tilted, moved) < 1e-3 < 0.2 < rms(straight, moved)


@pytest.mark.parametrize("period", [-12, 25])
def test_atoms_before_or_behind_the_columns_leave_the_focus_where_it_was(period):
    """One hydrogen atom far off moves the planes that the wave passes, not the plane that focus refers to."""
    specimen = wedge_on_grid(200, 0.08)
    grid = WaveGrid((200, 200), (16.0, 16.0))
    extra = np.array([(8.0, 1.0, 1, 0, period, period + 1)], STRAND_DTYPE)
    alone, beside = (
        exit_wave(slab_of(item, replace(LIGHT, default_b=2.0)), grid, voltage_kv=300, device=CPU)
        for item in (specimen, replace(specimen, extras=extra))
    )
    assert rms(beside, alone) < 0.02  # the atom itself; 4 nm of defocus would be more than 1


def test_frozen_phonons_need_a_generator():
    slab = slab_of(wedge_on_grid(200, 0.08), replace(LIGHT, frozen_phonons=True))
    with pytest.raises(ValueError, match="generator"):
        exit_wave(slab, WaveGrid((200, 200), (16.0, 16.0)), voltage_kv=300, device=CPU)


def test_atoms_of_a_specimen_are_those_its_table_counts():
    """One atom per count and element, none lost at the borders of periods."""
    specimen, _ = bulk_ceria(0)
    rng = np.random.default_rng(1)
    specimen.table["count"] = rng.integers(0, 11, len(specimen.table))
    specimen.table["first"] = rng.integers(0, 5, len(specimen.table))
    atoms = specimen.atoms()
    for element in (58, 8):
        of_element = specimen.table["element"] == element
        assert (atoms.numbers == element).sum() == specimen.table["count"][of_element].sum()
    layers = atoms.positions[:, 2] / CERIA_110.layers.spacing
    np.testing.assert_allclose(layers, np.rint(layers), atol=1e-6)
