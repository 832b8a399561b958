"""Many records (a numpy structured array) as a sortable table; only the rows in sight are written out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
ROW_HEIGHT_PX = 22
PADDING_PX = 14


@dataclass(frozen=True)
class Field:
    """One column of the table."""

    header: str
    text: Callable[[np.void], str]
    key: Callable[[np.ndarray], np.ndarray]
    """What it is sorted by."""
    tip: str = ""
    widest: str = "00000"
    """A text as wide as any in it."""


class RecordModel(QAbstractTableModel):
    """The records, in the order of one field."""

    def __init__(self, fields: Sequence[Field]) -> None:
        super().__init__()
        self.fields = tuple(fields)
        self.records: np.ndarray = np.zeros(0)
        self._sorted_by: tuple[int, bool] | None = None

    def show(self, records: np.ndarray) -> None:
        """Other records, in the order chosen before."""
        self.beginResetModel()
        self.records = records
        self._apply_order()
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:  # Qt's name
        """Records."""
        return 0 if parent.isValid() else len(self.records)

    def columnCount(self, parent: Index = ROOT) -> int:  # Qt's name
        """Fields."""
        return 0 if parent.isValid() else len(self.fields)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Text and alignment of a cell."""
        if role == Qt.ItemDataRole.DisplayRole:
            return self.fields[index.column()].text(self.records[index.row()])
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def headerData(  # Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Headers and what they mean."""
        if orientation is Qt.Orientation.Vertical:
            return None
        field = self.fields[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return field.header
        return field.tip if role == Qt.ItemDataRole.ToolTipRole else None

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Orders the records by a field."""
        self.layoutAboutToBeChanged.emit()
        self._sorted_by = (column, order is Qt.SortOrder.DescendingOrder) if column >= 0 else None
        self._apply_order()
        self.layoutChanged.emit()

    def _apply_order(self) -> None:
        if self._sorted_by is None or not len(self.records):
            return
        column, falling = self._sorted_by
        key = self.fields[column].key(self.records)
        # equal ones keep their order in both directions
        order = np.argsort(key, kind="stable") if not falling else len(key) - 1 - np.argsort(key[::-1], kind="stable")
        self.records = self.records[order[::-1] if falling else order]


class RecordTable(QTableView):
    """The table; a click, the arrows, or Enter choose a record."""

    chosen = Signal(object)
    """The record, a numpy.void."""
    opened = Signal(object)
    """A double click, or Enter."""

    def __init__(self, name: str, fields: Sequence[Field]) -> None:
        super().__init__()
        self.records_model = RecordModel(fields)
        self.setModel(self.records_model)
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # thousands of rows: none is measured
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(20)
        for column, field in enumerate(fields):
            words = max((field.header, field.widest), key=len)
            self.setColumnWidth(column, self.fontMetrics().horizontalAdvance(words) + PADDING_PX)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self.setSortingEnabled(True)
        self.clicked.connect(lambda index: self.chosen.emit(self.records_model.records[index.row()]))
        self.doubleClicked.connect(lambda index: self.opened.emit(self.records_model.records[index.row()]))

    def show_records(self, records: np.ndarray) -> None:
        """Other records."""
        self.records_model.show(records)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # Qt's name
        """The arrows choose as a click does; Enter opens."""
        before = self.currentIndex().row()
        super().keyPressEvent(event)
        row = self.currentIndex().row()
        if row < 0:
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit(self.records_model.records[row])
        elif row != before:
            self.chosen.emit(self.records_model.records[row])
