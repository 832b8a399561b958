"""Decisions of the Simulate tab, against an autospec of its view."""

from pathlib import Path
from unittest.mock import create_autospec

import pytest

from segdepth_app.errors import DatasetError
from segdepth_app.gui.simulate.browsing import BrowserPresenter
from segdepth_app.gui.simulate.costing import Measured
from segdepth_app.gui.simulate.presenter import ACTIONS, ENABLED, SimulatePresenter
from segdepth_app.gui.simulate.previewing import PreviewPresenter
from segdepth_app.gui.simulate.view import SimulateView
from segdepth_app.paths import datasets_folder, trash_folder
from tests.gui.lab_fakes import FakeContext, last, spec_of
from tests.gui.lab_files import make_dataset, make_parts


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def view():
    return spec_of(SimulateView)


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def browser():
    return create_autospec(BrowserPresenter, instance=True)


@pytest.fixture
def preview():
    return create_autospec(PreviewPresenter, instance=True)


@pytest.fixture
def make(view, browser, preview, context):
    return lambda: SimulatePresenter(view, browser, preview, context)


@pytest.fixture
def presenter(make):
    return make()


def states(view):
    return {row.name: row.state for row in last(view.show_rows)}


def enabled(view):
    return {name for name, on in last(view.set_actions).items() if on}


def begin(presenter, name="new", **fields):
    """Fills the panel and starts."""
    presenter.begin_new()
    presenter.new.set_name(name)
    for field, value in fields.items():
        presenter.new.set_field(field, value)
    presenter.new.start()


def answer_yes(view):
    view.ask.side_effect = lambda question, explanation, verb, then: then()


def test_an_empty_folder_says_what_to_do(presenter, view):
    view.show_empty.assert_called_with()
    assert enabled(view) == set()


def test_a_finished_dataset_is_listed_and_opened(make, view, browser, context):
    path = make_dataset(datasets_folder() / "a.h5")
    make()

    (row,) = last(view.show_rows)
    assert (row.name, row.specimens, row.images, row.preset, row.state) == ("a", "4", "8", "tiny", "complete")
    browser.open.assert_called_once_with(path)
    view.show_browser.assert_called_once_with()
    assert enabled(view) == {"verify", "export", "delete", "reveal"}


def test_a_dataset_that_cannot_be_opened_says_why_in_its_place(make, view, browser, context):
    make_dataset(datasets_folder() / "a.h5")
    browser.open.side_effect = DatasetError("a.h5 is damaged.", "Copy it again.")
    make()
    assert last(view.show_message) == "a.h5 is damaged. Copy it again."


def test_a_paused_dataset_shows_its_parts_and_goes_on_with_the_same_settings(make, view, browser, context):
    make_parts(datasets_folder() / "b.h5", done=3, n_specimens=10)
    presenter = make()
    assert states(view) == {"b": "in progress, 3 of 10"}
    assert enabled(view) == {"resume", "delete", "reveal"}

    presenter.act("resume")

    (job,) = context.jobs.jobs
    assert (job.name, job.config["n_specimens"], Path(job.config["out"])) == (
        "simulate",
        10,
        datasets_folder() / "b.h5",
    )
    assert enabled(view) == {"pause", "cancel", "reveal"}
    presenter.act("resume")
    assert len(context.jobs.jobs) == 1


def test_without_readable_settings_there_is_no_resume(make, view, browser, context):
    parts = make_parts(datasets_folder() / "b.h5", done=3, n_specimens=10)
    (parts / "config.json").write_text("{")
    presenter = make()
    assert enabled(view) == {"delete", "reveal"}
    presenter.act("resume")
    assert context.jobs.jobs == []


def test_the_panel_opens_with_a_preset_and_its_cost(presenter, view):
    presenter.begin_new()
    presets, preset, name, values = view.open_panel.call_args.args
    assert preset == "quick"
    assert {"quick", "mixed"} <= set(presets)
    assert name == "dataset 1"
    assert values["n_specimens"] == 24
    # 24 × 4 images of 128 × 128 float16
    assert last(view.show_cost).startswith("96 images, 3.15 MB")


