"""The exit wave and the image against abTEM's figures, Dr. Probe's images and conservation laws."""

import numpy as np
import pytest
import torch
from ase import Atoms

from segdepth_app.config import ImageConfig
from segdepth_app.microscope.electron import interaction_parameter, wavelength
from segdepth_app.microscope.focal import FocalStack, Lens, focal_nodes
from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.image_job import simulate_image
from segdepth_app.microscope.lens import aberration_phase
from segdepth_app.microscope.slices import Projector, Scatterers, WaveGrid, exit_wave
from segdepth_app.specimen.ceria import LAYER_SPACING, PERIOD_X, PERIOD_Y, lattice_sites
from segdepth_app.specimen.table import empty_table
from tests.oracles import CONTRAST, SHARED_DATA, direct_structure_factor, dr_probe

CPU = torch.device("cpu")
LIGHT = Scatterers("lobato", {"Ce": 0.3, "O": 0.5})


def bulk_ceria(count, cells=(2, 3)):
    """Table and field of bulk ceria, cells (x, y) in a row, a Ce column at (0, 0)."""
    field = cells[1] * PERIOD_Y, cells[0] * PERIOD_X
    x, y, parity, element = lattice_sites((0, field[1] - 1e-6, 0, field[0] - 1e-6), (0, 0))
    table = empty_table(len(x))
    table["x"], table["y"], table["parity"], table["element"], table["count"] = x, y, parity, element, count
    return table, field


@pytest.mark.parametrize("count", [1, 3, 5, 7, 10])
@pytest.mark.parametrize("spread_pm", [0, 25])
def test_bulk_column_intensities_match_the_expected_table(count, spread_pm):
    """Through the focal stack; the table's last digit and a field stretched by 0.06 % leave 1 %."""
    table, field = bulk_ceria(count)
    pixel = field[1] / 200
    frame = Frame(pixel=pixel, binning=1, shape=(212, 200), margin=0, wave_shape=(216, 200))
    table["x"] += frame.origin
    table["y"] = table["y"] * (212 * pixel / field[0]) + frame.origin
    wave = exit_wave(table, WaveGrid(frame.wave_shape, frame.field), LIGHT, voltage_kv=300, device=CPU)
    nodes = focal_nodes(60, 60, 40, 40, step=10)
    stack = FocalStack(wave, frame, Lens(300, -9e4, 5e7, 2e-4), nodes)
    image = stack.image(c1=60, focal_spread_1e=40, image_spread=spread_pm / 100)
    got = {"Ce": image[0, 0].item(), "O": image[0, 25].item()}
    for element, value in got.items():
        assert value == pytest.approx(CONTRAST[element, spread_pm][count - 1], rel=0.01)
    assert (wave.abs() ** 2).mean().item() >= 0.9999


