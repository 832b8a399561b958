"""The confusion matrix: colour is the share of the row, the count is written in every cell."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from segdepth_app.evaluation.records import short_count
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.wording import cell_text

MARGIN_PX = 30
"""Room for the axes' numbers and names."""
SAME_CONTRAST = 0.179
"""Luminance on which black and white text stand out equally (4.6 : 1)."""
STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}

CHOOSE = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space)


class ConfusionMatrix(QWidget):
    """True class down, called class to the right. Hover or arrow keys read a cell out; a click or Enter chooses it."""

    cell_described = Signal(str)
    cell_chosen = Signal(int, int)
    """True and called class."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.counts = np.zeros((11, 11), np.int64)
        self.shares = np.zeros((11, 11))
        self.unit = "columns"
        self.shows_shares = False
        self.chosen: tuple[int, int] | None = None
        self._cell: tuple[int, int] | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Confusion matrix")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def minimumSizeHint(self) -> QSize:
        """Small, but readable."""
        return QSize(240, 170)

    def sizeHint(self) -> QSize:
        """It takes what there is."""
        return self.minimumSizeHint()

    def set_matrix(self, counts: np.ndarray, unit: str) -> None:
        """Counts (n, n) of [true, called] and what is counted."""
        self.counts, self.unit = counts, unit
        self.shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        self._cell = None
        self.set_chosen(None)
        self.setAccessibleDescription(f"{counts.sum():,} {unit}, {np.trace(counts):,} on the diagonal.")
        self.update()

    def show_shares(self, shares: bool) -> None:
        """Writes the share of the row into each cell, in percent, or the count."""
        self.shows_shares = shares
        self.update()

    def set_chosen(self, cell: tuple[int, int] | None) -> None:
        """Frames the cell whose examples are shown."""
        self.chosen = cell
        self.update()

    def cell_at(self, position: QPointF) -> tuple[int, int] | None:
        """(true, called) of the cell under a point, or None."""
        area, n = self._area(), len(self.counts)
        row = int((position.y() - area.top()) // (area.height() / n))
        column = int((position.x() - area.left()) // (area.width() / n))
        return (row, column) if 0 <= row < n and 0 <= column < n else None

    def describe(self, row: int, column: int) -> str:
        """The sentence of a cell."""
        return cell_text(row, column, int(self.counts[row, column]), int(self.counts[row].sum()), self.unit)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Reads the cell under the pointer."""
        cell = self.cell_at(event.position())
        self._read(cell)
        if cell:
            QToolTip.showText(event.globalPosition().toPoint(), self.describe(*cell), self)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Chooses the cell under the pointer."""
        cell = self.cell_at(event.position())
        if cell and event.button() == Qt.MouseButton.LeftButton:
            self._read(cell)
            self.cell_chosen.emit(*cell)

    def leaveEvent(self, event: object) -> None:
        """The pointer is gone."""
        self._read(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrow keys go from cell to cell, Enter or Space chooses."""
        if event.key() in CHOOSE and self._cell:
            self.cell_chosen.emit(*self._cell)
            return
        step = STEPS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        row, column = self._cell or self.chosen or (0, 0)
        last = len(self.counts) - 1
        self._read((min(max(row + step[0], 0), last), min(max(column + step[1], 0), last)))

    def _read(self, cell: tuple[int, int] | None) -> None:
        if cell != self._cell:
            self._cell = cell
            self.cell_described.emit(self.describe(*cell) if cell else "")
            self.update()

    def _area(self) -> QRectF:
        edge = max(min(self.width(), self.height()) - MARGIN_PX, 1)
        # wider than high is fine: numbers need width more than height
        width = min(self.width() - MARGIN_PX, edge * 1.5)
        return QRectF((self.width() - MARGIN_PX - width) / 2 + MARGIN_PX, 0, width, self.height() - MARGIN_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells, counts, axes."""
        painter = QPainter(self)
        area, n = self._area(), len(self.counts)
        width, height = area.width() / n, area.height() / n
        small = QFont(self.font())
        small.setPixelSize(int(min(11, max(7, height * 0.55, 0))))
        painter.setFont(small)
        empty, full = QColor(theme.colour("surface")), QColor(theme.colour("accent"))
        for row, column in np.ndindex(n, n):
            cell = QRectF(area.left() + column * width, area.top() + row * height, width, height)
            share = float(self.shares[row, column])
            colour = _blend(empty, full, share)
            painter.fillRect(cell.adjusted(0.5, 0.5, -0.5, -0.5), colour)
            if self.counts[row, column]:
                painter.setPen(Qt.GlobalColor.white if luminance(colour) < SAME_CONTRAST else Qt.GlobalColor.black)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, self._text(row, column))
        self._paint_axes(painter, area, width, height)
        for marked, style in ((self.chosen, Qt.PenStyle.SolidLine), (self._cell, Qt.PenStyle.DotLine)):
            if marked:
                painter.setPen(QPen(QColor(theme.colour("crosshair")), 2, style))
                painter.drawRect(QRectF(area.left() + marked[1] * width, marked[0] * height, width, height))
        painter.end()

    def _text(self, row: int, column: int) -> str:
        if not self.shows_shares:
            return short_count(int(self.counts[row, column]))
        percent = 100 * float(self.shares[row, column])
        return "<1" if percent < 0.5 else f"{percent:.0f}"

    def _paint_axes(self, painter: QPainter, area: QRectF, width: float, height: float) -> None:
        painter.setPen(QColor(theme.colour("border")))
        painter.drawRect(area)
        painter.setPen(QColor(theme.colour("muted")))
        centred = Qt.AlignmentFlag.AlignCenter
        for index in range(len(self.counts)):
            painter.drawText(QRectF(area.left() - 16, area.top() + index * height, 14, height), centred, str(index))
            painter.drawText(QRectF(area.left() + index * width, area.bottom() + 1, width, 13), centred, str(index))
        below = QRectF(area.left(), area.bottom() + 14, area.width(), 15)
        painter.drawText(below, centred, "called, atoms")
        painter.save()
        painter.translate(area.left() - 22, area.center().y())
        painter.rotate(-90)
        painter.drawText(QRectF(-60, -8, 120, 14), centred, "true, atoms")
        painter.restore()


def luminance(colour: QColor) -> float:
    """Relative luminance, 0 to 1, as contrast ratios use it (WCAG 2)."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _blend(low: QColor, high: QColor, share: float) -> QColor:
    red, green, blue = (a + (b - a) * share for a, b in zip(_channels(low), _channels(high), strict=True))
    return QColor.fromRgbF(red, green, blue)


def _channels(colour: QColor) -> tuple[float, float, float]:
    return colour.redF(), colour.greenF(), colour.blueF()
