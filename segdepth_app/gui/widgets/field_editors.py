"""The editors of a form, one kind for each type of setting.

What is typed stays text: the config model judges it. An empty field that may be empty is None.
"""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel
from PySide6.QtWidgets import QCheckBox, QComboBox, QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from segdepth_app.gui import drafts

EDITOR_WIDTH_PX = 72
WIDE_EDITOR_WIDTH_PX = 176
Changed = Callable[[Any], object]


def text_of(value: Any) -> str:
    """A value as it stands in a field."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return " ".join(text_of(item) for item in value)
    return f"{value:z.10g}" if isinstance(value, float) else str(value)


def make_editor(model: type[BaseModel], field: str, words: dict[Any, str], changed: Changed) -> QWidget:
    """The editor of a field; `changed` hears what is typed or chosen. `words`: how a choice's values are called."""
    kind = drafts.kind(model, field)
    if kind == "choice":
        return _choice(drafts.choices(model, field), words, changed)
    if kind == "choices":
        return ManyChoices(drafts.choices(model, field), words, changed)
    if kind == "switch":
        switch = QCheckBox()
        switch.toggled.connect(changed)
        return switch
    if kind == "path":
        return PathEditor(changed)
    return _line(model, field, kind, changed)


def show_value(editor: QWidget, value: Any) -> None:
    """Puts a value into an editor without saying so."""
    editor.blockSignals(True)
    if isinstance(editor, PathEditor):
        editor.line.setText(text_of(value))
    elif isinstance(editor, ManyChoices):
        editor.show_value(value)
    elif isinstance(editor, QLineEdit):
        editor.setText(text_of(value))
    elif isinstance(editor, QComboBox):
        editor.setCurrentIndex(max(editor.findData(value), 0))
    elif isinstance(editor, QCheckBox):
        editor.setChecked(bool(value))
    editor.blockSignals(False)


def value_of(editor: QWidget) -> Any:
    """What an editor holds now."""
    if isinstance(editor, QComboBox):
        return editor.currentData()
    if isinstance(editor, PathEditor):
        return editor.line.text().strip() or None
    if isinstance(editor, QCheckBox):
        return editor.isChecked()
    return editor.text() if isinstance(editor, QLineEdit) else None


def mark(editor: QWidget, *, invalid: bool) -> None:
    """A red frame, or none."""
    marked = editor.line if isinstance(editor, PathEditor) else editor
    if bool(marked.property("invalid")) != invalid:
        marked.setProperty("invalid", invalid)
        marked.style().unpolish(marked)
        marked.style().polish(marked)


class PathEditor(QWidget):
    """A path to type, or to browse for. Empty: none."""

    def __init__(self, changed: Changed) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setMinimumWidth(WIDE_EDITOR_WIDTH_PX // 2)
        self.line.setPlaceholderText("none")
        self.line.textEdited.connect(lambda text: changed(text.strip() or None))
        self.browse = QPushButton("Browse…")
        self.browse.clicked.connect(lambda: self._ask(changed))
        self.setFocusProxy(self.line)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.browse)

    def setAccessibleName(self, name: str) -> None:  # Qt's name
        """The name goes to the parts that take the focus."""
        super().setAccessibleName(name)
        self.line.setAccessibleName(name)
        self.browse.setAccessibleName(f"{name}: browse")

    def setAccessibleDescription(self, text: str) -> None:  # Qt's name
        """As the name."""
        super().setAccessibleDescription(text)
        self.line.setAccessibleDescription(text)

    def _ask(self, changed: Changed) -> None:
        path, _ = QFileDialog.getOpenFileName(self, self.accessibleName(), self.line.text())
        if path:
            self.line.setText(path)
            changed(path)


class ManyChoices(QWidget):
    """Any number of a few values, each with its box."""

    def __init__(self, values: tuple[Any, ...], words: dict[Any, str], changed: Changed) -> None:
        super().__init__()
        self.boxes = {value: QCheckBox(str(words.get(value, value))) for value in values}
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for box in self.boxes.values():
            box.toggled.connect(lambda _: changed(self.value()))
            layout.addWidget(box)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def value(self) -> list[Any]:
        """The values whose boxes are ticked."""
        return [value for value, box in self.boxes.items() if box.isChecked()]

    def show_value(self, chosen: Any) -> None:
        """Ticks these, without saying so."""
        for value, box in self.boxes.items():
            box.blockSignals(True)
            box.setChecked(value in (chosen or ()))
            box.blockSignals(False)

    def setAccessibleName(self, name: str) -> None:  # Qt's name
        """The name goes to each box, with its value."""
        super().setAccessibleName(name)
        for box in self.boxes.values():
            box.setAccessibleName(f"{name}: {box.text()}")


def _choice(allowed: tuple[Any, ...], words: dict[Any, str], changed: Changed) -> QComboBox:
    box = QComboBox()
    for value in allowed:
        box.addItem(str(words.get(value, value)), value)
    box.currentIndexChanged.connect(lambda _: changed(box.currentData()))
    return box


def _line(model: type[BaseModel], field: str, kind: str, changed: Changed) -> QLineEdit:
    line = QLineEdit()
    is_number = bool(drafts.range_text(model, field)) or kind == "numbers"
    line.setFixedWidth(EDITOR_WIDTH_PX if is_number else WIDE_EDITOR_WIDTH_PX)
    empty = None if drafts.is_optional(model, field) else ""
    if empty is None:
        line.setPlaceholderText("none")

    def tell(text: str) -> None:
        if kind == "numbers":
            changed(text.split())
        else:
            changed(text if text.strip() else empty)

    line.textEdited.connect(tell)
    return line
