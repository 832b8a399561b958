"""Live curves of training runs: loss on a logarithmic axis, accuracies, learning rate.

Every curve is one PlotDataItem made once; new points arrive by setData, at most ten times a second. Pens
are one pixel wide and opaque (wider ones are many times slower). Loaded with the tab: imports pyqtgraph.
"""

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.train.roster import Curve
from segdepth_app.gui.widgets.log_axis import LogAxis

MAX_RUNS = 4
"""More runs over each other cannot be told apart."""
AXIS_WIDTH_PX = 84
REDRAW_MS = 100
RECENT_EPOCHS = 30
SPANS = {"All epochs": None, f"Last {RECENT_EPOCHS} epochs": RECENT_EPOCHS}
"""What of the curves is shown."""

PANELS = (
    ("loss", "Loss", ("train_loss", "val_loss")),
    ("accuracy", "Accuracy", ("centre_accuracy", "column_accuracy")),
    ("learning_rate", "Learning<br>rate", ("learning_rate",)),
)
PALE = {"train_loss", "column_accuracy"}
"""The second curve of a panel: the run's colour, nearer to the background."""


HEADROOM = 1.15
"""Share of the highest learning rate that its axis reaches to."""
FEWEST_EPOCHS = 2
"""The axis of a run that has just begun ends here."""
EDGE = 0.02


class EpochAxis(pg.AxisItem):
    """Whole numbers only: there is no epoch 0.5."""

    def tickSpacing(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, float]]:  # Qt's names
        """(distance, offset) of each level of ticks."""
        return [level for level in super().tickSpacing(minVal, maxVal, size) if level[0] >= 1] or [(1.0, 0.0)]


