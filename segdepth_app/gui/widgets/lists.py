"""A list of files beside what is chosen in it: the left half of the Simulate and Train tabs."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QScrollArea,
    QSplitter,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme

ROW_HEIGHT_PX = 26


def list_table(name: str, headers: Sequence[str], selection: QAbstractItemView.SelectionMode) -> QTableWidget:
    """A table of whole lines; the first column takes the room that is left."""
    table = QTableWidget(0, len(headers))
    table.setAccessibleName(name)
    table.setHorizontalHeaderLabels(list(headers))
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(ROW_HEIGHT_PX)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(selection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setWordWrap(False)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
    return table


def make_readable(table: QTableWidget) -> None:
    """A table of words and numbers that is read and copied, not changed; the Tab key leaves it."""
    table.verticalHeader().hide()
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setTabKeyNavigation(False)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.horizontalHeader().setHighlightSections(False)


def set_cell(table: QTableWidget, row: int, column: int, text: str, *, is_number: bool) -> None:
    """Writes a cell, and only if it changes: a list that is read again each second must not flicker."""
    item = table.item(row, column)
    if item is None:
        item = QTableWidgetItem()
        if is_number:
            item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        table.setItem(row, column, item)
    if item.text() != text:
        item.setText(text)
        item.setToolTip(text)


def titled_list(title: str, new: QPushButton, table: QTableWidget) -> tuple[QWidget, QVBoxLayout]:
    """The title with its button over the list; more can be added below."""
    label = QLabel(title)
    theme.set_role(label, "title")
    head = QHBoxLayout()
    head.addWidget(label, 1)
    head.addWidget(new)
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.SPACING_PX)
    column.addLayout(head)
    column.addWidget(table, 1)
    return widget, column


def put_side_by_side(page: QWidget, left: QWidget, right: QWidget, *, sizes_px: tuple[int, int]) -> QSplitter:
    """Fills a page with two halves whose border can be moved; the right one takes the room that is left."""
    splitter = QSplitter(Qt.Orientation.Horizontal)
    splitter.addWidget(left)
    splitter.addWidget(right)
    splitter.setStretchFactor(0, 0)
    splitter.setStretchFactor(1, 1)
    splitter.setChildrenCollapsible(False)
    splitter.setHandleWidth(2 * theme.SPACING_PX)
    splitter.setSizes(list(sizes_px))
    layout = QHBoxLayout(page)
    layout.setContentsMargins(*[theme.SPACING_PX] * 4)
    layout.addWidget(splitter)
    return splitter


def scrolling(widget: QWidget) -> QScrollArea:
    """Shows all of a widget in a small window or at a large scale."""
    return RoomyArea(widget)


class RoomyArea(QScrollArea):
    """Scrolls only where a widget's smallest size has no room.

    Qt's own resizing takes the preferred height of a widget with wrapped words in it, which is far more than it needs.
    """

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidget(widget)
        widget.installEventFilter(self)

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """The widget takes the room there is."""
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """The widget needs more or less than before."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        smallest = self.widget().minimumSizeHint()
        room = self.maximumViewportSize()
        # a bar for one direction takes room from the other
        if smallest.height() > room.height():
            room.setWidth(room.width() - self.verticalScrollBar().sizeHint().width())
        if smallest.width() > room.width():
            room.setHeight(room.height() - self.horizontalScrollBar().sizeHint().height())
        self.widget().resize(room.expandedTo(smallest))
