"""Evaluation folders are written whole, with what others add to them."""

import json

import numpy as np
import pytest

from segdepth_app.datasets.store import Dataset
from segdepth_app.evaluation.folder import write_evaluation
from segdepth_app.evaluation.judge import Judge
from segdepth_app.evaluation.metrics import Bins
from segdepth_app.evaluation.presence import average_precision
from segdepth_app.evaluation.records import FORMAT, precision_recall, read_evaluation
from segdepth_app.evaluation.truth import specimen_truth
from tests.evaluation.evaluation_toys import card, lattice, specimen, write_toy

PROVENANCE = {"model": {"name": "toy"}, "dataset": {"path": "toy.h5"}, "created": "2026-01-01T00:00:00+00:00"}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Figures take a second each; here only what lies around them matters."""
    monkeypatch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_: None)


@pytest.fixture
def judge(tmp_path):
    """A judge that has seen one image of random answers."""
    plane = np.full((4, 4), 4)
    path = write_toy(tmp_path / "toy.h5", [specimen(0, lattice(plane, -4 * np.eye(4, dtype=int)), n=4)])
    with Dataset(path) as data:
        truth = specimen_truth(data, 0, shape=(32, 32), binning=4, labels=card().labels)
    path.unlink()
    ours = Judge(2.5, 1.0, Bins((1.0, 2.0)), Bins((20.0, 30.0)))
    ours.add(
        np.random.default_rng(1).normal(size=(11, 32, 32)).astype(np.float32), truth, c1_nm=1.5, image_spread_pm=25
    )
    return ours


def adds(text):
    """A `more` that leaves a file in worst/ and says so in the record."""

    def more(folder, record):
        (folder / "worst").mkdir()
        (folder / "worst" / f"{text}.tif").write_text(text)
        record["doses"]["2.5"]["worst"] = [{"file": f"worst/{text}.tif", "accuracy": np.float32(0.5), "gap": np.nan}]

    return more


def names(folder):
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*"))


def test_others_add_files_folders_and_figures(tmp_path, judge):
    write_evaluation(tmp_path / "out", [judge], PROVENANCE, more=[adds("a")], notes=["first"])

    record = json.loads((tmp_path / "out" / "metrics.json").read_text(encoding="utf-8"))
    assert record["format"] == FORMAT
    assert record["doses"]["2.5"]["worst"] == [{"file": "worst/a.tif", "accuracy": 0.5, "gap": None}]
    assert record["notes"][0] == "first"
    assert record["notes"][-1] == "There are no intervals: they need at least 5 specimens."
    assert names(tmp_path / "out") == ["arrays.npz", "metrics.json", "worst", "worst/a.tif"]
    assert names(tmp_path) == ["out", *(f"out/{name}" for name in names(tmp_path / "out"))]


def test_an_older_evaluation_goes_with_all_its_files_and_strangers_stay(tmp_path, judge):
    out = tmp_path / "out"
    write_evaluation(out, [judge], PROVENANCE, more=[adds("old")])
    (out / "examples.npz").touch()
    (out / "accuracy_1.png").touch()
    (out / "notes.txt").write_text("mine")
    (out / "drawings").mkdir()
    (out / "drawings" / "own.png").touch()
    write_evaluation(out, [judge], PROVENANCE, more=[adds("new")])

    assert names(out) == [
        "arrays.npz",
        "drawings",
        "drawings/own.png",
        "metrics.json",
        "notes.txt",
        "worst",
        "worst/new.tif",
    ]
    assert names(tmp_path)[0] == "out"


def test_a_folder_behind_a_link_is_written_where_it_lies(tmp_path, judge):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    write_evaluation(tmp_path / "link", [judge], PROVENANCE)

    assert (tmp_path / "link").is_symlink()
    assert read_evaluation(tmp_path / "disk").model_name == "toy"


def test_who_fails_to_add_leaves_the_older_evaluation_as_it_was(tmp_path, judge):
    out = tmp_path / "out"
    write_evaluation(out, [judge], PROVENANCE, more=[adds("old")])

    def fail(folder, _record):
        (folder / "half").touch()
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_evaluation(out, [judge], PROVENANCE, more=[adds("new"), fail])
    assert names(out) == ["arrays.npz", "metrics.json", "worst", "worst/old.tif"]
    assert names(tmp_path)[0] == "out"


def test_the_reader_finds_the_curve_behind_the_average_precision(tmp_path, judge):
    write_evaluation(tmp_path / "out", [judge], PROVENANCE)
    evaluation = read_evaluation(tmp_path / "out")
    arrays = evaluation.arrays("2.5")

    for what in ("pixel", "column"):
        presence = arrays[f"presence_{what}s"]
        curve = precision_recall(presence, arrays["presence_edges"])
        area = (np.diff(curve.recall, prepend=0) * curve.precision).sum()
        assert evaluation.doses["2.5"][f"{what}_average_precision"] == pytest.approx(area, abs=1e-12)
        assert float(average_precision(presence)) == pytest.approx(area, abs=1e-12)
    assert arrays["presence_pixels"].sum() == 32 * 32
    assert arrays["presence_columns"].sum(axis=0).tolist() == [4, 12]
