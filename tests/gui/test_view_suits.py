"""Does this model suit this data?: asked when something changes, said in words and symbols."""

from unittest.mock import Mock, create_autospec

import pytest
from PySide6.QtGui import QColor

from segdepth_app.gui import theme
from segdepth_app.gui.view.suits_presenter import Finding, SuitsPresenter, summary
from segdepth_app.gui.view.suits_view import SuitsView
from tests.gui.calibration_bench import CalibrationBench

FITS = {"what": "pixel size", "series": "5.3 pm", "model": "5.3 pm", "verdict": "fits", "text": "As trained."}
OFF = {"what": "dose", "series": "0.4 e/px", "model": "0.8 to 8 e/px", "verdict": "off", "text": "Too few."}
UNKNOWN = {"what": "spread", "series": "", "model": "25 pm", "verdict": "unknown", "text": "No result yet."}


@pytest.fixture
def bench(qapp, tmp_path):
    bench = CalibrationBench(tmp_path)
    bench.view = create_autospec(SuitsView, instance=True)
    bench.bar, bench.model = Mock(), "m.safetensors"
    bench.presenter = SuitsPresenter(bench.view, bench.bar, bench.scene, bench.helper, model=lambda: bench.model)
    yield bench
    bench.helper.close()


def line(bench):
    return bench.bar.show_suits.call_args.args


def test_findings_are_shown_as_a_card_and_a_line(bench):
    bench.presenter.refresh()
    assert bench.job.config["model"] == "m.safetensors"
    bench.open_child()
    bench.answer("suits", findings=[FITS, OFF, UNKNOWN])
    findings, text = bench.view.show_findings.call_args.args
    assert [finding.verdict_text for finding in findings] == ["✓ fits", "⚠ off", "? unknown"]
    assert text == ""
    assert line(bench) == ("⚠ 1 of 3 off: dose", "warning")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([], ("", "muted")),
        ([FITS, FITS], ("✓ 2 of 2 fit", "good")),
        ([FITS, UNKNOWN], ("✓ 1 of 2 fit, 1 unknown", "muted")),
        ([FITS, UNKNOWN, UNKNOWN], ("? 2 of 3 unknown, 1 fit", "muted")),
        ([UNKNOWN], ("? nothing is known yet", "muted")),
        ([OFF, OFF], ("⚠ 2 of 2 off: dose, dose", "warning")),
    ],
)
def test_the_line_never_calls_fitting_what_is_unknown(found, expected):
    assert summary([Finding(**item) for item in found]) == expected


def test_it_is_asked_again_only_when_something_changed(bench):
    bench.presenter.refresh()
    bench.open_child()
    bench.presenter.refresh()
    assert len(bench.sent("suits")) == 1
    bench.type_values(pixel_size_pm=6.0)
    bench.presenter.refresh()
    bench.open_child()
    assert bench.job.config["pixel_size_pm"] == 6.0
    bench.scene.result = Mock(path="r.h5")
    bench.presenter.refresh()
    assert [message["result"] for message in bench.sent("suits")] == [None, "r.h5"]
    bench.model = "other.safetensors"
    bench.presenter.refresh()
    assert bench.job.config["model"] == "other.safetensors"


def test_the_model_is_loaded_meanwhile(bench):
    """The first click on a pixel must not wait for it."""
    bench.presenter.refresh()
    bench.open_child()
    assert [message["cmd"] for message in bench.job.sent] == ["suits", "warm"]


def test_without_a_model_nothing_is_claimed(bench):
    bench.model = None
    bench.presenter.refresh()
    assert line(bench) == ("", "muted")
    assert bench.jobs.started == []


def test_a_comparison_that_fails_is_said(bench):
    bench.presenter.refresh()
    bench.open_child()
    bench.answer("suits", error="The result is damaged.", hint="")
    assert bench.view.show_findings.call_args.args == ([], "The result is damaged.")
    assert line(bench)[1] == "warning"


def test_a_child_that_dies_is_said(bench):
    bench.presenter.refresh()
    bench.job.end("lost")
    assert "not compared" in line(bench)[0]


def test_a_late_answer_about_the_series_before_is_dropped(bench):
    bench.presenter.refresh()
    bench.open_child()
    bench.presenter.reset()
    bench.answer("suits", findings=[OFF])
    assert line(bench) == ("", "muted")


@pytest.mark.parametrize("look", ["light", "dark"])
def test_a_row_has_symbol_word_and_sentence_in_both_looks(qtbot, qapp, look):
    theme.apply_theme(qapp, look)
    view = SuitsView()
    qtbot.addWidget(view)
    view.show_findings([Finding(**FITS), Finding(**OFF)], "")
    cells = [[view.table.item(row, column).text() for column in range(5)] for row in range(2)]
    assert cells[1] == ["⚠ off", "dose", "0.4 e/px", "0.8 to 8 e/px", "Too few."]
    assert view.table.item(1, 0).foreground().color() == QColor(theme.colour("warning"))
    assert view.summary.text() == "⚠ 1 of 2 off: dose"
    theme.apply_theme(qapp, "light")
