"""The whole way: the dialog starts a real child process, and the page shows what it wrote."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QWidget

from segdepth_app.evaluation.records import read_evaluation
from segdepth_app.evaluation.study_records import list_studies
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.study_dialog import ask_for_study
from segdepth_app.gui.evaluate.study_page import StudyPage
from segdepth_app.gui.evaluate.study_presenter import StudyPresenter
from segdepth_app.gui.settings import Settings
from segdepth_app.paths import studies_folder
from tests.evaluation.evaluation_toys import save_toy_model, specimen, wedge_with_deviations, write_toy

CHILD_MS = 120_000
"""A child imports torch first; on a busy machine that takes a while."""


class Tab(QWidget):
    """The least that the page needs around it."""

    def __init__(self, context):
        super().__init__()
        self.entries, self.marked = {}, None
        self.page = StudyPage(self)
        self.presenter = StudyPresenter(self.page, self, context)

    def set_studies(self, entries):
        self.entries = entries

    def mark_study(self, folder):
        self.marked = folder

    def show_no_study(self):
        self.marked = None

    def ask(self, question, explanation, verb, then):
        raise AssertionError(question)

    def reveal(self, folder: Path):
        raise AssertionError(folder)


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    made = AppContext(Settings())
    made.reported = []
    made.fault_reported.connect(lambda error, _hint: made.reported.append(str(error)))
    return made


@pytest.fixture
def tab(qtbot, context):
    widget = Tab(context)
    qtbot.addWidget(widget)
    return widget


def start_compare(tab, tmp_path):
    """A toy model on a toy dataset, as the user would."""
    model = tmp_path / "run 1" / "model.safetensors"
    model.parent.mkdir()
    save_toy_model(model)
    dataset = tmp_path / "Versuch 1.h5"
    write_toy(dataset, [specimen(0, wedge_with_deviations(6, np.random.default_rng(1)), n=6)])
    choices = [Choice("run 1", str(model))], [Choice("Versuch 1", str(dataset))]
    ask_for_study(tab, "compare", *choices, tab.presenter.start)
    dialog = tab.findChild(QDialog)
    dialog.datasets.list.item(0).setCheckState(Qt.CheckState.Checked)
    dialog.fields.changed.emit("n_bootstrap", "50")
    dialog.start.click()


def test_a_study_runs_in_a_child_and_fills_the_page(tab, context, qtbot, tmp_path):
    """Steps, table and plot come from the record that the child wrote; its evaluation can be opened."""
    with qtbot.waitSignal(context.jobs.job_ended, timeout=CHILD_MS):
        start_compare(tab, tmp_path)
        assert tab.marked is not None
        assert not tab.page.header.delete.isEnabled()

    assert context.reported == []
    (study,) = list_studies(studies_folder())
    assert (study.state, tab.page.study) == ("done", study)
    assert tab.page.header.state.text().startswith("Done, 1 of 1 steps done")
    assert tab.page.header.delete.isEnabled()
    table = tab.page.tables[0].table
    headings = [table.horizontalHeaderItem(column).text().replace("\n", " ") for column in range(table.columnCount())]
    shown = table.item(0, headings.index("Column accuracy")).text().split()[0]
    tab.page.steps.table.selectRow(0)
    with qtbot.waitSignal(tab.page.open_evaluation) as said:
        tab.page.steps.open.click()
    evaluation = read_evaluation(said.args[0])
    figures = next(iter(evaluation.doses.values()))
    assert float(shown) == pytest.approx(figures["column_accuracy"], abs=5e-4)
    assert any(table.item(row, 0).font().italic() for row in range(table.rowCount()))
    assert len([card for card in tab.page.plots if not card.isHidden()]) == len(study.plots) > 0
