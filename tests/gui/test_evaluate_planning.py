"""What the Evaluate tab starts: evaluations, studies, reports, against an autospec of its view."""

from pathlib import Path

import pytest

from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.presenter import EvaluatePresenter
from segdepth_app.paths import (
    datasets_folder,
    evaluations_folder,
    reports_folder,
    runs_folder,
    studies_folder,
)
from tests.evaluation.evaluation_toys import save_toy_model
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


def typed(**changes):
    values = {"models": ["ceria-110-fast"], "datasets": ["/d/wedges.h5"], "split": "test", "n_bootstrap": 100}
    return {**values, "labels": {"ceria-110-fast": "ceria"}, "doses": "2.5; 1", "max_images": 0, **changes}


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
    job.told.emit({"event": "progress", "done": 3, "total": 12, "unit": "images"})

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
    job.told.emit({"event": "end", "reason": "done"})
    job.become("done")
    context.evaluations_changed.emit()

    assert view.show_header.call_args.args[0] == "fresh · wedges"
    assert presenter.shown == job.config["out"]


def test_an_error_of_the_job_is_reported_once(view, context, make):
    presenter = make()
    presenter.planning.start(typed())
    context.jobs.jobs[0].told.emit({"event": "error", "message": "No such split.", "hint": "Choose another."})

    assert context.reported == [("No such split.", "Choose another.")]


def test_a_job_that_already_runs_is_followed(view, context, make):
    context.jobs.start("evaluate", {"out": "x"}, "")
    make()

    view.show_job.assert_called_once_with("running…", 0, 0, True)


def test_jobs_of_other_tabs_are_none_of_its_business(view, context, make):
    make()
    context.jobs.start("train", {"out": "x"}, "")

    view.show_job.assert_not_called()


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
    job.told.emit({"event": "error", "message": "Disk full.", "hint": "Free some."})
    job.become("failed")

    assert context.reported == [("Disk full.", "Free some.")]
    view.show_writing.assert_called_with("")
    view.show_report.assert_not_called()
