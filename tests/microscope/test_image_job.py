"""The image job: files, noise, structures of any kind, and every setting of the microscope on its way to the image."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tifffile
import torch
from ase import Atoms
from ase.build import bulk
from PIL import Image

from segdepth_app import cli
from segdepth_app.config import ImageConfig
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.microscope.detector import count_electrons
from segdepth_app.microscope.focal import FocalStack, Lens
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.image_job import run, simulate_image
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_wave, slab_of
from segdepth_app.reporting import Command, Reporter
from segdepth_app.specimen.ceria import CERIA_110, LAYER_SPACING
from segdepth_app.specimen.crystal import lattice_sites
from segdepth_app.specimen.readers import read_column_table
from segdepth_app.verbs.jobs import JOB_VERBS

PIXEL = 0.08
SHAPE = (96, 128)
CPU = torch.device("cpu")


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "Größe µm.csv"
    path.write_text("element,x_px,y_px,atoms\nCe,60,40,4\nO,30,70,3\n", encoding="utf-8")
    return path


def settings(structure, out, **changes):
    values = {"structure": structure, "out": out, "pixel_size_pm": 8, "height_px": SHAPE[0], "width_px": SHAPE[1]}
    return ImageConfig(**{**values, **changes})


def image_of(structure, **changes):
    return simulate_image(settings(structure, "unused.npy", **changes))


def relative(difference, image):
    """Root mean square of a difference over the image's contrast."""
    return float(np.sqrt((difference**2).mean()) / image.std())


def test_clean_image_peaks_at_the_column_and_is_calibrated(tmp_path, table):
    run(settings(table, tmp_path / "clean.tif"), Reporter())
    with tifffile.TiffFile(tmp_path / "clean.tif") as file:
        image = file.asarray()
        assert file.imagej_metadata["unit"] == "nm"
        resolution = file.pages[0].tags["XResolution"].value
    assert resolution[1] / resolution[0] == pytest.approx(0.008, rel=1e-6)
    assert np.unravel_index(image.argmax(), image.shape) == (40, 60)
    assert image.mean() == pytest.approx(1, abs=1e-3)


def test_noisy_image_has_the_dose_asked_for(tmp_path, table):
    run(settings(table, tmp_path / "noisy.npy", dose_e_per_px=20, seed=3), Reporter())
    counts = np.load(tmp_path / "noisy.npy")
    clean = image_of(table)
    assert counts.dtype == np.uint8
    residual = (counts - 20 * clean) / np.sqrt(20 * clean)
    # 12,288 pixels: the mean of unit noise is known to 0.009, its variance to 0.013
    assert residual.mean() == pytest.approx(0, abs=0.04)
    assert residual.var() == pytest.approx(1, abs=0.06)
    # a seed's noise does not change when other things learn to draw from it
    np.testing.assert_array_equal(counts, count_electrons(clean, dose_e_per_px=20, rng=np.random.default_rng(3)))


def facts_in_tiff(path):
    with tifffile.TiffFile(path) as file:
        return json.loads(file.imagej_metadata["Info"])


FACTS = {
    "a.tif": facts_in_tiff,
    "a.png": lambda path: json.loads(Image.open(path).text["segdepth"]),
    "a.npy": lambda path: json.loads(path.with_name("a_card.json").read_text(encoding="utf-8")),
}


@pytest.mark.parametrize("name", FACTS)
def test_every_file_says_what_it_was_made_from(tmp_path, table, name):
    """All settings but the file's own name, from which the same image can be made again; and the dose per area."""
    made = settings(table, tmp_path / name, dose_e_per_px=2.5, pixel_size_pm=5.3, c12_nm=3, zone_axis=None)
    run(made, Reporter())
    facts = FACTS[name](tmp_path / name)
    assert facts.pop("dose_e_per_a2") == pytest.approx(890, abs=0.1)
    assert facts.pop("version")
    assert ImageConfig(out=made.out, **facts) == made


def test_counts_too_high_for_16_bits_are_kept_in_a_tiff(tmp_path, table):
    run(settings(table, tmp_path / "bright.tif", dose_e_per_px=1e6), Reporter())
    counts = tifffile.imread(tmp_path / "bright.tif")
    assert counts.mean() == pytest.approx(1e6, rel=2e-3)
    np.testing.assert_array_equal(counts, np.rint(counts))


