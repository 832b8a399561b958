"""Moving specimens: counts, truth and card say the same."""

import json

import numpy as np
import pytest
import tifffile

from segdepth_app.config import DetectorConfig, GridConfig, MovieConfig, build, preset_values
from segdepth_app.datasets.movie import card_path, moving_specimen, run, truth_path
from segdepth_app.errors import InputError
from segdepth_app.microscope.frame import frame_from_config
from segdepth_app.paths import resources
from segdepth_app.reporting import Reporter
from tests.oracles import read_rows


def config(tmp_path, **changes):
    values = {
        "out": tmp_path / "Größe µm" / "movie.tif",
        "grid": GridConfig(height_px=160, width_px=160, binning=1, wave_sampling_pm=11),
        "n_frames": 40,
        "n_switching": 3,
        "dose_e_per_px": 5.0,
        "seed": 4,
    }
    return MovieConfig(**{**values, **changes})


def test_series_truth_and_card_agree(tmp_path):
    settings = config(tmp_path)
    run(settings, Reporter())
    with tifffile.TiffFile(settings.out) as file:
        frames = file.asarray()
        facts = file.imagej_metadata
        x_resolution = file.pages[0].tags["XResolution"].value
    assert frames.shape == (40, 160, 160)
    assert frames.dtype == np.uint8
    assert facts["finterval"] == pytest.approx(0.13)
    assert x_resolution[1] / x_resolution[0] == pytest.approx(0.0053)

    rows = read_rows(truth_path(settings.out))
    card = json.loads(card_path(settings.out).read_text(encoding="utf-8"))
    counts = np.zeros((40, card["columns"]), int)
    for row in rows:
        counts[int(row["frame"]), int(row["column"])] = int(row["atoms"])
    changing = np.flatnonzero((counts != counts[0]).any(axis=0)).tolist()
    assert set(changing) <= set(card["switching_columns"])
    assert len(card["switching_columns"]) == 3
    found = [(int(t) + 1, int(i)) for t, i in np.argwhere(np.diff(counts, axis=0) != 0)]
    assert found == [(change["frame"], change["column"]) for change in card["changes"]]
    assert found

    # vacuum holds λ electrons per pixel: 40 frames × rows above all columns
    top = int(min(float(row["y_px"]) for row in rows)) - 45
    if top > 2:
        vacuum = frames[:, :top].astype(float)
        assert vacuum.mean() == pytest.approx(5.0, abs=5 * np.sqrt(5.0 / vacuum.size) + 0.03)
        assert vacuum.var() == pytest.approx(5.0, rel=0.1)
    # a column of ceria is brighter than vacuum in the mean of all frames
    mean = frames.mean(axis=0)
    heavy = [row for row in rows if row["frame"] == "0" and row["element"] == "Ce" and row["atoms"] in "3456"]
    values = [mean[round(float(r["y_px"])) % 160, round(float(r["x_px"])) % 160] for r in heavy]
    assert np.mean(values) > 1.25 * 5.0


def test_same_seed_same_series(tmp_path):
    a, b = config(tmp_path, n_frames=3), config(tmp_path, n_frames=3, out=tmp_path / "b.tif")
    run(a, Reporter())
    run(b, Reporter())
    np.testing.assert_array_equal(tifffile.imread(a.out), tifffile.imread(b.out))


def test_binned_movies_are_refused(tmp_path):
    with pytest.raises(InputError, match="binning"):
        run(config(tmp_path, grid=GridConfig(height_px=160, width_px=160, binning=4)), Reporter())


def test_the_shipped_sample_has_the_columns_and_changes_of_its_recipe():
    """The truth beside the sample was written by version 0.1.0."""
    settings = build(MovieConfig, {**preset_values("movie", "ceria-surface"), "out": "x.tif"})
    moving = moving_specimen(settings, frame_from_config(settings.grid), np.random.default_rng(settings.seed))
    rows = read_rows(resources() / "samples/ceria-surface_truth.csv")
    assert len(rows) == settings.n_frames * len(moving.visible)
    np.testing.assert_array_equal(moving.counts[:, moving.visible].ravel(), [int(row["atoms"]) for row in rows])
    first = rows[: len(moving.visible)]
    table = moving.specimen.table[moving.visible]
    # the truth has two decimals
    np.testing.assert_allclose(table["x"] / 0.053, [float(row["x_px"]) for row in first], atol=0.006)
    np.testing.assert_allclose(table["y"] / 0.053, [float(row["y_px"]) for row in first], atol=0.006)


def columns_file(tmp_path, lines):
    path = tmp_path / "columns.csv"
    path.write_text("\n".join(["element,x_px,y_px,atoms", *lines]), encoding="utf-8")
    return path


