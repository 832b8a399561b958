"""The image job: files, noise, structures of any kind."""

import numpy as np
import pytest
import tifffile
from ase import Atoms

from segdepth_app.config import ImageConfig
from segdepth_app.errors import InputError
from segdepth_app.microscope.image_job import run, simulate_image
from segdepth_app.reporting import Reporter
from segdepth_app.specimen.readers import read_column_table


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "Größe µm.csv"
    path.write_text("element,x_px,y_px,atoms\nCe,60,40,4\nO,30,70,3\n", encoding="utf-8")
    return path


def settings(table, out, **changes):
    values = {"structure": table, "out": out, "pixel_size_pm": 8, "height_px": 96, "width_px": 128}
    return ImageConfig(**{**values, **changes})


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
    clean = simulate_image(settings(table, tmp_path / "unused.npy"))
    assert counts.dtype == np.uint8
    residual = (counts - 20 * clean) / np.sqrt(20 * clean)
    # 12,288 pixels: the mean of unit noise is known to 0.009, its variance to 0.013
    assert residual.mean() == pytest.approx(0, abs=0.04)
    assert residual.var() == pytest.approx(1, abs=0.06)


def test_atoms_and_table_of_one_column_give_the_same_image(tmp_path, table):
    """A CIF-like list of atoms through the general multislice, against the column code."""
    columns = read_column_table(table, pixel=0.08)
    symbols, positions = [], []
    for row in columns:
        for k in range(int(row["count"])):
            z = (2 * (k + int(row["first"])) + int(row["parity"])) * 1.91308
            symbols.append(int(row["element"]))
            positions.append((row["x"], row["y"], z))
    atoms = Atoms(symbols, positions)
    atoms.write(tmp_path / "columns.xyz")
    by_table = simulate_image(settings(table, tmp_path / "a.tif"))
    by_atoms = simulate_image(settings(tmp_path / "columns.xyz", tmp_path / "a.tif"))
    # ASE centres a cluster; find the shift from the brightest pixel
    shift = np.subtract(
        np.unravel_index(by_table.argmax(), by_table.shape), np.unravel_index(by_atoms.argmax(), by_atoms.shape)
    )
    moved = np.roll(by_atoms, shift, axis=(0, 1))
    assert np.corrcoef(moved.ravel(), by_table.ravel())[0, 1] > 0.98


def test_unknown_ending_is_refused_and_nothing_written(tmp_path, table):
    with pytest.raises(InputError, match=r"\.bmp"):
        run(settings(table, tmp_path / "out" / "x.bmp"), Reporter())
    assert not (tmp_path / "out").exists()
