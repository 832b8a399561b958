"""Columns on the frame: a disc for each with its number of atoms, and rings around those that change just now.

All of them are one item. Discs are drawn from a strip of ready-made pictures, one for each class, whose size follows
the zoom: where there is no room for the number, only the colour is shown. Coordinates are the view's.
"""

from dataclasses import dataclass, field

import numpy as np
import pyqtgraph as pg
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QGraphicsItem

from segdepth_app.gui import theme

SHARE_OF_SPACING = 0.62
DIAMETERS_PX = (4, 22)
LEAST_WITH_NUMBER_PX = 13
RING_WIDTH_PX = 2.0
CHANGE_RINGS = {0: ("#ffffff", 2.5), 1: ("#ffd43b", 1.5)}
"""Frames from the change → colour and width of the ring around the column."""
HALO = QColor(0, 0, 0, 170)


@dataclass(frozen=True)
class Dots:
    """Columns of one frame: centres in source pixels and numbers of atoms, all (N,)."""

    x_px: np.ndarray
    y_px: np.ndarray
    count: np.ndarray

    @classmethod
    def none(cls) -> "Dots":
        """No columns."""
        return cls(np.zeros(0), np.zeros(0), np.zeros(0, np.uint8))


@dataclass(frozen=True)
class Changes:
    """Columns that change near the frame shown: centres in source pixels, and how many frames away (0 or 1), (N,)."""

    x_px: np.ndarray = field(default_factory=lambda: np.zeros(0))
    y_px: np.ndarray = field(default_factory=lambda: np.zeros(0))
    frames_away: np.ndarray = field(default_factory=lambda: np.zeros(0, int))


def spacing_px(x_px: np.ndarray, y_px: np.ndarray, n_sampled: int = 200) -> float | None:
    """Median distance of a column to its nearest neighbour, from some of them; None for fewer than two columns."""
    if len(x_px) < 2:
        return None
    some = np.unique(np.linspace(0, len(x_px) - 1, min(n_sampled, len(x_px))).astype(int))
    square = (x_px[some, None] - x_px[None]) ** 2 + (y_px[some, None] - y_px[None]) ** 2
    square[np.arange(len(some)), some] = np.inf
    return float(np.sqrt(np.median(square.min(axis=1))))


def readable_on(rgb: tuple[int, ...]) -> QColor:
    """Black or white, whichever has the higher contrast on this colour (WCAG 2.1: at least 4.58 for any colour)."""
    share = np.asarray(rgb[:3]) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ (0.2126, 0.7152, 0.0722))
    return QColor("black") if luminance > 0.179 else QColor("white")  # (L + 0.05)² = 0.05 · 1.05


