"""Asks for the layout of a file without a header, with what would fit its size. Nothing is guessed."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QFormLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from segdepth_app.errors import SeriesError
from segdepth_app.gui import theme
from segdepth_app.gui.texts import breakable
from segdepth_app.gui.widgets.field_editors import mark
from segdepth_app.series.raw import TYPES, RawLayout, parse_layout, suggested_layouts

ASKS_FOR_LAYOUT = "--raw "
"""In the hint of a refusal that a layout would mend."""
BIG_ENDIAN = "be"
NOT_CHOSEN = "Choose, or type below…"


def wants_layout(hint: str) -> bool:
    """Was a file refused for want of a layout, or because the one it was given does not fit?"""
    return ASKS_FOR_LAYOUT in hint


def judge(text: str, size: int) -> tuple[RawLayout | None, str]:
    """The layout and what a file of that many bytes would hold of it; None with the reason where it does not fit."""
    try:
        layout = parse_layout(text)
    except SeriesError as error:
        return None, error.message
    n_frames, rest = divmod(size - layout.offset, layout.frame_bytes)
    if n_frames < 1:
        return None, f"A frame takes {layout.frame_bytes:,} bytes; the file has {size:,}."
    if rest:
        return None, f"{n_frames} frames, and {rest:,} bytes are left over: it does not fit."
    return layout, f"Fits: {n_frames} {'frame' if n_frames == 1 else 'frames'} of {layout.frame_bytes:,} bytes."


class RawDialog(QDialog):
    """Height, width, type, offset. Calls `then` with the layout as text."""

    def __init__(self, path: Path, reason: str, typed: str | None, then: Callable[[str], object], parent: QWidget):
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("A file without a header")
        self._size, self._then = path.stat().st_size, then
        text = QLabel(f"{breakable(reason)}\nHow do the numbers lie in it? It has {self._size:,} bytes.")
        text.setWordWrap(True)
        self.suggestions = QComboBox()
        self.suggestions.addItem(NOT_CHOSEN)
        for layout in suggested_layouts(path.name, self._size):
            n_frames = (self._size - layout.offset) // layout.frame_bytes
            self.suggestions.addItem(f"{layout} ({n_frames} frames)", str(layout))
        self.suggestions.activated.connect(self._suggest)
        self.height_edit, self.width_edit, self.offset = QLineEdit(), QLineEdit(), QLineEdit("0")
        self.kind = QComboBox()
        self.kind.addItems(TYPES)
        self.order = QComboBox()
        self.order.addItem("little endian (usual)", "")
        self.order.addItem("big endian", BIG_ENDIAN)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out(text)
        for edit in (self.height_edit, self.width_edit, self.offset):
            edit.textChanged.connect(self._judge)
        for box in (self.kind, self.order):
            box.currentIndexChanged.connect(self._judge)
        self._show(typed)
        self._judge()

    def layout_text(self) -> str:
        """As SeriesOptions.raw wants it."""
        kind = self.kind.currentText() + self.order.currentData()
        parts = [self.height_edit.text().strip(), self.width_edit.text().strip(), kind]
        offset = self.offset.text().strip()
        return ",".join([*parts, offset] if offset not in ("", "0") else parts)

    def accept(self) -> None:
        """The layout is used."""
        layout, _ = judge(self.layout_text(), self._size)
        if layout is not None:
            super().accept()
            self._then(str(layout))

    def _lay_out(self, text: QLabel) -> None:
        rows = QFormLayout()
        for name, widget in (
            ("Fits the size", self.suggestions),
            ("Height (px)", self.height_edit),
            ("Width (px)", self.width_edit),
            ("Type of number", self.kind),
            ("Order of bytes", self.order),
            ("Bytes before the first frame", self.offset),
        ):
            widget.setAccessibleName(name)
            rows.addRow(name, widget)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(text)
        layout.addLayout(rows)
        layout.addWidget(self.verdict)
        layout.addWidget(self.buttons)
        self.setMinimumWidth(460)

    def _suggest(self, _: int) -> None:
        self._show(self.suggestions.currentData())

    def _show(self, text: str | None) -> None:
        if not text:
            return
        try:
            layout = parse_layout(text)
        except SeriesError:
            return
        self.height_edit.setText(str(layout.height_px))
        self.width_edit.setText(str(layout.width_px))
        self.kind.setCurrentText(layout.dtype.newbyteorder("=").name)
        self.order.setCurrentIndex(int(layout.dtype.byteorder == ">"))
        self.offset.setText(str(layout.offset))

    def _judge(self) -> None:
        empty = not (self.height_edit.text().strip() and self.width_edit.text().strip())
        layout, words = judge(self.layout_text(), self._size)
        text = "Type height and width, or choose one that fits." if empty else words
        self.verdict.setText(f"✓ {text}" if layout else text)
        theme.set_role(self.verdict, "good" if layout else "muted" if empty else "bad")
        for edit in (self.height_edit, self.width_edit, self.offset):
            mark(edit, invalid=layout is None and not empty)
        self.buttons.button(QDialogButtonBox.StandardButton.Open).setEnabled(layout is not None)
