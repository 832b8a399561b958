"""The rows of traces under each other; only the last one carries the time axis."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.markers import MAX_MARKERS, Trace
from segdepth_app.gui.view.traces_row import TraceRow

ROW_HEIGHTS = (44, 140)
"""Lowest and highest, without the time axis."""
ROW_GAP = 2


class TracesPanel(QScrollArea):
    """The rows of all markers."""

    frame_clicked = Signal(int)
    hovered = Signal(int, int)
    """Number of the marker, and frame."""
    hover_left = Signal()

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
            self._add_row()
        for i, row in enumerate(self.rows):
            if i < len(traces):
                row.show_trace(traces[i], last=i == len(traces) - 1)
                row.set_frame(self._frame)
            if row.isHidden() == (i < len(traces)):
                row.setVisible(i < len(traces))
        self._hint.setText(hint)
        self._hint.setVisible(not traces)
        self._share_height()

    def set_frame(self, frame: int) -> None:
        """Moves all cursors."""
        self._frame = frame
        for row in self.rows:
            if not row.isHidden():
                row.set_frame(frame)

    def _add_row(self) -> None:
        row = TraceRow()
        row.frame_clicked.connect(self.frame_clicked)
        row.hovered.connect(self.hovered)
        row.hover_left.connect(self.hover_left)
        row.hide()
        self._layout.insertWidget(len(self.rows), row)
        self.rows.append(row)

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
            row.update()
