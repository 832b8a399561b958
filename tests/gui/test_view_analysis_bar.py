"""The controls of the analysis: every phase shows its own buttons, and says why one cannot be pressed."""

import pytest

from segdepth_app.gui.view.analysis_bar import AnalysisBar
from segdepth_app.gui.view.analysis_state import BUTTONS, AnalysisState, ResultEntry


@pytest.fixture
def bar(qtbot):
    bar = AnalysisBar()
    qtbot.addWidget(bar)
    bar.show()
    return bar


@pytest.mark.parametrize("phase", BUTTONS)
def test_a_phase_shows_its_buttons(bar, phase):
    bar.show_state(AnalysisState(phase, enabled=True, share=0.5, done=12, total=64))
    assert {verb for verb, button in bar.buttons.items() if button.isVisible()} == set(BUTTONS[phase])
    primary = [verb for verb, button in bar.buttons.items() if button.property("role") == "primary"]
    assert primary == {"ready": ["analyse"], "paused": ["resume"]}.get(phase, [])
    assert bar.progress.isVisible() == (phase in ("running", "ending"))
    assert bar.model.isVisible() != bar.progress.isVisible()


def test_what_waits_says_how_far_it_is(bar):
    bar.show_state(AnalysisState("paused", enabled=True, done=12, total=64))
    assert bar.buttons["resume"].text() == "Resume (12 of 64 frames)"
    assert bar.buttons["analyse"].text() == "Analyse anew"


def test_without_a_dose_only_what_needs_none_can_be_pressed(bar):
    bar.show_state(AnalysisState("paused", enabled=False, reason="The dose is unknown."))
    enabled = {verb for verb in BUTTONS["paused"] if bar.buttons[verb].isEnabled()}
    assert enabled == {"discard"}
    assert bar.buttons["resume"].toolTip() == "The dose is unknown."


def test_a_button_says_what_is_asked(qtbot, bar):
    bar.show_state(AnalysisState("running", enabled=True))
    with qtbot.waitSignal(bar.asked) as caught:
        bar.buttons["keep"].click()
    assert caught.args == ["keep"]


def test_results_are_chosen_from_a_menu(bar):
    assert not bar.results_button.isVisible()
    bar.show_results([ResultEntry("/a.h5", "yesterday", chosen=True), ResultEntry("/b.h5", "today")])
    chosen = []
    bar.result_chosen.connect(chosen.append)
    first, second = bar.results_button.menu().actions()
    assert (bar.results_button.text(), first.isChecked(), second.isChecked()) == ("Results (2) ▾", True, False)
    second.trigger()
    assert chosen == ["/b.h5"]


def test_every_option_says_what_it_means(bar):
    form = bar.options.form
    assert set(form.editors) == {"mirror", "stay_probability", "longest_sum_frames", "precision", "device"}
    assert all(form.editors[name].toolTip() for name in form.editors)
    typed = []
    bar.options.typed.connect(lambda *change: typed.append(change))
    form.editors["mirror"].setChecked(True)
    assert typed == [("mirror", True)]
    bar.options.show_options({"stay_probability": "2"}, {"stay_probability": "This should be below 1."})
    assert form.reasons["stay_probability"].text() == "This should be below 1."
