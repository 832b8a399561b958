"""Plots of the Evaluate tab: reliability, precision and recall, bars by group. Built once, then only given data."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QSizePolicy, QWidget

from segdepth_app.evaluation.records import precision_recall
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.groups import Bars

HISTOGRAM_PX = 64
"""Height of the histogram of confidence, with its axis."""


class Plot(pg.GraphicsLayoutWidget):
    """A small plot without mouse zoom, in the colours of the theme."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setMinimumSize(200, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        # a picture: nothing in it can be moved or typed
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.ci.layout.setContentsMargins(0, 4, 8, 0)
        self.ci.layout.setSpacing(2)

    def sizeHint(self) -> QSize:
        """Small: a graphics view's own hint would push the cards out of the window."""
        return self.minimumSize()

    def add(self, row: int, **options: object) -> pg.PlotItem:
        """One plot in the layout; it stands still."""
        plot = self.addPlot(row=row, col=0, **options)
        plot.setMouseEnabled(False, False)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        for side in ("left", "bottom"):
            # outward ticks: inward ones cut into the bars; and no "(x0.001)" beside a label
            plot.getAxis(side).setStyle(tickLength=4)
            plot.getAxis(side).enableAutoSIPrefix(False)
        return plot

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.setBackground(theme.colour("surface"))
        for plot in (item for item in self.ci.items if isinstance(item, pg.PlotItem)):
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(theme.colour("border"))
                axis.setTextPen(theme.colour("text"))


class ReliabilityPlot(Plot):
    """Accuracy against confidence before and after temperature; below, how often each confidence occurs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Reliability diagram", parent)
        self.setMinimumSize(240, 220)
        self.diagram = self.add(0)
        self.diagram.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.03)
        self.diagram.setLabel("left", "accuracy")
        self.diagram.getAxis("bottom").setStyle(showValues=False)
        self.histogram = self.add(1)
        self.histogram.setLabel("bottom", "confidence")
        self.histogram.getAxis("left").setStyle(showValues=False, tickLength=0)
        self.histogram.setMaximumHeight(HISTOGRAM_PX)
        self.histogram.setXRange(0, 1, padding=0.03)
        for plot in (self.diagram, self.histogram):
            plot.getAxis("left").setWidth(46)
        self.perfect = self.diagram.plot([0, 1], [0, 1])
        self.before = self.diagram.plot(symbol="o", symbolSize=6)
        self.after = self.diagram.plot(symbol="s", symbolSize=6)
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.05)
        self.histogram.addItem(self.bars)
        self.restyle()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        super().restyle()
        self.perfect.setPen(pg.mkPen(theme.colour("muted"), style=Qt.PenStyle.DashLine))
        for curve, name in ((self.before, "crosshair"), (self.after, "accent")):
            curve.setPen(theme.colour(name))
            curve.setSymbolBrush(theme.colour(name))
            curve.setSymbolPen(None)
        self.bars.setOpts(brush=theme.colour("accent"), pen=None)

    def show_table(self, table: np.ndarray, edges: np.ndarray, *, before: bool = True, after: bool = True) -> None:
        """Table (before/after, calls/summed confidence/right calls, bins), the bins' edges, and which curves to draw.

        The histogram is that after temperature, unless only the one before is drawn.
        """
        for curve, shown, (n, confidence, right) in zip((self.before, self.after), (before, after), table, strict=True):
            used = n > 0
            curve.setData(confidence[used] / n[used], right[used] / n[used])
            curve.setVisible(shown)
        n = table[1 if after or not before else 0, 0]
        shares = n / max(n.sum(), 1)
        self.bars.setOpts(x=(edges[:-1] + edges[1:]) / 2, height=shares, width=float(edges[1] - edges[0]) * 0.9)
        self.histogram.setYRange(0, max(float(shares.max()), 1e-9), padding=0)


class PrecisionRecallPlot(Plot):
    """Precision against recall of P(n > 0); the dotted line is what calling everything occupied would reach."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Precision against recall", parent)
        self.setMinimumSize(240, 220)
        self.plot = self.add(0)
        self.plot.setRange(xRange=(0, 1), yRange=(0, 1), padding=0.03)
        self.plot.setLabel("left", "precision")
        self.plot.setLabel("bottom", "recall")
        self.plot.getAxis("left").setWidth(46)
        self.curve = self.plot.plot()
        self.chance = pg.InfiniteLine(angle=0)
        self.plot.addItem(self.chance)
        self.restyle()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        super().restyle()
        self.curve.setPen(theme.colour("accent"))
        self.chance.setPen(pg.mkPen(theme.colour("muted"), style=Qt.PenStyle.DotLine))

    def show_presence(self, presence: np.ndarray | None, edges: np.ndarray | None) -> None:
        """Counts (bins, empty/occupied) by P(n > 0), with edges where the bins are not even; None: nothing."""
        if presence is None:
            self.curve.setData([], [])
            self.chance.setVisible(False)
            return
        points = precision_recall(presence, edges)
        self.curve.setData(points.recall, points.precision)
        total = presence.sum()
        self.chance.setVisible(bool(total))
        if total:
            self.chance.setValue(float(presence[:, 1].sum() / total))


