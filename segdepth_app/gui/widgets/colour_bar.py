"""What the colours of a picture mean: a strip in the picture's corner with its lowest and highest value."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

MARGIN_PX = 10
STRIP_PX = (80, 6)
GROUND = QColor(0, 0, 0, 150)


class ColourBar(pg.GraphicsObject):
    """Sits in the lower left corner of a view box and keeps its place when the view moves."""

    def __init__(self, view: pg.ViewBox, table: np.ndarray) -> None:
        super().__init__()
        self._view = view
        self.texts: list[str] = []
        """Lowest value, what it is, highest value."""
        self._strip = _strip_image(table)
        self.setParentItem(view)
        self.setZValue(30)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations, False)
        self.setVisible(False)
        view.sigResized.connect(self._refresh)

    def set_range(self, low: float, high: float, unit: str, scaling: str = "linear") -> None:
        """Values of the darkest and the lightest colour, what they are, and how colours follow them."""
        texts = [f"{low:.3g}", f"{unit}, by its root" if scaling == "sqrt" else unit, f"{high:.3g}"]
        if texts != self.texts:
            self.texts = texts
            self._refresh()

    def boundingRect(self) -> QRectF:  # Qt's name
        """The whole view: the strip keeps to its corner."""
        return QRectF(0, 0, self._view.width(), self._view.height())

    def paint(self, painter: QPainter, *_: object) -> None:
        """Strip, and below it its numbers and their unit, on a dark ground, readable on any picture."""
        if not self.texts:
            return
        metrics = painter.fontMetrics()
        least, thickness = STRIP_PX
        low, middle, high = (metrics.horizontalAdvance(f"{text}  ") for text in self.texts)
        length = max(least, middle + 2 * max(low, high))
        box = QRectF(MARGIN_PX, 0, length + 12, metrics.height() + thickness + 9)
        box.moveBottom(self._view.height() - MARGIN_PX)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(box, 3, 3)
        strip = QRectF(box.left() + 6, box.top() + 5, length, thickness)
        painter.drawImage(strip, self._strip)
        painter.setPen(QColor("white"))
        below = QRectF(strip.left(), strip.bottom() + 1, length, metrics.height())
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        for text, side in zip(self.texts, sides, strict=True):
            painter.drawText(below, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()


def _strip_image(table: np.ndarray) -> QImage:
    """256 colours from left to right, one pixel high. A copy, so that it owns its memory."""
    pixels = np.ascontiguousarray(table[None])
    return QImage(pixels.data, len(table), 1, 4 * len(table), QImage.Format.Format_RGBA8888).copy()