class Curves(QWidget):
    """Three plots with one epoch axis; up to MAX_RUNS runs over each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Curve] = []
        self._plots: dict[str, pg.PlotWidget] = {}
        self._items: dict[tuple[int, str], pg.PlotDataItem] = {}
        self.legend = Legend()
        self.span = QComboBox()
        self.span.setAccessibleName("Epochs shown")
        for name, epochs in SPANS.items():
            self.span.addItem(name, epochs)
        self.span.currentIndexChanged.connect(lambda _: self._show_span())
        grid = QGridLayout()
        grid.setSpacing(8)
        for row, (name, title, keys) in enumerate(PANELS):
            plot = self._make_plot(name, title)
            for slot in range(MAX_RUNS):
                for key in keys:
                    item = pg.PlotDataItem(autoDownsample=True, downsampleMethod="peak", clipToView=True)
                    plot.addItem(item)
                    self._items[slot, key] = item
            grid.addWidget(plot, row, 0)
            grid.setRowStretch(row, 5 if name == "loss" else 3 if name == "accuracy" else 2)
        self._plots["learning_rate"].setLabel("bottom", "epoch")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(self.legend, 1)
        head.addWidget(self.span)
        layout.addLayout(head)
        layout.addLayout(grid, 1)
        self._timer = QTimer(self, interval=REDRAW_MS, singleShot=True)
        self._timer.timeout.connect(self._draw)
        self.restyle()

    def _make_plot(self, name: str, title: str) -> pg.PlotWidget:
        axes = {"bottom": EpochAxis("bottom")} | ({"left": LogAxis("left")} if name == "loss" else {})
        plot = pg.PlotWidget(self, axisItems=axes)
        plot.setAccessibleName(f"{title.replace('<br>', ' ')} by epoch")
        plot.setLabel("left", title)
        plot.getAxis("left").setWidth(AXIS_WIDTH_PX)
        plot.getAxis("left").enableAutoSIPrefix(False)
        is_lowest = name == PANELS[-1][0]
        plot.getAxis("bottom").setStyle(showValues=is_lowest)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.15)
        plot.setMinimumHeight(110 if is_lowest else 80)
        plot.setLogMode(y=name == "loss")
        plot.setLimits(xMin=0)
        if name == "accuracy":
            plot.setLimits(yMin=-EDGE, yMax=1 + EDGE)
            plot.setYRange(0, 1, padding=EDGE)
        elif name == "learning_rate":
            plot.setLimits(yMin=0)
        if self._plots:
            plot.setXLink(self._plots["loss"])
        self._plots[name] = plot
        return plot

    def show_runs(self, runs: list[Curve]) -> None:
        """Draws these runs soon; calls in between replace each other."""
        self._shown = runs[:MAX_RUNS]
        if not self._timer.isActive():
            self._timer.start()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        for plot in self._plots.values():
            style_plot(plot)
        for (slot, key), item in self._items.items():
            colour = run_colour(slot, pale=key in PALE)
            item.setPen(pg.mkPen(colour, width=1))
            item.setSymbolPen(None)
            item.setSymbolBrush(colour)
        self._label()

    def _draw(self) -> None:
        for (slot, key), item in self._items.items():
            run = self._shown[slot] if slot < len(self._shown) else None
            x, y = points(run, key) if run is not None else (np.empty(0), np.empty(0))
            # a single point draws no line: show it as a dot
            item.setSymbol("o" if len(x) == 1 else None)
            item.setSymbolSize(5)
            item.setData(x, y)
        self._show_span()
        self._label()

    def _show_span(self) -> None:
        """All epochs, or the last few of the run that is farthest; losses fill the height in both."""
        span = self.span.currentData()
        end = max((float(run.epochs[-1]) for run in self._shown if len(run.epochs)), default=0.0)
        start = 0.0 if span is None else max(end - span + 1, 0.0)
        plot = self._plots["loss"]
        plot.setAutoVisible(y=span is not None)
        plot.setXRange(start, max(end, FEWEST_EPOCHS), padding=EDGE)
        plot.enableAutoRange(y=True)
        # pyqtgraph would lay a constant in the middle of an axis that goes below zero
        self._plots["learning_rate"].setYRange(0, HEADROOM * self._highest("learning_rate", start), padding=0)

    def _highest(self, key: str, start: float) -> float:
        """Of all runs shown, from an epoch on; 1 where there is nothing above 0."""
        found = [y[x >= start] for x, y in (points(run, key) for run in self._shown)]
        return max((float(y.max()) for y in found if len(y)), default=0.0) or 1.0

    def _label(self) -> None:
        self.legend.show_entries(
            [
                (run.name, run_colour(slot).name(), run_colour(slot, pale=True).name())
                for slot, run in enumerate(self._shown)
            ]
        )


RUN_COLOURS = {  # (validation, training) of each run; light look, dark look
    False: (("#1f6fd0", "#8fb7e8"), ("#b3400e", "#d9a086"), ("#009e73", "#80ceb9"), ("#4b1560", "#a58ab0")),
    True: (("#4f9df0", "#386493"), ("#ffb000", "#986e0f"), ("#7be0c0", "#508978"), ("#e86fb0", "#8c4b70")),
}
"""Apart for the three common kinds of colour blindness too (tested); the legend has them in the list's order."""


def run_colour(slot: int, *, pale: bool = False) -> QColor:
    """Colour of the run in a slot; pale for its second curve."""
    return QColor(RUN_COLOURS[theme.is_dark()][slot][int(pale)])


def style_plot(plot: pg.PlotWidget) -> None:
    """Background and axes in the theme's colours."""
    plot.setBackground(theme.colour("plot"))
    for side in ("left", "bottom"):
        axis = plot.getAxis(side)
        axis.setPen(pg.mkPen(theme.colour("border"), width=1))
        axis.setTextPen(theme.colour("text"))


def points(run: Curve, key: str) -> tuple[np.ndarray, np.ndarray]:
    """The finite points of a series; of losses, which have a logarithmic axis, only the positive ones."""
    y = run.series.get(key)
    if y is None:
        return np.empty(0), np.empty(0)
    good = np.isfinite(y)
    if key in ("train_loss", "val_loss"):
        good &= y > 0
    return run.epochs[good].astype(float), y[good].astype(float)


class Legend(QLabel):
    """Which run has which colour, and which curve is the pale one."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setAccessibleName("Legend of the curves")

    def show_entries(self, entries: list[tuple[str, str, str]]) -> None:
        """(run, strong colour, pale colour) each."""
        runs = [
            f"<span style='color:{strong}'>━━</span><span style='color:{pale}'>━━</span>&nbsp;<b>{escape(run)}</b>"
            for run, strong, pale in entries
        ]
        meaning = (
            f"<span style='color:{theme.colour('muted')}'>strong: validation, centre; pale: training, column</span>"
        )
        self.setText(" &nbsp; ".join([*runs, meaning]) if runs else "")