class BarPlot(Plot):
    """Shares from 0 to 1 by group; several series stand side by side, or on each other."""

    MOST_SERIES = 3

    def __init__(self, name: str, *, stacked: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.stacked = stacked
        self.plot = self.add(0)
        self.plot.setYRange(0, 1, padding=0.0)
        self.plot.getAxis("left").setWidth(32)
        self.items = [pg.BarGraphItem(x=[], height=[], width=0.5) for _ in range(self.MOST_SERIES)]
        for item in self.items:
            self.plot.addItem(item)
        self.line = pg.InfiniteLine(angle=0)
        self.line.setVisible(False)
        self.plot.addItem(self.line)
        self.restyle()

    @staticmethod
    def colours() -> tuple[str, str, str]:
        """Of the series, in order."""
        return theme.colour("accent"), theme.colour("crosshair"), theme.colour("border")

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        super().restyle()
        for item, colour in zip(self.items, self.colours(), strict=True):
            item.setOpts(brush=colour, pen=None)
        self.line.setPen(pg.mkPen(theme.colour("text"), style=Qt.PenStyle.DotLine))

    def legend(self, bars: Bars) -> str:
        """Which colour is which series, as rich text."""
        return " ".join(f"{patch(colour)} {name}" for name, colour in zip(bars.series, self.colours(), strict=False))

    def show_bars(self, bars: Bars, line: float | None = None) -> None:
        """The heights, and a dotted line at `line`."""
        positions, n = np.arange(len(bars.labels)), max(len(bars.series), 1)
        base = np.zeros(len(positions))
        width = 0.8 if self.stacked else 0.8 / n
        shown = list(bars.series.values())[: self.MOST_SERIES]
        for number, item in enumerate(self.items):
            if number >= len(shown):
                item.setOpts(x=[], height=[], y0=0, width=width)
                continue
            heights = np.array([value or 0.0 for value in shown[number]])
            shift = 0 if self.stacked else (number - (n - 1) / 2) * width
            item.setOpts(x=positions + shift, height=heights, y0=base.copy(), width=width * 0.95)
            if self.stacked:
                base += heights
        ticks = list(zip(positions.tolist(), bars.labels, strict=True))
        self.plot.getAxis("bottom").setTicks([ticks])
        self.plot.setLabel("bottom", bars.axis)
        self.plot.setXRange(-0.6, max(len(positions), 1) - 0.4, padding=0)
        self.line.setVisible(line is not None)
        if line is not None:
            self.line.setValue(line)
        self.setToolTip(
            "\n".join(f"{label}: {count:,} columns" for label, count in zip(bars.labels, bars.counts, strict=True))
        )


def patch(colour: str) -> str:
    """A square of a colour, as rich text."""
    return f'<span style="color: {colour}">■</span>'
