"""What made the result that is shown: model, calibration with its sources, settings, version. Text to read and copy."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.texts import breakable
from segdepth_app.gui.view.facts_lines import FactLine


class FactsCard(QWidget):
    """Names to the left, values below each other to the right; scrolls where there is no room."""

    def __init__(self, name: str = "Facts of the result") -> None:
        super().__init__()
        self.lines: list[FactLine] = []
        self._body = QWidget()
        self._grid = QGridLayout(self._body)
        self._grid.setContentsMargins(4, 4, 4, 4)
        self._grid.setVerticalSpacing(4)
        self._grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)  # it asks wrapped words how high they are at its width
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(name)
        area.setWidget(self._body)
        layout.addWidget(area)

    def show_lines(self, lines: list[FactLine]) -> None:
        """All facts, in order."""
        if lines == self.lines:
            return
        self.lines = lines
        while self._grid.count():
            self._grid.takeAt(0).widget().deleteLater()
        for row, line in enumerate(lines):
            self._add(row, line)
        self._grid.setRowStretch(self._grid.rowCount(), 1)

    def _add(self, row: int, line: FactLine) -> None:
        name = QLabel(line.name)
        theme.set_role(name, "muted")
        words = breakable(line.value)
        value = QLabel(f"{words}\n{line.source}" if line.source else words)
        value.setWordWrap(True)
        value.setTextFormat(Qt.TextFormat.PlainText)
        value.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        value.setAccessibleName(
            f"{line.name}: {line.value}, {line.source}" if line.source else f"{line.name}: {line.value}"
        )
        name.setBuddy(value)
        if line.is_warning:
            theme.set_role(value, "warning")
        self._grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(value, row, 1)
