"""The pieces a report is made of: framed cards, the table of figures, the verdict."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import wording

VERDICT_ROLES = {"columns": "good", "leaning": "warning", "neighbourhoods": "bad", "unclear": "muted"}
ROW_PX = 20


class Card(QFrame):
    """A framed panel: heading, something to choose on its right, content, and a remark below."""

    def __init__(self, heading: str, content: QWidget, choices: dict[str, str] | None = None) -> None:
        super().__init__()
        theme.set_role(self, "card")
        title = QLabel(heading)
        theme.set_role(title, "heading")
        self.choice = QComboBox()
        self.choice.setAccessibleName(f"{heading}: what is shown")
        for label, value in (choices or {}).items():
            self.choice.addItem(label, value)
        self.choice.setVisible(bool(choices))
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        theme.set_role(self.remark, "muted")
        head = QHBoxLayout()
        head.addWidget(title, 1)
        head.addWidget(self.choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACING_PX] * 4)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(content, 1)
        layout.addWidget(self.remark)


class VerdictPanel(QWidget):
    """Does the network read columns? In words."""

    def __init__(self) -> None:
        super().__init__()
        self.heading, self.text = QLabel(), QLabel()
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for label in (self.heading, self.text):
            label.setWordWrap(True)
            layout.addWidget(label)
        layout.addStretch()

    def show_verdict(self, deviating: dict[str, Any]) -> None:
        """Heading in the colour of the verdict, and the reason."""
        self.heading.setText(deviating["verdict_heading"])
        theme.set_role(self.heading, VERDICT_ROLES.get(deviating["verdict"], "muted"))
        self.text.setText(deviating["verdict_text"])


def figures_table() -> QTableWidget:
    """An empty table with a row for every figure: name, model, paper."""
    table = QTableWidget(len(wording.FIGURES), 3)
    table.setAccessibleName("Figures of merit beside the paper's")
    table.setHorizontalHeaderLabels(("", "Model", "Paper"))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW_PX)
    table.verticalHeader().setMinimumSectionSize(ROW_PX)
    table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
    table.setSelectionMode(QTableWidget.SelectionMode.NoSelection)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setWordWrap(False)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setMinimumSectionSize(48)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    for column in (1, 2):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    for row in range(table.rowCount()):
        for column in range(3):
            item = QTableWidgetItem()
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(row, column, item)
    # all rows at once: a scroll bar in ten lines is a nuisance
    table.setFixedHeight(header.sizeHint().height() + table.rowCount() * ROW_PX + 2)
    table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return table
