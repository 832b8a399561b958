"""Reading evaluation folders, good and bad."""

import json
import subprocess
import sys

import numpy as np
import pytest

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import FORMAT, list_evaluations, read_evaluation, short_count


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
