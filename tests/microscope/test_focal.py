"""Images from exit waves: expected contrast, the focal average, binning, Dr. Probe."""

import numpy as np
import pytest
import torch
from ceria_slabs import bulk_ceria, wedge_on_grid

from segdepth_app.config import ImageConfig
from segdepth_app.microscope import focal
from segdepth_app.microscope.focal import FocalStack, Lens, focal_nodes
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.image_job import simulate_image
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_wave, slab_of
from tests.oracles import CONTRAST, SHARED_DATA, dr_probe

CPU = torch.device("cpu")
LIGHT = Scatterers("lobato", {"Ce": 0.3, "O": 0.5})
ROUND = Lens(300, -9e4, 5e7, 2e-4)
SKEW = Lens(300, -9e4, 5e7, 2e-4, c12=30, c12_angle=0.6, c21=900, c21_angle=-2.0, beam_tilt=(2e-3, 1e-3))


@pytest.mark.parametrize("count", [1, 3, 5, 7, 10])
@pytest.mark.parametrize("spread_pm", [0, 25])
def test_bulk_column_intensities_match_the_expected_table(count, spread_pm):
    """Through the focal stack; the table's last digit and a field stretched by 0.06 % leave 1 %."""
    specimen, field = bulk_ceria(count)
    table = specimen.table
    pixel = field[1] / 200
    frame = Frame(pixel=pixel, binning=1, shape=(212, 200), margin=0, wave_shape=(216, 200))
    table["x"] += frame.origin
    table["y"] = table["y"] * (212 * pixel / field[0]) + frame.origin
    wave = exit_wave(slab_of(specimen, LIGHT), WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
    nodes = focal_nodes(60, 60, 40, 40, step=10)
    stack = FocalStack(wave, frame, Lens(300, -9e4, 5e7, 2e-4), nodes)
    image = stack.image(c1=60, focal_spread_1e=40, image_spread=spread_pm / 100)
    got = {"Ce": image[0, 0].item(), "O": image[0, 25].item()}
    for element, value in got.items():
        assert value == pytest.approx(CONTRAST[element, spread_pm][count - 1], rel=0.01)
    assert (wave.abs() ** 2).mean().item() >= 0.9999


@pytest.mark.shared_data
@pytest.mark.skipif(not SHARED_DATA.is_dir(), reason="independent data are not beside the project")
@pytest.mark.parametrize("potential", ["lobato", "kirkland"])
@pytest.mark.parametrize("defocus", [3, 6])
def test_image_of_a_column_table_agrees_with_dr_probe(defocus, potential):
    """The paper's own simulator. Aligned to the pixel: a shift by one costs 0.02 of correlation."""
    theirs, facts, table = dr_probe(defocus)
    config = ImageConfig(
        structure=table,
        out="unused.tif",
        pixel_size_pm=facts["pixel_pm"],
        defocus_nm=facts["defocus_nm"],
        focal_spread_nm=facts["focus_spread_nm"],
        image_spread_pm=facts["vibration_nm"] * 1000,
        potential=potential,
    )
    ours = simulate_image(config)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] > 0.995
    # contrast as well as shape: std within 5 %, mean within 0.1 %
    assert ours.std() == pytest.approx(theirs.std(), rel=0.05)
    assert ours.mean() == pytest.approx(theirs.mean(), rel=1e-3)


def test_binned_pixels_are_means_of_reference_pixels():
    """An image stored at binning 4 equals 4 × 4 block means of the same image at binning 1."""
    specimen, _ = bulk_ceria(4)
    lens, nodes = (
        Lens(300, -9e4, 5e7, 2e-4),
        focal_nodes(60, 60, 40, 40, step=20),
    )
    images = {}
    for binning in (1, 4):
        frame = Frame(0.053, binning, (160 // binning, 160 // binning), 16 // binning, (144, 144))
        slab = slab_of(specimen, LIGHT, origin=frame.origin)
        wave = exit_wave(slab, WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
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
    specimen, field = bulk_ceria(0)
    specimen.table["count"] = rng.integers(1, 9, len(specimen.table))
    pixel = field[1] / 200
    frame = Frame(pixel, 1, (212, 200), 0, (144, 135))
    wave = exit_wave(slab_of(specimen, LIGHT), WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
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


@pytest.mark.parametrize("lens", [ROUND, SKEW], ids=["round", "skew"])
@pytest.mark.parametrize("binning", [1, 4])
def test_the_coarse_grid_of_the_nodes_changes_nothing(lens, binning, monkeypatch):
    """Against nodes on the wave's own grid, at the frequencies that the spatial envelope lets pass to 1e-4."""
    frame = Frame(0.053, binning, (240 // binning, 256 // binning), 16 // binning, (272, 288))
    grid = WaveGrid(frame.wave_shape, frame.field)
    slab = slab_of(wedge_on_grid(272, 0.053), LIGHT, origin=frame.origin)
    wave = exit_wave(slab, grid, voltage_kv=300, device=CPU)
    nodes = focal_nodes(20, 80, 40, 40, step=20)
    coarse = FocalStack(wave, frame, lens, nodes)
    monkeypatch.setattr(focal, "PASSED", 1e-12)
    monkeypatch.setattr(focal, "_lens_grid", lambda frame, passed: frame.wave_shape)
    fine = FocalStack(wave, frame, lens, nodes)
    for c1 in (20, 55):
        got, expected = (s.image(c1=c1, focal_spread_1e=40, image_spread=0.0) for s in (coarse, fine))
        assert ((got - expected).square().mean().sqrt() / expected.std()).item() < 1e-4


def test_several_waves_are_averaged_in_intensity():
    """Two waves of opposite phase have the mean of their images, not the image of their mean."""
    specimen, field = bulk_ceria(3)
    frame = Frame(field[1] / 100, 1, (106, 100), 0, (106, 100))
    wave = exit_wave(slab_of(specimen, LIGHT), WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
    other = 2 - wave
    nodes = focal_nodes(60, 60, 40, 40, step=20)
    settings = {"c1": 60, "focal_spread_1e": 40, "image_spread": 0.2}
    both = FocalStack(torch.stack([wave, other]), frame, ROUND, nodes).image(**settings)
    single = [FocalStack(w, frame, ROUND, nodes).image(**settings) for w in (wave, other)]
    torch.testing.assert_close(both, (single[0] + single[1]) / 2, rtol=0, atol=1e-5)
    assert single[0].std() > 0.05


def test_mtf_multiplies_the_spectrum_of_the_image():
    """Of a periodic image at its own pixel size, against numpy's transform."""
    specimen, field = bulk_ceria(5)
    frame = Frame(field[1] / 100, 1, (106, 100), 0, (106, 100))
    wave = exit_wave(slab_of(specimen, LIGHT), WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
    stack = FocalStack(wave, frame, ROUND, focal_nodes(60, 60, 40, 40, step=20))
    settings = {"c1": 60, "focal_spread_1e": 40, "image_spread": 0.2}
    plain = stack.image(**settings).numpy()
    got = stack.image(**settings, mtf=lambda g, nyquist: torch.exp(-g / nyquist)).numpy()
    g = np.hypot(*np.meshgrid(np.fft.fftfreq(106), np.fft.fftfreq(100), indexing="ij")) / frame.pixel
    expected = np.fft.ifft2(np.fft.fft2(plain) * np.exp(-g * 2 * frame.pixel)).real
    np.testing.assert_allclose(got, expected, atol=2e-5)
