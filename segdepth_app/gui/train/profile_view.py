"""The picture of the labels: label and weight against the distance from a column's centre. Imports pyqtgraph."""

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from segdepth_app.gui.train.curves import run_colour, style_plot
from segdepth_app.gui.train.profile import COUNT, Profile

AXIS_WIDTH_PX = 56
PLOT_HEIGHT_PX = 92
STYLES = (Qt.PenStyle.SolidLine, Qt.PenStyle.DashLine)


class ProfileView(QWidget):
    """Two small plots over one axis of distances; heavy and light columns differ in colour and in dash."""

    def __init__(self) -> None:
        super().__init__()
        self.legend = QLabel()
        self.legend.setTextFormat(Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.label_plot = self._make_plot("Label", COUNT)
        self.weight_plot = self._make_plot("Weight", 1)
        self.weight_plot.setLabel("bottom", "distance from the centre (pm)")
        self.weight_plot.setFixedHeight(PLOT_HEIGHT_PX + 30)
        self.label_plot.getAxis("bottom").setStyle(showValues=False)
        self.weight_plot.setXLink(self.label_plot)
        self._lines = [
            (self.label_plot.plot(pen=_pen(slot)), self.weight_plot.plot(pen=_pen(slot))) for slot in range(len(STYLES))
        ]
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        for widget in (self.legend, self.label_plot, self.weight_plot):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_profile(self, profile: Profile | None) -> None:
        """Draws it; None leaves the last valid one, greyed."""
        self.setEnabled(profile is not None)
        if profile is None:
            return
        names = []
        for slot, (line, (label, weight)) in enumerate(zip(profile.lines, self._lines, strict=True)):
            label.setData(profile.distances_pm, line.label.astype(float))
            weight.setData(profile.distances_pm, line.weight.astype(float))
            dash = "━━" if slot == 0 else "╍╍"
            names.append(f"<span style='color:{run_colour(slot).name()}'>{dash}</span>&nbsp;{line.name}")
        self.legend.setText(f"A column of {COUNT} atoms: " + " &nbsp; ".join(names))
        self.label_plot.setXRange(0, float(profile.distances_pm[-1]), padding=0)

    def _make_plot(self, title: str, top: float) -> pg.PlotWidget:
        plot = pg.PlotWidget(self)
        style_plot(plot)
        plot.setAccessibleName(f"{title} of a pixel by its distance from the column's centre")
        # the page scrolls under the wheel; there is nothing to zoom here
        plot.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        plot.setMenuEnabled(False)
        plot.hideButtons()
        plot.setLabel("left", title)
        plot.getAxis("left").setWidth(AXIS_WIDTH_PX)
        plot.getAxis("left").setTicks([[(value, f"{value:g}") for value in (0, top / 2, top)]])
        plot.setYRange(0, top, padding=0.14)
        plot.setFixedHeight(PLOT_HEIGHT_PX)
        plot.showGrid(x=True, y=True, alpha=0.15)
        return plot


def _pen(slot: int) -> object:
    return pg.mkPen(run_colour(slot), width=1, style=STYLES[slot])
