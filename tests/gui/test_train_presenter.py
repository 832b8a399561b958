"""Decisions of the Train tab, against an autospec of its view."""

import json
import os
from pathlib import Path

import pytest

from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.gui.train.presenter import ACTIONS, ENABLED, VERBS, TrainPresenter
from segdepth_app.gui.train.view import TrainView
from segdepth_app.paths import runs_folder, trash_folder
from segdepth_app.training.runs import ENDED, LIVE, asked
from tests.gui.lab_fakes import FakeContext, last, spec_of
from tests.gui.lab_files import add_epochs, make_run


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def view():
    return spec_of(TrainView)


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def make(view, context):
    return lambda: TrainPresenter(view, context)


def enabled(view):
    return {name for name, on in last(view.set_actions).items() if on}


def rows(view):
    return {row.name: (row.state, row.epoch) for row in last(view.show_rows)}


def answer_yes(view):
    view.ask.side_effect = lambda question, explanation, verb, then: then()


def started(presenter, context, name="run 1"):
    presenter.start(TrainConfig(dataset="/d/wedges.h5", out=runs_folder() / name))
    return context.jobs.jobs[-1]


def test_without_runs_the_tab_says_what_to_do(make, view):
    make()
    view.show_empty.assert_called_with(True)
    assert enabled(view) == set()


LOOK = {"reveal", "duplicate"}
MODEL = {"evaluate", "export"}
STATES = [
    ("done", False, True, {"discard", *LOOK, *MODEL}),
    ("done", True, True, {"discard", *LOOK, *MODEL}),
    ("paused", True, False, {"resume", "discard", *LOOK}),
    ("paused", True, True, {"resume", "discard", *LOOK, *MODEL}),
    ("stopped", True, True, {"resume", "discard", *LOOK, *MODEL}),
    ("failed", False, False, {"discard", *LOOK}),
    ("failed", True, False, {"resume", "discard", *LOOK}),
    ("running", True, False, {*VERBS, *LOOK}),
    ("running", True, True, {*VERBS, *LOOK, *MODEL}),
    ("starting", False, False, {*VERBS, *LOOK}),
]


@pytest.mark.parametrize(("state", "checkpoint", "model", "buttons"), STATES)
def test_the_buttons_of_each_state(make, view, state, checkpoint, model, buttons):
    """Live ones are those of another program, which hears by a file in the run folder."""
    make_run(runs_folder() / "a", state=state, checkpoint=checkpoint, model=model, pid=os.getpid())
    make()
    assert enabled(view) == buttons


def test_every_state_and_action_is_in_the_table():
    assert set(ENABLED) == {*LIVE, *ENDED, "lost"}
    assert {name for names in ENABLED.values() for name in names} == set(ACTIONS)


def test_a_run_of_another_program_is_followed_line_by_line(make, view):
    path = make_run(runs_folder() / "a", state="running", pid=os.getpid(), epochs=1)
    presenter = make()
    assert rows(view) == {"a": ("running", "1/60")}
    assert "another program" in view.show_details.call_args.args[1]

    add_epochs(path, 2)
    presenter.poll()

    assert rows(view) == {"a": ("running", "2/60")}
    assert list(last(view.show_curves)[0].epochs) == [1, 2]


def test_a_quiet_second_does_not_rebuild_the_list(make, view):
    make_run(runs_folder() / "a", epochs=1)
    presenter = make()
    view.show_rows.reset_mock()
    view.select.reset_mock()
    presenter.poll()
    view.show_rows.assert_not_called()
    view.select.assert_not_called()


def test_several_selected_runs_are_drawn_over_each_other(make, view):
    a, b = (make_run(runs_folder() / name, epochs=2, started=number) for number, name in enumerate("ab"))
    presenter = make()
    presenter.select([a, b])
    assert [curve.name for curve in last(view.show_curves)] == ["a", "b"]


def test_a_new_run_is_listed_before_its_folder_exists(make, view, context):
    job = started(make(), context)
    assert (job.name, Path(job.config["out"])) == ("train", runs_folder() / "run 1")
    assert rows(view) == {"run 1": ("starting", "–")}
    assert enabled(view) == {"stop", "pause", "discard"}


def test_verbs_go_to_the_job_of_this_window(make, context, view):
    presenter = make()
    job = started(presenter, context)
    make_run(runs_folder() / "run 1", state="running", pid=os.getpid(), epochs=1)
    presenter.poll()
    assert enabled(view) == {"stop", "pause", "discard", *LOOK}
    presenter.act("pause")
    presenter.act("stop")
    assert job.asked == ["pause", "stop"]


def test_discard_of_a_live_run_asks_then_cancels_its_job(make, view, context):
    presenter = make()
    job = started(presenter, context)
    presenter.act("discard")
    assert job.asked == []
    assert "Stop keeps the best" in view.ask.call_args.args[1]
    answer_yes(view)
    presenter.act("discard")
    assert job.asked == ["cancel"]


def test_discard_of_an_ended_run_moves_it_to_the_trash(make, view):
    path = make_run(runs_folder() / "a", epochs=1)
    presenter = make()
    answer_yes(view)
    presenter.act("discard")
    assert not path.exists()
    assert (trash_folder() / "a" / "metrics.csv").exists()
    assert rows(view) == {}


