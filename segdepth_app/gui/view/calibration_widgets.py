"""Small parts of the calibration's pages: rows, words, and a rectangle that is typed or drawn."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.calibration_state import Shown
from segdepth_app.gui.view.fields import SourcedField, rectangle
from segdepth_app.gui.widgets.field_editors import mark


def words(text: str = "", role: str = "muted") -> QLabel:
    """A label that wraps."""
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    theme.set_role(label, role)
    return label


def say(label: QLabel, text: str, role: str = "muted") -> None:
    """Words in a label; none take it away."""
    label.setText(text)
    label.setVisible(bool(text))
    theme.set_role(label, role)


def button(text: str, slot: Callable[[], Any], help_text: str = "") -> QPushButton:
    """A button."""
    made = QPushButton(text)
    made.setToolTip(help_text)
    made.setAutoDefault(False)
    made.clicked.connect(lambda _=False: slot())
    return made


def row(*widgets: QWidget, stretch: bool = True) -> QHBoxLayout:
    """Widgets beside each other."""
    made = QHBoxLayout()
    made.setSpacing(theme.SPACING_PX)
    for widget in widgets:
        made.addWidget(widget)
    if stretch:
        made.addStretch(1)
    return made


def wide(*widgets: QWidget) -> QHBoxLayout:
    """Widgets beside each other; the first takes the room."""
    made = row(*widgets, stretch=False)
    made.setStretch(0, 1)
    return made


def show_in(field: SourcedField, fact: Shown) -> None:
    """A number in its field."""
    field.show_value(fact.value, fact.source, missing=fact.missing)


def column(page: QWidget) -> QVBoxLayout:
    """The layout of a page."""
    layout = QVBoxLayout(page)
    layout.setContentsMargins(12, 12, 12, 12)
    layout.setSpacing(theme.SPACING_PX)
    return layout


class RectangleField(QWidget):
    """`x,y,width,height`, typed or taken from the frame pane."""

    typed = Signal(str)
    """A rectangle; empty for none."""

    def __init__(self, name: str, empty: str) -> None:
        super().__init__()
        self.take: Callable[[], tuple[int, int, int, int] | None] = lambda: None
        """The rectangle drawn in the frame pane, if there is one."""
        self.edit = QLineEdit()
        self.edit.setAccessibleName(f"{name}: x, y, width, height in pixels")
        self.edit.setPlaceholderText(empty)
        self.edit.setMinimumWidth(150)
        self.drawn = button("Use the region", self._take, "The region on the frame pane.")
        self.reason = words("", "bad")
        self.reason.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(wide(self.edit, self.drawn))
        layout.addWidget(self.reason)
        self.edit.editingFinished.connect(self.check)

    def show_rectangle(self, text: str) -> None:
        """Shows one without saying so."""
        self.edit.setText(text)
        self._complain("")

    def value(self) -> tuple[int, int, int, int] | None:
        """What stands there; None for nothing. Raises: ValueError where it is no rectangle."""
        return rectangle(self.edit.text())

    def check(self) -> bool:
        """Tells what was typed; whether it can be used."""
        try:
            found = self.value()
        except ValueError as error:
            self._complain(str(error))
            return False
        self._complain("")
        self.typed.emit(",".join(str(number) for number in found) if found else "")
        return True

    def _take(self) -> None:
        found = self.take()
        if found is None:
            self._complain(
                "There is no region on the frame: show one from the menu of its pane, or type x,y,width,height."
            )
            return
        self.edit.setText(",".join(str(number) for number in found))
        self.check()

    def _complain(self, reason: str) -> None:
        mark(self.edit, invalid=bool(reason))
        self.edit.setAccessibleDescription(reason)
        say(self.reason, reason, "bad")
