"""Decisions of the Evaluate tab, against an autospec of its view."""

from pathlib import Path
from unittest.mock import MagicMock, create_autospec

import pytest
from PySide6.QtCore import QObject, Signal

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.presenter import EvaluatePresenter
from segdepth_app.gui.evaluate.view import EvaluateView
from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder, trash_folder
from segdepth_app.reporting import Command
from tests.evaluation.evaluation_toys import save_toy_model
from tests.gui import evaluate_records


class FakeJob(QObject):
    """A job without a process."""

    event = Signal(object)
    state_changed = Signal(str)

    def __init__(self, name, config):
        super().__init__()
        self.name, self.config, self.state = name, config, "running"
        self.progress, self.seconds_left, self.has_ended, self.cancelled = None, None, False, False

    def may(self, command):
        return command is Command.CANCEL and self.state == "running"

    def cancel(self):
        self.cancelled = True

    def become(self, state):
        self.state, self.has_ended = state, True
        self.state_changed.emit(state)


class FakeRunner(QObject):
    """Keeps what is started."""

    job_started = Signal(object)

    def __init__(self):
        super().__init__()
        self.jobs, self.titles = [], []

    @property
    def live(self):
        return [job for job in self.jobs if not job.has_ended]

    def start(self, job, config, title):
        item = FakeJob(job, config)
        self.jobs.append(item)
        self.titles.append(title)
        self.job_started.emit(item)
        return item


class FakeContext(QObject):
    """What the presenter uses of the window."""

    evaluations_changed = Signal()
    datasets_changed = Signal()
    runs_changed = Signal()

    def __init__(self):
        super().__init__()
        self.jobs, self.reported = FakeRunner(), []

    def report(self, error, hint=""):
        self.reported.append((error, hint))


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def view():
    made = create_autospec(EvaluateView, instance=True)
    # a signal of the class has no `connect`: only that of an instance
    for name, value in vars(EvaluateView).items():
        if isinstance(value, Signal):
            setattr(made, name, MagicMock())
    return made


def typed(**changes):
    values = {"model": "ceria-110-fast", "model_label": "ceria", "dataset": "/d/wedges.h5", "split": "test"}
    return {**values, "doses": "2.5; 1", "max_images": 0, **changes}


def test_without_evaluations_the_tab_says_what_to_do(view, context):
    EvaluatePresenter(view, context)

    view.show_nothing.assert_called_once_with()
    view.set_evaluations.assert_called_once_with({})


def test_the_newest_evaluation_is_shown_first(view, context):
    evaluate_records.write(evaluations_folder() / "a", model="old", created="2023-01-01T00:00:00+00:00")
    newest = evaluate_records.write(evaluations_folder() / "b", model="new", created="2024-01-01T00:00:00+00:00")
    EvaluatePresenter(view, context)

    assert list(view.set_evaluations.call_args.args[0]) == [newest, evaluations_folder() / "a"]
    view.show_header.assert_called_once_with("new · wedges", ["2.5", "1"], "2.5")
    assert view.show_figures.call_args.args[0]["column_accuracy"] == 0.71


def test_provenance_and_notes_stand_beside_the_numbers(view, context):
    evaluate_records.write(
        evaluations_folder() / "a",
        notes=["λ = 2.5: vacancy_accuracy is null: no sites.", "λ = 1: column_mae is null: none."],
    )
    EvaluatePresenter(view, context)

    line, notes = view.show_provenance.call_args.args
    for part in (
        "m1 (01234567)",
        "test of wedges.h5 (paper, seed 4)",
        "λ 2.5 e/px = 890 e/Å²",
        "image spread 15–44.9 pm",
    ):
        assert part in line
    assert "noise seed 1 · SegDepth 0.1.0" in line
    assert notes == ["Empty sites seen: no sites."]


def test_a_chosen_dose_is_shown_and_kept_for_the_next_evaluation(view, context):
    for name in ("a", "b"):
        evaluate_records.write(evaluations_folder() / name, model=name)
    presenter = EvaluatePresenter(view, context)
    presenter.show_dose("1")

    figures, arrays = view.show_figures.call_args.args
    assert figures["column_accuracy"] == 0.5
    assert arrays["confusion_columns"][1, 1] == 1001
    presenter.select(evaluations_folder() / "a")
    assert view.show_header.call_args.args == ("a · wedges", ["2.5", "1"], "1")


def test_damaged_arrays_are_reported(view, context):
    evaluate_records.write(evaluations_folder() / "a", arrays=False)
    EvaluatePresenter(view, context)

    error, _ = context.reported[0]
    assert isinstance(error, SegDepthError)
    assert "arrays.npz is missing or damaged" in str(error)


