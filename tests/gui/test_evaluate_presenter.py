"""Decisions of the Evaluate tab, against an autospec of its view."""

from pathlib import Path
from unittest.mock import MagicMock, create_autospec

import pytest
from PySide6.QtCore import QObject, Signal

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.presenter import EvaluatePresenter
from segdepth_app.gui.evaluate.view import EvaluateView
from segdepth_app.paths import (
    datasets_folder,
    evaluations_folder,
    reports_folder,
    runs_folder,
    studies_folder,
    trash_folder,
)
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
        self.jobs, self.reported, self.opened = FakeRunner(), [], []

    def open(self, path):
        self.opened.append(path)

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


class FakeStudies:
    """Keeps what the studies' presenter is told."""

    def __init__(self, host):
        self.host, self.started, self.selected, self.opened = host, [], [], []
        self.shown = ""
        self.knows: Path | None = None

    def start(self, values):
        self.started.append(values)

    def select(self, folder):
        self.selected.append(folder)

    def open_path(self, path):
        self.opened.append(path)
        return path == self.knows


@pytest.fixture
def make(view, context):
    """A presenter; its studies are `presenter.studies`."""

    def made():
        kept = []
        presenter = EvaluatePresenter(view, context, lambda host: kept.append(FakeStudies(host)) or kept[0])
        presenter.studies = kept[0]
        return presenter

    return made


def typed(**changes):
    values = {"models": ["ceria-110-fast"], "datasets": ["/d/wedges.h5"], "split": "test", "n_bootstrap": 100}
    return {**values, "labels": {"ceria-110-fast": "ceria"}, "doses": "2.5; 1", "max_images": 0, **changes}


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
    assert notes == ["Empty sites seen: no sites."]


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


def test_start_hands_the_job_a_whole_config_with_a_new_folder(view, context, make):
    presenter = make()
    presenter.planning.start(typed(doses="2,5; 1", split="all", max_images=3))

    (job,) = context.jobs.jobs
    assert job.name == "evaluate"
    assert job.config["doses_e_per_px"] == [2.5, 1.0]
    assert (job.config["split"], job.config["max_images"], job.config["model"]) == ("all", 3, "ceria-110-fast")
    assert Path(job.config["out"]).parent == evaluations_folder()
    assert Path(job.config["out"]).name.startswith("ceria-110-fast_wedges_")
    assert context.jobs.titles == ["Evaluate ceria on wedges"]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"models": []}, "models", "Tick a model"),
        ({"datasets": []}, "datasets", "Tick a dataset"),
        ({"doses": ""}, "doses", "dose is missing"),
        ({"doses": "2.5; high"}, "doses", "No dose: high"),
        ({"doses": "0"}, "doses", "No dose: 0"),
        ({"doses": "-1"}, "doses", "No dose: -1"),
        ({"doses": "nan"}, "doses", "No dose: nan"),
        ({"doses": "1e7"}, "doses", "No dose: 1e+07"),
    ],
)
def test_what_cannot_be_started_is_said_at_its_field(view, context, make, changes, field, reason):
    make().planning.start(typed(**changes))

    (problems,) = view.show_problems.call_args.args
    assert list(problems) == [field]
    assert reason in problems[field]
    assert context.jobs.jobs == []


def test_while_typing_only_a_wrong_dose_is_said_and_how_much_it_would_be(view, make):
    presenter = make()
    presenter.planning.check(typed(models=[], doses="x"))
    assert list(view.show_problems.call_args.args[0]) == ["doses"]
    view.show_amount.assert_called_with("")

    presenter.planning.check(typed())
    view.show_problems.assert_called_with({})
    view.show_amount.assert_called_with("1 evaluation at 2 doses.")


def test_several_models_start_one_study(context, make):
    presenter = make()
    presenter.planning.start(typed(models=["ceria-110-fast", "/runs/a/model.safetensors"]))

    (values,) = presenter.studies.started
    assert (values["kind"], len(values["models"])) == ("compare", 2)
    assert Path(values["out"]).parent == studies_folder()
    assert context.jobs.jobs == []


