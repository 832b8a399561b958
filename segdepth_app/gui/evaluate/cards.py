"""The pieces the page of an evaluation is made of: framed cards, tables of numbers, the verdict."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractItemView,
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
from segdepth_app.gui.widgets.lists import make_readable

VERDICT_ROLES = {"columns": "good", "leaning": "warning", "neighbourhoods": "bad", "unclear": "muted"}
ROW_PX = 21
Lines = list[list[str]]
"""A table to copy: a line of headers, then its rows."""


class Card(QFrame):
    """A framed panel: heading, something to choose on its right, content, and a remark below."""

    def __init__(self, heading: str, content: QWidget, *choices: QWidget) -> None:
        super().__init__()
        theme.set_role(self, "card")
        self.title = QLabel(heading)
        theme.set_role(self.title, "heading")
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        theme.set_role(self.remark, "muted")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        for choice in choices:
            head.addWidget(choice)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACING_PX] * 4)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(content, 1)
        layout.addWidget(self.remark)
        # takes the room while the content is hidden
        layout.addStretch(0)
        self.say("")

    def say(self, text: str) -> None:
        """The remark; no text takes it away."""
        self.remark.setText(text)
        self.remark.setVisible(bool(text))


class Sheet(QWidget):
    """One part of the page."""

    def lines(self) -> Lines:
        """What it shows, as a table."""
        return []

    def restyle(self) -> None:
        """Takes the theme's colours again."""


def chooser(name: str, choices: dict[str, Any]) -> QComboBox:
    """A box of (what is shown: value)."""
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(name)
    for label, value in choices.items():
        box.addItem(label, value)
    return box


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
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            layout.addWidget(label)
        layout.addStretch()

    def show_verdict(self, deviating: dict[str, Any]) -> None:
        """Heading in the colour of the verdict, and the reason."""
        self.heading.setText(deviating["verdict_heading"])
        theme.set_role(self.heading, VERDICT_ROLES.get(deviating["verdict"], "muted"))
        self.text.setText(deviating["verdict_text"])


class ValueTable(QTableWidget):
    """Words on the left, numbers on the right; it can be read and copied, not changed."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        make_readable(self)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.verticalHeader().setMinimumSectionSize(ROW_PX)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(48)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setDefaultAlignment(_side(False))

    def show_lines(self, headers: Sequence[str], rows: Sequence[Sequence[str]], *, words: int = 1) -> None:
        """All anew; the first `words` columns are words, the very first takes the room that is left."""
        self.setColumnCount(len(headers))
        if headers:
            self.horizontalHeader().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setHorizontalHeaderLabels(list(headers))
        self.setRowCount(len(rows))
        for row, texts in enumerate(rows):
            for column, text in enumerate(texts):
                self.put(row, column, text, is_number=column >= words)
        for column in range(len(headers)):
            self.horizontalHeaderItem(column).setTextAlignment(_side(column >= words))

    def put(self, row: int, column: int, text: str, *, is_number: bool = False, help_text: str = "") -> None:
        """One cell."""
        item = self.item(row, column) or QTableWidgetItem()
        item.setText(text)
        item.setToolTip(help_text)
        item.setTextAlignment(_side(is_number))
        if item.tableWidget() is None:
            self.setItem(row, column, item)

    def lines(self) -> Lines:
        """Headers and rows as they stand."""
        columns = range(self.columnCount())
        head = [self.horizontalHeaderItem(column).text() for column in columns]
        return [head, *([self.item(row, column).text() for column in columns] for row in range(self.rowCount()))]


def _side(right: bool) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