def layer_potentials(table, grid, scatterers):
    """Projected potential of each layer, front to back, (n, H, W), V·Å; from plain sums over atoms."""
    projector = Projector(grid, scatterers, voltage_kv=300, device=CPU)
    last = int((table["first"] + table["count"]).max())
    layers = []
    for period in range(last):
        for parity in (0, 1):
            here = (table["parity"] == parity) & (table["first"] <= period)
            rows = table[here & (period < table["first"] + table["count"])]
            half = np.zeros((grid.shape[0], grid.shape[1] // 2 + 1), complex)
            for z in np.unique(rows["element"]):
                atoms = rows[rows["element"] == z]
                gx, gy = projector.gx.numpy(), projector.gy.numpy()
                sums = direct_structure_factor(atoms["x"], atoms["y"], gx, gy)
                half[projector.rows.numpy(), : projector.n_cols] += projector.atom(int(z)).numpy() * sums
            layers.append(np.fft.irfft2(half, s=grid.shape) * grid.shape[0] * grid.shape[1])
    return np.array(layers, np.float32)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("potential", ["lobato", "kirkland"])
def test_exit_wave_agrees_with_abtem(potential):
    """The same layers through abTEM's multislice: rms of the difference below 0.5 % of the wave's std.

    abTEM takes the layers' potentials, since it knows no Debye-Waller factor and does not limit their band.
    """
    import abtem

    rng = np.random.default_rng(5)
    table, field = bulk_ceria(0, cells=(3, 4))
    table["count"] = rng.integers(0, 7, len(table))
    table["first"] = rng.integers(0, 2, len(table))
    table["first"][0], table["count"][0] = 0, 7
    grid = WaveGrid((256, 256), field)
    scatterers = Scatterers(potential, {"Ce": 0.3, "O": 0.485})
    ours = exit_wave(table, grid, scatterers, voltage_kv=300, device=CPU).numpy()

    abtem.config.set(
        {"local_diagnostics.progress_bar": False, "diagnostics.progress_bar": False, "antialias.taper": 0.0}
    )
    layers = layer_potentials(table, grid, scatterers)
    theirs_potential = abtem.PotentialArray(
        layers.transpose(0, 2, 1).copy(), slice_thickness=LAYER_SPACING, extent=(field[1], field[0])
    )
    wave = abtem.PlaneWave(energy=300e3).multislice(theirs_potential).compute(progress_bar=False)
    theirs = wave.array.T
    rms = np.sqrt((np.abs(ours - theirs) ** 2).mean()) / np.std(theirs)
    assert rms < 0.005


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("potential", ["lobato", "kirkland"])
def test_projected_potential_of_an_atom_agrees_with_abtem(potential):
    """Spectrum of one Ce atom on a grid point, inside the band."""
    import abtem

    grid = WaveGrid((128, 128), (8.0, 8.0))
    atoms = Atoms("Ce", [(2.0, 3.0, 0.5)], cell=(8, 8, 1), pbc=True)
    theirs = abtem.Potential(
        atoms, gpts=(128, 128), slice_thickness=1.0, parametrization=potential, projection="infinite"
    )
    spectrum = np.abs(np.fft.fft2(theirs.build().compute(progress_bar=False).array[0].T)) / 128**2
    projector = Projector(grid, Scatterers(potential), voltage_kv=300, device=CPU)
    ours = projector.atom(58).numpy()
    expected = spectrum[projector.rows.numpy()][:, : projector.n_cols]
    inside = projector.inside.numpy() > 0
    # abTEM interpolates in a table; 1.5 % at the band's edge, where the atom has fallen to 3 %
    np.testing.assert_allclose(ours[inside], expected[inside], rtol=0.02)


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="independent data are not beside the project")
@pytest.mark.parametrize("defocus", [3, 6])
def test_image_of_a_column_table_agrees_with_dr_probe(defocus):
    """The paper's own simulator. Aligned to the pixel: a shift by one costs 0.02 of correlation."""
    theirs, facts, table = dr_probe(defocus)
    config = ImageConfig(
        structure=table,
        out="unused.tif",
        pixel_size_pm=facts["pixel_pm"],
        defocus_nm=facts["defocus_nm"],
        focal_spread_nm=facts["focus_spread_nm"],
        image_spread_pm=facts["vibration_nm"] * 1000,
    )
    ours = simulate_image(config)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995
    # contrast as well as shape: std within 5 %, mean within 0.1 %
    assert ours.std() == pytest.approx(theirs.std(), rel=0.05)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-3)


def test_structure_factor_is_the_plain_sum():
    rng = np.random.default_rng(0)
    field = (9.0, 11.0)
    x, y = rng.uniform(0, 11, 12), rng.uniform(0, 9, 12)
    projector = Projector(WaveGrid((64, 80), field), LIGHT, voltage_kv=300, device=CPU)
    got = projector.phases(y, projector.gy).T @ projector.phases(x, projector.gx)
    expected = direct_structure_factor(x, y, projector.gx.numpy(), projector.gy.numpy())
    np.testing.assert_allclose(got.numpy(), expected, atol=2e-5)


def test_one_thin_atom_is_a_weak_phase_object():
    """ψ ≈ 1 + iσV: for one O atom of large B the phase is small, and its integral is σ · 47.878 · f(0)."""
    table = empty_table(1)
    table["x"], table["y"], table["element"], table["count"], table["parity"] = 5, 5, 8, 1, 1
    grid = WaveGrid((128, 128), (10.0, 10.0))
    wave = exit_wave(table, grid, Scatterers("lobato", {"O": 4.0}), voltage_kv=300, device=CPU)
    integral = wave.angle().sum().item() * (10 / 128) ** 2
    assert integral == pytest.approx(interaction_parameter(300) * 47.878 * 2.0291, rel=0.02)