def test_no_time_is_named_before_a_pace_was_measured(presenter, view, context):
    presenter.begin_new()
    assert "The time is shown once" in last(view.show_cost)
    # 96 images of 512² px
    context.settings["simulate/pixels_per_second"] = 96 * 512 * 512 / 600
    presenter.begin_new()
    assert "about 10 min" in last(view.show_cost)


def test_the_preview_follows_the_draft_and_waits_for_valid_settings(presenter, preview):
    presenter.begin_new()
    preview.open.assert_called_once_with()
    assert last(preview.update)["preset"] == "quick"
    presenter.new.set_field("optics.c1_low_nm", "3")
    assert last(preview.update)["optics"]["c1_low_nm"] == "3"
    presenter.new.set_field("optics.c1_low_nm", "30")
    assert last(preview.update) is None


def test_a_file_that_the_preview_cannot_use_closes_start_at_its_field(presenter, view, preview, context):
    presenter.begin_new()
    presenter.new.set_field("specimen.structure", "a.cif")
    asked = preview.update.call_count
    preview.on_refused("specimen.structure", "a.cif cannot be read.")
    assert last(view.show_complaints) == {"specimen.structure": "a.cif cannot be read."}
    assert preview.update.call_count == asked
    presenter.new.start()
    assert context.jobs.jobs == []

    presenter.new.set_field("specimen.structure", None)
    assert last(view.show_complaints) == {}
    presenter.new.start()
    assert len(context.jobs.of("simulate")) == 1


def test_the_name_changes_no_preview(presenter, preview):
    presenter.begin_new()
    before = last(preview.update)
    presenter.new.set_name("a/b")
    assert last(preview.update) == before


def test_the_measure_of_the_preview_becomes_the_time(presenter, view, preview):
    """24 specimens of 50 s, one after the other."""
    presenter.begin_new()
    presenter.new.set_field("workers", "1")
    preview.on_measured(Measured(50.0, "cpu"))
    assert "about 20 min" in last(view.show_cost)


@pytest.mark.parametrize("leave", ["leave_new", "start", "select"])
def test_the_child_ends_with_the_panel(presenter, preview, leave):
    presenter.begin_new()
    preview.close.assert_not_called()
    {
        "leave_new": presenter.leave_new,
        "start": presenter.new.start,
        "select": lambda: presenter.select(datasets_folder() / "a.h5"),
    }[leave]()
    preview.close.assert_called_once_with()


def test_a_refused_value_is_shown_and_nothing_starts(presenter, view, context):
    begin(presenter, n_specimens="0")
    assert "greater than or equal to 1" in last(view.show_complaints)["n_specimens"]
    assert last(view.show_cost) == ""
    assert context.jobs.jobs == []


def test_looking_at_a_dataset_meanwhile_keeps_what_was_typed(presenter, view):
    path = make_dataset(datasets_folder() / "a.h5")
    presenter.refresh()
    presenter.begin_new()
    presenter.new.set_field("n_specimens", "7")
    presenter.select(path)
    view.show_browser.assert_called_with()
    presenter.begin_new()
    assert view.open_panel.call_args.args[3]["n_specimens"] == "7"


def test_a_closed_panel_forgets_what_was_typed(presenter, view):
    presenter.begin_new()
    presenter.new.set_field("n_specimens", "7")
    presenter.leave_new()
    presenter.begin_new()
    assert view.open_panel.call_args.args[3]["n_specimens"] != "7"


def test_start_hands_the_settings_to_a_job_and_lists_it_at_once(presenter, view, context):
    begin(presenter, n_specimens="2")
    (job,) = context.jobs.jobs
    assert (job.name, job.config["n_specimens"], job.config["preset"]) == ("simulate", 2, "quick")
    assert Path(job.config["out"]) == datasets_folder() / "new.h5"
    assert states(view) == {"new": "running"}
    assert enabled(view) == {"pause", "cancel", "reveal"}


