"""The legend of the depth classes: a colour and its number for each."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from segdepth_app.gui import theme

GAP_PX = 4


def step_box(hint: QSize, vertical: bool, step: int) -> int:
    """Width of the frame around a class and its number."""
    return hint.width() if vertical else step


class ClassLegend(QWidget):
    """0 to 10, downwards or to the right. `set_highlighted` frames some classes (of a hovered pixel, say)."""

    def __init__(self, vertical: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._vertical = vertical
        self._highlighted: frozenset[int] = frozenset()
        self.setAccessibleName("Legend: colour of each number of atoms per column, 0 (vacuum) to 10")
        self.setToolTip("Atoms per column; 0 is vacuum")
        fixed, free = QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred
        self.setSizePolicy(fixed if vertical else free, free if vertical else fixed)

    def set_highlighted(self, classes: Iterable[int]) -> None:
        """Frames these classes, no others."""
        self._highlighted = frozenset(classes)
        self.update()

    def sizeHint(self) -> QSize:  # Qt's name
        """Room for 11 swatches with their numbers."""
        metrics = self.fontMetrics()
        row = metrics.height() + GAP_PX
        cell = metrics.horizontalAdvance("10") + row + 2 * GAP_PX
        count = len(theme.CLASS_COLOURS)
        return QSize(cell, row * count) if self._vertical else QSize(cell * count, row + GAP_PX)

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """As small as the numbers can be read."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:  # Qt's name
        """Swatches from class 0 to class 10."""
        painter = QPainter(self)
        metrics = self.fontMetrics()
        row = metrics.height() + GAP_PX
        hint = self.sizeHint()
        step = row if self._vertical else hint.width() // len(theme.CLASS_COLOURS)
        swatch = row - GAP_PX
        for number, rgba in enumerate(theme.class_colours()):
            x, y = (0, number * step) if self._vertical else (number * step, 0)
            framed = number in self._highlighted
            painter.setPen(QColor(theme.colour("border")))
            painter.setBrush(QColor(*rgba))
            painter.drawRect(x, y + 1, swatch, swatch)
            if framed:
                painter.setPen(QPen(QColor(theme.colour("text")), 2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(x + 1, y + 1, step_box(hint, self._vertical, step) - 3, swatch + 1)
            font = painter.font()
            font.setBold(framed)
            painter.setFont(font)
            painter.setPen(QColor(theme.colour("text")))
            painter.drawText(
                x + swatch + GAP_PX,
                y,
                step * 2,
                row,
                int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
                str(number),
            )
        painter.end()
