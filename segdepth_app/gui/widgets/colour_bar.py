"""What the colours of a picture mean: a strip in the picture's corner with its lowest and highest value."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

MARGIN_PX = 8
STRIP_PX = (10, 90)
"""Width, and height where there is room."""
LEAST_VIEW_PX = 110
GROUND = QColor(0, 0, 0, 150)
N_NUMBERS = 3


def number_texts(low: float, high: float, scaling: str) -> list[str]:
    """The numbers at the foot, the middle and the top of the strip; by sqrt the middle is at a quarter."""
    middle = low + (high - low) * (0.25 if scaling == "sqrt" else 0.5)
    return [f"{value:.3g}" for value in (low, middle, high)]


class ColourBar(pg.GraphicsObject):
    """Sits in the lower left corner of a view box and keeps its place when the view moves."""

    def __init__(self, view: pg.ViewBox, table: np.ndarray) -> None:
        super().__init__()
        self._view = view
        self.texts: list[str] = []
        self.unit = ""
        self._strip = _strip_image(table)
        self.setParentItem(view)
        self.setZValue(30)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations, False)
        self.setVisible(False)
        view.sigResized.connect(self._refresh)

    def set_range(self, low: float, high: float, unit: str, scaling: str = "linear") -> None:
        """Values of the darkest and the lightest colour, and what they are."""
        texts = number_texts(low, high, scaling)
        if (texts, unit) != (self.texts, self.unit):
            self.texts, self.unit = texts, unit
            self.update()

    def boundingRect(self) -> QRectF:  # Qt's name
        """The whole view: the strip keeps to its corner."""
        return QRectF(0, 0, self._view.width(), self._view.height())

    def paint(self, painter: QPainter, *_: object) -> None:
        """Strip and numbers on a dark ground, readable on any picture."""
        if not self.texts or self._view.height() < LEAST_VIEW_PX:
            return
        metrics = painter.fontMetrics()
        width, height = STRIP_PX
        height = min(height, self._view.height() * 0.5)
        unit_width = metrics.horizontalAdvance(self.unit)
        number_width = max(metrics.horizontalAdvance(text) for text in self.texts)
        box = QRectF(0, 0, max(width + 5 + number_width, unit_width) + 12, height + 2 * metrics.height() + 8)
        box.moveBottomLeft(QPointF(MARGIN_PX, self._view.height() - MARGIN_PX))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(QColor("white"))
        painter.drawText(QPointF(box.left() + 6, box.top() + 3 + metrics.ascent()), self.unit)
        strip = QRectF(box.left() + 6, box.top() + 1.5 * metrics.height() + 3, width, height)
        painter.drawImage(strip, self._strip)
        for i, text in enumerate(self.texts):
            y = strip.bottom() - strip.height() * i / (N_NUMBERS - 1)
            painter.drawText(QPointF(strip.right() + 5, y + metrics.ascent() / 2 - 1), text)

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()


def _strip_image(table: np.ndarray) -> QImage:
    """256 colours from bottom to top, one pixel wide. A copy, so that it owns its memory."""
    pixels = np.ascontiguousarray(table[::-1, None, :])
    return QImage(pixels.data, 1, len(table), 4, QImage.Format.Format_RGBA8888).copy()
