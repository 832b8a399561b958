"""A form made from a config: label, unit, help, range, and the complaint beside the field it is about.

The form holds raw values; pydantic alone judges them, so window and command line accept the same.
"""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from segdepth_app.config import Config
from segdepth_app.gui import theme
from segdepth_app.gui.widgets.fields import Editor, limits, make_editor

UNITS = {
    "e_per_px": "e/px",
    "pm": "pm",
    "nm": "nm",
    "um": "µm",
    "mm": "mm",
    "kv": "kV",
    "mrad": "mrad",
    "a2": "Å²",
    "s": "s",
    "px": "px",
    "atoms": "atoms",
    "epochs": "epochs",
}
"""Ending of a setting's name → its unit in the window."""
SYMBOLS = {"c1": "C1", "c3": "C3", "c5": "C5", "b": "B", "ce": "Ce", "o": "O", "n": "Number of"}
VALIDATE_AFTER_MS = 150


def label_and_unit(name: str) -> tuple[str, str]:
    """`focal_spread_1e_low_nm` → ("Focal spread (1/e) low", "nm")."""
    unit = ""
    for ending, text in UNITS.items():
        if name.endswith(f"_{ending}"):
            name, unit = name.removesuffix(f"_{ending}"), text
            break
    words = [SYMBOLS.get(word, "(1/e)" if word == "1e" else word) for word in name.split("_")]
    label = " ".join(words)
    return label[:1].upper() + label[1:], unit


