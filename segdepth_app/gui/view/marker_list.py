"""The list of markers: what is at each of them in the frame shown."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
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
from segdepth_app.gui.view.markers import MarkerRow

HEADERS = ("", "Name", "Depth", "Conf.", "El.", "x, y")
NAME = 1
ROW_PADDING_PX = 6
"""Beyond the two lines of text of a row."""


class MarkerList(QWidget):
    """Table of markers with buttons to remove them."""

    selected = Signal(int)
    removed = Signal(int)
    cleared = Signal()
    renamed = Signal(int, str)
    widened = Signal()
    """The selected pixel is to become the whole column it lies on."""

    def __init__(self) -> None:
        super().__init__()
        self.table = QTableWidget(0, len(HEADERS))
        self.table.setHorizontalHeaderLabels(HEADERS)
        self.table.setAccessibleName("Markers")
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(2 * self.fontMetrics().height() + ROW_PADDING_PX)
        triggers = QAbstractItemView.EditTrigger
        self.table.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setTabKeyNavigation(False)
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        self.table.cellClicked.connect(lambda row, _: self.table.selectRow(row))
        self.table.itemSelectionChanged.connect(self._on_selection)
        self.table.itemChanged.connect(self._on_edit)
        self.hint = QLabel("Double-click a name to change it.")
        self.hint.setWordWrap(True)
        theme.set_role(self.hint, "muted")
        self.column_button = QPushButton("Whole column")
        self.column_button.setToolTip("Follows the column the selected pixel lies on, pooled over its disc.")
        self.column_button.clicked.connect(self.widened)
        self.remove_button = QPushButton("Remove")
        self.remove_button.clicked.connect(self._remove)
        self.clear_button = QPushButton("Clear all")
        self.clear_button.clicked.connect(self.cleared)
        shortcut = QShortcut(QKeySequence(QKeySequence.StandardKey.Delete), self.table, self._remove)
        shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
        buttons = QHBoxLayout()
        buttons.addWidget(self.column_button)
        buttons.addWidget(self.remove_button)
        buttons.addWidget(self.clear_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.hint)
        layout.addLayout(buttons)
        self.show_rows([], None)

    def show_rows(self, rows: list[MarkerRow], selected: int | None) -> None:
        """Shows the rows; cells that did not change are left alone, so that playing stays cheap."""
        self.table.blockSignals(True)
        self.table.setRowCount(len(rows))
        for i, row in enumerate(rows):
            for j, text in enumerate(row.texts):
                self._set_cell(i, j, text)
            badge = self.table.item(i, 0)
            badge.setBackground(QColor(row.colour))
            badge.setForeground(QColor("black"))
            badge.setFlags(Qt.ItemFlag.ItemIsEnabled)  # a selected row keeps its marker's colour
            if row.number == selected and not self.table.item(i, 1).isSelected():
                self.table.selectRow(i)
        if selected is None:
            self.table.clearSelection()
        self.table.blockSignals(False)
        self.remove_button.setEnabled(bool(rows))
        self.clear_button.setEnabled(bool(rows))
        self.column_button.setEnabled(bool(rows))

    def _set_cell(self, row: int, column: int, text: str) -> None:
        item = self.table.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
            if column != NAME:
                item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            self.table.setItem(row, column, item)
        if item.text() != text:
            item.setText(text)

    def _chosen(self) -> int | None:
        cells = self.table.selectionModel().selectedIndexes()
        return int(self.table.item(cells[0].row(), 0).text()) if cells else None

    def _on_selection(self) -> None:
        number = self._chosen()
        if number is not None:
            self.selected.emit(number)

    def _on_edit(self, item: QTableWidgetItem) -> None:
        if item.column() == NAME:
            self.renamed.emit(int(self.table.item(item.row(), 0).text()), item.text())

    def _remove(self) -> None:
        number = self._chosen()
        if number is not None:
            self.removed.emit(number)
