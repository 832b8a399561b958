"""Tables of a study: all of their rows in sight, the paper's marked, and a button that copies them."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QGuiApplication, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import study_words
from segdepth_app.gui.widgets.lists import make_readable

MOST_ROWS = 16
"""More rows than these scroll inside the table."""
INTERVAL_REMARK = "In brackets: 95 % intervals. "
PAPER_REMARK = "In italics: the paper's figures, on its own test set."


class StudyTable(QFrame):
    """A framed table under its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, "card")
        self._record: dict[str, Any] = {"columns": [], "rows": []}
        self._height_px = 0
        """Of all rows in sight with their heading."""
        self.title = QLabel()
        self.title.setWordWrap(True)
        theme.set_role(self.title, "heading")
        self.copy = QPushButton("Copy")
        self.copy.setToolTip("Copies the table, for a spreadsheet: numbers in full, intervals in columns of their own.")
        self.copy.clicked.connect(self.copy_all)
        self.table = _table()
        self.remark = QLabel()
        self.remark.setWordWrap(True)
        theme.set_role(self.remark, "muted")
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACING_PX] * 4)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.table)
        layout.addWidget(self.remark)

    def show_table(self, record: dict[str, Any]) -> None:
        """A table of a study's record."""
        self._record = record
        self.title.setText(record["title"])
        self.table.setAccessibleName(record["title"])
        self.copy.setAccessibleName(f"Copy the table {record['title']}")
        keys = [column["key"] for column in record["columns"]]
        self.table.setColumnCount(len(keys))
        self.table.setHorizontalHeaderLabels([_broken(column["title"]) for column in record["columns"]])
        texts = study_words.cells(record)
        self.table.setRowCount(len(texts))
        numbers = [study_words.is_number_column(record, key) for key in keys]
        for row, line in enumerate(texts):
            paper = study_words.is_paper(record["rows"][row])
            for column, text in enumerate(line):
                self.table.setItem(row, column, _item(text, is_number=numbers[column], paper=paper))
        for column, is_number in enumerate(numbers):
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            self.table.horizontalHeaderItem(column).setTextAlignment(side | Qt.AlignmentFlag.AlignBottom)
        has_intervals = any(
            key.endswith("_low") and value is not None for row in record["rows"] for key, value in row.items()
        )
        remark = INTERVAL_REMARK if has_intervals else ""
        remark += PAPER_REMARK if any(study_words.is_paper(row) for row in record["rows"]) else ""
        self.remark.setText(remark.strip())
        self.remark.setVisible(bool(remark))
        self._fit()

    def copy_all(self) -> None:
        """Puts the whole table on the clipboard."""
        QGuiApplication.clipboard().setText(study_words.tsv(self._record))

    def _fit(self) -> None:
        """As high as its rows: a table that scrolls inside a page that scrolls is a nuisance."""
        table = self.table
        table.resizeColumnsToContents()
        table.resizeRowsToContents()
        rows = sum(table.rowHeight(row) for row in range(min(table.rowCount(), MOST_ROWS)))
        self._height_px = table.horizontalHeader().sizeHint().height() + rows + 2 * table.frameWidth()
        self._leave_room_for_the_bar()

    def _leave_room_for_the_bar(self) -> None:
        table = self.table
        needs_bar = table.horizontalHeader().length() > table.width()
        table.setFixedHeight(self._height_px + needs_bar * table.horizontalScrollBar().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """A narrower table has to be scrolled."""
        super().resizeEvent(event)
        self._leave_room_for_the_bar()


def _table() -> QTableWidget:
    table = QTableWidget()
    make_readable(table)
    table.verticalHeader().setMinimumSectionSize(22)
    table.setWordWrap(True)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    return table


def _item(text: str, *, is_number: bool, paper: bool) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(text)
    if paper:
        font = QFont()
        font.setItalic(True)
        item.setFont(font)
    return item


def _broken(title: str) -> str:
    """A heading of several words on two lines."""
    words = title.split()
    if len(title) < 10 or len(words) < 2:
        return title
    middle = min(range(1, len(words)), key=lambda at: abs(len(" ".join(words[:at])) - len(title) / 2))
    return " ".join(words[:middle]) + "\n" + " ".join(words[middle:])
