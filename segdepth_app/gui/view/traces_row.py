"""The trace of one marker: the probability of every class over time, its HMM path, events and the frame cursor.

Time runs to the right, classes 0 to 10 upward, the colour (from the panel's background to the marker's own) is the
probability. A row is built once and then only filled; what did not change is left alone, so that a click is cheap.
"""

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui.view.markers import Trace

AXIS_HEIGHT = 34
BARE_AXIS_HEIGHT = 4
AXIS_WIDTH = 30
BADGE_WIDTH = 22
TICK_FROM, TICK_TO = N_CLASSES - 0.5, N_CLASSES + 0.5
"""Events stand above the classes."""


def ramp(low: QColor, high: QColor) -> np.ndarray:
    """Look-up table (256, 4) from one colour to another."""
    ends = np.array([low.getRgb(), high.getRgb()], float)
    share = np.linspace(0, 1, 256)[:, None]
    return (ends[0] * (1 - share) + ends[1] * share).round().astype(np.uint8)


def steps(path: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
    """Corners of a line that holds each frame's count for the frame's time; NaN leaves a gap."""
    changes = np.flatnonzero(~((path[1:] == path[:-1]) | (np.isnan(path[1:]) & np.isnan(path[:-1])))) + 1
    starts = np.concatenate([[0], changes])
    stops = np.concatenate([changes, [len(path)]])
    edges = (np.column_stack([starts, stops]).ravel() - 0.5) * step
    return edges, np.repeat(path[starts], 2)


class TraceRow(QWidget):
    """One marker's trace."""

    frame_clicked = Signal(int)
    hovered = Signal(int, int)
    hover_left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.axis_height = BARE_AXIS_HEIGHT
        self._trace: Trace | None = None
        self._looks: tuple[object, ...] = ()
        self._spread: tuple[float, int] = (0.0, 0)
        self._is_last: bool | None = None
        self._frame = 0
        self._badge = QLabel()
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.setFixedWidth(BADGE_WIDTH)
        self._make_plot()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._badge)
        layout.addWidget(self.plot, 1)
        self.apply_palette()

    def _make_plot(self) -> None:
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.getViewBox().setDefaultPadding(0)
        self.plot.getPlotItem().layout.setContentsMargins(0, 6, 4, 0)  # the number at the very top needs room
        self.image = pg.ImageItem(axisOrder="row-major", autoDownsample=False, levels=(0, 255))
        self.line = pg.PlotDataItem(connect="finite")
        self.ticks = pg.PlotDataItem(connect="pairs")
        self.frame_line = pg.InfiniteLine(angle=90)
        for item in (self.image, self.line, self.ticks, self.frame_line):
            self.plot.addItem(item, ignoreBounds=True)
        self.plot.getViewBox().disableAutoRange()
        left = self.plot.getAxis("left")
        left.setWidth(AXIS_WIDTH)
        left.setTicks([[(n, str(n)) for n in (0, 5, 10)], []])
        left.setStyle(tickLength=-3)
        self.plot.getAxis("bottom").setStyle(tickLength=-3)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        self.plot.scene().sigMouseMoved.connect(self._moved)
        self.plot.installEventFilter(self)

    def show_trace(self, trace: Trace, *, last: bool) -> None:
        """Fills the row; only the last one carries the time axis."""
        before, self._trace = self._trace, trace
        if trace is before and last == self._is_last:
            return
        step = trace.frame_time_s or 1.0
        n = len(trace.probability)
        if before is None or trace.probability is not before.probability:
            self.image.setImage(np.ascontiguousarray(trace.probability.T), autoLevels=False)
        if before is None or trace.path is not before.path or trace.events != before.events or step != self._spread[0]:
            self._draw_path(trace, step)
        if (step, n) != self._spread:
            self._spread = (step, n)
            self.image.setRect(-0.5 * step, -0.5, n * step, N_CLASSES)
            self.plot.setRange(xRange=(-0.5 * step, (n - 0.5) * step), yRange=(-0.5, TICK_TO), padding=0)
        self._write_words(trace)
        self._set_last(last, trace)
        self.apply_palette()

    def _draw_path(self, trace: Trace, step: float) -> None:
        if trace.path is None or not len(trace.path):
            self.line.setData([], [])
        else:
            self.line.setData(*steps(trace.path, step))
        places = (np.repeat(np.array(trace.events, float), 2) - 0.5) * step
        self.ticks.setData(places, np.tile([TICK_FROM, TICK_TO], len(trace.events)))

    def _write_words(self, trace: Trace) -> None:
        self._badge.setText(str(trace.number))
        name = f"{trace.marker.name}: " if trace.marker.name else ""
        if self.toolTip() != f"{name}{trace.note}":
            self.setToolTip(f"{name}{trace.note}")
            self.plot.setAccessibleName(f"Trace of marker {trace.number}: {name}{trace.note}")

    def _set_last(self, last: bool, trace: Trace) -> None:
        words = "time (s)" if trace.frame_time_s else "frame"
        bottom = self.plot.getAxis("bottom")
        if last == self._is_last and bottom.labelText == words:
            return
        self._is_last = last
        bottom.setStyle(showValues=last)
        bottom.setHeight(AXIS_HEIGHT if last else BARE_AXIS_HEIGHT)
        bottom.setLabel(words)
        bottom.showLabel(last)
        self.axis_height = AXIS_HEIGHT if last else BARE_AXIS_HEIGHT

    def set_frame(self, frame: int) -> None:
        """Moves the cursor."""
        self._frame = frame
        if self._trace:
            self.frame_line.setValue(frame * (self._trace.frame_time_s or 1.0))

    def apply_palette(self) -> None:
        """Takes the colours of the light or dark window, where they are others than before."""
        palette = self.palette()
        base, text = palette.base().color(), palette.text().color()
        colour = self._trace.colour if self._trace else ""
        if self._looks == (base.rgb(), text.rgb(), colour):
            return
        self._looks = (base.rgb(), text.rgb(), colour)
        self.plot.setBackground(base)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
        self.line.setPen(pg.mkPen(text, width=1))
        self.ticks.setPen(pg.mkPen(text, width=1))
        self.frame_line.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))
        if self._trace:
            self._badge.setStyleSheet(f"background: {colour}; color: black; font-weight: bold; border-radius: 3px;")
            self.image.setLookupTable(ramp(base, QColor(colour)))

    def _frame_at(self, position: QPointF) -> int | None:
        if self._trace is None or not len(self._trace.probability):
            return None
        x = self.plot.getViewBox().mapSceneToView(position).x()
        frame = round(x / (self._trace.frame_time_s or 1.0))
        return min(max(frame, 0), len(self._trace.probability) - 1)

    def _clicked(self, event: MouseClickEvent) -> None:
        frame = self._frame_at(event.scenePos())
        if frame is not None and event.button() == Qt.MouseButton.LeftButton:
            self.frame_clicked.emit(frame)

    def _moved(self, position: QPointF) -> None:
        frame = self._frame_at(position)
        if frame is not None and self._trace is not None:
            self.hovered.emit(self._trace.number, frame)

    def eventFilter(self, watched: object, event: QEvent) -> bool:  # Qt's name
        """The mouse leaves the plot."""
        if event.type() == QEvent.Type.Leave:
            self.hover_left.emit()
        return False
