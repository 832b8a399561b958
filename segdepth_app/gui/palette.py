"""The command palette: type a few letters of an action's name, press Enter."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QColor, QKeyEvent, QKeySequence, QPainter, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.dialogs import fit_to_screen

SIZE_PX = (520, 380)
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


ACTION, KEYS = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
GAP_PX = 8
COMMAND = "command"
"""Property of an action whose text says too little away from its menu: `Dark`. What it is called here instead."""


def command_text(action: QAction) -> str:
    """What an action is called away from its menu, without the menu's marks."""
    return str(action.property(COMMAND) or action.text()).replace("&", "").rstrip("…")


def matching(texts: Sequence[str], typed: str) -> list[int]:
    """Those that hold all the words typed; the earlier in the text, the higher in the list."""
    words = typed.lower().split()
    found = [(sum(text.lower().find(word) for word in words), i) for i, text in enumerate(texts)]
    return [i for _, i in sorted(found) if all(word in texts[i].lower() for word in words)]


class KeysAtTheRight(QStyledItemDelegate):
    """Lines of a list: the name at the left, the keys under each other at the right."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The name has the room that its keys leave."""
        line = QStyleOptionViewItem(option)
        self.initStyleOption(line, index)
        keys = index.data(KEYS)
        width = line.fontMetrics.horizontalAdvance(keys)
        text = line.fontMetrics.elidedText(
            line.text, Qt.TextElideMode.ElideRight, line.rect.width() - width - (4 if keys else 2) * GAP_PX
        )
        line.text = text
        style = line.widget.style() if line.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, line, painter, line.widget)
        if not keys:
            return
        is_marked = bool(line.state & QStyle.StateFlag.State_Selected)
        colour = line.palette.color(QPalette.ColorRole.HighlightedText) if is_marked else QColor(theme.colour("muted"))
        painter.save()
        painter.setPen(colour)
        place = line.rect.adjusted(0, 0, -GAP_PX, 0)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
        painter.restore()


class CommandPalette(QDialog):
    """Closes with the command that was chosen, or with Escape."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        fit_to_screen(self, *SIZE_PX)
        self._actions = [action for action in actions if action.isEnabled() and action.text()]
        self._texts = [command_text(action) for action in self._actions]
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Type to search…")
        self.edit.setAccessibleName("Search the commands")
        self.edit.textChanged.connect(self._filter)
        self.edit.returnPressed.connect(self._run)
        self.edit.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
        self.list.setItemDelegate(KeysAtTheRight(self.list))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.itemActivated.connect(lambda _: self._run())
        self.list.itemClicked.connect(lambda _: self._run())
        self.nothing = QLabel("No such command.")
        theme.set_role(self.nothing, "muted")
        layout = QVBoxLayout(self)
        for widget in (self.edit, self.list, self.nothing):
            layout.addWidget(widget)
        self._filter("")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """Up and down move in the list while the text keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in MOVES:
            self.list.event(event)
            return True
        return super().eventFilter(watched, event)

    def _filter(self, typed: str) -> None:
        self.list.clear()
        for i in matching(self._texts, typed):
            keys = self._actions[i].shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            item = QListWidgetItem(self._texts[i])
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{self._texts[i]}, {keys}" if keys else self._texts[i])
            item.setData(ACTION, i)
            item.setData(KEYS, keys)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(not self.list.count())

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        action = self._actions[item.data(ACTION)]
        self.close()
        action.trigger()
