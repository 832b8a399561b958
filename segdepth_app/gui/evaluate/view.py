"""The Evaluate tab: the form and the list of evaluations, and beside them what was found. Widgets only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.form import EvaluateForm
from segdepth_app.gui.evaluate.report import ReportView
from segdepth_app.gui.widgets import asking
from segdepth_app.gui.widgets.empty_state import EmptyState
from segdepth_app.gui.widgets.lists import put_side_by_side, scrolling

SIDE_WIDTH_PX = 264


class EvaluateView(QWidget):
    """Shows what the presenter gives it; says what the user wants."""

    start_requested = Signal(dict)
    cancel_requested = Signal()
    selected = Signal(object)
    dose_chosen = Signal(str)
    delete_requested = Signal()
    reveal_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = EvaluateForm()
        self.form.start_requested.connect(self.start_requested)
        self.form.cancel_requested.connect(self.cancel_requested)
        self.list = QListWidget()
        self.list.setAccessibleName("Evaluations")
        self.list.setAlternatingRowColors(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.currentItemChanged.connect(self._on_current)
        self.report = ReportView()
        self.report.dose_chosen.connect(self.dose_chosen)
        self.report.delete_requested.connect(self.delete_requested)
        self.report.reveal_requested.connect(self.reveal_requested)
        self.nothing = EmptyState(
            "No evaluation yet",
            "An evaluation shows how well a model counts atoms: by depth, element and defocus, how far its confidence "
            "can be trusted, and whether it reads single columns or fills them in from their neighbours. "
            "Choose a model and a dataset on the left, then Evaluate.",
        )
        self.stack = QStackedWidget()
        self.stack.addWidget(self.nothing)
        self.stack.addWidget(scrolling(self.report))
        self._lay_out()

    # setters

    def set_choices(self, models: list[Choice], datasets: list[Choice]) -> None:
        """What can be evaluated."""
        self.form.set_choices(models, datasets)

    def choose_model(self, model: Choice) -> None:
        """Puts a model file into the form."""
        self.form.choose_model(model)

    def set_evaluations(self, entries: dict[Path, str]) -> None:
        """The list anew, without saying that anything was chosen."""
        self.list.blockSignals(True)
        self.list.clear()
        for folder, text in entries.items():
            item = QListWidgetItem(text)
            item.setData(Qt.ItemDataRole.UserRole, str(folder))
            item.setToolTip(str(folder))
            self.list.addItem(item)
        self.list.blockSignals(False)

    def mark_selected(self, folder: Path) -> None:
        """Marks a line without saying so."""
        self.list.blockSignals(True)
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == str(folder):
                self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    def show_nothing(self) -> None:
        """There is no evaluation."""
        self.stack.setCurrentWidget(self.nothing)

    def show_header(self, title: str, doses: list[str], dose: str) -> None:
        """Which evaluation, and the doses it has."""
        self.report.show_header(title, doses, dose)
        self.stack.setCurrentIndex(1)

    def show_provenance(self, line: str, notes: list[str]) -> None:
        """What was judged on what, and what is missing."""
        self.report.show_provenance(line, notes)

    def show_figures(self, figures: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Everything of one dose."""
        self.report.show_figures(figures, arrays)

    def show_complaint(self, text: str) -> None:
        """Why an evaluation cannot be started."""
        self.form.show_complaint(text)

    def show_job(self, text: str, done: int, total: int, may_cancel: bool) -> None:
        """A running evaluation."""
        self.form.show_job(text, done, total, may_cancel)

    def show_idle(self) -> None:
        """No evaluation runs."""
        self.form.show_idle()

    def ask(self, question: str, explanation: str, verb: str, then: Callable[[], object]) -> None:
        """Asks before something is lost; calls `then` on yes."""
        asking.ask(self, question, explanation, verb, then)

    def reveal(self, folder: Path) -> None:
        """Opens the folder in the file manager."""
        asking.reveal(folder)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.report.restyle()

    # inside

    def _on_current(self, item: QListWidgetItem | None, _previous: object) -> None:
        if item is not None:
            self.selected.emit(Path(item.data(Qt.ItemDataRole.UserRole)))

    def _lay_out(self) -> None:
        title, listed = QLabel("Evaluate"), QLabel("Evaluations")
        theme.set_role(title, "title")
        theme.set_role(listed, "heading")
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_PX)
        for widget in (title, self.form, listed):
            column.addWidget(widget)
        column.addWidget(self.list, 1)
        self.list.setMinimumHeight(80)
        put_side_by_side(self, scrolling(side), self.stack, sizes_px=(SIDE_WIDTH_PX, 4 * SIDE_WIDTH_PX))