@pytest.mark.parametrize("tilt", [(0.0, 0.0), (2.0, -1.5)])
def test_atoms_and_table_of_the_same_columns_give_the_same_image(tmp_path, table, tilt):
    """The same atoms one by one, where the tilt has put them, through layers found from their heights.

    Focus refers to whole periods of a table, and to the last layer of a list of atoms: one layer less here.
    """
    specimen = replace(read_column_table(table, pixel=PIXEL), tilt=tuple(np.deg2rad(tilt)))
    atoms = specimen.atoms()
    atoms.positions[:, :2] += PIXEL / 2
    atoms.set_cell([SHAPE[1] * PIXEL, SHAPE[0] * PIXEL, 40])
    atoms.pbc = True
    atoms.write(tmp_path / "columns.xyz", format="extxyz")
    by_table = image_of(table, tilt_x_deg=tilt[0], tilt_y_deg=tilt[1])
    by_atoms = image_of(tmp_path / "columns.xyz", defocus_nm=6 + LAYER_SPACING / 10)
    # eight digits in the file, float32 in the wave
    assert relative(by_atoms - by_table, by_table) < 1e-4


def test_cluster_stands_in_the_middle(tmp_path):
    Atoms("Ce3", [(1, 2, 0), (1, 2, 1.9), (1, 2, 3.8)]).write(tmp_path / "column.xyz")
    image = image_of(tmp_path / "column.xyz", height_px=97, width_px=129)
    assert np.unravel_index(image.argmax(), image.shape) == (48, 64)


def bent_lens():
    return {"c12_nm": 4, "c12_angle_deg": 35, "c21_nm": 300, "c21_angle_deg": -120, "semiangle_1e_mrad": 0.5}


@pytest.mark.filterwarnings("ignore")
def test_astigmatism_and_coma_are_abtems(table):
    """The exit wave through abTEM's lens, against the image with the same settings; sampled half a pixel apart."""
    import abtem

    ours = image_of(table, focal_spread_nm=0, image_spread_pm=0, defocus_nm=5, **bent_lens())
    specimen = read_column_table(table, pixel=PIXEL)
    slab = slab_of(specimen, Scatterers("lobato", {"Ce": 0.30, "O": 0.485}), origin=PIXEL / 2)
    field = SHAPE[0] * PIXEL, SHAPE[1] * PIXEL
    wave = exit_wave(slab, WaveGrid(SHAPE, field), voltage_kv=300, device=CPU)
    waves = abtem.Waves(wave.numpy().T.copy(), energy=300e3, extent=field[::-1])
    lens = {
        "C10": 50,
        "C30": -9e4,
        "C50": 5e7,
        "C12": 40,
        "phi12": np.deg2rad(35),
        "C21": 3000,
        "phi21": np.deg2rad(-120),
    }
    ctf = abtem.CTF(energy=300e3, angular_spread=0.5, aberration_coefficients=lens)
    theirs = waves.apply_ctf(ctf).intensity().compute(progress_bar=False).array.T
    gy, gx = np.fft.fftfreq(SHAPE[0])[:, None], np.fft.fftfreq(SHAPE[1])
    theirs = np.fft.ifft2(np.fft.fft2(theirs) * np.exp(1j * np.pi * (gy + gx))).real
    # abTEM's phases are float32, and half a pixel's shift of the Nyquist line is anybody's guess
    assert relative(ours - theirs, theirs) < 2e-3
    round_lens = image_of(table, focal_spread_nm=0, image_spread_pm=0, defocus_nm=5)
    assert relative(round_lens - theirs, theirs) > 0.3


def test_specimen_that_tilts_with_the_beam_does_not_tilt(table):
    """Without C3 and C5 the lens is the same everywhere, and only the angle between beam and columns is left."""
    plain = {"c3_um": 0, "c5_mm": 0}
    straight = image_of(table, **plain)
    together = image_of(
        table, tilt_x_deg=np.rad2deg(0.018), tilt_y_deg=np.rad2deg(-0.01), beam_tilt_x_mrad=18, beam_tilt_y_mrad=-10
    )
    together_plain = image_of(
        table,
        tilt_x_deg=np.rad2deg(0.018),
        tilt_y_deg=np.rad2deg(-0.01),
        beam_tilt_x_mrad=18,
        beam_tilt_y_mrad=-10,
        **plain,
    )
    assert relative(together_plain - straight, straight) < 1e-4
    # with them the tilted beam has coma
    assert relative(together - image_of(table), straight) > 0.05


def test_temperature_sets_the_debye_waller_factors(table):
    """B at 773 K is the table's: the same image as from those B, set by hand."""
    warm = image_of(table, temperature_k=773, focal_spread_nm=0, image_spread_pm=0)
    specimen = read_column_table(table, pixel=PIXEL)
    slab = slab_of(specimen, Scatterers("lobato", {"Ce": 0.75, "O": 1.11}), origin=PIXEL / 2)
    field = SHAPE[0] * PIXEL, SHAPE[1] * PIXEL
    wave = exit_wave(slab, WaveGrid(SHAPE, field), voltage_kv=300, device=CPU)
    stack = FocalStack(wave, Frame(PIXEL, 1, SHAPE, 0, SHAPE), Lens(300, -9e4, 5e7, 2e-4), [60.0])
    expected = stack.image(c1=60, focal_spread_1e=0, image_spread=0).numpy()
    np.testing.assert_allclose(warm, expected, atol=1e-6)


