"""Rows of input fields for a config model: label, one or two editors, unit, and the reason when refused.

What is typed stays text; `drafts` and the config model judge it, the form only shows the verdict.
"""

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QLineEdit, QWidget

from segdepth_app.gui import drafts, theme
from segdepth_app.gui.texts import unit_of

EDITOR_WIDTH_PX = 72


@dataclass(frozen=True)
class Row:
    """One line of a form; two fields make a range."""

    label: str
    fields: tuple[str, ...]
    words: tuple[tuple[Any, str], ...] = ()
    """How a choice's values are called, where the value itself does not say it."""


def text_of(value: Any) -> str:
    """A value as it stands in a field."""
    if value is None:
        return ""
    return f"{value:.10g}" if isinstance(value, float) else str(value)


class FieldForm(QWidget):
    """The rows of one group. Says what is typed; shows what it is told."""

    changed = Signal(str, object)

    def __init__(
        self, model: type[BaseModel], rows: tuple[Row, ...], *, explained: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editors: dict[str, QLineEdit | QComboBox | QCheckBox] = {}
        self.reasons: dict[str, QLabel] = {}
        self._model = model
        self._explained = explained
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.SPACING_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, 130)
        self._grid.setColumnStretch(2, 1)
        if explained:
            self._grid.setHorizontalSpacing(2 * theme.SPACING_PX)
        for row in rows:
            self._add(row)
        self.reasons[""] = self._add_reason()

    def fill(self, values: dict[str, Any]) -> None:
        """Puts values into the fields without saying so."""
        for field, editor in self.editors.items():
            if field not in values:
                continue
            editor.blockSignals(True)
            if isinstance(editor, QLineEdit):
                editor.setText(text_of(values[field]))
            elif isinstance(editor, QComboBox):
                editor.setCurrentIndex(max(editor.findData(values[field]), 0))
            else:
                editor.setChecked(bool(values[field]))
            editor.blockSignals(False)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Each reason below its field; those about several fields below all of them."""
        for field, editor in self.editors.items():
            invalid = field in complaints
            if bool(editor.property("invalid")) != invalid:
                editor.setProperty("invalid", invalid)
                editor.style().unpolish(editor)
                editor.style().polish(editor)
            editor.setAccessibleDescription(complaints.get(field, self._help(field)))
        for label in dict.fromkeys(self.reasons.values()):
            own = [field for field, at in self.reasons.items() if at is label and field]
            texts = [complaints[field] for field in own if field in complaints]
            if not own:
                texts = [text for where, text in complaints.items() if self._covers(where)]
            label.setText("\n".join(texts))
            label.setVisible(bool(texts))

    def _covers(self, section: str) -> bool:
        return section not in self.editors and any(field.startswith(section + ".") for field in self.editors)

    def _help(self, field: str) -> str:
        return drafts.info(self._model, field).description or ""

    def _add(self, row: Row) -> None:
        at = self._grid.rowCount()
        label = QLabel(row.label)
        self._grid.addWidget(label, at, 0)
        box = QHBoxLayout()
        box.setSpacing(6)
        for number, field in enumerate(row.fields):
            editor = self._editor(field, row)
            name = row.label if len(row.fields) == 1 else f"{row.label}, {'lowest' if number == 0 else 'highest'}"
            editor.setAccessibleName(name)
            editor.setToolTip(self._help(field))
            if number:
                box.addWidget(QLabel("to"))
            else:
                label.setBuddy(editor)
                label.setToolTip(self._help(field))
            box.addWidget(editor)
            self.editors[field] = editor
        unit = QLabel(unit_of(row.fields[-1].split(".")[-1]))
        theme.set_role(unit, "muted")
        box.addWidget(unit)
        box.addStretch(1)
        self._grid.addLayout(box, at, 1, 1, 1 if self._explained else 2)
        if self._explained:
            explanation = QLabel(self._help(row.fields[0]))
            explanation.setWordWrap(True)
            theme.set_role(explanation, "muted")
            self._grid.addWidget(explanation, at, 2)
        reason = self._add_reason()
        for field in row.fields:
            self.reasons[field] = reason

    def _add_reason(self) -> QLabel:
        reason = QLabel()
        reason.setWordWrap(True)
        theme.set_role(reason, "bad")
        reason.hide()
        self._grid.addWidget(reason, self._grid.rowCount(), 1, 1, 2)
        return reason

    def _editor(self, field: str, row: Row) -> QLineEdit | QComboBox | QCheckBox:
        allowed = drafts.choices(self._model, field)
        if allowed:
            words = dict(row.words)
            box = QComboBox()
            for value in allowed:
                box.addItem(str(words.get(value, value)), value)
            box.currentIndexChanged.connect(lambda _: self.changed.emit(field, box.currentData()))
            return box
        if drafts.info(self._model, field).annotation is bool:
            check = QCheckBox()
            check.toggled.connect(lambda on: self.changed.emit(field, on))
            return check
        line = QLineEdit()
        line.setFixedWidth(EDITOR_WIDTH_PX)
        line.textEdited.connect(lambda text: self.changed.emit(field, text))
        return line
