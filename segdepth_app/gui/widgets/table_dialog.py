"""A dialog for a job that ends in a table: progress, then its lines, and what is wrong. The window stays alive."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.dialogs import fit_to_screen
from segdepth_app.gui.widgets.lists import list_table, set_cell

SIZE_PX = (720, 420)
"""Room for the title bar that the desktop puts above a dialog."""


class TableDialog(QDialog):
    """Shows what it is told; tells when it is closed."""

    left = Signal()

    def __init__(self, title: str, text: str, headers: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        fit_to_screen(self, *SIZE_PX)
        heading = QLabel(title)
        heading.setWordWrap(True)
        theme.set_role(heading, "heading")
        explanation = _words(text, "muted")
        self.table = list_table(title, headers, QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for column, words in enumerate(headers):
            self.table.horizontalHeaderItem(column).setToolTip(words)
        self.table.setWordWrap(True)
        self.note = _words("", "warning")
        self.problem = _words("", "bad")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setRange(0, 0)
        self.progress.setAccessibleName(f"Progress of: {title}")
        self.button = QPushButton("Cancel")
        self.button.clicked.connect(self.close)
        below = QHBoxLayout()
        below.addWidget(self.progress, 1)
        below.addStretch(0)
        below.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        for widget in (heading, explanation):
            layout.addWidget(widget)
        layout.addWidget(self.table, 1)
        for widget in (self.note, self.problem):
            widget.hide()
            layout.addWidget(widget)
        layout.addLayout(below)
        self.finished.connect(lambda _: self.left.emit())

    def show_progress(self, done: int, total: int) -> None:
        """How far the job is."""
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(done)

    def show_lines(self, lines: Sequence[Sequence[str]], numbers: Sequence[bool]) -> None:
        """All lines of the table; `numbers`: which of its columns are numbers."""
        # a number at the far end of a wide column is hard to read with its line
        self.table.horizontalHeader().setStretchLastSection(not numbers[-1])
        self.table.setRowCount(len(lines))
        for row, texts in enumerate(lines):
            for column, text in enumerate(texts):
                set_cell(self.table, row, column, text, is_number=numbers[column])
        self.table.resizeRowsToContents()

    def show_note(self, text: str) -> None:
        """Something to know about the table."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def show_problem(self, text: str) -> None:
        """What is wrong."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def show_ended(self) -> None:
        """No more will come."""
        self.progress.hide()
        self.button.setText("Close")


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    theme.set_role(label, role)
    return label
