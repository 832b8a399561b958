"""A scale bar of 1, 2 or 5 × 10ⁿ, at most a quarter of the view wide; or words that the pixel size is missing."""

from math import floor, log10

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QGraphicsItem

MAX_SHARE = 0.25
MARGIN_PX = 10
THICKNESS_PX = 4
GROUND = QColor(0, 0, 0, 150)
MISSING = "Pixel size unknown: no scale"
UNITS = ((1e6, 1e6, "µm"), (100.0, 1e3, "nm"), (0.0, 1.0, "pm"))
"""From this length on, size in pm, name."""


def nice_length(longest: float) -> float:
    """The longest 1, 2 or 5 × 10ⁿ that is not above `longest`."""
    power = 10.0 ** floor(log10(longest))
    return max((step * power for step in (1, 2, 5) if step * power <= longest * (1 + 1e-9)), default=power)


def length_text(length_pm: float) -> str:
    """A length in nm; in µm or pm where it is very long or very short."""
    size, unit = next((size, unit) for least, size, unit in UNITS if length_pm >= least * (1 - 1e-9))
    return f"{length_pm / size:g} {unit}"


class ScaleBar(pg.GraphicsObject):
    """Sits in the lower right corner of a view box and keeps its place when the view moves."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self._view = view
        self._pixel_size_pm: float | None = None
        self._says_missing = False
        self.setParentItem(view)
        self.setZValue(30)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresTransformations, False)
        self.setVisible(False)
        view.sigRangeChanged.connect(self._refresh)
        view.sigResized.connect(self._refresh)

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """Size of one unit of the view; None hides the bar."""
        if pixel_size_pm != self._pixel_size_pm or self.isVisible() != self._has_words():
            self._pixel_size_pm = pixel_size_pm
            self._show()

    def say_missing(self, say: bool) -> None:
        """Words in the bar's place while there is no pixel size, or nothing at all."""
        if say != self._says_missing:
            self._says_missing = say
            self._show()

    @property
    def text(self) -> str:
        """What stands over the bar now, or in its place."""
        length = self.length_pm()
        return length_text(length) if length is not None else MISSING if self._says_missing else ""

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
        """Draws bar and text, white on a dark ground, so that it shows on any image."""
        text, length = self.text, self.length_pm()
        if not text:
            return
        width = 0.0 if length is None else self._bar_width(length)
        metrics = painter.fontMetrics()
        box = self.box(metrics)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(box, 3, 3)
        middle, foot = box.center().x(), box.bottom()
        if width:
            painter.setBrush(QColor("white"))
            painter.drawRect(QRectF(middle - width / 2, foot - THICKNESS_PX - 4, width, THICKNESS_PX))
        painter.setPen(QColor("white"))
        words = QPointF(middle - metrics.horizontalAdvance(text) / 2, box.top() + metrics.ascent() + 2)
        painter.drawText(words, text)

    def box(self, metrics: QFontMetrics) -> QRectF:
        """The dark ground in the view, for a font; empty where nothing is said."""
        text, length = self.text, self.length_pm()
        if not text:
            return QRectF()
        width = 0.0 if length is None else self._bar_width(length)
        size = (
            max(width, metrics.horizontalAdvance(text)) + 12,
            metrics.height() + (THICKNESS_PX + 4 if width else 0) + 6,
        )
        right, foot = self._view.width() - MARGIN_PX, self._view.height() - MARGIN_PX
        return QRectF(right - size[0], foot - size[1], *size)

    def _bar_width(self, length_pm: float) -> float:
        (left, right), _ = self._view.viewRange()
        return length_pm / (self._pixel_size_pm or 1.0) / (right - left) * self._view.width()

    def _show(self) -> None:
        self.setVisible(self._has_words())
        self._refresh()

    def _has_words(self) -> bool:
        return self._pixel_size_pm is not None or self._says_missing

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()
