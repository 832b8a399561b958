"""Decisions about studies, against an autospec of the page and of the tab around it."""

import json
from unittest.mock import create_autospec

import pytest
from PySide6.QtCore import Signal

from segdepth_app.config import StudyConfig
from segdepth_app.evaluation.study_records import read_study
from segdepth_app.gui.evaluate.study_page import StudyPage
from segdepth_app.gui.evaluate.study_presenter import StudyHost, StudyPresenter
from segdepth_app.gui.kinds import tab_for
from segdepth_app.paths import studies_folder, trash_folder
from segdepth_app.reporting import Command
from tests.gui import lab_fakes, studies_records
from tests.gui.lab_fakes import last, spec_of


class Context(lab_fakes.FakeContext):
    evaluations_changed = Signal()


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def context():
    return Context()


@pytest.fixture
def page():
    return spec_of(StudyPage)


@pytest.fixture
def host():
    return create_autospec(StudyHost, instance=True)


@pytest.fixture
def make(page, host, context):
    return lambda: StudyPresenter(page, host, context)


def write(name="a", values=None):
    return studies_records.write(studies_folder() / name, values)


def settings(name="new", **changes):
    return {"kind": "compare", "out": str(studies_folder() / name), "models": ["ceria-110-fast"], **changes}


def test_studies_are_listed_newest_first_and_none_is_shown_unasked(make, host, page):
    """The tab opens with what was looked at last, not with a study."""
    older = write("older", studies_records.record(created="2023-01-01T00:00:00+00:00"))
    newer = write("newer")
    make()

    assert list(last(host.set_studies)) == [newer, older]
    page.show_study.assert_not_called()
    host.mark_study.assert_not_called()


def test_a_chosen_study_is_marked_and_shown(make, host, page):
    """With no job, the page is idle."""
    folder = write()
    presenter = make()
    presenter.select(folder)

    host.mark_study.assert_called_once_with(folder)
    assert last(page.show_study).folder == folder
    page.show_idle.assert_called_with()
    page.show_job.assert_not_called()
    assert presenter.shown == str(folder)


def test_the_list_is_told_only_when_it_changes(make, host, context):
    """A list that is filled anew each second flickers."""
    write("a")
    make()
    context.evaluations_changed.emit()
    assert host.set_studies.call_count == 1
    write("b")
    context.evaluations_changed.emit()

    assert host.set_studies.call_count == 2


def test_start_hands_the_job_a_whole_config_and_shows_it_at_once(make, host, page, context):
    """Before its process has written anything, the study is there as one to come."""
    presenter = make()
    presenter.start(settings())

    (job,) = context.jobs.of("study")
    assert StudyConfig.model_validate(job.config).models == ("ceria-110-fast",)
    assert job.title == "Compare: new"
    host.mark_study.assert_called_once_with(studies_folder() / "new")
    assert last(page.show_study).steps == ()
    text, done, total, may_pause, may_cancel = page.show_job.call_args.args
    assert (text, done, total, may_pause, may_cancel) == ("running…", 0, 0, True, True)


def test_values_that_the_config_refuses_are_reported(make, context):
    """The dialog has checked them, but a record by hand may hold anything."""
    make().start(settings(models=[]))

    assert context.jobs.jobs == []
    assert "no model to study" in context.reported[0]


def test_a_second_start_in_the_same_folder_only_shows_the_first(make, context):
    """Two processes in one folder would spoil each other."""
    presenter = make()
    presenter.start(settings())
    presenter.start(settings())

    assert len(context.jobs.jobs) == 1


def test_what_the_job_writes_is_shown_while_it_runs(make, page, context):
    """Progress is told each time; the record is read again only when it was written again."""
    presenter = make()
    presenter.start(settings("live"))
    (job,) = context.jobs.jobs
    write("live", studies_records.unfinished("running"))
    job.advance(34, 100, "%", seconds_left=180)

    study = last(page.show_study)
    assert study.n_done == 1
    text, done, total, *_ = page.show_job.call_args.args
    assert text == "running: Evaluate run-7 on wedge-test-25pm, 34 %, about 3 min left"
    assert (done, total) == (34, 100)
    job.advance(35, 100, "%")
    assert last(page.show_study) is study


def test_when_the_job_ends_the_page_is_idle_with_what_it_found(make, host, page, context):
    """The last state is read once more, after the process is gone."""
    presenter = make()
    presenter.start(settings("live"))
    (job,) = context.jobs.jobs
    write("live")
    job.end("done")

    assert last(page.show_study).state == "done"
    page.show_idle.assert_called_with()
    assert "done · 01 May 2024" in last(host.set_studies)[studies_folder() / "live"]


def test_a_job_that_made_no_folder_leaves_no_study(make, host, page, context):
    """Its error card says why."""
    presenter = make()
    presenter.start(settings())
    (job,) = context.jobs.jobs
    job.told.emit({"event": "error", "message": "Model not found: x.", "hint": "Give a path."})
    job.end("failed")

    assert context.reported == ["Model not found: x."]
    assert last(host.set_studies) == {}
    host.show_no_study.assert_called_once_with()
    page.show_idle.assert_called_once_with()
    assert presenter.shown == ""


def test_another_study_on_show_is_left_alone(make, page, context):
    """News of a study in the background does not touch the page of this one."""
    folder = write("shown")
    presenter = make()
    presenter.start(settings("live"))
    presenter.select(folder)
    page.reset_mock()
    write("live", studies_records.unfinished("running"))
    context.jobs.jobs[0].advance(1, 100, "%")

    page.show_study.assert_not_called()
    page.show_job.assert_not_called()


