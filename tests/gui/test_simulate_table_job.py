"""Verifying a dataset and checking a sampling: from the button to the lines of the table."""

from unittest.mock import create_autospec

import pytest

from segdepth_app.config import ConvergenceConfig
from segdepth_app.gui.simulate.browsing import BrowserPresenter
from segdepth_app.gui.simulate.presenter import SimulatePresenter
from segdepth_app.gui.simulate.previewing import PreviewPresenter
from segdepth_app.gui.simulate.table_job import cell
from segdepth_app.gui.simulate.view import SimulateView
from segdepth_app.gui.widgets.table_dialog import TableDialog
from segdepth_app.paths import datasets_folder
from tests.gui.lab_fakes import FakeContext, last, spec_of
from tests.gui.lab_files import make_dataset


class Bench:
    def __init__(self):
        self.path = make_dataset(datasets_folder() / "a.h5")
        self.view, self.context = spec_of(SimulateView), FakeContext()
        self.dialog = spec_of(TableDialog)
        self.view.open_table.return_value = self.dialog
        browser, preview = (create_autospec(kind, instance=True) for kind in (BrowserPresenter, PreviewPresenter))
        self.presenter = SimulatePresenter(self.view, browser, preview, self.context)

    def verify(self):
        self.presenter.act("verify")
        return self.context.jobs.of("verify")[0]

    def leave(self):
        self.dialog.left.connect.call_args.args[0]()


@pytest.fixture
def bench(qapp):
    return Bench()


def test_verify_is_a_job_on_the_selected_dataset(bench):
    assert last(bench.view.set_actions)["verify"]
    job = bench.verify()
    assert job.config == {"dataset": str(bench.path)}
    assert last(bench.view.open_table) == "Verify a"


def test_the_lines_of_the_table_are_shown_with_their_verdicts(bench):
    job = bench.verify()
    rows = [
        {"check": "columns", "verdict": "ok", "found": "12 columns"},
        {"check": "made again", "verdict": "wrong", "found": "other columns"},
    ]
    job.told.emit({"event": "table", "name": "checks", "rows": rows})
    lines, numbers = bench.dialog.show_lines.call_args.args
    assert lines == [["✓ sound", "columns", "12 columns"], ["✗ wrong", "made again", "other columns"]]
    assert numbers == [False, False, False]


def test_what_is_wrong_is_told_in_the_dialog_and_not_a_second_time(bench):
    job = bench.verify()
    job.told.emit({"event": "error", "kind": "input", "message": "a.h5 is not sound.", "hint": "Copy it again."})
    job.end("failed")
    assert last(bench.dialog.show_problem) == "a.h5 is not sound. Copy it again."
    bench.dialog.show_ended.assert_called_once_with()
    assert bench.context.reported == []


def test_closing_the_dialog_cancels_the_job_and_nothing_more_is_shown(bench):
    job = bench.verify()
    bench.leave()
    assert job.asked == ["cancel"]
    job.told.emit({"event": "progress", "done": 1, "total": 2, "unit": "images"})
    bench.dialog.show_progress.assert_not_called()


def test_closing_the_dialog_of_an_ended_job_asks_for_nothing(bench):
    job = bench.verify()
    job.end("done")
    bench.leave()
    assert job.asked == []


def test_the_sampling_of_the_draft_is_checked_with_its_settings(bench):
    bench.presenter.begin_new()
    bench.presenter.new.set_field("grid.wave_sampling_pm", "6")
    bench.presenter.new.check_sampling()
    (job,) = bench.context.jobs.of("convergence")
    config = ConvergenceConfig.model_validate(job.config)
    assert (config.grid.wave_sampling_pm, config.preset, config.out) == (6, "quick", None)


def test_refused_settings_have_no_sampling_to_check(bench):
    bench.presenter.begin_new()
    bench.presenter.new.set_field("grid.wave_sampling_pm", "600")
    assert last(bench.view.allow_sampling) is False
    bench.presenter.new.check_sampling()
    assert bench.context.jobs.of("convergence") == []


@pytest.mark.parametrize(("value", "text"), [(None, "–"), (0.12345, "0.123"), ("8 pm", "8 pm"), ("note", "○ note")])
def test_cells_are_short(value, text):
    assert cell(value) == text
