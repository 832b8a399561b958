"""A list of (what, value), one below the other; the rows are made once and used again."""

from collections.abc import Collection, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from segdepth_app.gui import theme


class Lines(QWidget):
    """Two columns; values wrap and can be selected."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self._rows: list[tuple[QLabel, QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(2 * theme.SPACING_PX)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(1, 1)

    def show_lines(self, lines: Sequence[tuple[str, str]], *, headings: Collection[str] = ()) -> None:
        """Shows these and no others; a line without a value whose name is in `headings` stands out."""
        while len(self._rows) < len(lines):
            self._rows.append(self._add())
        for number, (name, value) in enumerate(self._rows):
            is_used = number < len(lines)
            name.setVisible(is_used)
            value.setVisible(is_used)
            if is_used:
                what, text = lines[number]
                is_heading = not text and what in headings
                theme.set_role(name, "heading" if is_heading else "muted")
                name.setContentsMargins(0, theme.SPACING_PX if is_heading else 0, 0, 0)
                name.setText(what)
                value.setText(text)

    def shown(self) -> dict[str, str]:
        """What is shown now."""
        return {name.text(): value.text() for name, value in self._rows if not name.isHidden()}

    def _add(self) -> tuple[QLabel, QLabel]:
        name, value = QLabel(), QLabel()
        value.setWordWrap(True)
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = len(self._rows)
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
        return name, value
