"""Exports of a result: the draft, its dialog, and the job."""

import pytest
from PySide6.QtWidgets import QWidget

from segdepth_app.config import ExportResultConfig
from segdepth_app.gui.view.export_dialog import ExportDialog
from segdepth_app.gui.view.export_draft import TARGETS, ExportDraft
from tests.gui.view_bench import bench_with_result


@pytest.fixture
def draft(tmp_path):
    return ExportDraft(str(tmp_path / "r.h5"), str(tmp_path), "r", 64, {"movie": ".gif"}, {"frames_per_second": "12"})


@pytest.fixture
def host(qtbot):
    """What the dialog belongs to; it goes with it."""
    host = QWidget()
    qtbot.addWidget(host)
    return host


def test_every_target_of_the_job_can_be_chosen():
    fields = set(ExportResultConfig.model_fields)
    settings = {"result", "panes", "frame", "first", "last", "frames_per_second", "pixels"}
    assert {target.field for target in TARGETS} == fields - settings


def test_a_draft_becomes_settings_the_job_takes(draft, tmp_path):
    assert draft.complaint() == ""
    config = ExportResultConfig.model_validate(draft.config())
    assert (config.movie, config.tiff, config.frames_per_second) == (tmp_path / "r.gif", None, 12.0)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"frames_per_second": "fast"}, "number"),
        ({"frames_per_second": "0"}, "greater than 0"),
        ({"frame": "64"}, "64 frames, 0 to 63"),
        ({"first": "9", "last": "3"}, "ends before it begins"),
        ({"panes": []}, "pane"),
    ],
)
def test_what_cannot_be_written_so_is_said(draft, values, words):
    draft.values.update(values)
    assert words in draft.complaint()


def test_the_dialog_gives_what_stands_in_it(host, draft, tmp_path):
    (tmp_path / "r.gif").write_bytes(b"x")
    given = []
    dialog = ExportDialog(draft, given.append, host)
    dialog.show()
    assert "r.gif" in dialog.problem.text()  # it would be written over
    dialog.files["movie"].setChecked(False)
    assert not dialog.write.isEnabled()
    dialog.files["tiff"].setChecked(True)
    dialog.panes["activity"].setChecked(True)
    dialog.numbers["last"].setText("40")
    dialog.write.click()
    (chosen,) = given
    config = ExportResultConfig.model_validate(chosen.config())
    assert (config.tiff, config.movie, config.last) == (tmp_path / "r_depth.tif", None, 40)
    assert "activity" in config.panes


def test_every_control_of_the_dialog_has_a_name(host, draft):
    dialog = ExportDialog(draft, print, host)
    for name, line in dialog.numbers.items():
        assert line.toolTip(), name
    assert all(box.accessibleName() for box in dialog.endings.values())


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    yield from bench_with_result(tmp_path, monkeypatch)


def test_an_export_is_a_job_and_its_choices_are_kept(bench):
    bench.presenter.marking.click(7, 5)
    bench.presenter.exporter.export("result")
    draft, then = bench.view.ask_export.call_args.args
    assert draft.values["pixels"] == [[7, 5]]
    draft.targets.clear()
    draft.targets["figure"] = ".svg"
    draft.values.update(panes=["depth"], frames_per_second="5")
    then(draft)
    job = bench.jobs.started[-1]
    assert (job.name, job.config["figure"]) == ("export-result", str(bench.folder / "r_figure.svg"))
    job.end("done")
    assert "r_figure.svg" in bench.context.status.call_args.args[0]
    bench.presenter.exporter.export("result")
    assert bench.view.ask_export.call_args.args[0].targets == {"figure": ".svg"}


def test_a_failed_export_is_reported(bench):
    bench.presenter.exporter.export("result")
    draft, then = bench.view.ask_export.call_args.args
    draft.values.update(panes=["depth"], frames_per_second="5")
    then(draft)
    bench.jobs.started[-1].end("failed", {"message": "The disk is full.", "hint": "Make room."})
    bench.context.report.assert_called_once_with("The disk is full.", "Make room.")


def test_events_that_pass_the_filter_are_written_and_none_is_said(bench):
    bench.presenter.exporter.export("events")
    assert "no event" in bench.context.status.call_args.args[0]
    bench.view.ask_target.assert_not_called()
