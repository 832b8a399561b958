"""Live curves of training runs: loss on a logarithmic axis, accuracies, learning rate.

Every curve is one PlotDataItem made once; new points arrive by setData, at most ten times a second. Pens
are one pixel wide and opaque (wider ones are many times slower). Loaded with the tab: imports pyqtgraph.
"""

from html import escape

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.train.roster import Curve

MAX_RUNS = 4
"""More runs over each other cannot be told apart."""
REDRAW_MS = 100

PANELS = (
    ("loss", "Loss", ("train_loss", "val_loss")),
    ("accuracy", "Accuracy", ("centre_accuracy", "column_accuracy")),
    ("learning_rate", "Learning rate", ("learning_rate",)),
)
PALE = {"train_loss", "column_accuracy"}
"""The second curve of a panel: the run's colour, nearer to the background."""


class Curves(QWidget):
    """Three plots with one epoch axis; up to MAX_RUNS runs over each other."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: list[Curve] = []
        self._plots: dict[str, pg.PlotWidget] = {}
        self._items: dict[tuple[int, str], pg.PlotDataItem] = {}
        self.legend = Legend()
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
        layout.addWidget(self.legend)
        layout.addLayout(grid, 1)
        self._timer = QTimer(self, interval=REDRAW_MS, singleShot=True)
        self._timer.timeout.connect(self._draw)
        self.restyle()

    def _make_plot(self, name: str, title: str) -> pg.PlotWidget:
        plot = pg.PlotWidget(self)
        plot.setAccessibleName(f"{title} by epoch")
        plot.setLabel("left", title)
        plot.getAxis("left").setWidth(64)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.showGrid(x=True, y=True, alpha=0.15)
        plot.setMinimumHeight(90)
        if name != "accuracy":
            plot.setLogMode(y=True)
        else:
            plot.setYRange(0, 1, padding=0.02)
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
        self._label()

    def _label(self) -> None:
        entries = []
        for slot, run in enumerate(self._shown):
            strong, pale = run_colour(slot).name(), run_colour(slot, pale=True).name()
            entries.append((run.name, strong, "validation, centre"))
            entries.append(("", pale, "training, column"))
        self.legend.show_entries(entries)


RUN_COLOURS = {  # (validation, training) of each run; light look, dark look
    False: (("#0b5fa5", "#7fb2dd"), ("#b3400e", "#e3a27f"), ("#1d6b3a", "#86c09b"), ("#7b2d8b", "#c79ad1")),
    True: (("#6db6ee", "#3a6d95"), ("#f59a62", "#94552e"), ("#74d29a", "#3c7a55"), ("#d797e4", "#7f4f8a")),
}


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
    """The finite points of a series; on logarithmic axes only the positive ones."""
    y = run.series.get(key)
    if y is None:
        return np.empty(0), np.empty(0)
    good = np.isfinite(y)
    if key not in ("centre_accuracy", "column_accuracy"):
        good &= y > 0
    return run.epochs[good].astype(float), y[good].astype(float)


class Legend(QWidget):
    """Coloured strokes with words: which run is which colour, and which curve is pale."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(12)
        self._label = QLabel()
        self._label.setTextFormat(Qt.TextFormat.RichText)
        self._label.setAccessibleName("Legend of the curves")
        self._row.addWidget(self._label, 1)

    def show_entries(self, entries: list[tuple[str, str, str]]) -> None:
        """(run, colour, what) each."""
        self._label.setText(
            " &nbsp; ".join(
                f"{'<b>' + escape(run) + '</b> ' if run else ''}<span style='color:{colour}'>━━</span> {escape(what)}"
                for run, colour, what in entries
            )
        )
