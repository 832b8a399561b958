"""All evaluations in one table that can be sorted."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidgetItem, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, ValueTable
from segdepth_app.gui.evaluate.comparing import HEADERS, WORDS, Line
from segdepth_app.gui.evaluate.figures import FIGURES, number

FOLDER = Qt.ItemDataRole.UserRole
ORDER = Qt.ItemDataRole.UserRole + 1
DOSE = Qt.ItemDataRole.UserRole + 2
REMARK = (
    "Bold: the best of those with the same dataset, split, images and dose. Click a heading to sort; double-click "
    "a line, or press Enter on it, to show that evaluation."
)
FIGURE_PX = 92
NUMBERS = ("λ, e/px", "Images")


class CompareSheet(Sheet):
    """A line for each dose of each evaluation."""

    chosen = Signal(object, str)
    """Folder and dose."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: list[Line] = []
        self.table = ValueTable("All evaluations")
        self.table.setColumnCount(len(HEADERS))
        self.table.setHorizontalHeaderLabels(list(HEADERS))
        for place, figure in enumerate(FIGURES, len(WORDS)):
            self.table.horizontalHeaderItem(place).setToolTip(figure.text)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignCenter | Qt.AlignmentFlag(Qt.TextFlag.TextWordWrap))
        header.setMinimumHeight(3 * header.fontMetrics().height() + theme.SPACING_PX)
        for place in range(len(WORDS), len(HEADERS)):
            header.setSectionResizeMode(place, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(place, FIGURE_PX)
        self.table.setMinimumSize(400, 220)
        self.table.itemActivated.connect(self._on_activated)
        self.card = Card("All evaluations", self.table)
        self.card.say(REMARK)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.addWidget(self.card)

    def show_lines(self, lines: list[Line]) -> None:
        """All anew, in the order the user sorted by."""
        if lines == self._lines:
            return
        self._lines = lines
        self.table.setSortingEnabled(False)
        self.table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            for column, (text, order) in enumerate(zip(line.words, line.sort_words, strict=True)):
                item = _Cell(text, order, is_number=WORDS[column] in NUMBERS)
                item.setData(FOLDER, str(line.folder))
                item.setData(DOSE, line.dose)
                self.table.setItem(row, column, item)
            self._put_figures(row, line)
        self.table.setSortingEnabled(True)

    def _put_figures(self, row: int, line: Line) -> None:
        for place, value in enumerate(line.values):
            item = _Cell(number(value, FIGURES[place].digits), _order(value), is_number=True)
            item.setData(FOLDER, str(line.folder))
            item.setData(DOSE, line.dose)
            item.setToolTip(line.reasons[place])
            if place in line.best:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
                item.setToolTip(f"Best of {line.rivals} on this dataset at this dose")
            self.table.setItem(row, len(WORDS) + place, item)

    def lines(self) -> Lines:
        """The table as it is sorted."""
        return self.table.lines()

    def _on_activated(self, item: QTableWidgetItem) -> None:
        self.chosen.emit(Path(item.data(FOLDER)), item.data(DOSE))


def _order(value: float | None) -> float:
    # what is missing stands below all that is there
    return float("-inf") if value is None else value


class _Cell(QTableWidgetItem):
    """Sorted by its value, not by its text."""

    def __init__(self, text: str, order: object, *, is_number: bool) -> None:
        super().__init__(text)
        self.setData(ORDER, order)
        side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
        self.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        return self.data(ORDER) < other.data(ORDER)
