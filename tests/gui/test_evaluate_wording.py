"""Choices and words of the Evaluate tab, without Qt."""

from datetime import datetime

import pytest

from segdepth_app.gui.evaluate import wording
from segdepth_app.gui.evaluate.choices import doses_from_text, new_folder
from tests.gui import evaluate_records

NOON = datetime(2024, 5, 1, 12, 0, 0)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2.5", [2.5]),
        ("1; 2,5; 8", [1, 2.5, 8]),
        ("1, 2.5, 8", [1, 2.5, 8]),
        ("  ", []),
        ("1 x", [1, "x"]),
        ("1;;2", [1, 2]),
    ],
)
def test_doses_are_read_with_points_commas_and_semicolons(text, values):
    assert doses_from_text(text) == values


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("ceria-110-fast", "ceria-110-fast"),
        ("/runs/run 12/model.safetensors", "run-12"),
        ("/files/my model.safetensors", "my-model"),
    ],
)
def test_the_folder_is_named_after_model_dataset_and_time(tmp_path, monkeypatch, model, name):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    first = new_folder(model, "/d/wedge set.h5", NOON)
    first.mkdir(parents=True)

    assert first == tmp_path / "evaluations" / f"{name}_wedge-set_20240501-120000"
    assert new_folder(model, "/d/wedge set.h5", NOON).name == f"{first.name}-2"


def test_the_papers_numbers_stand_beside_the_models():
    rows = {row.label: (row.value, row.paper) for row in wording.figure_rows(evaluate_records.figures())}

    assert rows["Pixel accuracy"] == ("0.912", "0.939")
    assert rows["Hallucinated"] == ("0.0346", "0.0233")
    assert rows["Column accuracy"] == ("0.710", "–")
    assert rows["Empty sites seen"] == ("–", "–")


@pytest.mark.parametrize("name", list(wording.BREAKDOWNS))
def test_every_breakdown_has_a_height_or_none_for_each_label(name):
    bars = wording.breakdown(evaluate_records.figures(), name)

    assert bars.labels
    assert {len(heights) for heights in bars.series.values()} == {len(bars.labels)} == {len(bars.counts)}


def test_bins_are_named_by_their_limits():
    bars = wording.breakdown(evaluate_records.figures(), "by_defocus_nm")

    assert bars.labels == ("1–2", "2–3")
    assert bars.series["exact"] == (0.7, None)
    assert bars.counts == (100, 0)


def test_a_cell_of_the_matrix_is_read_out():
    assert wording.cell_text(5, 6, 1203, 12030, "columns") == "true 5, called 6: 1,203 columns, 10% of the row"
    assert wording.cell_text(0, 0, 0, 0, "pixels") == "true 0, called 0: 0 pixels, – of the row"