def test_an_unfinished_study_goes_on_with_its_own_settings_where_it_lies_now(make, context):
    """The record's folder is where it was begun; it may have been moved since."""
    folder = write("moved", studies_records.unfinished())
    presenter = make()
    presenter.select(folder)
    presenter.resume(read_study(folder))

    (job,) = context.jobs.jobs
    assert job.config["out"] == str(folder)
    assert job.config["doses_e_per_px"] == studies_records.DOSES
    assert (job.config["kind"], job.config["models"]) == ("noise", ["ceria-110-fast"])


def test_pause_goes_to_the_job_on_show(make, context):
    """Only where the job heeds it now."""
    presenter = make()
    presenter.start(settings("a"))
    presenter.start(settings("b"))
    presenter.pause()
    first, second = context.jobs.jobs
    assert (first.asked, second.asked) == ([], ["pause"])
    second.state = "pausing"
    presenter.pause()

    assert second.asked == ["pause"]
    assert not second.may(Command.PAUSE)


@pytest.mark.parametrize(("what", "asks"), [("train", True), ("simulate", True), ("evaluate", False)])
def test_cancel_asks_where_hours_of_work_would_be_lost(make, host, context, what, asks):
    """A judging is short and starts anew after a pause too: no question."""
    presenter = make()
    presenter.start(settings("live"))
    values = studies_records.unfinished("running")
    values["steps"][1]["what"] = what
    write("live", values)
    (job,) = context.jobs.jobs
    job.advance(1, 100, "%")
    presenter.cancel()

    assert host.ask.called is asks
    assert job.asked == ([] if asks else ["cancel"])
    if asks:
        assert "run-7" in host.ask.call_args.args[1]
        host.ask.call_args.args[3]()
        assert job.asked == ["cancel"]


def test_a_cancel_that_is_answered_after_the_end_does_nothing(make, host, context):
    """The question may stand for long."""
    presenter = make()
    presenter.start(settings("live"))
    values = studies_records.unfinished("running")
    values["steps"][1]["what"] = "train"
    write("live", values)
    (job,) = context.jobs.jobs
    job.advance(1, 100, "%")
    presenter.cancel()
    job.end("done")
    host.ask.call_args.args[3]()

    assert job.asked == []


def test_delete_asks_and_moves_to_the_trash(make, host):
    """The list is without it then, and the page with nothing."""
    folder = write("gone")
    presenter = make()
    presenter.select(folder)
    presenter.delete(read_study(folder))
    assert "4 steps done" in host.ask.call_args.args[1]
    assert folder.exists()
    host.ask.call_args.args[3]()

    assert (trash_folder() / "gone" / "study.json").is_file()
    assert last(host.set_studies) == {}
    host.show_no_study.assert_called_once_with()


def test_a_study_that_is_being_worked_on_is_not_deleted(make, host, context):
    """Neither at once nor where the work began while the question stood."""
    folder = write("live", studies_records.unfinished())
    presenter = make()
    presenter.delete(read_study(folder))
    presenter.start(settings("live"))
    host.ask.call_args.args[3]()
    assert folder.exists()
    host.ask.reset_mock()
    presenter.delete(read_study(folder))

    host.ask.assert_not_called()


@pytest.mark.parametrize("name", ["", "study.json"])
def test_a_study_from_elsewhere_is_opened_and_listed(make, host, page, tmp_path, name):
    """A folder or its file, from a memory stick or a mail; it belongs to the evaluate tab."""
    folder = studies_records.write(tmp_path / "stick" / "von Anna")
    presenter = make()

    assert tab_for(folder / name) == "evaluate"
    assert presenter.open_path(folder / name)
    assert last(page.show_study).folder == folder
    assert folder in last(host.set_studies)
    host.mark_study.assert_called_once_with(folder)


def test_what_is_no_study_is_left_to_others(make, context, tmp_path):
    """An evaluation folder, a file of another name: not ours."""
    (tmp_path / "metrics.json").write_text("{}")
    presenter = make()

    assert not presenter.open_path(tmp_path)
    assert not presenter.open_path(tmp_path / "metrics.json")
    assert context.reported == []


def test_a_damaged_study_says_so(make, context, tmp_path):
    """Nobody else could open it either."""
    folder = studies_records.write(tmp_path / "broken")
    (folder / "study.json").write_text("{", encoding="utf-8")

    assert make().open_path(folder)
    assert "damaged" in context.reported[0]


def test_a_record_that_is_damaged_meanwhile_keeps_what_was_read(make, page, context, tmp_path):
    """A study on a stick that was pulled stays on the page."""
    folder = studies_records.write(tmp_path / "stick")
    presenter = make()
    presenter.open_path(folder)
    (folder / "study.json").write_text(json.dumps({"format": "other"}), encoding="utf-8")
    context.evaluations_changed.emit()

    assert last(page.show_study).state == "done"
    assert presenter.shown == str(folder)


def test_a_study_that_runs_when_the_tab_is_built_is_followed(make, page, context):
    """The tab is loaded late: jobs may have been started before."""
    job = context.jobs.start("study", StudyConfig.model_validate(settings("early")).model_dump(mode="json"), "early")
    presenter = make()
    presenter.select(studies_folder() / "early")
    write("early", studies_records.unfinished("running"))
    job.advance(5, 100, "%")

    assert last(page.show_study).n_done == 1
    assert page.show_job.call_args.args[1:3] == (5, 100)
