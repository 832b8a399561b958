"""The column table as Qt asks for it: line by line, when shown, in the order of any of its columns."""

from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from segdepth_app.gui.simulate.columns import Columns, column_texts, order

HEADERS = ("Element", "Atoms", "Off by", "x (Å)", "y (Å)")
HELP = ("", "0: a vacancy", "Atoms more or less than the local plane", "To the right", "Down")
AnyIndex = QModelIndex | QPersistentModelIndex
TABLE_WIDTH_PX = 310
UNSORTED = -1


class ColumnTable(QTableView):
    """A click on a heading sorts; rows are named by their place in the file, whatever the order."""

    column_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.columns = ColumnModel(self)
        self._marked: int | None = None
        self.setAccessibleName("Columns of the specimen")
        self.setModel(self.columns)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(22)
        self.setMinimumWidth(TABLE_WIDTH_PX)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setSortIndicator(UNSORTED, Qt.SortOrder.AscendingOrder)
        header.setSortIndicatorClearable(True)
        self.setSortingEnabled(True)
        self.setAlternatingRowColors(True)
        self.selectionModel().currentRowChanged.connect(self._on_row)
        self.columns.modelReset.connect(self._mark_again)

    def show_columns(self, columns: Columns) -> None:
        """Replaces all lines."""
        self._marked = None
        self.columns.set_columns(columns)

    def mark(self, row: int) -> None:
        """Selects the line of a column, by its place in the file."""
        self._marked = row
        line = self.columns.line_of(row)
        if self.currentIndex().row() != line:
            self.selectRow(line)

    def _on_row(self, now: QModelIndex, _: QModelIndex) -> None:
        if now.isValid():
            self._marked = self.columns.row_at(now.row())
            self.column_chosen.emit(self._marked)

    def _mark_again(self) -> None:
        if self._marked is not None:
            self.selectRow(self.columns.line_of(self._marked))


class ColumnModel(QAbstractTableModel):
    """Lines and their order."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: Columns | None = None
        self._rows = np.empty(0, int)
        self._sorting = (UNSORTED, False)

    def set_columns(self, columns: Columns) -> None:
        """Replaces all lines; they are sorted as those before."""
        self.beginResetModel()
        self._columns = columns
        self._arrange()
        self.endResetModel()

    def row_at(self, line: int) -> int:
        """Place in the file of the column that is shown in a line."""
        return int(self._rows[line])

    def line_of(self, row: int) -> int:
        """Line that shows a column, by its place in the file."""
        return int(np.flatnonzero(self._rows == row)[0])

    def sort(self, column: int, direction: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """By one of HEADERS; UNSORTED: as in the file."""
        self.beginResetModel()
        self._sorting = column, direction is Qt.SortOrder.DescendingOrder
        self._arrange()
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.ToolTipRole:
            return f"{HELP[section]}. A click sorts.".lstrip(". ")
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return HEADERS[section] if orientation is Qt.Orientation.Horizontal else str(section)

    def data(self, index: AnyIndex, role: int = 0) -> Any:
        if self._columns is None or not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return column_texts(self._columns.table[self._rows[index.row()]])[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None

    def _arrange(self) -> None:
        if self._columns is None:
            return
        column, descending = self._sorting
        n = len(self._columns)
        self._rows = np.arange(n) if column < 0 else order(self._columns.table, column, descending=descending)
