"""Traces of the markers: for each one the probability of every class over time, its HMM path and the frame cursor.

A row is a small plot: time to the right, classes 0 to 10 upward, the colour (from the panel's background to the
marker's own) is the probability. Rows are built once, the first time they are needed, and then only filled.
"""

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui import theme
from segdepth_app.gui.view.markers import MAX_MARKERS, Trace

ROW_HEIGHTS = (44, 140)
"""Lowest and highest, without the time axis."""
AXIS_HEIGHT = 34
BARE_AXIS_HEIGHT = 4
ROW_GAP = 2
AXIS_WIDTH = 30


def ramp(low: QColor, high: QColor) -> np.ndarray:
    """Look-up table (256, 4) from one colour to another."""
    ends = np.array([low.getRgb(), high.getRgb()], float)
    share = np.linspace(0, 1, 256)[:, None]
    return (ends[0] * (1 - share) + ends[1] * share).round().astype(np.uint8)


class TraceRow(QWidget):
    """One marker's trace."""

    frame_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.axis_height = BARE_AXIS_HEIGHT
        self._trace: Trace | None = None
        self._frame = 0
        self._badge = QLabel()
        self._badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._badge.setFixedWidth(22)
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setMouseEnabled(x=False, y=False)
        self.plot.getViewBox().setDefaultPadding(0)
        self.plot.getPlotItem().layout.setContentsMargins(0, 6, 4, 0)  # the number at the very top needs room
        self.image = pg.ImageItem(axisOrder="row-major", autoDownsample=False, levels=(0, 255))
        self.line = pg.PlotDataItem(connect="finite")
        self.frame_line = pg.InfiniteLine(angle=90)
        for item in (self.image, self.line, self.frame_line):
            self.plot.addItem(item)
        left = self.plot.getAxis("left")
        left.setWidth(AXIS_WIDTH)
        left.setTicks([[(n, str(n)) for n in (0, 5, 10)], []])
        left.setStyle(tickLength=-3)
        self.plot.getAxis("bottom").setStyle(tickLength=-3)
        self.plot.scene().sigMouseClicked.connect(self._clicked)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._badge)
        layout.addWidget(self.plot, 1)
        self.apply_palette()

    def show_trace(self, trace: Trace, *, last: bool) -> None:
        """Fills the row; only the last one carries the time axis."""
        self._trace = trace
        self._badge.setText(str(trace.number))
        self._badge.setStyleSheet(f"background: {trace.colour}; color: black; font-weight: bold; border-radius: 3px;")
        self.setToolTip(trace.note)
        self.plot.setAccessibleName(f"Trace of marker {trace.number}: {trace.note}")
        step = trace.frame_time_s or 1.0
        n = len(trace.probability)
        self.image.setImage(np.ascontiguousarray(trace.probability.T), autoLevels=False)
        self.image.setRect(-0.5 * step, -0.5, n * step, N_CLASSES)
        if trace.path is None:
            self.line.setData([], [])
        else:
            edges = np.column_stack([np.arange(n) - 0.5, np.arange(n) + 0.5]).ravel() * step
            self.line.setData(edges, np.repeat(trace.path, 2))
        self.plot.setXRange(-0.5 * step, (n - 0.5) * step, padding=0)
        self.plot.setYRange(-0.5, N_CLASSES - 0.5, padding=0)
        bottom = self.plot.getAxis("bottom")
        bottom.setStyle(showValues=last)
        bottom.setHeight(AXIS_HEIGHT if last else BARE_AXIS_HEIGHT)
        bottom.setLabel("time (s)" if trace.frame_time_s else "frame")
        bottom.showLabel(last)
        self.axis_height = AXIS_HEIGHT if last else BARE_AXIS_HEIGHT
        self.apply_palette()
        self.set_frame(self._frame)

    def set_frame(self, frame: int) -> None:
        """Moves the cursor."""
        self._frame = frame
        if self._trace:
            self.frame_line.setValue(frame * (self._trace.frame_time_s or 1.0))

    def apply_palette(self) -> None:
        """Takes the colours of the light or dark window."""
        palette = self.palette()
        base, text = palette.base().color(), palette.text().color()
        self.plot.setBackground(base)
        for name in ("left", "bottom"):
            axis = self.plot.getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
        self.line.setPen(pg.mkPen(text, width=1))
        self.frame_line.setPen(pg.mkPen(text, width=1, style=Qt.PenStyle.DashLine))
        if self._trace:
            self.image.setLookupTable(ramp(base, QColor(self._trace.colour)))

    def _clicked(self, event: MouseClickEvent) -> None:
        if self._trace and event.button() == Qt.MouseButton.LeftButton:
            x = self.plot.getViewBox().mapSceneToView(event.scenePos()).x()
            frame = round(x / (self._trace.frame_time_s or 1.0))
            self.frame_clicked.emit(min(max(frame, 0), len(self._trace.probability) - 1))


class TracesPanel(QScrollArea):
    """The rows of all markers, under each other."""

    frame_clicked = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Traces of the markers")
        content = QWidget()
        self._layout = QVBoxLayout(content)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(ROW_GAP)
        self._hint = QLabel()
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._hint.setWordWrap(True)
        theme.set_role(self._hint, "muted")
        self._layout.addWidget(self._hint, 1)
        self._layout.addStretch(0)
        self._frame = 0
        self.rows: list[TraceRow] = []
        self.setWidget(content)

    def show_traces(self, traces: list[Trace], hint: str) -> None:
        """Shows these traces, or the hint where there are none."""
        while len(self.rows) < min(len(traces), MAX_MARKERS):
            row = TraceRow()
            row.frame_clicked.connect(self.frame_clicked)
            self._layout.insertWidget(len(self.rows), row)
            self.rows.append(row)
        for i, row in enumerate(self.rows):
            row.setVisible(i < len(traces))
            if i < len(traces):
                row.set_frame(self._frame)
                row.show_trace(traces[i], last=i == len(traces) - 1)
        self._hint.setText(hint)
        self._hint.setVisible(not traces)
        self._share_height()

    def set_frame(self, frame: int) -> None:
        """Moves all cursors."""
        self._frame = frame
        for row in self.rows:
            row.set_frame(frame)

    def _share_height(self) -> None:
        """The rows fill the panel as long as they stay readable; beyond that it scrolls."""
        rows = [row for row in self.rows if not row.isHidden()]
        if not rows:
            return
        free = self.viewport().height() - sum(row.axis_height + ROW_GAP for row in rows)
        low, high = ROW_HEIGHTS
        for row in rows:
            row.setFixedHeight(min(max(free // len(rows), low), high) + row.axis_height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """More room for each row, or less."""
        super().resizeEvent(event)
        self._share_height()

    def refresh_theme(self) -> None:
        """Light became dark, or back."""
        for row in self.rows:
            row.apply_palette()
