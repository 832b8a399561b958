"""A scale bar of 1, 2 or 5 × 10ⁿ, at most a quarter of the view wide."""

from math import floor, log10

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPolygonF
from PySide6.QtWidgets import QGraphicsItem

MAX_SHARE = 0.25
MARGIN_PX = 10
THICKNESS_PX = 4
UNITS = ((1e6, "µm"), (1e3, "nm"), (1.0, "pm"))


def nice_length(longest: float) -> float:
    """The longest 1, 2 or 5 × 10ⁿ that is not above `longest`."""
    power = 10.0 ** floor(log10(longest))
    return max((step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9)), default=power)


def length_text(length_pm: float) -> str:
    """A length in the largest unit in which it is at least 1."""
    for size, unit in UNITS:
        if length_pm >= size * (1 - 1e-9):
            return f"{length_pm / size:g} {unit}"
    return f"{length_pm:g} pm"


class ScaleBar(pg.GraphicsObject):
    """Sits in the lower right corner of a view box and keeps its place when the view moves."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self._view = view
        self._pixel_size_pm: float | None = None
        self.setParentItem(view)
        self.setZValue(30)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations, False)
        self.setVisible(False)
        view.sigRangeChanged.connect(self._refresh)
        view.sigResized.connect(self._refresh)

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """Size of one unit of the view; None hides the bar."""
        self._pixel_size_pm = pixel_size_pm
        self.setVisible(pixel_size_pm is not None)
        self._refresh()

    def length_pm(self) -> float | None:
        """The length shown now."""
        (left, right), _ = self._view.viewRange()
        if self._pixel_size_pm is None or right <= left:
            return None
        return nice_length((right - left) * self._pixel_size_pm * MAX_SHARE)

    def boundingRect(self) -> QRectF:  # Qt's name
        """The whole view: the bar moves about in it."""
        return QRectF(0, 0, self._view.width(), self._view.height())

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draws bar and text, light with a dark rim, so that it shows on any image."""
        length = self.length_pm()
        (left, right), _range = self._view.viewRange()
        if length is None or self._pixel_size_pm is None:
            return
        width = length / self._pixel_size_pm / (right - left) * self._view.width()
        x = self._view.width() - MARGIN_PX - width
        y = self._view.height() - MARGIN_PX - THICKNESS_PX
        text = length_text(length)
        metrics = painter.fontMetrics()
        text_width = metrics.horizontalAdvance(text)
        box_left = min(x, x + (width - text_width) / 2) - 6
        box_width = max(width, text_width) + 12
        box_top = y - metrics.height() - 4
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(0, 0, 0, 130))
        painter.drawRect(QRectF(min(box_left, self._view.width() - box_width), box_top, box_width, self._view.height()))
        painter.setBrush(QColor("white"))
        corners = ((x, y), (x + width, y), (x + width, y + THICKNESS_PX), (x, y + THICKNESS_PX))
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
        painter.setPen(QColor("white"))
        painter.drawText(QPointF(x + (width - text_width) / 2, y - 4 - metrics.descent() / 2), text)

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()