def test_wave_in_vacuum_is_one():
    wave = exit_wave(empty_table(0), WaveGrid((32, 32), (5.0, 5.0)), LIGHT, voltage_kv=300, device=CPU)
    torch.testing.assert_close(wave, torch.ones_like(wave), rtol=0, atol=1e-4)


def test_more_defocus_is_more_free_space():
    """Lens at C1 + d equals the lens at C1 on a wave propagated by d."""
    table, field = bulk_ceria(3)
    grid = WaveGrid((108, 100), field)
    wave = exit_wave(table, grid, LIGHT, voltage_kv=300, device=CPU).to(torch.complex128)
    g2 = squared_frequency(grid.shape, grid.step, CPU)
    lam = wavelength(300)
    chi = aberration_phase(g2, wavelength=lam, c1=90.0, c3=-9e4)
    directly = ifft2(fft2(wave) * torch.exp(-1j * chi))
    propagated = ifft2(fft2(wave) * torch.exp(-1j * torch.pi * lam * 30.0 * g2))
    chi = aberration_phase(g2, wavelength=lam, c1=60.0, c3=-9e4)
    torch.testing.assert_close(ifft2(fft2(propagated) * torch.exp(-1j * chi)), directly, rtol=0, atol=1e-10)


def test_binned_pixels_are_means_of_reference_pixels():
    """An image stored at binning 4 equals 4 × 4 block means of the same image at binning 1."""
    table, _ = bulk_ceria(4)
    lens, nodes = (
        Lens(300, -9e4, 5e7, 2e-4),
        focal_nodes(60, 60, 40, 40, step=20),
    )
    images = {}
    for binning in (1, 4):
        frame = Frame(0.053, binning, (160 // binning, 160 // binning), 16 // binning, (144, 144))
        shifted = table.copy()
        shifted["x"] += frame.origin
        shifted["y"] += frame.origin
        wave = exit_wave(shifted, WaveGrid(frame.wave_shape, frame.field), LIGHT, voltage_kv=300, device=CPU)
        images[binning] = FocalStack(wave, frame, lens, nodes).image(c1=60, focal_spread_1e=40, image_spread=0.25)
    blocks = images[1].reshape(40, 4, 40, 4).mean(dim=(1, 3))
    # what the coarse grid cannot hold beyond 2.36 1/Å is below 0.2 % of the contrast
    assert (images[4] - blocks).abs().max().item() < 0.002


@pytest.mark.parametrize(
    ("step", "spread_pm", "c1", "limit"),
    [(8, 0, 55, 0.02), (10, 15, 63, 0.003), (10, 25, 48, 0.003), (20, 25, 63, 0.003), (20, 15, 63, 0.03)],
)
def test_nodes_give_the_explicit_focal_average(step, spread_pm, c1, limit):
    """A stack for 1 to 9 nm against 161 samples around one C1, averaged directly; rms over the image's std."""
    rng = np.random.default_rng(3)
    table, field = bulk_ceria(0)
    table["count"] = rng.integers(1, 9, len(table))
    pixel = field[1] / 200
    frame = Frame(pixel, 1, (212, 200), 0, (144, 135))
    wave = exit_wave(table, WaveGrid(frame.wave_shape, frame.field), LIGHT, voltage_kv=300, device=CPU)
    lens = Lens(300, -9e4, 5e7, 2e-4)
    spread = spread_pm / 100
    nodes = focal_nodes(10, 90, 40, 40, step=step)
    got = FocalStack(wave, frame, lens, nodes).image(c1=c1, focal_spread_1e=40, image_spread=spread)

    samples = np.linspace(-160, 160, 161)
    weights = np.exp(-((samples / 40) ** 2))
    dense = FocalStack(wave, frame, lens, [float(c1 + f) for f in samples])
    single = [dense.image(c1=c1 + f, focal_spread_1e=0, image_spread=spread) for f in samples]
    expected = sum(w * image for w, image in zip(weights / weights.sum(), single, strict=True))
    rms = (got - expected).square().mean().sqrt() / expected.std()
    assert rms.item() < limit