def test_start_counts_once(presenter, context):
    begin(presenter)
    presenter.new.start()
    assert len(context.jobs.jobs) == 1


def test_progress_comes_with_the_time_left(presenter, view, context):
    begin(presenter, n_specimens="10")
    context.jobs.jobs[0].advance(4, 10, "specimens", 90)
    view.show_progress.assert_called_with("running: 4 of 10 specimens, about 2 min left", 4, 10)
    assert last(view.update_row).state == "running 4 of 10"


def test_the_pace_is_learnt_from_a_running_job(presenter, context):
    """6 specimens of 4 images of 512² px in 60 s."""
    begin(presenter, n_specimens="10")
    context.jobs.jobs[0].advance(4, 10, "specimens", 60)
    assert context.settings["simulate/pixels_per_second"] == pytest.approx(6 * 4 * 512 * 512 / 60)


def test_pause_is_asked_of_the_job_at_once(presenter, context):
    begin(presenter)
    presenter.act("pause")
    assert context.jobs.jobs[0].asked == ["pause"]


def test_cancel_asks_first(presenter, view, context):
    begin(presenter)
    presenter.act("cancel")
    assert context.jobs.jobs[0].asked == []
    answer_yes(view)
    presenter.act("cancel")
    assert context.jobs.jobs[0].asked == ["cancel"]


def test_an_ended_job_leaves_what_its_folder_says(presenter, view, browser, context):
    begin(presenter, n_specimens="4")
    make_dataset(datasets_folder() / "new.h5")
    context.jobs.jobs[0].end("done")
    context.datasets_changed.emit()
    assert states(view) == {"new": "complete"}
    browser.open.assert_called_with(datasets_folder() / "new.h5")
    view.show_progress.assert_called_with("", 0, 0)


def test_a_fault_of_the_job_is_reported(presenter, context):
    begin(presenter)
    context.jobs.jobs[0].told.emit({"event": "error", "kind": "input", "message": "The disk is full.", "hint": ""})
    assert context.reported == ["The disk is full."]


def test_delete_asks_closes_the_file_and_moves_it_to_the_trash(presenter, view, browser, context):
    path = make_dataset(datasets_folder() / "a.h5")
    presenter.refresh()
    presenter.act("delete")
    assert path.exists()

    answer_yes(view)
    presenter.act("delete")

    assert not path.exists()
    assert (trash_folder() / "a.h5").exists()
    browser.close.assert_called()
    assert last(view.show_rows) == []


def test_parts_go_to_the_trash_too(presenter, view):
    parts = make_parts(datasets_folder() / "b.h5", done=1, n_specimens=2)
    presenter.refresh()
    answer_yes(view)
    presenter.act("delete")
    assert not parts.exists()
    assert (trash_folder() / "b.h5.parts" / "000000.npz").exists()


def test_a_dataset_being_made_is_not_deleted(presenter, view, context):
    begin(presenter)
    answer_yes(view)
    presenter.act("delete")
    view.ask.assert_not_called()


def test_a_second_one_of_the_same_name_finds_its_place_in_the_trash(presenter, view):
    answer_yes(view)
    for _ in range(2):
        make_dataset(datasets_folder() / "a.h5")
        presenter.refresh()
        presenter.act("delete")
    assert sorted(path.name for path in trash_folder().iterdir()) == ["a (2).h5", "a.h5"]


def test_only_datasets_of_the_folder_are_opened(presenter, view):
    path = make_dataset(datasets_folder() / "a.h5")
    assert presenter.open_path(path)
    assert not presenter.open_path(path.with_name("b.h5"))


def test_every_state_has_its_buttons():
    assert set(ENABLED) == {"complete", "unreadable", "unfinished", "live", "none"}
    assert {name for names in ENABLED.values() for name in names} == set(ACTIONS)