def changes_file(tmp_path, lines):
    path = tmp_path / "changes.csv"
    path.write_text("\n".join(["frame,x_px,y_px,atoms", *lines]), encoding="utf-8")
    return path


def test_a_column_table_moves_as_its_list_says(tmp_path):
    """Two gold columns, far apart: one loses all its atoms in frame 3, the other stays."""
    structure = columns_file(tmp_path, ["Au,40,80,5", "Au,120,80,5", "O,120,120,0"])
    settings = config(
        tmp_path, structure=structure, changes=changes_file(tmp_path, ["3,42,81,0"]), n_frames=6, dose_e_per_px=200.0
    )
    run(settings, Reporter())
    rows = read_rows(truth_path(settings.out))
    atoms = {name: [int(row["atoms"]) for row in rows if row["column"] == name] for name in "012"}
    assert atoms == {"0": [5, 5, 5, 0, 0, 0], "1": [5] * 6, "2": [0] * 6}
    assert {row["element"] for row in rows} == {"Au", "O"}
    card = json.loads(card_path(settings.out).read_text(encoding="utf-8"))
    assert card["changes"] == [{"frame": 3, "column": 0, "from": 5, "to": 0}]
    assert card["switching_columns"] == [0]

    frames = tifffile.imread(settings.out)
    assert frames.dtype == np.uint16  # a bright column at 200 electrons would not fit 8 bits
    left, right = (frames[:, 76:85, x - 4 : x + 5].mean(axis=(1, 2)) for x in (40, 120))
    assert (left[:3] > 1.2 * 200).all()
    # vacuum again: 3 × 81 pixels of 200 electrons scatter by 0.9; the far column's fringes by a few per cent
    assert left[3:].mean() == pytest.approx(200, rel=0.06)
    assert (right > 1.2 * 200).all()


def test_a_detectors_mtf_lowers_the_contrast_and_not_the_dose(tmp_path):
    """Band by band: the mean power of a frame's columns falls by the square of the MTF, here written out."""
    structure = columns_file(tmp_path, [f"Ce,{x},{y},4" for x in (20, 60, 100, 140) for y in (20, 60, 100, 140)])
    common = {"structure": structure, "n_switching": 0, "n_frames": 1, "dose_e_per_px": 10_000.0}
    ideal = config(tmp_path, **common)
    blurred = config(
        tmp_path, **common, out=tmp_path / "b.tif", detector=DetectorConfig(mtf="parametric", mtf_at_nyquist=0.1)
    )
    spectra = []
    for settings in (ideal, blurred):
        run(settings, Reporter())
        frame = tifffile.imread(settings.out).astype(float)
        assert frame.mean() == pytest.approx(10_000, rel=0.02)
        spectra.append(np.abs(np.fft.fft2(frame)))
    # the 4 × 4 columns stand 40 px apart: their strongest period, 1/40 and 2/40 of a cycle per pixel
    for order in (4, 8):
        ratio = spectra[1][0, order] / spectra[0][0, order]
        assert ratio == pytest.approx(0.1 ** (2 * order / 160), rel=0.02)


@pytest.mark.parametrize(
    ("columns", "changes", "fault"),
    [
        (["Ce,40,80,5"], ["40,40,80,2"], "frame 40, but the series ends with frame 39"),
        (["Ce,40,80,5"], ["4,40,80,101"], "101 atoms"),
        (["Ce,40,80,5"], ["4,90,80,2"], "names no column"),
        (["Ce,-400,80,5"], None, "No column of .* lies in the image"),
        (["Qq,40,80,5"], None, "Line 2"),
    ],
)
def test_unusable_tables_and_changes_are_refused_in_one_line(tmp_path, columns, changes, fault):
    settings = config(
        tmp_path,
        structure=columns_file(tmp_path, columns),
        changes=changes_file(tmp_path, changes) if changes else None,
    )
    with pytest.raises(InputError, match=fault) as caught:
        run(settings, Reporter())
    assert "\n" not in str(caught.value)
    assert not settings.out.exists()


def test_columns_outside_the_image_are_left_out_and_said(tmp_path):
    """Else they would come in again at the other side, for the field repeats."""

    class Listening(Reporter):
        def __init__(self):
            self.warnings = []

        def warning(self, message):
            self.warnings.append(message)

    said = Listening()
    settings = config(
        tmp_path, structure=columns_file(tmp_path, ["Ce,40,80,5", "Ce,400,80,5"]), n_switching=0, n_frames=1
    )
    run(settings, said)
    assert len(said.warnings) == 1
    assert said.warnings[0].endswith("left out: 1.")
    assert len(read_rows(truth_path(settings.out))) == 1
