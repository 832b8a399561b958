"""Rows of input fields for a config model: label, one or two editors, unit, and the reason when refused.

What is typed stays text; `drafts` and the config model judge it, the form only shows the verdict. Rare rows lie
under “More…”, which opens by itself when one of them is refused.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

from pydantic import BaseModel
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QWidget

from segdepth_app.gui import drafts, theme
from segdepth_app.gui.texts import unit_of
from segdepth_app.gui.widgets.field_editors import make_editor, mark, show_value, text_of, value_of

__all__ = ["FieldForm", "Row", "text_of"]
LABEL_WIDTH_PX = 130


@dataclass(frozen=True)
class Row:
    """One line of a form; two fields make a range."""

    label: str
    fields: tuple[str, ...]
    words: tuple[tuple[Any, str], ...] = ()
    """How a choice's values are called, where the value itself does not say it."""
    rare: bool = False
    """It lies under “More…”."""
    needs: tuple[str, Any] | None = None
    """It can be edited only while that field has that value; None for any value at all."""


class FieldForm(QWidget):
    """The rows of one group. Says what is typed; shows what it is told."""

    changed = Signal(str, object)

    def __init__(
        self, model: type[BaseModel], rows: tuple[Row, ...], *, explained: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.editors: dict[str, QWidget] = {}
        self.reasons: dict[str, QLabel] = {}
        self._model = model
        self._rows = rows
        self._explained = explained
        self._rare: dict[QWidget, bool] = {}
        """Widgets under “More…”; a reason only while there is one."""
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(theme.SPACING_PX)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH_PX)
        self._grid.setColumnStretch(2, 1)
        if explained:
            self._grid.setHorizontalSpacing(2 * theme.SPACING_PX)
        for row in rows:
            if not row.rare:
                self._add(row)
        self.more = self._add_more() if any(row.rare for row in rows) else None
        for row in rows:
            if row.rare:
                self._add(row)
        self.reasons[""] = self._add_reason()
        self.show_more(False)

    def fill(self, values: dict[str, Any]) -> None:
        """Puts values into the fields without saying so."""
        for field, editor in self.editors.items():
            if field in values:
                show_value(editor, values[field])
        self._open_what_is_needed()

    def show_more(self, shown: bool) -> None:
        """The rare rows, or not."""
        for widget, on in self._rare.items():
            widget.setVisible(shown and on)
        if self.more is not None:
            self.more.setText("Less" if shown else "More…")
            self.more.setChecked(shown)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Each reason below its field; those about a whole section below all of them. No words only mark a field."""
        for field, editor in self.editors.items():
            mark(editor, invalid=field in complaints)
            editor.setAccessibleDescription(complaints.get(field) or self._help(field))
        for label in dict.fromkeys(self.reasons.values()):
            own = [field for field, at in self.reasons.items() if at is label and field]
            texts = [complaints[field] for field in own if complaints.get(field)]
            if not own:
                texts = [text for where, text in complaints.items() if self.covers(where)]
            label.setText("\n".join(texts))
            if label in self._rare:
                self._rare[label] = bool(texts)
            label.setVisible(bool(texts) and (label not in self._rare or self._shows_more()))
        if any(field in complaints for row in self._rows if row.rare for field in row.fields):
            self.show_more(True)

    def covers(self, where: str) -> bool:
        """Whether a complaint about a whole section belongs below these rows."""
        return where not in self.editors and any(field.startswith(where + ".") for field in self.editors)

    def _shows_more(self) -> bool:
        return self.more is not None and self.more.isChecked()

    def _help(self, field: str) -> str:
        text = drafts.info(self._model, field).description or ""
        limits = drafts.range_text(self._model, field)
        unit = unit_of(field.split(".")[-1])
        return f"{text} ({limits} {unit}".rstrip() + ")" if limits else text

    def _on_change(self, field: str, value: Any) -> None:
        self._open_what_is_needed()
        self.changed.emit(field, value)

    def _open_what_is_needed(self) -> None:
        for row in self._rows:
            if row.needs is not None:
                other, wanted = row.needs
                value = value_of(self.editors[other])
                for field in row.fields:
                    self.editors[field].setEnabled(value == wanted if wanted is not None else value is not None)

    def _add(self, row: Row) -> None:
        at = self._grid.rowCount()
        label = QLabel(row.label)
        label.setWordWrap(True)
        editors = QWidget()
        box = QHBoxLayout(editors)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(6)
        for number, field in enumerate(row.fields):
            editor = make_editor(self._model, field, dict(row.words), partial(self._on_change, field))
            name = row.label if len(row.fields) == 1 else f"{row.label}, {'lowest' if number == 0 else 'highest'}"
            editor.setAccessibleName(name)
            editor.setToolTip(self._help(field))
            if number:
                box.addWidget(QLabel("to"))
            else:
                label.setBuddy(editor)
                label.setToolTip(self._help(field))
            box.addWidget(editor, int(drafts.kind(self._model, field) == "path"))
            self.editors[field] = editor
        unit = QLabel(unit_of(row.fields[-1].split(".")[-1]))
        theme.set_role(unit, "muted")
        box.addWidget(unit)
        if drafts.kind(self._model, row.fields[0]) != "path":
            box.addStretch(1)
        self._grid.addWidget(label, at, 0)
        self._grid.addWidget(editors, at, 1, 1, 1 if self._explained else 2)
        added: list[QWidget] = [label, editors]
        if self._explained:
            explanation = QLabel(drafts.info(self._model, row.fields[0]).description or "")
            explanation.setWordWrap(True)
            theme.set_role(explanation, "muted")
            self._grid.addWidget(explanation, at, 2)
            added.append(explanation)
        reason = self._add_reason()
        for field in row.fields:
            self.reasons[field] = reason
        if row.rare:
            self._rare |= {widget: True for widget in added} | {reason: False}

    def _add_more(self) -> QToolButton:
        more = QToolButton()
        more.setCheckable(True)
        more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        more.setAutoRaise(True)
        more.setAccessibleName("More settings")
        theme.set_role(more, "link")
        more.clicked.connect(self.show_more)
        self._grid.addWidget(more, self._grid.rowCount(), 0)
        return more

    def _add_reason(self) -> QLabel:
        reason = QLabel()
        reason.setWordWrap(True)
        theme.set_role(reason, "bad")
        reason.hide()
        self._grid.addWidget(reason, self._grid.rowCount(), 1, 1, 2)
        return reason