def test_mtf_file_acts_on_the_spectrum_of_the_mean_image(tmp_path, table):
    """Against numpy's FFT and interpolation; the vacuum level stays."""
    path = tmp_path / "mtf.csv"
    path.write_text("nyquist_fraction,mtf\n0,1\n0.3,0.9\n0.6,0.4\n1,0.1\n", encoding="utf-8")
    clean, filtered = image_of(table), image_of(table, mtf_file=path)
    gy, gx = np.fft.fftfreq(SHAPE[0])[:, None], np.fft.fftfreq(SHAPE[1])
    mtf = np.interp(np.hypot(gy, gx) / 0.5, [0, 0.3, 0.6, 1], [1, 0.9, 0.4, 0.1])
    expected = np.fft.ifft2(np.fft.fft2(clean) * mtf).real
    np.testing.assert_allclose(filtered, expected, atol=2e-5)
    assert filtered.mean() == pytest.approx(clean.mean(), abs=1e-6)


def test_crystal_turned_to_a_zone_axis_is_the_table_of_its_columns(tmp_path):
    """Ceria's cubic cell along [1 1 0], five periods thick, against a table of five atoms per column."""
    bulk("CeO2", "fluorite", a=5.411, cubic=True).write(tmp_path / "ceria.cif")
    height, width = (n * PIXEL for n in SHAPE)
    # positions in a table are from the first pixel's centre, half a pixel behind the image's corner
    corner = -PIXEL / 2, -PIXEL / 2
    extent = (-PIXEL / 2, width - PIXEL / 2, -PIXEL / 2, height - PIXEL / 2)
    x, y, site = lattice_sites(CERIA_110, extent, corner)
    symbols = ["Ce" if CERIA_110.sites[i].element == 58 else "O" for i in site]
    # the first Ce column of a table has its atoms in the first layer
    lines = [f"{symbols[i]},{x[i] / PIXEL:.9f},{y[i] / PIXEL:.9f},5" for i in np.argsort(site)]
    (tmp_path / "ceria.csv").write_text("\n".join(["element,x_px,y_px,atoms", *lines]), encoding="utf-8")
    turned = image_of(tmp_path / "ceria.cif", zone_axis=(1, 1, 0), thickness_nm=1.9)
    by_table = image_of(tmp_path / "ceria.csv")
    # the table keeps positions in float32, the CIF in a few digits
    assert relative(turned - by_table, by_table) < 1e-3


def test_thicker_crystals_scatter_more(tmp_path):
    bulk("MgO", "rocksalt", a=4.212, cubic=True).write(tmp_path / "mgo.cif")
    contrast = [image_of(tmp_path / "mgo.cif", zone_axis=(1, 0, 0), thickness_nm=t).std() for t in (0.4, 0.85, 1.7)]
    # weak enough that contrast grows with thickness: 1, 2 and 4 periods of 0.42 nm
    assert contrast[1] / contrast[0] == pytest.approx(2, rel=0.35)
    assert contrast[2] > 1.5 * contrast[1]


class Listening(Reporter):
    """Remembers warnings and progress; cancels after some progress where it is told to."""

    def __init__(self, cancel_after=None):
        self.warnings, self.steps, self.cancel_after = [], [], cancel_after

    def warning(self, message):
        self.warnings.append(message)

    def progress(self, done, total, unit):
        self.steps.append((done, total, unit))

    def command(self):
        return Command.CANCEL if self.cancel_after and len(self.steps) >= self.cancel_after else None


def test_columns_outside_the_image_are_left_out_and_said(tmp_path, table):
    """They do not come in again on the other side."""
    outside = tmp_path / "more.csv"
    outside.write_text(table.read_text(encoding="utf-8") + "Ce,140,50,5\nCe,20,-9,5\n", encoding="utf-8")
    reporter = Listening()
    image = simulate_image(settings(outside, "unused.npy"), reporter=reporter)
    assert reporter.warnings == ["2 columns or atoms of more.csv lie outside the image."]
    # the two that are left keep their places along the beam, half a period deeper under a column of 5
    assert np.corrcoef(image.ravel(), image_of(table).ravel())[0, 1] > 0.99


