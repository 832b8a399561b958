"""Moving specimens: counts, truth and card say the same."""

import json

import numpy as np
import pytest
import tifffile

from segdepth_app.config import GridConfig, MovieConfig
from segdepth_app.datasets.movie import card_path, run, truth_path
from segdepth_app.errors import InputError
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
