"""The trace of one marker: the probability of every class over time, its HMM path, events and the frame cursor.

Time runs to the right, classes 0 to 10 upward, the colour (from the panel's background to the marker's own) is the
probability. Painted by hand: nine plots of a plotting library would take ten times as long to appear after a click.
"""

from math import ceil

import numpy as np
from pyqtgraph.functions import arrayToQPath
from PySide6.QtCore import QEvent, QLineF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui.view.markers import Trace

AXIS_HEIGHT = 34
BADGE_WIDTH = 22
LEFT, RIGHT, TOP, BOTTOM = BADGE_WIDTH + 24, 4, 2, 3
"""Pixels around the picture."""
TICK_SHARE = 0.09
"""Of the height, above the classes, for events: the fainter, the less likely."""
FAINTEST = 0.15
LABELLED = (0, 5, 10)
TICK_DISTANCE_PX = 90


def ramp(low: QColor, high: QColor) -> list[int]:
    """256 colours from one to another, as a QImage takes them."""
    ends = np.array([low.getRgb(), high.getRgb()], float)
    table = (ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, 256)[:, None]).round().astype(int)
    return [QColor(*row).rgb() for row in table.tolist()]


def shrunk(probability: np.ndarray, width: int) -> np.ndarray:
    """uint8 (T, 11) → (at most `width`, 11): the highest of the frames that share a pixel, so that none is lost."""
    every = ceil(len(probability) / max(width, 1))
    if every <= 1:
        return probability
    starts = np.arange(0, len(probability), every)
    return np.maximum.reduceat(probability, starts, axis=0)


