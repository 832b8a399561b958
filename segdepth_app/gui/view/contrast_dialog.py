"""Contrast of the frames: a histogram with black and white to drag or to type; colours of the saliency below it."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.view.contrast_state import ContrastFacts, Histogram, SaliencyRange

SIZE_PX = (440, 400)
EVERY_MS = 33
N_STEPS = 200
"""Steps of the arrows of a number, from the darkest to the brightest value."""
SCALINGS = {"linear": "linear", "sqrt": "square root: faint parts are seen"}
FOUND = "found in {n} frames, the same for the whole series"
TYPED = "set by you, the same for the whole series"


class ContrastDialog(QDialog):
    """Tells of every change while it is made; shows what it is told."""

    levels_changed = Signal(float, float)
    """Black and white, at most 30 times a second."""
    saliency_changed = Signal(object)
    """SaliencyRange."""
    reset_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Contrast and colours")
        self.plot = self._make_plot()
        self.lines = {name: self._make_line(name) for name in ("black", "white")}
        self.numbers = {name: self._make_number(name) for name in ("black", "white")}
        self.source = QLabel()
        self.source.setWordWrap(True)
        theme.set_role(self.source, "muted")
        self.top = self._make_top()
        self.scaling = QComboBox()
        for name, text in SCALINGS.items():
            self.scaling.addItem(text, name)
        self.scaling.currentIndexChanged.connect(lambda _: self._tell_saliency())
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._tell_levels)
        self._waits = False
        self._lay_out()
        self.resize(*SIZE_PX)
        self.apply_palette()

    def show_facts(self, facts: ContrastFacts) -> None:
        """Everything, without telling anybody."""
        self._show_histogram(facts.histogram)
        span = (facts.high - facts.low) or 1.0
        if facts.histogram is not None:
            span = max(span, float(facts.histogram.edges[-1] - facts.histogram.edges[0]))
        decimals = int(np.clip(3 - np.floor(np.log10(span)), 0, 8))
        for name, value in (("black", facts.low), ("white", facts.high)):
            number = self.numbers[name]
            number.blockSignals(True)
            number.setDecimals(decimals)
            number.setSingleStep(span / N_STEPS)
            number.setValue(value)
            number.blockSignals(False)
            self._move_line(name, value)
        self.source.setText(TYPED if facts.typed else FOUND.format(n=facts.n_frames))
        for widget, set_value in (
            (self.top, lambda: self.top.setValue(facts.saliency.top or 0)),
            (self.scaling, lambda: self.scaling.setCurrentIndex(self.scaling.findData(facts.saliency.scaling))),
        ):
            widget.blockSignals(True)
            set_value()
            widget.blockSignals(False)

    def apply_palette(self) -> None:
        """Takes the colours of the present look."""
        self.plot.setBackground(theme.colour("plot"))
        text = theme.colour("text")
        axis = self.plot.getAxis("bottom")
        axis.setPen(theme.colour("border"))
        axis.setTextPen(text)
        self.bars.setOpts(brush=QColor(theme.colour("muted")), pen=pg.mkPen(None))
        for line in self.lines.values():
            line.setPen(pg.mkPen(theme.colour("accent"), width=2))
            line.setHoverPen(pg.mkPen(theme.colour("crosshair"), width=2))
            line.label.setColor(theme.colour("text"))

    def changeEvent(self, event: object) -> None:  # Qt's name
        """Another look."""
        super().changeEvent(event)  # type: ignore[arg-type]
        if event.type() == event.Type.PaletteChange and hasattr(self, "_timer"):  # type: ignore[attr-defined]
            self.apply_palette()

    def _make_plot(self) -> pg.PlotWidget:
        plot = pg.PlotWidget()
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setMouseEnabled(x=False, y=False)
        plot.hideAxis("left")
        plot.setAccessibleName("Histogram of the sampled frames, with lines for black and white")
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setMinimumSize(340, 130)
        self.bars = pg.BarGraphItem(x=[0.0], height=[0.0], width=1.0)
        plot.addItem(self.bars)
        return plot

    def _make_line(self, name: str) -> pg.InfiniteLine:
        options = {"position": 0.95, "movable": False}
        line = pg.InfiniteLine(angle=90, movable=True, label=name, labelOpts=options)
        line.sigPositionChanged.connect(lambda _: self._on_drag(name))
        self.plot.addItem(line)
        return line

    def _make_number(self, name: str) -> QDoubleSpinBox:
        number = QDoubleSpinBox()
        number.setRange(-1e12, 1e12)
        number.setKeyboardTracking(False)
        number.setAccessibleName(f"Value shown as {name}")
        number.valueChanged.connect(lambda value: self._on_number(name, value))
        return number

    def _make_top(self) -> QDoubleSpinBox:
        top = QDoubleSpinBox()
        top.setRange(0, 1e6)
        top.setDecimals(4)
        top.setKeyboardTracking(False)
        top.setSpecialValueText("highest of each map")
        top.setAccessibleName("Saliency shown in the lightest colour; 0: the highest of each map")
        top.valueChanged.connect(lambda _: self._tell_saliency())
        return top

    def _lay_out(self) -> None:
        heading, below = QLabel("Frames"), QLabel("Saliency")
        for label in (heading, below):
            theme.set_role(label, "heading")
        levels = QHBoxLayout()
        for name, number in self.numbers.items():
            label = QLabel(name.capitalize())
            label.setBuddy(number)
            levels.addWidget(label)
            levels.addWidget(number, 1)
        form = QFormLayout()
        form.addRow("Lightest colour", self.top)
        form.addRow("Scale", self.scaling)
        self.reset_button = QPushButton("Reset")
        self.reset_button.setToolTip("Contrast as it was found; colours from 0 to the highest value of each map")
        self.reset_button.clicked.connect(self.reset_wanted)
        close = QPushButton("Close")
        close.clicked.connect(self.close)
        close.setDefault(True)
        buttons = QHBoxLayout()
        buttons.addWidget(self.reset_button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.addWidget(heading)
        layout.addWidget(self.plot, 1)
        layout.addLayout(levels)
        layout.addWidget(self.source)
        layout.addWidget(below)
        layout.addLayout(form)
        layout.addLayout(buttons)

    def _show_histogram(self, histogram: Histogram | None) -> None:
        """Heights are roots of the numbers, so that rare values are seen beside the many of the vacuum."""
        if histogram is None:
            self.bars.setOpts(x=[0.0], height=[0.0], width=1.0)
            return
        edges = histogram.edges
        self.bars.setOpts(x=(edges[1:] + edges[:-1]) / 2, height=np.sqrt(histogram.counts), width=np.diff(edges))
        margin = 0.02 * float(edges[-1] - edges[0])
        self.plot.setXRange(float(edges[0]) - margin, float(edges[-1]) + margin, padding=0)
        self.plot.setYRange(0, 1.2 * float(np.sqrt(histogram.counts.max())) or 1.0, padding=0)

    def _on_drag(self, name: str) -> None:
        number = self.numbers[name]
        number.blockSignals(True)
        number.setValue(self.lines[name].value())
        number.blockSignals(False)
        self._ask_to_tell()

    def _on_number(self, name: str, value: float) -> None:
        self._move_line(name, value)
        self._ask_to_tell()

    def _move_line(self, name: str, value: float) -> None:
        line = self.lines[name]
        line.blockSignals(True)
        line.setValue(value)
        line.blockSignals(False)

    def _ask_to_tell(self) -> None:
        self._waits = True
        if not self._timer.isActive():
            self._tell_levels()

    def _tell_levels(self) -> None:
        if self._waits:
            self._waits = False
            self.source.setText(TYPED)
            low, high = (self.numbers[name].value() for name in ("black", "white"))
            if high > low:
                self.levels_changed.emit(low, high)
            else:
                self.source.setText("White must lie above black: nothing was changed.")
            self._timer.start()

    def _tell_saliency(self) -> None:
        self.saliency_changed.emit(SaliencyRange(self.top.value() or None, self.scaling.currentData()))
