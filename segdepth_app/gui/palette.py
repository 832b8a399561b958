"""The command palette: type a few letters of an action's name, press Enter."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QDialog, QLabel, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from segdepth_app.gui import theme

SIZE_PX = (520, 380)
MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


def plain(text: str) -> str:
    """An action's text without the marks of its menu."""
    return text.replace("&", "").rstrip("…")


def matching(texts: Sequence[str], typed: str) -> list[int]:
    """Those that hold all the words typed; the earlier in the text, the higher in the list."""
    words = typed.lower().split()
    found = [(sum(text.lower().find(word) for word in words), i) for i, text in enumerate(texts)]
    return [i for _, i in sorted(found) if all(word in texts[i].lower() for word in words)]


class CommandPalette(QDialog):
    """Closes with the command that was chosen, or with Escape."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Commands")
        self.resize(*SIZE_PX)
        self._actions = [action for action in actions if action.isEnabled() and action.text()]
        self._texts = [plain(action.text()) for action in self._actions]
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Type to search…")
        self.edit.setAccessibleName("Search the commands")
        self.edit.textChanged.connect(self._filter)
        self.edit.returnPressed.connect(self._run)
        self.edit.installEventFilter(self)
        self.list = QListWidget()
        self.list.setAccessibleName("Commands")
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
            keys = self._actions[i].shortcut().toString()
            item = QListWidgetItem(f"{self._texts[i]}    {keys}" if keys else self._texts[i])
            item.setData(Qt.ItemDataRole.UserRole, i)
            self.list.addItem(item)
        self.list.setCurrentRow(0)
        self.nothing.setVisible(not self.list.count())

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None:
            return
        action = self._actions[item.data(Qt.ItemDataRole.UserRole)]
        self.close()
        action.trigger()
