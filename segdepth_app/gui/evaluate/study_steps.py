"""The steps of a study, one below the other; evaluations that are done can be opened."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QHeaderView, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.evaluation.study_records import Study
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import study_words
from segdepth_app.gui.widgets.lists import list_table, set_cell

HEADERS = ("Step", "What", "State", "Time")
MOST_ROWS = 12
HINT = "A step that judged a model can be opened: double click, Enter, or the button."


class StudySteps(QWidget):
    """A table, and a button for the line that is chosen."""

    open_evaluation = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._study: Study | None = None
        self.table = list_table("Steps of the study", HEADERS, QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.table.activated.connect(lambda _: self._open())
        self.open = QPushButton("Open evaluation")
        self.open.clicked.connect(self._open)
        self.hint = QLabel(HINT)
        self.hint.setWordWrap(True)
        theme.set_role(self.hint, "muted")
        below = QHBoxLayout()
        below.addWidget(self.hint, 1)
        below.addWidget(self.open)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table)
        layout.addLayout(below)

    def show_study(self, study: Study) -> None:
        """The steps as they are now."""
        self._study = study
        self.table.setRowCount(len(study.steps))
        for row, step in enumerate(study.steps):
            for column, text in enumerate(study_words.step_cells(step)):
                set_cell(self.table, row, column, text, is_number=column == 3)
            if step.get("note"):
                self.table.item(row, 2).setToolTip(step["note"])
        rows = min(len(study.steps), MOST_ROWS) * self.table.verticalHeader().defaultSectionSize()
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + rows + 4)
        evaluates = any(step["what"] == "evaluate" for step in study.steps)
        self.open.setVisible(evaluates)
        self.hint.setVisible(evaluates)
        self._on_selection()

    def _chosen(self) -> Path | None:
        row = self.table.currentRow()
        if self._study is None or not 0 <= row < len(self._study.steps):
            return None
        step = self._study.steps[row]
        return self._study.folder / step["place"] if study_words.can_be_opened(step) else None

    def _on_selection(self) -> None:
        self.open.setEnabled(self._chosen() is not None)

    def _open(self) -> None:
        place = self._chosen()
        if place is not None:
            self.open_evaluation.emit(place)
