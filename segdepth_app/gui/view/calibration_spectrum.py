"""The power spectrum of a series with the reflections that were found and those of the fitted net."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.calibration_lattice import FoundLattice, Reflection, angle_text, families, family

FOUND, FITTED = "#ffb02e", "#4cc3ff"
"""On the dark spectrum, in both looks; rings and crosses are told apart by their shape as well."""
ROOM = 1.35
"""How much further than the outermost reflection is shown."""
WHOLE = 0.5
MARK_PX = 15


class SpectrumView(QWidget):
    """Rings: reflections found; crosses: where the fitted net has them; a line: [001]."""

    def __init__(self) -> None:
        super().__init__()
        self.plot = pg.GraphicsLayoutWidget()
        self.plot.setAccessibleName("Power spectrum")
        self.plot.setMinimumSize(240, 220)
        # pyqtgraph asks for 640 × 480
        self.plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.plot.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.plot.setBackground("#000000")
        self.view = self.plot.addViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.image = pg.ImageItem(axisOrder="row-major")
        self.axis = pg.PlotDataItem(pen=pg.mkPen(FITTED, width=1, style=Qt.PenStyle.DashLine))
        self.found = pg.ScatterPlotItem(size=MARK_PX, symbol="o", brush=None, pen=pg.mkPen(FOUND, width=2))
        self.fitted = pg.ScatterPlotItem(size=MARK_PX - 4, symbol="+", brush=FITTED, pen=pg.mkPen(FITTED, width=1))
        for depth, item in enumerate((self.image, self.axis, self.found, self.fitted)):
            item.setZValue(depth)
            self.view.addItem(item)
        self.labels: list[pg.TextItem] = []
        self.legend = QLabel()
        theme.set_role(self.legend, "muted")
        self.legend.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        self.show_fit(None)

    def show_fit(self, fit: FoundLattice | None) -> None:
        """A fit with its spectrum; None for nothing yet."""
        power = fit.power if fit else None
        spots = fit.spots if fit else ()
        self.image.setVisible(power is not None)
        if fit is not None and power is not None:
            self.image.setImage(power, autoLevels=False, levels=(0, 255))
            self.image.setRect(self._place(power.shape, fit.power_step or 1 / max(power.shape)))
        # a spectrum of real values is the same at −g: the child tells one of each pair
        both = [(spot, sign) for spot in spots for sign in (1, -1)]
        self.found.setData([s * spot.u for spot, s in both], [s * spot.v for spot, s in both])
        self.fitted.setData([s * spot.u_fit for spot, s in both], [s * spot.v_fit for spot, s in both])
        self._show_axis(fit)
        self._show_labels(fit)
        self._zoom(fit)
        self.legend.setText("○ found   + fitted   ┄ [001]" if spots else "")
        said = f"Reflections {families(fit)}" if fit and spots else "No reflections"
        self.plot.setAccessibleDescription(f"{said}. {fit.reason if fit else ''}".strip())

    def _place(self, shape: tuple[int, ...], step: float) -> QRectF:
        """Where the map lies, in cycles per pixel: the centre of its point [n // 2, n // 2] is at 0."""
        height, width = shape
        return QRectF(-(width // 2 + 0.5) * step, -(height // 2 + 0.5) * step, width * step, height * step)

    def _show_axis(self, fit: FoundLattice | None) -> None:
        if fit is None or fit.rotation_deg is None:
            self.axis.setData([], [])
            return
        angle, reach = np.radians(fit.rotation_deg), self._reach(fit)
        ends = np.array([-reach, reach])
        self.axis.setData(ends * np.cos(angle), -ends * np.sin(angle))  # v is down, the angle is as seen

    def _show_labels(self, fit: FoundLattice | None) -> None:
        for label in self.labels:
            self.view.removeItem(label)
        self.labels = []
        for spot in fit.spots if fit else ():
            label = pg.TextItem(family(spot.hkl), color="#ffffff", anchor=(-0.25, 1.1), fill=pg.mkBrush(0, 0, 0, 150))
            label.setFont(QFont(self.font().family(), max(self.font().pointSize() - 2, 7)))
            label.setPos(spot.u, spot.v)
            label.setZValue(9)
            label.setToolTip(f"{spot.hkl}: {spot.strength:.3g} times the background; fitted at {_where(spot)}")
            self.view.addItem(label, ignoreBounds=True)
            self.labels.append(label)

    def _reach(self, fit: FoundLattice | None) -> float:
        """Half the width of what is shown, cycles per pixel."""
        spots = fit.spots if fit else ()
        return min(max((ROOM * max(abs(spot.u), abs(spot.v)) for spot in spots), default=WHOLE), WHOLE)

    def _zoom(self, fit: FoundLattice | None) -> None:
        reach = self._reach(fit)
        self.view.setRange(xRange=(-reach, reach), yRange=(-reach, reach), padding=0)


def _where(spot: Reflection) -> str:
    u, v = spot.u_fit, spot.v_fit
    return f"{np.hypot(u, v):.4g} cycles/px, {angle_text(float(np.degrees(np.arctan2(-v, u))))}"