def corners(path: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frames and counts of a line that holds each count for its frame's time; NaN, where there is none, is a gap."""
    same = (path[1:] == path[:-1]) | (np.isnan(path[1:]) & np.isnan(path[:-1]))
    changes = np.concatenate([[0], np.flatnonzero(~same) + 1, [len(path)]])
    frames = np.column_stack([changes[:-1], changes[1:]]).ravel() - 0.5
    return frames, np.repeat(path[changes[:-1]], 2)


def round_step(span: float, n: int) -> float:
    """The 1-2-5 step that divides a span into about n parts."""
    rough = span / max(n, 1)
    power = 10.0 ** np.floor(np.log10(rough)) if rough > 0 else 1.0
    return float(next(step * power for step in (1, 2, 5, 10) if step * power >= rough * 0.999))


class TraceRow(QWidget):
    """One marker's trace."""

    frame_clicked = Signal(int)
    hovered = Signal(int, int)
    """Number of the marker, and frame."""
    hover_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.axis_height = 0
        self.trace: Trace | None = None
        self._image: QImage | None = None
        self._bytes: np.ndarray | None = None
        self._drawn: tuple[object, ...] = ()
        self._line: QPainterPath | None = None
        self._line_of: np.ndarray | None = None
        self._frame = 0
        self._is_hovered = False
        self.setMouseTracking(True)

    def show_trace(self, trace: Trace, *, last: bool) -> None:
        """Fills the row; only the last one carries the time axis."""
        self.axis_height = AXIS_HEIGHT if last else 0
        if trace is not self.trace:
            self.trace = trace
            name = f"{trace.marker.name}: " if trace.marker.name else ""
            self.setToolTip(f"{name}{trace.note}")
            self.setAccessibleName(f"Trace of marker {trace.number}: {name}{trace.note}")
        self.update()

    def set_frame(self, frame: int) -> None:
        """Moves the cursor."""
        if frame != self._frame:
            before, self._frame = self._frame, frame
            for place in (before, frame):
                x = int(self.x_of(place))
                self.update(x - 2, 0, 5, self.height())

    # --- places

    def picture(self) -> QRectF:
        """Where the classes are drawn."""
        head = (self.height() - self.axis_height) * TICK_SHARE
        height = max(self.height() - self.axis_height - TOP - BOTTOM - head, 1)
        return QRectF(LEFT, TOP + head, max(self.width() - LEFT - RIGHT, 1), height)

    def x_of(self, frame: float) -> float:
        """The middle of a frame in the widget."""
        box = self.picture()
        return box.left() + (frame + 0.5) / self._n_frames * box.width()

    def y_of(self, count: float) -> float:
        """The middle of a class in the widget."""
        box = self.picture()
        return box.bottom() - (count + 0.5) / N_CLASSES * box.height()

    def frame_at(self, x: float) -> int:
        """The frame under a place in the widget; the nearest one beside the picture."""
        box = self.picture()
        frame = int((x - box.left()) / box.width() * self._n_frames)
        return min(max(frame, 0), self._n_frames - 1)

    @property
    def _n_frames(self) -> int:
        return max(len(self.trace.probability), 1) if self.trace else 1

    # --- painting

    def paintEvent(self, event: QPaintEvent) -> None:  # Qt's name
        """All of it; a millisecond."""
        trace = self.trace
        if trace is None:
            return
        palette = self.palette()
        text, base = palette.text().color(), palette.base().color()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        box = self.picture()
        painter.fillRect(QRectF(box.left(), 0, box.width(), box.bottom()), base)
        painter.drawImage(box, self._picture_of(trace, base, int(box.width())))
        pen = QPen(text, 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        self._draw_path(painter, trace, box)
        for frame, probability in trace.events:
            painter.setOpacity(max(probability, FAINTEST))
            x = self.x_of(frame - 0.5)
            painter.drawLine(QLineF(x, 0, x, box.top()))
        painter.setOpacity(1.0)
        self._draw_axes(painter, trace, box)
        painter.setPen(QPen(text, 1, Qt.PenStyle.DashLine))
        x = self.x_of(self._frame)
        painter.drawLine(QLineF(x, 0, x, box.bottom()))
        self._draw_badge(painter, trace, box)
        painter.end()

    def _picture_of(self, trace: Trace, base: QColor, width: int) -> QImage:
        looks = (id(trace.probability), trace.colour, base.rgb(), width)
        if self._image is None or self._drawn != looks:
            self._drawn = looks
            small = shrunk(trace.probability, width)
            n = len(small)
            # lines of an image begin at multiples of four bytes; class 0 is at the bottom
            self._bytes = np.zeros((N_CLASSES, (n + 3) // 4 * 4), np.uint8)
            self._bytes[:, :n] = small.T[::-1]
            stride = self._bytes.shape[1]
            self._image = QImage(self._bytes.data, n, N_CLASSES, stride, QImage.Format.Format_Indexed8)
            self._image.setColorTable(ramp(base, QColor(trace.colour)))
        return self._image

    def _draw_path(self, painter: QPainter, trace: Trace, box: QRectF) -> None:
        if trace.path is None or not len(trace.path):
            return
        if self._line is None or self._line_of is not trace.path:
            self._line_of = trace.path
            self._line = arrayToQPath(*corners(trace.path), connect="finite")
        painter.save()
        painter.setClipRect(box, Qt.ClipOperation.IntersectClip)
        painter.translate(box.left(), box.bottom())
        painter.scale(box.width() / self._n_frames, -box.height() / N_CLASSES)
        painter.translate(0.5, 0.5)  # the middle of frame 0 and class 0
        painter.drawPath(self._line)
        painter.restore()

    def _draw_axes(self, painter: QPainter, trace: Trace, box: QRectF) -> None:
        painter.drawLine(QLineF(box.left() - 1, box.top(), box.left() - 1, box.bottom()))
        painter.drawLine(QLineF(box.left(), box.bottom(), box.right(), box.bottom()))
        for count in LABELLED:
            y = self.y_of(count)
            painter.drawLine(QLineF(box.left() - 4, y, box.left() - 1, y))
            place = QRectF(BADGE_WIDTH, y - 8, LEFT - BADGE_WIDTH - 6, 16)
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(count))
        if not self.axis_height:
            return
        step_s = trace.frame_time_s or 1.0
        first = 0 if trace.frame_time_s else 1  # frames are counted from 1, as beside the slider
        every = round_step(self._n_frames * step_s, int(box.width() / TICK_DISTANCE_PX))
        for number in range(int((self._n_frames - 1) * step_s / every) + 1):
            value = number * every
            x = self.x_of(value / step_s)
            painter.drawLine(QLineF(x, box.bottom(), x, box.bottom() + 4))
            place = QRectF(x - 40, box.bottom() + 4, 80, 14)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, f"{value + first:g}")
        words = "time (s)" if trace.frame_time_s else "frame"
        place = QRectF(box.left(), box.bottom() + 17, box.width(), 15)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, words)

    def _draw_badge(self, painter: QPainter, trace: Trace, box: QRectF) -> None:
        badge = QRectF(0, TOP, BADGE_WIDTH, box.bottom() - TOP)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(trace.colour))
        painter.drawRoundedRect(badge, 3, 3)
        painter.setPen(QColor("black"))
        font = painter.font()
        font.setBold(True)
        painter.setFont(font)
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(trace.number))

    # --- mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """A click goes to the frame."""
        if self.trace and event.button() is Qt.MouseButton.LeftButton:
            self.frame_clicked.emit(self.frame_at(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """The readout; with the button down, the cursor is dragged."""
        if self.trace is None:
            return
        frame = self.frame_at(event.position().x())
        self._is_hovered = True
        self.hovered.emit(self.trace.number, frame)
        if event.buttons() & Qt.MouseButton.LeftButton and frame != self._frame:
            self.frame_clicked.emit(frame)

    def leaveEvent(self, event: QEvent) -> None:  # Qt's name
        """The mouse has gone."""
        super().leaveEvent(event)
        self._end_hover()

    def hideEvent(self, event: QHideEvent) -> None:  # Qt's name
        """The row has gone from under the mouse."""
        super().hideEvent(event)
        self._end_hover()

    def _end_hover(self) -> None:
        if self._is_hovered:
            self._is_hovered = False
            self.hover_left.emit()
