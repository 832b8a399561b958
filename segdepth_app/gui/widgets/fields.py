"""One editor for each kind of setting. All speak raw JSON values: `value()`, `set_value()`, signal `changed`."""

import types
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

INT_LIMIT = 2**31 - 1


class Editor(QWidget):
    """Base: a widget in a row, and the signal of a change by the user."""

    changed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__()
        self.widget = widget
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(widget)
        self.setFocusProxy(widget)

    def value(self) -> Any:
        """The raw value."""
        raise TypeError(f"{type(self).__name__} lacks value()")

    def set_value(self, value: Any) -> None:
        """Shows a raw value."""
        raise TypeError(f"{type(self).__name__} lacks set_value()")


class TextEditor(Editor):
    """Text; an empty one is None where the setting may be none."""

    def __init__(self, optional: bool, placeholder: str = "") -> None:
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        super().__init__(self.line)
        self._optional = optional
        self.line.textChanged.connect(lambda: self.changed.emit())

    def value(self) -> Any:
        """The text without blanks around it."""
        text = self.line.text().strip()
        return None if self._optional and not text else text

    def set_value(self, value: Any) -> None:
        """Shows the text; None as nothing."""
        self.line.setText("" if value is None else str(value))


class NumberEditor(TextEditor):
    """A number as it is written: 0.002, 2e-3, 2,5."""

    def __init__(self, optional: bool) -> None:
        super().__init__(optional, "none" if optional else "")
        self.line.setMaximumWidth(140)

    def value(self) -> Any:
        """The number, or the text where it is none, which the config then refuses."""
        text = super().value()
        try:
            return None if text is None else float(text.replace(",", "."))
        except ValueError:
            return text

    def set_value(self, value: Any) -> None:
        """The shortest text of the number."""
        self.line.setText("" if value is None else f"{value:.10g}" if isinstance(value, int | float) else str(value))


class NumbersEditor(TextEditor):
    """Several numbers with blanks or semicolons between them."""

    def value(self) -> Any:
        """The numbers as a list; a word among them stays a word."""
        parts = (super().value() or "").replace(";", " ").split()
        return [_number_or_text(part.rstrip(",")) for part in parts]

    def set_value(self, value: Any) -> None:
        """Shows the numbers."""
        self.line.setText("; ".join(f"{item:.10g}" if isinstance(item, float | int) else str(item) for item in value))


class IntegerEditor(Editor):
    """A spin box."""

    def __init__(self, low: int, high: int) -> None:
        self.box = QSpinBox()
        self.box.setRange(low, high)
        self.box.setGroupSeparatorShown(high >= 10_000)
        self.box.setMaximumWidth(140)
        super().__init__(self.box)
        self.box.valueChanged.connect(lambda: self.changed.emit())

    def value(self) -> Any:
        """The number."""
        return self.box.value()

    def set_value(self, value: Any) -> None:
        """Shows the number; the box keeps it in its range. Nothing is the lowest."""
        self.box.setValue(self.box.minimum() if value in ("", None) else int(value))


class ChoiceEditor(Editor):
    """One of a few."""

    def __init__(self, choices: tuple[Any, ...]) -> None:
        self.box = QComboBox()
        for choice in choices:
            self.box.addItem(str(choice), choice)
        self.box.setMaximumWidth(220)
        super().__init__(self.box)
        self.box.currentIndexChanged.connect(lambda: self.changed.emit())

    def value(self) -> Any:
        """The choice."""
        return self.box.currentData()

    def set_value(self, value: Any) -> None:
        """Shows the choice."""
        self.box.setCurrentIndex(self.box.findData(value))


class CheckEditor(Editor):
    """Yes or no."""

    def __init__(self) -> None:
        self.box = QCheckBox()
        super().__init__(self.box)
        self.box.toggled.connect(lambda: self.changed.emit())

    def value(self) -> Any:
        """Whether it is ticked."""
        return self.box.isChecked()

    def set_value(self, value: Any) -> None:
        """Ticks it or not."""
        self.box.setChecked(bool(value))


class ChoicesEditor(Editor):
    """Any of a few, a tick box each."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        self.boxes = {choice: QCheckBox(choice) for choice in choices}
        for box in self.boxes.values():
            layout.addWidget(box)
            box.toggled.connect(lambda: self.changed.emit())
        layout.addStretch()
        super().__init__(row)
        self.setFocusProxy(next(iter(self.boxes.values())))

    def value(self) -> Any:
        """The ticked ones."""
        return [choice for choice, box in self.boxes.items() if box.isChecked()]

    def set_value(self, value: Any) -> None:
        """Ticks these."""
        for choice, box in self.boxes.items():
            box.setChecked(choice in value)


class PathEditor(TextEditor):
    """A path and a button that looks for it."""

    def __init__(self, optional: bool, description: str) -> None:
        super().__init__(optional)
        self._description = description
        self._is_folder = "folder" in description.lower()
        self._is_output = any(word in description.lower() for word in ("to write", "to make", "folder for"))
        button = QPushButton("Browse…")
        button.setAccessibleName(f"Browse: {description}")
        button.clicked.connect(self._browse)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(button)
        self.layout().addLayout(row)  # type: ignore[attr-defined]

    def _browse(self) -> None:
        start = self.line.text()
        if self._is_folder:
            path = QFileDialog.getExistingDirectory(self, self._description, start)
        elif self._is_output:
            path, _ = QFileDialog.getSaveFileName(self, self._description, start)
        else:
            path, _ = QFileDialog.getOpenFileName(self, self._description, start)
        if path:
            self.line.setText(path)


class PathsEditor(TextEditor):
    """Several paths with semicolons between them."""

    def value(self) -> Any:
        """The paths as a list."""
        return [part.strip() for part in (super().value() or "").split(";") if part.strip()]

    def set_value(self, value: Any) -> None:
        """Shows the paths."""
        self.line.setText("; ".join(str(item) for item in value or ()))


def make_editor(annotation: Any, metadata: list[Any], description: str) -> Editor:
    """The editor for a field's type. Raises: TypeError for a type no form can show."""
    kind, optional = _plain_type(annotation)
    origin = get_origin(kind)
    if kind is bool:
        return CheckEditor()
    if kind is int and not optional:
        low, high = limits(metadata)
        return IntegerEditor(int(max(low, -INT_LIMIT)), int(min(high, INT_LIMIT)))
    if kind in (int, float):
        return NumberEditor(optional)
    if kind is str:
        return TextEditor(optional)
    if kind is Path:
        return PathEditor(optional, description)
    if origin is Literal:
        return ChoiceEditor(get_args(kind))
    if origin is tuple:
        inner, _ = _plain_type(get_args(kind)[0])
        if get_origin(inner) is Literal:
            return ChoicesEditor(get_args(inner))
        if inner in (int, float):
            return NumbersEditor(False)
        if inner is Path:
            return PathsEditor(False)
    raise TypeError(f"No editor for {annotation!r}")


def limits(metadata: list[Any]) -> tuple[float, float]:
    """Lowest and highest value that a field's constraints allow."""
    low, high = float("-inf"), float("inf")
    for item in metadata:
        low = max(low, getattr(item, "ge", low), getattr(item, "gt", low))
        high = min(high, getattr(item, "le", high), getattr(item, "lt", high))
    return low, high


def _plain_type(annotation: Any) -> tuple[Any, bool]:
    """The type without Annotated and None, and whether None is allowed."""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [item for item in get_args(annotation) if item is not type(None)]
        if len(inner) == 1:
            return inner[0], True
    return annotation, False


def _number_or_text(text: str) -> Any:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
