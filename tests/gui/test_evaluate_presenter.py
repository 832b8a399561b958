"""Decisions of the Evaluate tab, against an autospec of its view."""

from pathlib import Path

import pytest

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.evaluate.presenter import EvaluatePresenter
from segdepth_app.paths import (
    evaluations_folder,
    trash_folder,
)
from tests.gui import evaluate_records
from tests.gui.evaluate_fakes import FakeContext, FakeStudies, fake_view


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def view():
    return fake_view()


@pytest.fixture
def make(view, context):
    """A presenter; its studies are `presenter.studies`."""

    def made():
        kept = []
        presenter = EvaluatePresenter(view, context, lambda host: kept.append(FakeStudies(host)) or kept[0])
        presenter.studies = kept[0]
        return presenter

    return made


def test_without_evaluations_the_tab_says_what_to_do(view, make):
    make()

    view.show_nothing.assert_called_once_with()
    view.set_evaluations.assert_called_once_with({})


def test_the_newest_evaluation_is_shown_first(view, make):
    evaluate_records.write(evaluations_folder() / "a", model="old", created="2023-01-01T00:00:00+00:00")
    newest = evaluate_records.write(evaluations_folder() / "b", model="new", created="2024-01-01T00:00:00+00:00")
    make()

    assert list(view.set_evaluations.call_args.args[0]) == [newest, evaluations_folder() / "a"]
    view.show_header.assert_called_once_with("new · wedges", ["2.5", "1"], "2.5")
    assert view.show_dose.call_args.args[0].figures["column_accuracy"] == 0.71


def test_provenance_and_notes_stand_beside_the_numbers(view, make):
    evaluate_records.write(
        evaluations_folder() / "a",
        notes=["λ = 2.5: vacancy_accuracy is null: no sites.", "λ = 1: column_mae is null: none."],
    )
    make()

    line, notes = view.show_provenance.call_args.args
    for part in (
        "m1 (01234567)",
        "test of wedges.h5 (paper, seed 4)",
        "λ 2.5 e/px = 890 e/Å²",
        "image spread 15–44.9 pm",
    ):
        assert part in line
    assert "noise seed 1 · SegDepth 0.1.0" in line
    assert notes == ["Accuracy on empty sites is not given: no sites."]


def test_a_chosen_dose_is_shown_and_kept_for_the_next_evaluation(view, make):
    for name in ("a", "b"):
        evaluate_records.write(evaluations_folder() / name, model=name)
    presenter = make()
    presenter.show_dose("1")

    shown = view.show_dose.call_args.args[0]
    assert shown.figures["column_accuracy"] == 0.5
    assert shown.arrays["confusion_columns"][1, 1] == 1001
    presenter.select(evaluations_folder() / "a")
    assert view.show_header.call_args.args == ("a · wedges", ["2.5", "1"], "1")


def test_damaged_arrays_are_reported(view, context, make):
    evaluate_records.write(evaluations_folder() / "a", arrays=False)
    make()

    error, _ = context.reported[0]
    assert isinstance(error, SegDepthError)
    assert "arrays.npz is missing or damaged" in str(error)


def test_an_evaluation_from_elsewhere_can_be_opened(view, make, tmp_path):
    folder = evaluate_records.write(tmp_path / "usb stick" / "e", model="far")
    presenter = make()

    assert presenter.open_path(folder / "metrics.json")
    assert view.show_header.call_args.args[0] == "far · wedges"
    assert folder in view.set_evaluations.call_args.args[0]
    assert not presenter.open_path(tmp_path)


def test_delete_asks_and_moves_to_the_trash(view, make):
    folder = evaluate_records.write(evaluations_folder() / "a")
    presenter = make()
    presenter.delete()

    question, _, _, then = view.ask.call_args.args
    assert question == "Delete m1 · wedges?"
    assert folder.exists()
    then()
    assert not folder.exists()
    assert (trash_folder() / "a" / "metrics.json").exists()
    view.show_nothing.assert_called_once_with()