def test_the_job_is_shown_and_can_be_cancelled(view, context, make):
    presenter = make()
    presenter.planning.start(typed())
    (job,) = context.jobs.jobs
    job.progress, job.seconds_left = (3, 12, "images"), 90
    job.event.emit({"event": "progress", "done": 3, "total": 12, "unit": "images"})

    view.show_job.assert_called_with("running: 3 of 12 images, about 2 min left", 3, 12, True)
    view.cancel_requested.connect.call_args.args[0]()
    assert job.cancelled
    job.become("stopped")
    view.show_idle.assert_called_once_with()


def test_a_finished_evaluation_is_shown(view, context, make):
    evaluate_records.write(evaluations_folder() / "old", created="2030-01-01T00:00:00+00:00")
    presenter = make()
    presenter.planning.start(typed())
    (job,) = context.jobs.jobs
    evaluate_records.write(Path(job.config["out"]), model="fresh")
    job.event.emit({"event": "end", "reason": "done"})
    job.become("done")
    context.evaluations_changed.emit()

    assert view.show_header.call_args.args[0] == "fresh · wedges"
    assert presenter.shown == job.config["out"]


def test_an_error_of_the_job_is_reported_once(view, context, make):
    presenter = make()
    presenter.planning.start(typed())
    context.jobs.jobs[0].event.emit({"event": "error", "message": "No such split.", "hint": "Choose another."})

    assert context.reported == [("No such split.", "Choose another.")]


def test_a_job_that_already_runs_is_followed(view, context, make):
    context.jobs.start("evaluate", {"out": "x"}, "")
    make()

    view.show_job.assert_called_once_with("running…", 0, 0, True)


def test_jobs_of_other_tabs_are_none_of_its_business(view, context, make):
    make()
    context.jobs.start("train", {"out": "x"}, "")

    view.show_job.assert_not_called()


def test_an_evaluation_from_elsewhere_can_be_opened(view, make, tmp_path):
    folder = evaluate_records.write(tmp_path / "usb stick" / "e", model="far")
    presenter = make()

    assert presenter.open_path(folder / "metrics.json")
    assert view.show_header.call_args.args[0] == "far · wedges"
    assert folder in view.set_evaluations.call_args.args[0]
    assert not presenter.open_path(tmp_path)


def test_a_model_file_is_put_into_the_form(view, make, tmp_path):
    path = save_toy_model(tmp_path / "toy.safetensors")
    presenter = make()

    assert presenter.open_path(path)
    view.choose_model.assert_called_once_with(Choice("toy.safetensors", str(path)))


def test_a_damaged_model_file_is_reported_and_not_chosen(view, context, make, tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nothing of the kind")
    make().open_path(path)

    assert "broken.safetensors" in str(context.reported[0][0])
    view.choose_model.assert_not_called()


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


def test_models_and_datasets_are_looked_for_again_when_they_change(view, context, make):
    make()
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


def test_a_study_is_planned_with_what_there_is_to_judge(view, make):
    presenter = make()
    presenter.planning.plan_study("noise")

    kind, models, datasets, start = view.ask_study.call_args.args
    assert (kind, datasets) == ("noise", [])
    assert "ceria-110-fast" in [model.label for model in models]
    start({"kind": "noise"})
    assert presenter.studies.started == [{"kind": "noise"}]


def test_a_report_is_planned_written_and_offered(view, context, make):
    folder = evaluate_records.write(evaluations_folder() / "a")
    presenter = make()
    presenter.report()
    sources, ticked, out, start = view.ask_report.call_args.args
    assert [choice.value for choice in sources] == [str(folder)] == [ticked]
    assert out == reports_folder() / "a"

    start({"sources": [str(folder)], "out": str(out), "formats": ["png"]})
    (job,) = context.jobs.jobs
    assert (job.name, job.config["formats"]) == ("report", ["png"])
    assert "Writing the report a" in view.show_writing.call_args.args[0]
    job.become("done")
    assert view.show_report.call_args.args[1] == out / "report.html"


def test_a_report_that_failed_is_reported_and_its_line_goes(view, context, make):
    presenter = make()
    presenter.planning.plan_report([], "")
    view.ask_report.call_args.args[3]({"sources": ["/e"], "out": "/r", "formats": ["png"]})
    (job,) = context.jobs.jobs
    job.event.emit({"event": "error", "message": "Disk full.", "hint": "Free some."})
    job.become("failed")

    assert context.reported == [("Disk full.", "Free some.")]
    view.show_writing.assert_called_with("")
    view.show_report.assert_not_called()