def test_start_hands_the_job_a_whole_config_with_a_new_folder(view, context):
    presenter = EvaluatePresenter(view, context)
    presenter.start(typed(doses="2,5; 1", split="all", max_images=3))

    (job,) = context.jobs.jobs
    assert job.name == "evaluate"
    assert job.config["doses_e_per_px"] == [2.5, 1.0]
    assert (job.config["split"], job.config["max_images"], job.config["model"]) == ("all", 3, "ceria-110-fast")
    assert Path(job.config["out"]).parent == evaluations_folder()
    assert Path(job.config["out"]).name.startswith("ceria-110-fast_wedges_")
    assert context.jobs.titles == ["Evaluate ceria on wedges"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"model": ""}, "no model"),
        ({"dataset": ""}, "no dataset"),
        ({"doses": ""}, "dose is missing"),
        ({"doses": "2.5; high"}, "No dose: high"),
        ({"doses": "0"}, "No dose: 0"),
        ({"doses": "-1"}, "No dose: -1"),
        ({"doses": "nan"}, "No dose: nan"),
    ],
)
def test_what_cannot_be_started_is_said_beside_the_form(view, context, changes, reason):
    EvaluatePresenter(view, context).start(typed(**changes))

    assert reason in view.show_complaint.call_args.args[0]
    assert context.jobs.jobs == []


def test_the_job_is_shown_and_can_be_cancelled(view, context):
    presenter = EvaluatePresenter(view, context)
    presenter.start(typed())
    (job,) = context.jobs.jobs
    job.progress, job.seconds_left = (3, 12, "images"), 90
    job.event.emit({"event": "progress", "done": 3, "total": 12, "unit": "images"})

    view.show_job.assert_called_with("running: 3 of 12 images, about 2 min left", 3, 12, True)
    presenter.cancel()
    assert job.cancelled
    job.become("stopped")
    view.show_idle.assert_called_once_with()


def test_a_finished_evaluation_is_shown(view, context):
    evaluate_records.write(evaluations_folder() / "old", created="2030-01-01T00:00:00+00:00")
    presenter = EvaluatePresenter(view, context)
    presenter.start(typed())
    (job,) = context.jobs.jobs
    evaluate_records.write(Path(job.config["out"]), model="fresh")
    job.event.emit({"event": "end", "reason": "done"})
    job.become("done")
    context.evaluations_changed.emit()

    assert view.show_header.call_args.args[0] == "fresh · wedges"
    assert presenter.shown == job.config["out"]


def test_an_error_of_the_job_is_reported_once(view, context):
    presenter = EvaluatePresenter(view, context)
    presenter.start(typed())
    context.jobs.jobs[0].event.emit({"event": "error", "message": "No such split.", "hint": "Choose another."})

    assert context.reported == [("No such split.", "Choose another.")]


def test_a_job_that_already_runs_is_followed(view, context):
    context.jobs.start("evaluate", {"out": "x"}, "")
    EvaluatePresenter(view, context)

    view.show_job.assert_called_once_with("running…", 0, 0, True)


def test_jobs_of_other_tabs_are_none_of_its_business(view, context):
    EvaluatePresenter(view, context)
    context.jobs.start("train", {"out": "x"}, "")

    view.show_job.assert_not_called()


def test_an_evaluation_from_elsewhere_can_be_opened(view, context, tmp_path):
    folder = evaluate_records.write(tmp_path / "usb stick" / "e", model="far")
    presenter = EvaluatePresenter(view, context)

    assert presenter.open_path(folder / "metrics.json")
    assert view.show_header.call_args.args[0] == "far · wedges"
    assert folder in view.set_evaluations.call_args.args[0]
    assert not presenter.open_path(tmp_path)


def test_a_model_file_is_put_into_the_form(view, context, tmp_path):
    path = save_toy_model(tmp_path / "toy.safetensors")
    presenter = EvaluatePresenter(view, context)

    assert presenter.open_path(path)
    view.choose_model.assert_called_once_with(Choice("toy.safetensors", str(path)))


def test_a_damaged_model_file_is_reported_and_not_chosen(view, context, tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nothing of the kind")
    EvaluatePresenter(view, context).open_path(path)

    assert "broken.safetensors" in str(context.reported[0][0])
    view.choose_model.assert_not_called()


def test_delete_asks_and_moves_to_the_trash(view, context):
    folder = evaluate_records.write(evaluations_folder() / "a")
    presenter = EvaluatePresenter(view, context)
    presenter.delete()

    question, _, _, then = view.ask.call_args.args
    assert question == "Delete m1 · wedges?"
    assert folder.exists()
    then()
    assert not folder.exists()
    assert (trash_folder() / "a" / "metrics.json").exists()
    view.show_nothing.assert_called_once_with()


def test_models_and_datasets_are_looked_for_again_when_they_change(view, context):
    EvaluatePresenter(view, context)
    path = runs_folder() / "run 3" / "model.safetensors"
    path.parent.mkdir(parents=True)
    path.touch()
    datasets_folder().mkdir(parents=True)
    (datasets_folder() / "mixed.h5").touch()
    (datasets_folder() / ".mixed2.h5.part-1").touch()
    context.runs_changed.emit()

    models, datasets = view.set_choices.call_args.args
    assert ("run 3", str(path)) in [(item.label, item.value) for item in models]
    assert [item.label for item in datasets] == ["mixed"]