def test_the_examples_of_the_chosen_cell_and_dose_are_shown(view, make):
    evaluate_records.write(evaluations_folder() / "a")
    presenter = make()
    presenter.show_dose("1")
    presenter.show_cell(5, 6)

    true, called, examples, note = view.show_examples.call_args.args
    assert (true, called, note) == (5, 6, "")
    # numbers 4 to 6 are those of the second dose
    assert [example.image_row for example in examples] == [4, 5, 6]
    assert {(example.true, example.called) for example in examples} == {(5, 6)}


@pytest.mark.parametrize(("old", "reason"), [(False, "No column of this cell"), (True, "keeps no examples")])
def test_a_cell_without_examples_says_why(view, make, old, reason):
    evaluate_records.write(evaluations_folder() / "a", old=old)
    make().show_cell(0, 9)

    assert view.show_examples.call_args.args[2] == []
    assert reason in view.show_examples.call_args.args[3]


def test_damaged_examples_are_reported(view, context, make):
    folder = evaluate_records.write(evaluations_folder() / "a")
    (folder / "examples.npz").write_bytes(b"PK nothing")
    make().show_cell(5, 6)

    assert "examples.npz is missing or damaged" in str(context.reported[0][0])
    view.show_examples.assert_not_called()


def test_an_evaluation_of_the_first_format_is_shown_whole(view, context, make):
    evaluate_records.write(evaluations_folder() / "a", old=True)
    make()

    shown = view.show_dose.call_args.args[0]
    assert context.reported == []
    assert shown.worst == []
    assert "keeps no images" in shown.worst_note
    assert [row.interval for row in shown.rows] == ["—"] * len(shown.rows)


def test_worst_images_are_opened_by_whoever_opens_images(view, context, make):
    folder = evaluate_records.write(evaluations_folder() / "a")
    presenter = make()
    image = view.show_dose.call_args.args[0].worst[0]
    presenter.open_image(image.path)

    assert context.opened == [str(folder / "worst" / "0.tif")]


def test_what_is_read_again_unchanged_is_not_shown_anew(view, context, make):
    """A chosen cell, a sheet, a scroll position stay when the window looks at its folders again."""
    evaluate_records.write(evaluations_folder() / "a")
    make()
    context.evaluations_changed.emit()
    assert view.show_dose.call_count == 1

    evaluate_records.write(evaluations_folder() / "b", model="newer", created="2030-01-01T00:00:00+00:00")
    context.evaluations_changed.emit()
    assert view.show_dose.call_count == 1
    assert len(view.show_others.call_args.args[2]) == 4


def test_a_line_of_the_comparison_shows_its_evaluation_and_dose(view, make):
    for name in ("a", "b"):
        evaluate_records.write(evaluations_folder() / name, model=name)
    make().show_line(evaluations_folder() / "b", "1")

    assert view.show_header.call_args.args == ("b · wedges", ["2.5", "1"], "1")
    assert view.show_dose.call_args.args[0].figures["column_accuracy"] == 0.5


def test_a_study_in_front_stays_there_when_evaluations_change(view, context, make):
    evaluate_records.write(evaluations_folder() / "a")
    presenter = make()
    presenter.mark_study(Path("s"))
    shown = view.show_header.call_count
    context.evaluations_changed.emit()
    assert view.show_header.call_count == shown

    presenter.show_no_study()
    assert view.show_header.call_count == shown + 1


def test_what_is_no_evaluation_is_offered_to_the_studies(make, tmp_path):
    presenter = make()
    presenter.studies.knows = tmp_path / "study"

    assert presenter.open_path(tmp_path / "study")
    assert not presenter.open_path(tmp_path / "photo.png")


def test_a_report_can_be_about_studies_alone(view, make, tmp_path):
    presenter = make()
    view.set_reportable.assert_called_with(False)

    study = tmp_path / "study"
    presenter.set_studies({study: "Compare: study"})
    view.set_reportable.assert_called_with(True)
    presenter.refresh()
    view.set_reportable.assert_called_with(True)

    presenter.set_studies({})
    view.set_reportable.assert_called_with(False)
