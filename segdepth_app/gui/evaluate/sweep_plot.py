"""A figure against the dose: one curve with its intervals for each evaluation, the paper's networks as points."""

from math import log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.plots import Plot
from segdepth_app.gui.evaluate.sweep import Curve, Point
from segdepth_app.gui.train.curves import MAX_RUNS, run_colour
from segdepth_app.gui.widgets.log_axis import LogAxis

MOST_CURVES = 8
SYMBOLS = ("o", "s")
"""Curves of the same colour differ in their symbol."""
ROOM = 0.15
"""Of a decade, left and right of the doses."""
ICON_PX = 14


class SweepPlot(Plot):
    """λ runs to the right, logarithmic."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Figure against dose", parent)
        self.setMinimumSize(280, 220)
        self.plot = self.add(0, axisItems={"bottom": LogAxis("bottom")})
        self.plot.setLabel("bottom", "dose λ, e/px")
        self.plot.getAxis("left").setWidth(56)
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.curves = [self.plot.plot(symbol=_symbol(slot), symbolSize=8) for slot in range(MOST_CURVES)]
        self.bars = [pg.ErrorBarItem(x=np.empty(0), y=np.empty(0), beam=0.02) for _ in range(MOST_CURVES)]
        for bar in self.bars:
            self.plot.addItem(bar)
        self.paper = pg.ScatterPlotItem(symbol="star", size=13)
        self.plot.addItem(self.paper)
        self.restyle()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        super().restyle()
        for slot, (curve, bar) in enumerate(zip(self.curves, self.bars, strict=True)):
            colour = run_colour(slot % MAX_RUNS)
            curve.setPen(colour)
            curve.setSymbolBrush(colour)
            curve.setSymbolPen(None)
            bar.setData(pen=pg.mkPen(colour))
        self.paper.setBrush(theme.colour("muted"))
        self.paper.setPen(None)

    def show_curves(self, curves: list[Curve], points: list[Point], label: str) -> None:
        """Up to MOST_CURVES curves in the order of their colours, and the paper's points."""
        for slot in range(MOST_CURVES):
            item = curves[slot] if slot < len(curves) else None
            x = np.log10(item.doses) if item else np.empty(0)
            y = np.array(item.values) if item else np.empty(0)
            self.curves[slot].setData(x, y)
            self._show_bars(slot, item, x, y)
        self.paper.setData([log10(point.dose) for point in points], [point.value for point in points])
        self.plot.setLabel("left", label)
        self._show_range(curves, points)

    def _show_bars(self, slot: int, item: Curve | None, x: np.ndarray, y: np.ndarray) -> None:
        # without an interval the bar has no length
        low = np.array([v if e is None else e for v, e in zip(item.values, item.low, strict=True)] if item else [])
        high = np.array([v if e is None else e for v, e in zip(item.values, item.high, strict=True)] if item else [])
        has_any = bool(item) and any(end is not None for end in item.low)  # type: ignore[union-attr]
        self.bars[slot].setVisible(has_any)
        if has_any:
            self.bars[slot].setData(x=x, y=y, bottom=y - low, top=high - y)

    def _show_range(self, curves: list[Curve], points: list[Point]) -> None:
        doses = [dose for item in curves for dose in item.doses] + [point.dose for point in points]
        values = [value for item in curves for value in item.values] + [point.value for point in points]
        values += [end for item in curves for end in (*item.low, *item.high) if end is not None]
        if not doses:
            return
        self.plot.setXRange(log10(min(doses)) - ROOM, log10(max(doses)) + ROOM, padding=0)
        low, high = min(values), max(values)
        margin = max((high - low) * 0.08, abs(high) * 0.02, 1e-4)
        # none of the figures can be below zero
        self.plot.setYRange(max(low - margin, 0), high + margin, padding=0)


def curve_icon(slot: int) -> QIcon:
    """The colour and symbol of the curve in a slot, for its line in the list."""
    picture = QPixmap(ICON_PX, ICON_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(run_colour(slot % MAX_RUNS)))
    area = picture.rect().adjusted(2, 2, -2, -2)
    if _symbol(slot) == "o":
        painter.drawEllipse(area)
    else:
        painter.drawRect(area)
    painter.end()
    return QIcon(picture)


def _symbol(slot: int) -> str:
    return SYMBOLS[slot // MAX_RUNS]
