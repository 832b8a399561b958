"""The whole way: the tab starts a real child process, and shows what it wrote."""

import numpy as np
import pytest

from segdepth_app.evaluation.records import list_evaluations
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.settings import Settings
from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder
from tests.evaluation.evaluation_toys import save_toy_model, specimen, wedge_with_deviations, write_toy

CHILD_MS = 120_000
"""A child imports torch first; on a busy machine that takes a while."""


@pytest.fixture
def tab(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    for folder in (datasets_folder(), runs_folder() / "run 1"):
        folder.mkdir(parents=True)
    save_toy_model(runs_folder() / "run 1" / "model.safetensors")
    write_toy(
        datasets_folder() / "Versuch 1.h5", [specimen(0, wedge_with_deviations(6, np.random.default_rng(1)), n=6)]
    )
    context = AppContext(Settings())
    reported = []
    context.fault_reported.connect(lambda error, _hint: reported.append(str(error)))
    widget = create_tab(context)
    widget.context, widget.reported = context, reported
    qtbot.addWidget(widget)
    box = widget.form.model
    box.setCurrentIndex(box.findText("run 1"))
    return widget


def test_evaluate_runs_a_child_and_shows_its_figures(tab, qtbot):
    tab.form.doses.setText("2.5; 1")
    with qtbot.waitSignal(tab.context.jobs.job_ended, timeout=CHILD_MS):
        tab.form.start.click()
        assert not tab.form.start.isEnabled()

    assert tab.reported == []
    (evaluation,) = list_evaluations(evaluations_folder())
    assert tab.report.title.text() == "toy · Versuch 1"
    shown = tab.report.table.item(4, 1).text()
    assert shown == f"{evaluation.doses['2.5']['column_accuracy']:.3f}"
    assert tab.form.start.isEnabled()


def test_what_the_child_refuses_is_reported_and_leaves_nothing(tab, qtbot):
    tab.form.split.setCurrentIndex(tab.form.split.findData("train"))
    with qtbot.waitSignal(tab.context.jobs.job_ended, timeout=CHILD_MS):
        tab.form.start.click()

    assert len(tab.reported) == 1
    assert "no images in its train split" in tab.reported[0]
    assert list_evaluations(evaluations_folder()) == []
    assert tab.form.start.isEnabled()
