"""Reading evaluation folders, good and bad."""

import json
import subprocess
import sys

import numpy as np
import pytest

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import (
    FIRST_FORMAT,
    FORMAT,
    PAPER,
    PAPER_TABLE,
    WHERE_DTYPE,
    list_evaluations,
    precision_recall,
    read_evaluation,
    short_count,
)


def make(folder, created="2024-05-01T10:00:00+00:00", **changes):
    folder.mkdir(parents=True)
    provenance = {"model": {"name": "m"}, "dataset": {"path": "/data/wedges.h5"}, "created": created}
    record = {"format": FORMAT, "doses": {"2.5": {}, "1": {}}, "provenance": provenance, "notes": [], **changes}
    (folder / "metrics.json").write_text(json.dumps(record), encoding="utf-8")
    np.savez(
        folder / "arrays.npz",
        doses_e_per_px=[2.5, 1.0],
        reliability_edges=np.linspace(0, 1, 4),
        confusion_pixels=np.arange(2 * 121).reshape(2, 11, 11),
    )
    return folder


def test_arrays_are_those_of_the_dose(tmp_path):
    arrays = read_evaluation(make(tmp_path / "e")).arrays("1")

    assert arrays["confusion_pixels"][0, 0] == 121
    assert arrays["reliability_edges"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


def test_evaluations_are_listed_newest_first_and_damaged_ones_passed_over(tmp_path):
    make(tmp_path / "old", "2024-01-01T00:00:00+00:00")
    make(tmp_path / "new", "2025-01-01T00:00:00+00:00")
    make(tmp_path / "other", format="something")
    (tmp_path / "empty").mkdir()
    broken = make(tmp_path / "broken")
    (broken / "metrics.json").write_text('{"format": "segdepth-eval')

    assert [item.folder.name for item in list_evaluations(tmp_path)] == ["new", "old"]
    assert list_evaluations(tmp_path / "missing") == []


@pytest.mark.parametrize(
    "changes", [{"format": "x"}, {"doses": {}}, {"provenance": {}}, {"provenance": []}, {"notes": None}]
)
def test_a_strange_record_is_refused(tmp_path, changes):
    with pytest.raises(ResultError, match="damaged"):
        read_evaluation(make(tmp_path / "e", **changes))


def test_a_folder_without_metrics_is_no_evaluation(tmp_path):
    with pytest.raises(ResultError, match="not an evaluation"):
        read_evaluation(tmp_path)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_damaged_arrays_are_said(tmp_path, content):
    folder = make(tmp_path / "e")
    (folder / "arrays.npz").write_bytes(content)

    with pytest.raises(ResultError, match="damaged"):
        read_evaluation(folder).arrays("2.5")


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.0k"), (9949, "9.9k"), (9951, "10k"), (999_499, "999k"), (999_600, "1.0M")],
)
def test_counts_are_shortened_to_four_characters(count, text):
    assert short_count(count) == text