@pytest.mark.parametrize(("action", "command"), [("stop", "stop"), ("pause", "pause"), ("discard", "cancel")])
def test_a_live_run_of_another_program_is_asked_by_a_file(make, view, action, command):
    """Its folder is never moved under its feet: it goes to the trash by itself."""
    path = make_run(runs_folder() / "a", state="running", pid=os.getpid())
    presenter = make()
    answer_yes(view)
    presenter.act(action)
    assert asked(path) == command
    assert path.exists()
    assert view.ask.called == (action == "discard")


def test_a_run_that_ended_while_the_question_stood_is_moved(make, view):
    path = make_run(runs_folder() / "a", state="running", pid=os.getpid())
    presenter = make()
    presenter.act("discard")
    make_run(path, state="paused")
    presenter.poll()
    view.ask.call_args.args[3]()
    assert not path.exists()
    assert asked(trash_folder() / "a") is None


def test_resume_takes_the_runs_own_settings_to_where_it_lies_now(make, context):
    path = make_run(runs_folder() / "a", state="paused", checkpoint=True)
    moved = path.rename(path.with_name("moved"))
    presenter = make()
    presenter.act("resume")
    (job,) = context.jobs.jobs
    assert (job.config["out"], job.config["resume"]) == (str(moved), True)
    presenter.act("resume")
    assert len(context.jobs.jobs) == 1


def test_a_run_without_readable_settings_says_so(make, context):
    path = make_run(runs_folder() / "a", state="paused", checkpoint=True)
    (path / "config.json").write_text("{")
    make().act("resume")
    assert context.jobs.jobs == []
    assert "settings of a cannot be read" in context.reported[0]


def test_the_model_goes_to_the_evaluate_tab(make, context):
    path = make_run(runs_folder() / "a", model=True)
    opened = []
    context.open_requested.connect(opened.append)
    make().act("evaluate")
    assert opened == [str(path / "model.safetensors")]


def test_reveal_shows_the_run_folder(make, view):
    path = make_run(runs_folder() / "a")
    make().act("reveal")
    view.reveal.assert_called_once_with(path)


def test_a_fault_of_the_job_is_reported(make, context):
    started(make(), context).told.emit({"event": "error", "message": "The loss is NaN.", "hint": ""})
    assert context.reported == ["The loss is NaN."]


def test_a_run_folder_from_elsewhere_can_be_opened(make, view, tmp_path):
    """One that comes back from a cluster, say."""
    path = make_run(tmp_path / "cluster" / "big", epochs=3)
    presenter = make()
    assert presenter.open_path(path)
    assert presenter.selected == [path]
    assert not presenter.open_path(tmp_path)


def test_a_selected_run_that_vanishes_gives_way_to_the_newest(make, view):
    a, b = (make_run(runs_folder() / name, started=number) for number, name in enumerate("ab"))
    presenter = make()
    presenter.select([a])
    a.rename(trash := a.parent.parent / "gone")
    presenter.poll()
    assert trash.exists()
    assert presenter.selected == [b]


def test_two_selected_runs_can_be_compared(make, view):
    a, b = (make_run(runs_folder() / name, started=number) for number, name in enumerate("ab"))
    config = json.loads((b / "config.json").read_text())
    (b / "config.json").write_text(json.dumps({**config, "batch_size": 16}))
    presenter = make()
    presenter.select([a])
    assert "compare" not in enabled(view)
    presenter.act("compare")
    view.show_comparison.assert_not_called()
    presenter.select([a, b])
    assert "compare" in enabled(view)
    presenter.act("compare")
    view.show_comparison.assert_called_once_with(["a", "b"], [("Crops per step", ["8", "16"])])
    assert view.show_details.call_args.args[0][0] == ("Run", "a")


def test_a_duplicate_is_handed_to_the_dialog(view, context):
    path, opened = make_run(runs_folder() / "a"), []
    presenter = TrainPresenter(view, context, lambda run, config: opened.append((run, config)))
    presenter.act("duplicate")
    assert opened == [("a", json.loads((path / "config.json").read_text()))]


def test_a_run_whose_settings_are_lost_is_not_duplicated(view, context):
    path, opened = make_run(runs_folder() / "a"), []
    presenter = TrainPresenter(view, context, lambda run, config: opened.append(run))
    (path / "config.json").write_text("{")
    presenter.act("duplicate")
    assert opened == []
    assert "settings of a cannot be read" in context.reported[0]


def test_an_export_for_a_cluster_shows_its_folder_once_it_is_there(make, view, context, tmp_path):
    presenter = make()
    train = TrainConfig(dataset="/d/wedges.h5", out=runs_folder() / "run 1")
    presenter.export_for_cluster(ClusterConfig(train=train, folder=tmp_path / "job", nodes=2))
    (job,) = context.jobs.of("export-cluster")
    assert job.config["nodes"] == 2
    view.reveal.assert_not_called()
    job.end("done")
    view.reveal.assert_called_once_with(tmp_path / "job")


def test_an_export_that_fails_is_reported(make, view, context, tmp_path):
    train = TrainConfig(dataset="/d/wedges.h5", out=runs_folder() / "run 1")
    make().export_for_cluster(ClusterConfig(train=train, folder=tmp_path / "job"))
    job = context.jobs.jobs[-1]
    job.told.emit({"event": "error", "message": "The disk is full.", "hint": ""})
    job.end("failed")
    assert context.reported == ["The disk is full."]
    view.reveal.assert_not_called()
