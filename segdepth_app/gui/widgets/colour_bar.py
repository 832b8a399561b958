"""What the colours of a picture mean: a strip in the picture's corner with its lowest and highest value."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

from segdepth_app.gui.texts import signed
from segdepth_app.gui.widgets.scale_bar import ScaleBar

MARGIN_PX = 10
STRIP_PX = (80, 6)
GAP_PX = 8
GROUND = QColor(0, 0, 0, 150)


class ColourBar(pg.GraphicsObject):
    """Sits in the lower left corner of a view box and keeps its place when the view moves; above the scale bar where
    there is no room beside it."""

    def __init__(self, view: pg.ViewBox, table: np.ndarray, scale_bar: ScaleBar | None = None) -> None:
        super().__init__()
        self._view, self._scale_bar = view, scale_bar
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
        texts = [signed(low, ".3g"), f"{unit}, by its root" if scaling == "sqrt" else unit, signed(high, ".3g")]
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
        box = self.box(metrics)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(box, 3, 3)
        strip = QRectF(box.left() + 6, box.top() + 5, box.width() - 12, STRIP_PX[1])
        painter.drawImage(strip, self._strip)
        painter.setPen(QColor("white"))
        below = QRectF(strip.left(), strip.bottom() + 1, strip.width(), metrics.height())
        low, high = (metrics.horizontalAdvance(text) for text in (self.texts[0], self.texts[2]))
        between = below.adjusted(low, 0, -high, 0)
        sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
        for place, text, side in zip((below, between, below), self.texts, sides, strict=True):
            painter.drawText(place, side | Qt.AlignmentFlag.AlignVCenter, text)

    def box(self, metrics: QFontMetrics) -> QRectF:
        """The dark ground in the view, for a font."""
        least, thickness = STRIP_PX
        words = sum(metrics.horizontalAdvance(text) for text in self.texts) + 2 * GAP_PX
        box = QRectF(MARGIN_PX, 0, max(least, words) + 12, metrics.height() + thickness + 9)
        box.moveBottom(self._view.height() - MARGIN_PX)
        other = self._scale_bar.box(metrics) if self._scale_bar and self._scale_bar.isVisible() else QRectF()
        if box.right() + GAP_PX > other.left() and not other.isEmpty():
            box.moveBottom(other.top() - GAP_PX / 2)
        return box

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()


def _strip_image(table: np.ndarray) -> QImage:
    """256 colours from left to right, one pixel high. A copy, so that it owns its memory."""
    pixels = np.ascontiguousarray(table[None])
    return QImage(pixels.data, len(table), 1, 4 * len(table), QImage.Format.Format_RGBA8888).copy()
