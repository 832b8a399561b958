"""Plots of a study: curves with their 95 % bands over numbers, or bars over words. Built once, then only given data.

A point is read out when the pointer is near, or by the arrow keys.
"""

from html import escape
from math import log10
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import study_curves, study_words
from segdepth_app.gui.evaluate.study_artists import MARK_PX, Artist, legend, looks_of
from segdepth_app.gui.evaluate.study_curves import Points
from segdepth_app.gui.widgets.elided import Elided
from segdepth_app.gui.widgets.log_axis import round_numbers

PLOT_HEIGHT_PX = 236
FEWEST_NUMBERS = 4
"""On a logarithmic axis."""
EDGE = 0.02
"""Room beyond both ends of y: marks there are whole."""
END_PX = 12
UPRIGHT_CHARACTERS = 24
"""A longer label of y takes two lines: the axis is no higher."""
REACH_PX = 28
"""How near the pointer must come to a point."""
CHARACTER_PX = 7
POINT_OUT = "Point at a value to read it, or use the arrow keys."


class StudyAxis(pg.AxisItem):
    """Plain, or logarithmic with round numbers at log10(x)."""

    is_log = False

    def boundingRect(self) -> QRectF:  # Qt's name
        """With room for the numbers at both ends, which reach a little beyond the axis."""
        # what lies outside is not written; pyqtgraph's own setting for this does nothing where there is a grid
        return super().boundingRect().adjusted(-END_PX, -END_PX, END_PX, END_PX)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # Qt's names
        """Positions of the numbers."""
        if not self.is_log:
            return super().tickValues(minVal, maxVal, size)
        return [(1.0, [log10(value) for value in round_numbers(minVal, maxVal, FEWEST_NUMBERS)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # Qt's name
        """The numbers themselves."""
        return (
            [study_curves.short(10**value) for value in values]
            if self.is_log
            else super().tickStrings(values, scale, spacing)
        )


class StudyPlot(QWidget):
    """Legend, plot and a line that reads a point out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.axis = StudyAxis("bottom")
        self.plot = pg.PlotWidget(axisItems={"bottom": self.axis, "left": StudyAxis("left")})
        self.plot.setFixedHeight(PLOT_HEIGHT_PX)
        self.plot.setMinimumWidth(160)
        self.plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.plot.setMouseEnabled(False, False)
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.getPlotItem().setContentsMargins(0, END_PX / 2, END_PX, 0)
        for side in ("left", "bottom"):
            # outward ticks: inward ones cut into the bars; and no "(x0.001)" beside a label
            self.plot.getAxis(side).setStyle(tickLength=4)
            self.plot.getAxis(side).enableAutoSIPrefix(False)
        self.plot.scene().sigMouseMoved.connect(self._on_pointer)
        self.ring = pg.ScatterPlotItem(size=MARK_PX + 8)
        self.readout = Elided()
        theme.set_role(self.readout, "muted")
        self.artists: list[Artist] = []
        self._record: dict[str, Any] | None = None
        self._drawn: list[Points] = []
        self._shifts: list[float] = []
        self._read: tuple[int, int] | None = None
        """Curve and position among its points that are read out."""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for widget in (self.legend, self.plot, self.readout):
            layout.addWidget(widget)
        self.plot.addItem(self.ring, ignoreBounds=True)
        self.ring.setZValue(10)

    def show_plot(self, record: dict[str, Any]) -> None:
        """A plot of a study's record."""
        self._record = record
        curves = record["curves"]
        words = study_curves.words_of(record)
        self.axis.is_log = bool(record["x"]["log"]) and not words
        self._drawn = [study_curves.points(curve, log=self.axis.is_log, words=words) for curve in curves]
        looks = looks_of(curves)
        while len(self.artists) < len(curves):
            self.artists.append(Artist(self.plot.getPlotItem()))
        width = 0.8 / max(len(curves), 1)
        self._shifts = [(n - (len(curves) - 1) / 2) * width if words else 0.0 for n in range(len(curves))]
        for number, (points, look) in enumerate(zip(self._drawn, looks, strict=True)):
            if words:
                self.artists[number].draw_bars(points, look, shift=self._shifts[number], width=width * 0.9)
            else:
                self.artists[number].draw_curve(points, look)
        for artist in self.artists[len(curves) :]:
            artist.clear()
        self._show_axes(record, words)
        has_intervals = any(points.has_intervals for points in self._drawn)
        self.legend.setText(legend(curves, looks, bars=bool(words), has_intervals=has_intervals))
        self.legend.setAccessibleName(f"Legend of {record['title']}")
        self.setAccessibleName(record["title"])
        self._read_out(None)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        if self._record is not None:
            self.show_plot(self._record)

    def _show_axes(self, record: dict[str, Any], words: list[str]) -> None:
        self.plot.setBackground(theme.colour("plot"))
        self.plot.showGrid(x=not words, y=True, alpha=0.12)
        for side in ("left", "bottom"):
            axis = self.plot.getAxis(side)
            axis.setPen(pg.mkPen(theme.colour("border"), width=1))
            axis.setTextPen(theme.colour("text"))
        label = study_curves.wrapped(record["y"]["label"], UPRIGHT_CHARACTERS, 2)
        self.plot.setLabel("left", escape(label).replace("\n", "<br>"))
        self.plot.setLabel("bottom", escape(record["x"]["label"]))
        for side in ("left", "bottom"):
            # another label does not move by itself, only with another size
            self.plot.getAxis(side).resizeEvent()
        self.plot.setXRange(*study_curves.x_range(self._drawn, len(words), log=self.axis.is_log), padding=0)
        self.plot.setYRange(*study_curves.y_range(record, self._drawn, from_zero=bool(words)), padding=EDGE)
        self._show_words(words)

    def _show_words(self, words: list[str]) -> None:
        room = max(int((self.plot.width() - 70) / max(len(words), 1) / CHARACTER_PX), 3)
        ticks = [(number, study_curves.wrapped(word, room)) for number, word in enumerate(words)]
        self.axis.setTicks([ticks] if words else None)

    # the readout

    def read_at(self, position: QPointF) -> None:
        """Reads the point nearest to a place of the plot's scene, if one is near."""
        view = self.plot.getViewBox()
        nearest, least = None, float(REACH_PX)
        for number, points in enumerate(self._drawn):
            for place in range(len(points.x)):
                at = view.mapViewToScene(QPointF(points.x[place] + self._shifts[number], points.y[place]))
                away = ((at.x() - position.x()) ** 2 + (at.y() - position.y()) ** 2) ** 0.5
                if away < least:
                    nearest, least = (number, place), away
        self._read_out(nearest)

    def _on_pointer(self, position: QPointF) -> None:
        self.read_at(position)

    def leaveEvent(self, event: QEvent) -> None:  # Qt's name
        """The pointer is gone."""
        super().leaveEvent(event)
        self._read_out(None)

    def focusInEvent(self, event: QFocusEvent) -> None:  # Qt's name
        """Shows where the arrow keys begin."""
        super().focusInEvent(event)
        if self._read is None and event.reason() is not Qt.FocusReason.MouseFocusReason:
            self._read_out(next(((n, 0) for n, points in enumerate(self._drawn) if len(points.x)), None))

    def focusOutEvent(self, event: QFocusEvent) -> None:  # Qt's name
        """The keys go elsewhere."""
        super().focusOutEvent(event)
        self._read_out(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # Qt's name
        """Left and right go along a curve, up and down to another one."""
        key = Qt.Key(event.key())
        along = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(key, 0)
        across = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key, 0)
        there = [number for number, points in enumerate(self._drawn) if len(points.x)]
        if not there or not (along or across):
            super().keyPressEvent(event)
            return
        curve, place = self._read or (there[0], -along)
        curve = there[(there.index(curve) + across) % len(there)]
        last = len(self._drawn[curve].x) - 1
        self._read_out((curve, min(max(place + along, 0), last)))

    def _read_out(self, found: tuple[int, int] | None) -> None:
        self._read = found
        if found is None or self._record is None:
            self.ring.setData([], [])
            self.readout.setText(POINT_OUT)
            return
        curve, place = found
        points = self._drawn[curve]
        self.ring.setData([points.x[place] + self._shifts[curve]], [points.y[place]])
        self.ring.setBrush(None)
        self.ring.setPen(pg.mkPen(theme.colour("crosshair"), width=2))
        text = study_words.point_text(self._record, self._record["curves"][curve], int(points.index[place]))
        self.readout.setText(text)
        self.readout.setToolTip(text)
        self.setAccessibleDescription(text)

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Words along x have more room, or less."""
        super().resizeEvent(event)
        if self._record is not None and (words := study_curves.words_of(self._record)):
            self._show_words(words)


class PlotCard(QFrame):
    """A framed plot under its title."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, "card")
        self.title = QLabel()
        self.title.setWordWrap(True)
        theme.set_role(self.title, "heading")
        self.plot = StudyPlot()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACING_PX] * 4)
        layout.setSpacing(4)
        layout.addWidget(self.title)
        layout.addWidget(self.plot, 1)

    def show_plot(self, record: dict[str, Any]) -> None:
        """A plot of a study's record."""
        self.title.setText(record["title"])
        self.plot.show_plot(record)