class DotsItem(pg.GraphicsObject):
    """The columns of the frame shown, and its changes. Takes no mouse."""

    def __init__(self, view: pg.ViewBox) -> None:
        super().__init__()
        self._view = view
        self._dots, self._changes = Dots.none(), Changes()
        self._spacing_px = 10.0
        self._numbers = True
        self._strip: tuple[tuple[int, bool, float], QPixmap] | None = None
        self.setZValue(15)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemUsesExtendedStyleOption, False)
        view.addItem(self, ignoreBounds=True)
        view.sigRangeChanged.connect(self._refresh)
        view.sigResized.connect(self._refresh)

    def set_spacing(self, spacing_px: float) -> None:
        """Distance of neighbouring columns, for the size of the discs."""
        self._spacing_px = spacing_px
        self.update()

    def set_numbers(self, numbers: bool) -> None:
        """With numbers discs are filled; without they are rings, and what is under them is seen."""
        self._numbers = numbers
        self.update()

    def set_dots(self, dots: Dots) -> None:
        """The columns of the frame shown."""
        self._dots = dots
        self.update()

    def set_changes(self, changes: Changes) -> None:
        """The columns that change in this frame, and in the one before or after it."""
        self._changes = changes
        self.update()

    @property
    def dots(self) -> Dots:
        """What is shown."""
        return self._dots

    @property
    def changes(self) -> Changes:
        """What is ringed."""
        return self._changes

    def diameter_px(self) -> int:
        """Of a disc on the screen, at the present zoom."""
        low, high = DIAMETERS_PX
        return int(np.clip(SHARE_OF_SPACING * self._spacing_px / self._source_per_screen_px(), low, high))

    def shows_numbers(self) -> bool:
        """Whether there is room for them, and they are wanted."""
        return self._numbers and self.diameter_px() >= LEAST_WITH_NUMBER_PX

    def boundingRect(self) -> QRectF:  # Qt's name
        """All that is in view."""
        return self._view.viewRect()

    def paint(self, painter: QPainter, _option: object, widget: object = None) -> None:
        """Discs, then rings, in pixels of the screen."""
        transform = painter.transform()
        if not (len(self._dots.count) or len(self._changes.x_px)):
            return
        painter.save()
        painter.resetTransform()
        if len(self._dots.count):
            x, y, shown = self._on_screen(transform, self._dots.x_px, self._dots.y_px)
            ratio = widget.devicePixelRatioF() if hasattr(widget, "devicePixelRatioF") else 1.0
            self._draw_discs(painter, x, y, self._dots.count[shown], ratio)
        if len(self._changes.x_px):
            x, y, shown = self._on_screen(transform, self._changes.x_px, self._changes.y_px)
            self._draw_rings(painter, x, y, self._changes.frames_away[shown])
        painter.restore()

    def _on_screen(
        self, transform: object, x_px: np.ndarray, y_px: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Screen coordinates of the columns in view, and which they are."""
        view = self._view.viewRect()
        rim = self._spacing_px
        x, y = x_px + 0.5, y_px + 0.5  # a source pixel's centre is half a pixel inside it
        shown = (x > view.left() - rim) & (x < view.right() + rim) & (y > view.top() - rim) & (y < view.bottom() + rim)
        at = pg.functions.transformCoordinates(transform, np.stack([x[shown], y[shown]]).astype(float))
        return at[0], at[1], shown

    def _draw_discs(self, painter: QPainter, x: np.ndarray, y: np.ndarray, count: np.ndarray, ratio: float) -> None:
        cell, strip = self._strip_for(ratio)
        n = len(count)
        if not n:
            return
        fragments = np.empty((n, 10))
        fragments[:, 0], fragments[:, 1] = x, y
        fragments[:, 2] = np.minimum(count, len(theme.CLASS_COLOURS) - 1).astype(float) * cell  # uint8 would overflow
        fragments[:, 3:6] = 0, cell, cell
        fragments[:, 6:10] = 1 / ratio, 1 / ratio, 0, 1
        first = shiboken6.wrapInstance(fragments.ctypes.data, QPainter.PixmapFragment)
        painter.drawPixmapFragments(first, n, strip)  # type: ignore[arg-type] # shiboken calls all it wraps Object

    def _draw_rings(self, painter: QPainter, x: np.ndarray, y: np.ndarray, frames_away: np.ndarray) -> None:
        radius = self.diameter_px() / 2 + 4
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for distance in sorted(CHANGE_RINGS, reverse=True):
            colour, width = CHANGE_RINGS[distance]
            for pen in (QPen(HALO, width + 2), QPen(QColor(colour), width)):
                painter.setPen(pen)
                for i in np.flatnonzero(frames_away == distance):
                    painter.drawEllipse(QPointF(x[i], y[i]), radius, radius)

    def _strip_for(self, ratio: float) -> tuple[int, QPixmap]:
        """Width of a cell in pixels of the strip, and the strip; made anew when the zoom asks for another size."""
        diameter, filled = self.diameter_px(), self._numbers
        key = (diameter, filled, ratio)
        if self._strip is None or self._strip[0] != key:
            self._strip = (key, _make_strip(diameter, filled, self.shows_numbers(), ratio))
        strip = self._strip[1]
        return strip.height(), strip

    def _source_per_screen_px(self) -> float:
        return max(float(self._view.viewRect().width()) / max(self._view.width(), 1), 1e-9)

    def _refresh(self, *_: object) -> None:
        self.prepareGeometryChange()
        self.update()


def _make_strip(diameter: int, filled: bool, numbers: bool, ratio: float) -> QPixmap:
    """One square cell for each class, side by side, in device pixels."""
    cell = round((diameter + 4) * ratio)
    strip = QPixmap(cell * len(theme.CLASS_COLOURS), cell)
    strip.fill(Qt.GlobalColor.transparent)
    painter = QPainter(strip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(painter.font())
    font.setPixelSize(max(round(diameter * ratio * 0.62), 1))
    font.setBold(True)
    painter.setFont(font)
    for number, rgba in enumerate(theme.class_colours()):
        square = QRectF(number * cell + 2 * ratio, 2 * ratio, diameter * ratio, diameter * ratio)
        colour, text = QColor(*rgba), readable_on(rgba)
        if filled:
            painter.setPen(QPen(text if numbers else HALO, ratio))  # a light rim would outshine a small disc
            painter.setBrush(colour)
            painter.drawEllipse(square)
        else:
            _draw_open(painter, square, colour, ratio)
        if numbers:
            painter.setPen(text)
            painter.drawText(square, Qt.AlignmentFlag.AlignCenter, str(number))
    painter.end()
    return strip


def _draw_open(painter: QPainter, square: QRectF, colour: QColor, ratio: float) -> None:
    """A ring in the class's colour on a dark one, to be seen on any grey."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for pen in (QPen(HALO, (RING_WIDTH_PX + 2) * ratio), QPen(colour, RING_WIDTH_PX * ratio)):
        painter.setPen(pen)
        painter.drawEllipse(square)