def test_structure_beside_the_image_is_refused(tmp_path):
    path = tmp_path / "far.csv"
    path.write_text("element,x_px,y_px,atoms\nCe,600,40,4\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"Nothing of .*far\.csv"):
        image_of(path)


def test_zone_axis_of_a_column_table_is_refused(table):
    with pytest.raises(InputError, match="column table"):
        image_of(table, zone_axis=(1, 1, 0))


def test_unusable_mtf_file_is_refused_before_anything_is_written(tmp_path, table):
    (tmp_path / "mtf.csv").write_text("nyquist_fraction,mtf\n0,1\n0.5,0.6\n", encoding="utf-8")
    with pytest.raises(InputError, match="Nyquist"):
        run(settings(table, tmp_path / "x.npy", mtf_file=tmp_path / "mtf.csv"), Reporter())
    assert not (tmp_path / "x.npy").exists()


def test_unknown_ending_is_refused_and_nothing_written(tmp_path, table):
    with pytest.raises(InputError, match=r"\.bmp"):
        run(settings(table, tmp_path / "out" / "x.bmp"), Reporter())
    assert not (tmp_path / "out").exists()


def test_frozen_phonons_are_averaged_repeated_by_the_seed_and_can_be_cancelled(tmp_path, table):
    frozen = {"thermal": "frozen-phonon", "n_phonons": 3}
    reporter = Listening()
    first = simulate_image(settings(table, "unused.npy", **frozen), reporter=reporter)
    assert reporter.steps == [(1, 3, "configurations"), (2, 3, "configurations"), (3, 3, "configurations")]
    np.testing.assert_array_equal(first, image_of(table, **frozen))
    assert relative(first - image_of(table, seed=2, **frozen), first) > 1e-3
    with pytest.raises(Cancelled):
        run(settings(table, tmp_path / "x.npy", **frozen), Listening(cancel_after=2))
    assert not (tmp_path / "x.npy").exists()


def test_every_option_of_the_command_line_becomes_a_setting():
    words = (
        "image ceria.cif --out a.npy --c12-nm 3 --c12-angle-deg -40 --c21-nm 200 --c21-angle-deg 90 --tilt-x-deg 0.5 "
        "--tilt-y-deg -0.25 --beam-tilt-x-mrad -4 --beam-tilt-y-mrad 2 --temperature-k 573 --thermal frozen-phonon "
        "--n-phonons 5 --zone-axis=-1,1,0 --thickness-nm 3 --mtf-file k.csv"
    )
    arguments = cli.build_parser().parse_args(words.split())
    verb = next(verb for verb in JOB_VERBS if verb.name == "image")
    assert verb.settings(arguments) == ImageConfig(
        structure="ceria.cif",
        out="a.npy",
        c12_nm=3,
        c12_angle_deg=-40,
        c21_nm=200,
        c21_angle_deg=90,
        tilt_x_deg=0.5,
        tilt_y_deg=-0.25,
        beam_tilt_x_mrad=-4,
        beam_tilt_y_mrad=2,
        temperature_k=573,
        thermal="frozen-phonon",
        n_phonons=5,
        zone_axis=(-1, 1, 0),
        thickness_nm=3,
        mtf_file="k.csv",
    )


@pytest.mark.parametrize("text", ["1,1", "110", "a,b,c"])
def test_zone_axis_needs_three_numbers(text):
    arguments = cli.build_parser().parse_args(["image", "x.cif", "--out", "a.npy", "--zone-axis", text])
    verb = next(verb for verb in JOB_VERBS if verb.name == "image")
    with pytest.raises(InputError, match="--zone-axis needs 3"):
        verb.settings(arguments)


def test_columns_of_a_crystal_lie_beside_its_image(tmp_path):
    """Found by projecting atoms: the sites of ceria [110], and bright columns where they say."""
    bulk("CeO2", "fluorite", a=5.411, cubic=True).write(tmp_path / "ceria.cif")
    out = tmp_path / "turned.npy"
    run(settings(tmp_path / "ceria.cif", out, zone_axis=(1, 1, 0), thickness_nm=1.9, image_spread_pm=0), Reporter())
    columns = read_column_table(tmp_path / "turned_columns.csv", pixel=PIXEL).table
    height, width = (n * PIXEL for n in SHAPE)
    x, _, _ = lattice_sites(CERIA_110, (0, width, 0, height), (0.0, 0.0))
    assert len(columns) == len(x)
    assert set(columns["count"]) == {5}
    image = np.load(out)
    for row in columns[columns["element"] == 58]:
        y, x = round(float(row["y"]) / PIXEL), round(float(row["x"]) / PIXEL)
        if 4 < y < SHAPE[0] - 5 and 4 < x < SHAPE[1] - 5:
            patch = image[y - 4 : y + 5, x - 4 : x + 5]
            assert np.abs(np.array(np.unravel_index(patch.argmax(), patch.shape)) - 4).max() <= 1


def test_a_table_needs_no_second_one(tmp_path, table):
    run(settings(table, tmp_path / "image.tif"), Reporter())
    assert not (tmp_path / "image_columns.csv").exists()
