"""The help sheet: every key, in groups, on one page that can be read and copied."""

from collections.abc import Iterable
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QDialog, QMainWindow, QMenu, QPushButton, QTextBrowser, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.palette import command_text
from segdepth_app.gui.view.help_keys import KEYS
from segdepth_app.gui.widgets.dialogs import fit_to_screen

TITLE = "Keys"
KEYS_PX = 120
SIZE_PX = (900, 640)
LINE_LETTERS = 42
"""About so many go into one line; a longer text takes two."""
WINDOW_GROUP = "Everywhere"
NOTE = "A text field in focus keeps its own keys."

Rows = list[tuple[str, str]]


def key_text(keys: Iterable[str]) -> str:
    """`Space`, `+ or =`; words stay as they are."""
    return " or ".join(QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) or key for key in keys)


def sheet(window: QWidget | None) -> dict[str, Rows]:
    """Group → (keys, what they do): those of the View tab, then those of the window's menus."""
    groups: dict[str, Rows] = {}
    for key in KEYS:
        shown = key.keys[0] if key.only_told else key_text(key.keys)
        groups.setdefault(key.group, []).append((shown, key.text))
    if isinstance(window, QMainWindow):
        rows = [
            (key_text(shortcut.toString() for shortcut in action.shortcuts()), command_text(action))
            for action in menu_actions(window)
            if action.shortcuts() and not all(shortcut.isEmpty() for shortcut in action.shortcuts())
        ]
        groups.setdefault(WINDOW_GROUP, []).extend(rows)
    return groups


def menu_actions(window: QMainWindow) -> list[QAction]:
    """All actions of the menu bar, submenus too, in their order."""
    found: list[QAction] = []

    def walk(actions: Iterable[QAction]) -> None:
        for action in actions:
            menu = action.menu()
            if isinstance(menu, QMenu):
                walk(menu.actions())
            elif action.text():
                found.append(action)

    walk(window.menuBar().actions())
    return found


class HelpSheet(QDialog):
    """Two columns of groups; Escape closes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(TITLE)
        fit_to_screen(self, *SIZE_PX)
        self.text = QTextBrowser()
        self.text.setAccessibleName("All keys")
        self.text.setHtml(as_html(sheet(parent.window() if parent else None)))
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.text, 1)
        layout.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)


def as_html(groups: dict[str, Rows]) -> str:
    """Groups side by side, so that all of them are seen at once."""
    names = list(groups)
    heights = [2 + sum(1 + (len(text) > LINE_LETTERS) for _, text in groups[name]) for name in names]
    split = min(range(len(names) + 1), key=lambda n: max(sum(heights[:n]), sum(heights[n:])))
    columns = ("".join(_table(name, groups[name]) for name in part) for part in (names[:split], names[split:]))
    cells = "".join(f'<td width="50%" style="padding-right: 18px">{column}</td>' for column in columns)
    return f'<table width="100%"><tr>{cells}</tr></table><p style="color: {theme.colour("muted")}">{escape(NOTE)}</p>'


def _table(name: str, rows: Rows) -> str:
    lines = "".join(
        f'<tr><td width="{KEYS_PX}" style="padding: 2px 12px 2px 0"><b>{escape(keys)}</b></td>'
        f'<td style="padding: 2px 0">{escape(text)}</td></tr>'
        for keys, text in rows
    )
    heading = f'<p style="margin: 10px 0 2px 0; color: {theme.colour("accent")}"><b>{escape(name)}</b></p>'
    return f"{heading}<table>{lines}</table>"
