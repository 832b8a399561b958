"""Small input fields that say where their value came from."""

import re
from collections.abc import Callable
from math import isfinite
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from segdepth_app.gui import theme

LEAST_SOURCE_PX = 60
WRAPPED_LABEL_PX = 96
"""Fields below each other begin at the same place."""
VACUUM_RECTANGLE = re.compile(r"\d+\s*,\s*\d+\s*,\s*[1-9]\d*\s*,\s*[1-9]\d*")


def positive_number(text: str) -> float | None:
    """The number, None for an empty text (back to the file's own). Raises: ValueError saying what is expected."""
    text = text.strip().replace(",", ".")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError("Type a number, or leave it empty for the file's own value.") from error
    if not 0 < value < float("inf"):
        raise ValueError("Type a number above 0.")
    return value


def any_number(text: str) -> float | None:
    """The number, None for an empty text. Raises: ValueError saying what is expected."""
    text = text.strip().replace(",", ".").replace("−", "-")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError as error:
        raise ValueError("Type a number, or leave it empty.") from error
    if not isfinite(value):
        raise ValueError("Type a number.")
    return value


def angle(text: str) -> float | None:
    """Degrees from −180 to 180. Raises: ValueError saying so."""
    value = any_number(text.replace("°", ""))
    if value is not None and not -180 <= value <= 180:
        raise ValueError("Type an angle from −180 to 180.")
    return value


def rectangle(text: str) -> tuple[int, int, int, int] | None:
    """x, y, width and height; None for an empty text. Raises: ValueError saying what is expected."""
    if not text.strip():
        return None
    if not VACUUM_RECTANGLE.fullmatch(text.strip()):
        raise ValueError("Type a rectangle: x,y,width,height in pixels.")
    x, y, width, height = (int(part) for part in text.split(","))
    return x, y, width, height


def vacuum_setting(text: str) -> str | None:
    """`x,y,width,height` or a number as text; None for automatic. Raises: ValueError saying what is expected."""
    text = text.strip()
    if text.lower() in ("", "auto"):
        return None
    if VACUUM_RECTANGLE.fullmatch(text):
        return re.sub(r"\s", "", text)
    try:
        return f"{positive_number(text):g}"
    except ValueError as error:
        raise ValueError("Type a number, a rectangle x,y,width,height in pixels, or auto.") from error


class Source(QLabel):
    """Words that give up their end before they make the window wider; whole in their tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._whole = ""
        self.is_urgent = False
        """It keeps its room."""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:  # Qt's name
        """Keeps the whole text and shows what has room."""
        self._whole = text
        self.setToolTip(text)
        self.updateGeometry()
        self._fit()

    def text(self) -> str:
        """The whole text."""
        return self._whole

    def sizeHint(self) -> QSize:  # Qt's name
        """As wide as the whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self._whole) + 4, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """A few letters at least."""
        least = self.sizeHint().width() if self.is_urgent else LEAST_SOURCE_PX
        return QSize(min(least, self.sizeHint().width()), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Another width, another text."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        super().setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, self.width()))


class SourcedField(QWidget):
    """A label, an editable value, its unit and its source: `Pixel size [5.30] pm, from file`."""

    typed = Signal(object)
    """The new value, or None for the file's own."""

    def __init__(
        self,
        label: str,
        unit: str,
        help_text: str,
        parse: Callable[[str], Any] = positive_number,
        *,
        wraps: bool = False,
    ) -> None:
        """`wraps`: a long source takes several lines."""
        super().__init__()
        self._parse = parse
        self._shown = self._origin = ""
        self._missing = False
        self._help = help_text
        name = QLabel(label)
        name.setMinimumWidth(WRAPPED_LABEL_PX if wraps else 0)
        self.edit = QLineEdit()
        self.edit.setFixedWidth(76)
        self.edit.setAccessibleName(label)
        self.edit.setToolTip(help_text)
        name.setBuddy(self.edit)
        self._unit = QLabel(unit)
        self._unit.setVisible(bool(unit))
        self._source = QLabel() if wraps else Source()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (name, self.edit, self._unit):
            layout.addWidget(widget)
        layout.addWidget(self._source, int(wraps))
        self._source.setWordWrap(wraps)
        self.edit.editingFinished.connect(self._take)

    def show_value(self, text: str, source: str, *, missing: bool = False) -> None:
        """Shows a value; a missing one is marked amber."""
        self._shown, self._origin = text, source
        self.edit.setText(text)
        self._missing = missing
        self._say(source)

    def show_short(self, source: str) -> None:
        """Fewer words for the source; the whole of it stays in the tool tip."""
        self._source.setText(source)
        self._source.setToolTip(self._origin)

    def source(self) -> str:
        """The text beside the value."""
        return self._source.text()

    def _take(self) -> None:
        text = self.edit.text().strip()
        if text == self._shown:
            self._say(self._origin)
            return
        try:
            value = self._parse(text)
        except ValueError as error:
            self._say(str(error))
            return
        self._shown = text
        self._say(self._origin)
        self.typed.emit(value)

    def _say(self, source: str) -> None:
        wrong = source != self._origin
        if isinstance(self._source, Source):
            self._source.is_urgent = wrong or self._missing
        self._source.setText(source)
        self._source.setVisible(bool(source))
        theme.set_role(self._source, "bad" if wrong else "warning" if self._missing else "muted")
        self.edit.setToolTip(source if wrong else self._help)
        self.edit.setProperty("invalid", wrong)
        self.edit.style().unpolish(self.edit)
        self.edit.style().polish(self.edit)