def test_the_reader_needs_no_heavy_library():
    """The window imports it."""
    code = "import sys, segdepth_app.evaluation.records; print([m for m in sys.modules if m in %r])"
    heavy = ("torch", "scipy", "matplotlib", "h5py", "lightning")
    done = subprocess.run([sys.executable, "-c", code % (heavy,)], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def with_examples(folder):
    """An evaluation with two examples of one cell at λ = 1 and one of another at 2.5."""
    where = np.zeros(3, WHERE_DTYPE)
    where["image"], where["specimen"], where["kind"] = [7, 8, 9], [1, 2, 3], [b"rough", b"wedge", b"wedge"]
    where["x_px"], where["crop_x_px"], where["element"], where["confidence"] = 40.5, 2.25, 58, [0.5, 0.625, 0.75]
    np.savez(
        make(folder) / "examples.npz",
        cells=np.array([[3, 4], [3, 4], [5, 5]], np.uint8),
        dose=[1.0, 1.0, 2.5],
        image=np.arange(3 * 6).reshape(3, 3, 2).astype(np.float16),
        called=np.full((3, 3, 2), 4, np.uint8),
        truth=np.full((3, 3, 2), 3, np.uint8),
        where=where,
        pixels_pm=[5.3, 21.2],
    )
    return folder


def test_examples_of_a_cell_are_those_of_its_dose(tmp_path):
    evaluation = read_evaluation(with_examples(tmp_path / "e"))
    first, second = evaluation.examples("1", 3, 4)

    assert (first.true, first.called, first.image_row, first.specimen, first.kind) == (3, 4, 7, 1, "rough")
    assert (second.image_row, second.confidence, second.x_px, second.crop_x_px) == (8, 0.625, 40.5, 2.25)
    assert (first.image_pixel_pm, first.map_pixel_pm) == (5.3, 21.2)
    assert second.image.tolist() == [[6, 7], [8, 9], [10, 11]]
    assert second.image.dtype == np.float32
    assert evaluation.examples("1", 4, 3) == evaluation.examples("2.5", 3, 4) == []
    assert [item.image_row for item in evaluation.examples("2.5", 5, 5)] == [9]


def test_damaged_examples_are_said(tmp_path):
    folder = with_examples(tmp_path / "e")
    whole = (folder / "examples.npz").read_bytes()
    (folder / "examples.npz").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(ResultError, match=r"examples\.npz is missing or damaged"):
        read_evaluation(folder).examples("1", 3, 4)


WORST = {
    "file": "worst/dose-1_01_image-3.tif",
    "accuracy": 0.25,
    "n_columns": 80,
    "image": 3,
    "specimen": 1,
    "kind": "rough",
    "c1_nm": 2.5,
    "image_spread_pm": 30.0,
    "pixel_size_pm": 21.2,
    "dose_e_per_px": 16.0,
    "something_new": 1,
}


def test_worst_images_are_listed_with_their_files(tmp_path):
    evaluation = read_evaluation(make(tmp_path / "e", doses={"1": {"worst": [WORST]}, "2.5": {"worst": []}}))
    (worst,) = evaluation.worst("1")

    assert worst.path == tmp_path / "e" / "worst" / "dose-1_01_image-3.tif"
    assert worst[1:] == (0.25, 80, 3, 1, "rough", 2.5, 30.0, 21.2, 16.0)
    assert evaluation.worst("2.5") == []


def test_a_list_of_worst_images_that_lacks_something_is_said(tmp_path):
    evaluation = read_evaluation(make(tmp_path / "e", doses={"1": {"worst": [{"file": "worst/a.tif"}]}}))
    with pytest.raises(ResultError, match="damaged"):
        evaluation.worst("1")


def test_the_first_format_opens_without_what_is_new(tmp_path):
    evaluation = read_evaluation(make(tmp_path / "e", format=FIRST_FORMAT))

    assert evaluation.examples("1", 3, 4) == evaluation.worst("1") == []
    assert "presence_pixels" not in evaluation.arrays("1")
    assert evaluation.arrays("1")["confusion_pixels"].shape == (11, 11)


@pytest.mark.parametrize("edges", [None, np.array([0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1])])
def test_precision_and_recall_are_scikit_learns(edges):
    """Of cases whose score is the lower edge of their bin, some bins empty."""
    from sklearn.metrics import precision_recall_curve

    rng = np.random.default_rng(6)
    n_bins = 20 if edges is None else len(edges) - 1
    presence = rng.integers(0, 30, (n_bins, 2)) * (rng.random((n_bins, 1)) < 0.8)
    presence[-1, 0] = 4
    lower = np.linspace(0, 1, n_bins + 1)[:-1] if edges is None else edges[:-1]
    scores = np.concatenate([np.repeat(lower, presence[:, side]) for side in (0, 1)])
    occupied = np.repeat([0, 1], presence.sum(axis=0))
    precision, recall, threshold = precision_recall_curve(occupied, scores)

    curve = precision_recall(presence, edges)

    # scikit-learn goes upwards, and ends in a point without calls
    np.testing.assert_allclose(curve.precision, precision[-2::-1], rtol=1e-12)
    np.testing.assert_allclose(curve.recall, recall[-2::-1], rtol=1e-12)
    np.testing.assert_allclose(curve.threshold, threshold[::-1], rtol=1e-12)


@pytest.mark.parametrize("presence", [np.zeros((5, 2), int), np.array([[3, 0], [2, 0]])])
def test_without_an_occupied_case_there_is_no_curve(presence):
    assert [len(values) for values in precision_recall(presence)] == [0, 0, 0]


def test_the_papers_tables_agree_where_they_say_the_same():
    """64 channels stand in both; Table II prints the pixelwise accuracy with two digits."""
    alone = next(row for row in PAPER_TABLE if row.table == "Table II" and row.denoiser == "none")
    wide = {row.width: row.figures for row in PAPER_TABLE if row.table == "Table I"}

    assert wide[64] == PAPER
    for name, value in alone.figures.items():
        assert value == pytest.approx(PAPER[name], abs=0.01 if name == "pixel_accuracy" else 1e-9)
    # what the text says of them: the largest network does worst at column centres, and hallucinates least
    assert min(wide, key=lambda width: wide[width]["centre_accuracy"]) == 130
    assert min(wide, key=lambda width: wide[width]["hallucination_rate"]) == 130
    assert all(0 < value < 1 for row in PAPER_TABLE for value in row.figures.values())
