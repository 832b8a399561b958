"""A list with a box before each line: none, one or several of what there is, and files from elsewhere. Widgets only."""

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice

ROWS = 4
CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
VALUE = Qt.ItemDataRole.UserRole
Index = QModelIndex | QPersistentModelIndex


class Picker(QWidget):
    """A title, … to browse for files, and the list."""

    changed = Signal()

    def __init__(self, title: str, files: str, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._files = files
        self._title = title.replace("&", "")
        label = QLabel(title)
        self.list = TickList(self._title, nothing)
        self.list.changed.connect(self.changed)
        label.setBuddy(self.list)
        self.browse = QToolButton()
        self.browse.setText("…")
        self.browse.setAccessibleName(f"Choose a file: {self._title.lower()}")
        self.browse.setToolTip("A file from elsewhere")
        self.browse.clicked.connect(self._ask)
        head = QHBoxLayout()
        head.addWidget(label, 1)
        head.addWidget(self.browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(head)
        layout.addWidget(self.list)

    def _ask(self) -> None:
        dialog = QFileDialog(self, f"{self._title} from elsewhere", "", self._files)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFiles)
        dialog.filesSelected.connect(self._take)
        dialog.open()

    def _take(self, paths: list[str]) -> None:
        for path in paths:
            self.list.choose(Choice(Path(path).name, path))


class TickDelegate(QStyledItemDelegate):
    """Draws the boxes' frames such that they are seen in both looks; of lists the theme cannot do it."""

    def initStyleOption(self, option: QStyleOptionViewItem, index: Index) -> None:  # Qt's name
        """With the theme's palette for boxes; as the list's own it would change the frame around the list."""
        super().initStyleOption(option, index)
        option.palette = theme.with_visible_boxes(option.palette)  # type: ignore[attr-defined]


class TickList(QListWidget):
    """A box before each line. A click on a name ticks it as one on its box does. A few rows high; more scroll."""

    changed = Signal()

    def __init__(self, name: str, nothing: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nothing = nothing
        self._pressed: Qt.CheckState | None = None
        self.setAccessibleName(name)
        self.setItemDelegate(TickDelegate(self))
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemClicked.connect(self._on_click)
        self.itemChanged.connect(lambda _: self.changed.emit())
        self.set_choices([])

    def chosen(self) -> list[Choice]:
        """What is ticked, in the order of the list."""
        return [Choice(item.text(), item.data(VALUE)) for item in self._items() if item.checkState() == CHECKED]

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """The list anew; what is ticked stays ticked, also what came from elsewhere. One alone is ticked."""
        kept = self.chosen()
        known = {choice.value for choice in choices}
        listed = [*choices, *(choice for choice in kept if choice.value not in known)]
        ticked = {choice.value for choice in kept} or {choice.value for choice in listed if len(listed) == 1}
        self._fill(listed, ticked)

    def choose(self, choice: Choice, *, alone: bool = False) -> None:
        """Ticks one, which is added where it is not listed; `alone`: and no other."""
        listed = [Choice(item.text(), item.data(VALUE)) for item in self._items()]
        if choice.value not in [item.value for item in listed]:
            listed.append(choice)
        kept = set() if alone else {item.value for item in self.chosen()}
        self._fill(listed, {*kept, choice.value})

    def tick(self, values: Sequence[str]) -> None:
        """Ticks those of the list and no others."""
        for item in self._items():
            item.setCheckState(CHECKED if item.data(VALUE) in values else UNCHECKED)

    def mousePressEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """Remembers how the line was before; Qt does not say `pressed` each time."""
        self._remember(event)
        super().mousePressEvent(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """As two clicks."""
        self._remember(event)
        super().mouseDoubleClickEvent(event)

    def sizeHint(self) -> QSize:  # Qt's name
        """Room for ROWS lines."""
        row = self.fontMetrics().height() + 4
        return QSize(200, ROWS * row + 2 * self.frameWidth())

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """A line less."""
        return QSize(120, self.sizeHint().height() - self.fontMetrics().height())

    def _items(self) -> list[QListWidgetItem]:
        items = (self.item(row) for row in range(self.count()))
        return [item for item in items if item.data(VALUE)]

    def _fill(self, listed: Sequence[Choice], ticked: set[str]) -> None:
        self.blockSignals(True)
        self.clear()
        for choice in listed:
            self._add(choice, ticked=choice.value in ticked)
        if not listed and self._nothing:
            note = QListWidgetItem(self._nothing, self)
            note.setFlags(Qt.ItemFlag.NoItemFlags)
        self.blockSignals(False)
        self.changed.emit()

    def _add(self, choice: Choice, *, ticked: bool) -> None:
        item = QListWidgetItem(choice.label, self)
        item.setData(VALUE, choice.value)
        item.setToolTip(choice.value if choice.value == choice.label else f"{choice.label}\n{choice.value}")
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setCheckState(CHECKED if ticked else UNCHECKED)

    def _remember(self, event: QMouseEvent) -> None:
        item = self.itemAt(event.position().toPoint())
        self._pressed = item.checkState() if item is not None else None

    def _on_click(self, item: QListWidgetItem) -> None:
        # a click on the box has changed it by now, one on the name has not
        if item.data(VALUE) and item.checkState() == self._pressed:
            item.setCheckState(UNCHECKED if item.checkState() == CHECKED else CHECKED)
