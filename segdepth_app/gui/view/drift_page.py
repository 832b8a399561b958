"""The page of time: frame time, drift as curves, alignment, sums. Widgets, no decisions."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QLabel, QProgressBar, QSizePolicy, QSpinBox, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.calibration_state import DriftPage
from segdepth_app.gui.view.calibration_widgets import button, column, row, say, show_in, words
from segdepth_app.gui.view.fields import SourcedField

CURVES = {"dy": ("down", "accent", Qt.PenStyle.SolidLine), "dx": ("right", "crosshair", Qt.PenStyle.DashLine)}
FULL_RANGE = 1000
LEAST_RANGE_PX = 1.0


class DriftPlot(QWidget):
    """Shifts and quality of each frame; the plots are built once and then only given data."""

    def __init__(self) -> None:
        super().__init__()
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.shifts = self._plot("Drift in pixels", "px")
        self.quality = self._plot("Quality of the drift, 0 to 1", "quality")
        self.quality.setYRange(0, 1)
        self.quality.setXLink(self.shifts)
        self.quality.setLabel("bottom", "frame, from 0")
        self.curves = {name: self._curve(self.shifts) for name in CURVES}
        self.good = self._curve(self.quality)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.legend)
        layout.addWidget(self.shifts, 3)
        layout.addWidget(self.quality, 2)
        self.refresh_theme()

    def show_drift(self, shift_px: np.ndarray | None, quality: np.ndarray | None) -> None:
        """Shifts (T, 2) as dy, dx in pixels and quality (T,); None empties the plots."""
        empty = shift_px is None or quality is None
        frames = np.arange(0 if shift_px is None else len(shift_px), dtype=float)
        for axis, name in enumerate(CURVES):
            self.curves[name].setData(frames, frames if shift_px is None else shift_px[:, axis])
        self.good.setData(frames, frames if quality is None else quality)
        self.setVisible(not empty)
        if not empty and shift_px is not None and quality is not None:
            most = np.abs(shift_px).max(axis=0)
            self.shifts.setAccessibleDescription(f"At most {most[0]:.3g} px down or up, {most[1]:.3g} px sideways.")
            self.quality.setAccessibleDescription(f"From {quality.min():.2f} to {quality.max():.2f}.")
            self.shifts.setXRange(0, max(len(frames) - 1, 1), padding=0.01)
            self.shifts.setYRange(*_at_least(shift_px.min(), shift_px.max()))

    def refresh_theme(self) -> None:
        """Takes the colours of the present look."""
        for plot in (self.shifts, self.quality):
            plot.setBackground(theme.colour("plot"))
            for side in ("left", "bottom"):
                plot.getAxis(side).setPen(pg.mkPen(theme.colour("border"), width=1))
                plot.getAxis(side).setTextPen(theme.colour("text"))
        for name, (_, role, style) in CURVES.items():
            self.curves[name].setPen(pg.mkPen(theme.colour(role), width=1, style=style))
        names = (
            f'<span style="color: {theme.colour(role)}">{"━" if style is Qt.PenStyle.SolidLine else "┅"}</span> '
            f"{name} ({direction})"
            for name, (direction, role, style) in CURVES.items()
        )
        self.legend.setText("&nbsp;&nbsp;&nbsp;".join(names))
        self.good.setPen(pg.mkPen(theme.colour("text"), width=1))

    def _plot(self, name: str, label: str) -> pg.PlotWidget:
        plot = pg.PlotWidget()
        plot.setAccessibleName(name)
        plot.setMouseEnabled(False, False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setMinimumSize(200, 70)
        plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)  # pyqtgraph asks for 640 × 480
        plot.setLabel("left", label)
        plot.getAxis("left").setWidth(52)
        plot.getAxis("left").enableAutoSIPrefix(False)
        plot.showGrid(x=False, y=True, alpha=0.15)
        return plot

    def _curve(self, plot: pg.PlotWidget) -> pg.PlotDataItem:
        curve = pg.PlotDataItem()
        plot.addItem(curve)
        curve.setDownsampling(auto=True, method="peak")
        curve.setClipToView(True)
        return curve


def _at_least(low: float, high: float) -> tuple[float, float]:
    """The range of the shifts, but no less than a pixel: what is less than that shall not look like much."""
    middle, half = (low + high) / 2, max(high - low, LEAST_RANGE_PX) / 2
    return float(middle - half), float(middle + half)


class DriftWidget(QWidget):
    """Frame time, drift, sums."""

    value_typed = Signal(str, object)
    measure = Signal()
    stop = Signal()
    align_chosen = Signal(bool)
    sum_asked = Signal(int)
    """The number in the box: what it would do is said before it is done."""
    sum_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        help_text = "Time from frame to frame of the file. Empty: the file's own."
        self.frame_time = SourcedField("Frame time", "s", help_text, wraps=True)
        self.frame_time.typed.connect(lambda value: self.value_typed.emit("frame_time_s", value))
        self.measure_button = button("Measure the drift", self.measure.emit, "Correlates each frame with the others.")
        self.stop_button = button("Stop", self.stop.emit)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(140)
        self.progress.setAccessibleName("Progress of the drift")
        self.text = words()
        self.align = QCheckBox("Undo the drift: frames are shown and analysed aligned with the first")
        self.align.clicked.connect(lambda wanted: self.align_chosen.emit(wanted))
        self.plot = DriftPlot()
        self.sums = QSpinBox()
        self.sums.setAccessibleName("Frames that are added up to one image")
        self.sums.setKeyboardTracking(False)
        self.sums.valueChanged.connect(self.sum_asked)
        label = QLabel("Add up")
        label.setBuddy(self.sums)
        self.sum_button = button("Apply", lambda: self.sum_chosen.emit(self.sums.value()))
        self.sum_text = words()
        layout = column(self)
        layout.addWidget(self.frame_time)
        layout.addLayout(row(label, self.sums, QLabel("frames to one image"), self.sum_button))
        layout.addWidget(self.sum_text)
        layout.addLayout(row(self.measure_button, self.progress, self.stop_button))
        layout.addWidget(self.text)
        layout.addWidget(self.align)
        layout.addWidget(self.plot, 1)

    def show_page(self, page: DriftPage) -> None:
        """The whole page, but for the curves."""
        show_in(self.frame_time, page.frame_time)
        for widget in (self.progress, self.stop_button):
            widget.setVisible(page.running)
        self.measure_button.setEnabled(not page.running)
        self.progress.setRange(0, 0 if page.share is None else FULL_RANGE)
        self.progress.setValue(round(FULL_RANGE * (page.share or 0)))
        say(self.text, page.text, page.role)
        self.align.setChecked(page.aligned)
        self.align.setEnabled(page.can_align or page.aligned)
        self.sums.blockSignals(True)
        self.sums.setRange(1, max(page.most_frames, 1))
        self.sums.setValue(page.sum_frames)
        self.sums.blockSignals(False)
        self.show_sum(page.sum_text, changed=False)

    def show_sum(self, text: str, *, changed: bool) -> None:
        """What the number in the box does; `changed`: it is not done yet."""
        say(self.sum_text, text)
        self.sum_button.setEnabled(changed)
