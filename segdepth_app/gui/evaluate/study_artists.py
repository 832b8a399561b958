"""How one curve or set of bars of a study's plot is drawn.

A model's curve is whole with filled marks, the paper's broken with hollow ones, a bound dotted without marks. Marks
differ as colours do, so that colour never stands alone.
"""

from html import escape
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainterPath
from PySide6.QtWidgets import QGraphicsPathItem

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.study_curves import Points

COLOURS = {
    False: ("#1a5fb4", "#a83a08", "#009e73", "#4b1560", "#8a6100", "#c2307e", "#0b7285", "#5c6570"),
    True: ("#4f9df0", "#ffb000", "#7be0c0", "#e86fb0", "#f0764a", "#b9a1ff", "#e5e06a", "#aeb6bd"),
}
"""Light look, dark look: apart for the three common kinds of colour blindness, or else in lightness."""
MARKS = (("o", "●", "○"), ("s", "■", "□"), ("t1", "▲", "△"), ("d", "◆", "◇"), ("t", "▼", "▽"), ("star", "★", "☆"))
"""pyqtgraph's name, and the sign in the legend: filled, hollow."""
MARK_PX = 8


class Artist:
    """The items of one curve or one set of bars in a plot; used again for whatever is shown next."""

    def __init__(self, plot: pg.PlotItem) -> None:
        self.band = QGraphicsPathItem()
        self.line = pg.PlotDataItem()
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.5)
        self.errors = pg.ErrorBarItem(x=np.empty(0), y=np.empty(0), beam=0.0)
        for item in (self.band, self.bars, self.errors, self.line):
            plot.addItem(item, ignoreBounds=True)
        self.clear()

    def clear(self) -> None:
        """Shows nothing."""
        for item in (self.band, self.line, self.bars, self.errors):
            item.setVisible(False)

    def draw_curve(self, points: Points, look: "Look") -> None:
        """Points, joined, over their band."""
        self.clear()
        # a pen of two pixels is slow for thousands of points; here are a dozen
        pen = pg.mkPen(look.colour, width=2, style=look.line)
        self.line.setData(
            points.x,
            points.y,
            connect=points.joined,
            pen=pen,
            symbol=look.mark,
            symbolSize=MARK_PX,
            symbolPen=pg.mkPen(look.colour, width=1.5),
            symbolBrush=look.fill,
        )
        self.line.setVisible(True)
        if points.has_intervals:
            faint = QColor(look.colour)
            faint.setAlpha(56)
            self.band.setPath(band_path(points))
            self.band.setBrush(faint)
            # a band without width, at a lone point, is a line
            self.band.setPen(pg.mkPen(faint, width=2))
            self.band.setVisible(True)

    def draw_bars(self, points: Points, look: "Look", *, shift: float, width: float) -> None:
        """A bar for each point, with its interval."""
        self.clear()
        x = points.x + shift
        outline = pg.mkPen(look.colour, width=1.5, style=look.line)
        self.bars.setOpts(x=x, height=points.y, width=width, y0=np.zeros(len(x)), brush=look.fill, pen=outline)
        self.bars.setVisible(True)
        if points.has_intervals:
            top, bottom = points.high - points.y, points.y - points.low
            pen = pg.mkPen(theme.colour("text"), width=1)
            self.errors.setData(x=x, y=points.y, top=top, bottom=bottom, beam=width * 0.3, pen=pen)
            self.errors.setVisible(True)


class Look:
    """How a curve of a role is drawn: the number counts within the role, `alone` is the only one of it."""

    def __init__(self, role: str, number: int, *, alone: bool) -> None:
        neutral = {"paper": "text", "bound": "muted"}.get(role)
        palette = COLOURS[theme.is_dark()]
        self.role = role
        self.colour = theme.colour(neutral) if neutral and alone else palette[number % len(palette)]
        styles = {"paper": Qt.PenStyle.DashLine, "bound": Qt.PenStyle.DotLine}
        self.line = styles.get(role, Qt.PenStyle.SolidLine)
        mark, filled, hollow = MARKS[number % len(MARKS)]
        self.mark: str | None = mark
        self.fill: QColor | None = QColor(self.colour) if role == "model" else QColor(theme.colour("plot"))
        self.sign, self.patch = (f"━{filled}━", "■") if role == "model" else (f"╌{hollow}╌", "□")
        """In the legend, of curves and of bars."""
        if role == "bound":
            self.mark, self.sign, self.patch = None, "┄┄┄", "⬚"


def looks_of(curves: list[dict[str, Any]]) -> list[Look]:
    """The look of every curve."""
    roles = [curve["role"] for curve in curves]
    return [Look(role, roles[:number].count(role), alone=roles.count(role) == 1) for number, role in enumerate(roles)]


def legend(curves: list[dict[str, Any]], looks: list[Look], *, bars: bool, has_intervals: bool) -> str:
    """Sign and name of each, which break only between each other unless they are long."""
    entries = []
    for curve, look in zip(curves, looks, strict=True):
        name = escape(curve["label"])
        name = name.replace(" ", "&nbsp;").replace("-", "&#8209;") if len(curve["label"]) < 36 else name
        entries.append(f"<span style='color:{look.colour}'>{look.patch if bars else look.sign}</span>&nbsp;{name}")
    if has_intervals:
        what = "error bars" if bars else "bands"
        entries.append(f"<span style='color:{theme.colour('muted')}'>{what}:&nbsp;95&nbsp;%&nbsp;intervals</span>")
    return " &nbsp; ".join(entries)


def band_path(points: Points) -> QPainterPath:
    """The area between the ends of the intervals, in several pieces where there are gaps."""
    path = QPainterPath()
    for run in points.runs():
        ends = [(points.x[n], points.high[n]) for n in run] + [(points.x[n], points.low[n]) for n in reversed(run)]
        path.moveTo(*ends[0])
        for end in ends[1:]:
            path.lineTo(*end)
        path.closeSubpath()
    return path