class ConfigForm(QWidget):
    """Edits one config. `hide` leaves out fields; nested configs become sections that fold."""

    changed = Signal()
    """The user (or set_values) changed a field, and the form was judged anew."""

    def __init__(
        self,
        model: type[Config],
        *,
        values: dict[str, Any] | None = None,
        hide: Iterable[str] = (),
        folded: Iterable[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self.editors: dict[str, Editor] = {}
        """Editors by their dotted name, `optics.c1_low_nm`."""
        self.complaints: dict[str, QLabel] = {}
        self.sections: dict[str, FoldingSection] = {}
        self._kept: dict[str, Any] = {}
        self._required: list[str] = []  # an empty path would be the present folder for pydantic
        self._hide, self._folded = frozenset(hide), frozenset(folded)
        self._general = QLabel()
        self._general.setWordWrap(True)
        theme.set_role(self._general, "bad")
        self._judge_soon = QTimer(self)
        self._judge_soon.setSingleShot(True)
        self._judge_soon.setInterval(VALIDATE_AFTER_MS)
        self._judge_soon.timeout.connect(self._judge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        self._build(model, "", layout)
        layout.addWidget(self._general)
        layout.addStretch()
        self._general.hide()
        self.set_values(values or {})

    def values(self) -> dict[str, Any]:
        """Raw values, nested like the config: what a job or a preset file takes. Hidden fields keep what was set."""
        out: dict[str, Any] = {}
        for name, value in {**self._kept, **{name: editor.value() for name, editor in self.editors.items()}}.items():
            *sections, last = name.split(".")
            at = out
            for section in sections:
                at = at.setdefault(section, {})
            at[last] = value
        return out

    def set_values(self, values: dict[str, Any]) -> None:
        """Shows these values; fields that are not in them go back to their defaults."""
        self._kept = {}
        defaults = _flat(_defaults(self.model))
        for name, value in {**defaults, **_flat(values)}.items():
            editor = self.editors.get(name)
            if editor is None:
                if name in _flat(values):
                    self._kept[name] = value
                continue
            editor.blockSignals(True)
            editor.set_value(value)
            editor.blockSignals(False)
        self._judge()

    def errors(self) -> dict[str, str]:
        """What is wrong, by dotted name; "" for the config as a whole."""
        empty = {name: "Fill this in." for name in self._required if self.editors[name].value() in ("", [])}
        try:
            self.model.model_validate(self.values())
        except ValidationError as error:
            return {self._place(item["loc"]): _sentence(item) for item in error.errors()} | empty
        return empty

    @property
    def valid(self) -> bool:
        """Whether a job would take these values."""
        return not self.errors()

    def config(self) -> Config:
        """The validated config. Raises: pydantic's ValidationError."""
        return self.model.model_validate(self.values())

    def show_errors(self) -> dict[str, str]:
        """Judges now and writes the complaints beside their fields."""
        self._judge_soon.stop()
        errors = self.errors()
        for name, label in self.complaints.items():
            text = errors.get(name, "")
            label.setText(text)
            label.setVisible(bool(text))
            _mark(self.editors[name], bool(text))
        for name, section in self.sections.items():
            section.complain(errors.get(name, ""))
        elsewhere = [text for name, text in errors.items() if name not in self.editors and name not in self.sections]
        self._general.setText("\n".join(elsewhere))
        self._general.setVisible(bool(elsewhere))
        for name in errors:
            if name in self.editors and "." in name:
                self.sections[name.split(".")[0]].unfold()
        return errors

    def _judge(self) -> None:
        self.show_errors()
        self.changed.emit()

    def _place(self, location: tuple[Any, ...]) -> str:
        """The longest dotted name of an editor along pydantic's path."""
        parts = [str(part) for part in location]
        for end in range(len(parts), 0, -1):
            if ".".join(parts[:end]) in self.editors:
                return ".".join(parts[:end])
        return ".".join(parts)

    def _build(self, model: type[Config], prefix: str, layout: QVBoxLayout) -> None:
        rows = QFormLayout()
        rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        rows.setHorizontalSpacing(2 * theme.SPACING_PX)
        rows.setVerticalSpacing(6)
        nested: list[tuple[str, type[Config]]] = []
        for name, field in model.model_fields.items():
            place = f"{prefix}{name}"
            if place in self._hide:
                continue
            if isinstance(field.annotation, type) and issubclass(field.annotation, Config):
                nested.append((place, field.annotation))
            else:
                self._add_row(rows, place, name, field)
        layout.addLayout(rows)
        for place, inner in nested:
            section = FoldingSection(label_and_unit(place.split(".")[-1])[0], folded=place in self._folded)
            section.setToolTip((inner.__doc__ or "").strip().split("\n")[0])
            self.sections[place] = section
            self._build(inner, f"{place}.", section.content)
            layout.addWidget(section)

    def _add_row(self, rows: QFormLayout, place: str, name: str, field: FieldInfo) -> None:
        text, unit = label_and_unit(name)
        description = field.description or text
        editor = make_editor(field.annotation, field.metadata, description)
        editor.widget.setAccessibleName(f"{text} {unit}".strip())
        help_text = description + range_text(field.metadata, unit)
        editor.setToolTip(help_text)
        label = QLabel(text)
        label.setBuddy(editor.widget)
        label.setToolTip(help_text)
        complaint = QLabel()
        complaint.setWordWrap(True)
        theme.set_role(complaint, "bad")
        complaint.hide()
        box = QVBoxLayout()
        box.setSpacing(2)
        line = QHBoxLayout()
        line.addWidget(editor, 0 if editor.widget.maximumWidth() < 1000 else 1)
        if unit:
            unit_label = QLabel(unit)
            theme.set_role(unit_label, "muted")
            line.addWidget(unit_label)
        if editor.widget.maximumWidth() < 1000:
            line.addStretch(1)
        box.addLayout(line)
        box.addWidget(complaint)
        rows.addRow(label, box)
        self.editors[place], self.complaints[place] = editor, complaint
        if field.is_required():
            self._required.append(place)
        editor.changed.connect(self._judge_soon.start)


class FoldingSection(QWidget):
    """A heading that shows or hides what is under it."""

    def __init__(self, title: str, folded: bool = False) -> None:
        super().__init__()
        self.button = QToolButton()
        self.button.setText(title)
        self.button.setCheckable(True)
        self.button.setAutoRaise(True)
        self.button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        theme.set_role(self.button, "heading")
        self._complaint = QLabel()
        self._complaint.setWordWrap(True)
        self._complaint.hide()
        theme.set_role(self._complaint, "bad")
        self._body = QWidget()
        self.content = QVBoxLayout(self._body)
        self.content.setContentsMargins(2 * theme.SPACING_PX, 0, 0, theme.SPACING_PX)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.button)
        layout.addWidget(self._complaint)
        layout.addWidget(self._body)
        self.button.toggled.connect(self._show)
        self.button.setChecked(not folded)
        self._show(not folded)

    def complain(self, text: str) -> None:
        """What is wrong with the section as a whole; nothing for an empty text."""
        self._complaint.setText(text)
        self._complaint.setVisible(bool(text))

    def unfold(self) -> None:
        """Shows the content."""
        self.button.setChecked(True)

    def _show(self, shown: bool) -> None:
        self.button.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._body.setVisible(shown)


def range_text(metadata: list[Any], unit: str) -> str:
    """ " From 1 to 50 pm." — as far as the field has limits."""
    low, high = limits(metadata)
    unit = f" {unit}" if unit else ""
    if low > float("-inf") and high < float("inf"):
        return f" From {low:g} to {high:g}{unit}."
    if low > float("-inf"):
        return f" At least {low:g}{unit}."
    return f" At most {high:g}{unit}." if high < float("inf") else ""


def _defaults(model: type[Config]) -> dict[str, Any]:
    """Default of every field that has one, as raw values; required ones are empty."""
    out: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, Config):
            default = None if field.is_required() else field.get_default(call_default_factory=True)
            out[name] = default.model_dump(mode="json") if default is not None else _defaults(field.annotation)
        else:
            default = "" if field.is_required() else field.get_default(call_default_factory=True)
            out[name] = list(default) if isinstance(default, tuple) else default
    return out


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in values.items():
        out |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return out


def _sentence(item: Any) -> str:
    text = str(item["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    text = "must be " + text if text != item["msg"] and item["type"] != "value_error" else text
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _mark(editor: Editor, invalid: bool) -> None:
    widget = editor.widget
    if bool(widget.property("invalid")) != invalid:
        widget.setProperty("invalid", invalid)
        widget.style().unpolish(widget)
        widget.style().polish(widget)
