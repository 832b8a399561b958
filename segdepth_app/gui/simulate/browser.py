"""The dataset browser: one picture with its columns as dots, and the column table. Widgets only; imports pyqtgraph."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.simulate.column_table import TABLE_WIDTH_PX, ColumnTable
from segdepth_app.gui.simulate.columns import Columns
from segdepth_app.gui.widgets.class_legend import ClassLegend
from segdepth_app.gui.widgets.dose_field import DoseField
from segdepth_app.gui.widgets.image_pane import ImagePane
from segdepth_app.gui.widgets.image_stepper import ImageStepper

PICTURES = {
    "clean": ("Clean image", "grey"),
    "noisy": ("With noise", "grey"),
    "depth": ("Atoms per column", "labels"),
    "weight": ("Weight in training", "heat"),
}
DOT_PX = 8


class BrowserView(QWidget):
    """Shows what the presenter gives it."""

    specimen_chosen = Signal(int)
    image_chosen = Signal(int)
    picture_chosen = Signal(str)
    dose_typed = Signal(str)
    pixel_picked = Signal(float, float)
    column_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: Columns | None = None
        self._shown = "clean"
        self.specimen = QSpinBox()
        self.specimen.setAccessibleName("Specimen")
        self.specimen.setKeyboardTracking(False)
        self.specimen.valueChanged.connect(lambda value: self.specimen_chosen.emit(value - 1))
        self.about = _words("")
        self.export = QPushButton("Export…")
        self.export.setToolTip("Writes a TIFF stack, a CSV of columns and a card per specimen into a new folder")
        self.exported = _words("")
        self.picture = QComboBox()
        self.picture.setAccessibleName("Picture")
        for name, (title, _) in PICTURES.items():
            self.picture.addItem(title, name)
        self.picture.currentIndexChanged.connect(self._on_picture)
        self.dose = DoseField()
        self.dose.typed.connect(self.dose_typed)
        self.dose.hide()
        self.status = _words("muted")
        self.problem = _words("bad")
        self.pane = ImagePane("Clean image")
        self.pane.plot.setMinimumSize(200, 160)
        self.pane.pixel_clicked.connect(lambda x, y, _: self.pixel_picked.emit(float(x), float(y)))
        self.dots = pg.ScatterPlotItem(pxMode=True, size=DOT_PX, pen=pg.mkPen(225, 225, 225))
        self.dots.setZValue(5)
        self.pane.view.addItem(self.dots)
        self.show_dots = QCheckBox("Show columns")
        self.show_dots.setChecked(True)
        self.show_dots.toggled.connect(self._show_or_hide_dots)
        self.stepper = ImageStepper()
        self.stepper.stepped.connect(self.image_chosen)
        self.stepper.take_keys_of(self.pane)
        self.optics = _words("muted")
        self.column = _words("")
        self.table = ColumnTable()
        self.table.column_chosen.connect(self.column_chosen)
        self.legend = ClassLegend(vertical=False)
        self._lay_out()
        self.show_problem("")
        self.show_exported("", "")

    def clear(self) -> None:
        """Another dataset: no picture, no columns."""
        self.pane.clear()
        self.dots.clear()
        self.show_problem("")
        self.show_exported("", "")

    def set_specimens(self, n: int) -> None:
        """How many there are; shows the first."""
        self.specimen.blockSignals(True)
        self.specimen.setRange(1, max(n, 1))
        self.specimen.setValue(1)
        self.specimen.setSuffix(f" of {n}")
        self.specimen.blockSignals(False)

    def show_specimen(self, about: str) -> None:
        """What the specimen is."""
        self.about.setText(about)

    def set_images(self, n: int) -> None:
        """How many images the specimen has; stands at the first."""
        self.stepper.set_images(n)

    def set_pixel_size(self, pixel_size_pm: float) -> None:
        """For the scale bar."""
        self.pane.set_pixel_size(pixel_size_pm)

    def show_picture(self, picture: np.ndarray, name: str, levels: tuple[float, float]) -> None:
        """(H, W), which of PICTURES it is, and its black and white."""
        title, kind = PICTURES[name]
        self._shown = name
        self.pane.set_title(title)
        self.pane.set_kind(kind)
        self.pane.set_levels(*levels)
        self.pane.set_image(picture)
        self._show_or_hide_dots()

    def show_optics(self, text: str) -> None:
        """What the image was made with."""
        self.optics.setText(text)

    def show_dose(self, typed: str, per_area: str, reason: str) -> None:
        """The dose field, the same dose per area, and why it is refused."""
        self.dose.show_dose(typed, per_area, reason)

    def show_exported(self, text: str, role: str) -> None:
        """What became of an export: good, bad or muted words; none take the line away."""
        self.exported.setText(text)
        self.exported.setVisible(bool(text))
        theme.set_role(self.exported, role)

    def show_status(self, text: str) -> None:
        """What is going on; the picture stays."""
        self.status.setText(text)

    def show_problem(self, text: str) -> None:
        """Why there is no other picture."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def show_columns(self, columns: Columns) -> None:
        """Dots over the image and lines in the table."""
        self._columns = columns
        brushes = [pg.mkBrush(*colour) for colour in theme.class_colours()]
        counts = np.clip(columns.table["count"], 0, len(brushes) - 1)
        self.dots.setData(columns.x_px + 0.5, columns.y_px + 0.5, brush=[brushes[int(count)] for count in counts])
        self.pane.set_crosshair(None, None)
        self.column.setText("Click a column to read its atoms.")
        self.table.show_columns(columns)

    def mark_column(self, row: int, text: str) -> None:
        """Crosshair and table row of one column, and what it holds."""
        assert self._columns is not None
        self.pane.set_crosshair(float(self._columns.x_px[row]), float(self._columns.y_px[row]))
        self.column.setText(text)
        self.table.mark(row)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.pane.refresh_theme()
        self.legend.update()

    def _on_picture(self) -> None:
        self.dose.setVisible(self.picture.currentData() == "noisy")
        self.picture_chosen.emit(self.picture.currentData())

    def _show_or_hide_dots(self) -> None:
        # in their own colours they would hide the rings
        self.dots.setVisible(self.show_dots.isChecked() and self._shown != "depth")

    def _lay_out(self) -> None:
        label = QLabel("Specimen")
        label.setBuddy(self.specimen)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.specimen)
        top.addWidget(self.about, 1)
        top.addWidget(self.export)
        second = QHBoxLayout()
        for widget in (self.picture, self.dose):
            second.addWidget(widget)
        second.addWidget(self.status, 1)
        left = QWidget()
        image = QVBoxLayout(left)
        image.setContentsMargins(0, 0, 0, 0)
        image.addLayout(second)
        image.addWidget(self.problem)
        image.addWidget(self.pane, 1)
        image.addWidget(self.stepper)
        image.addWidget(self.optics)
        image.addWidget(self.column)
        counts = QHBoxLayout()
        counts.addWidget(QLabel("Atoms"))
        counts.addWidget(self.legend, 1)
        counts.addWidget(self.show_dots)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.addWidget(left)
        splitter.addWidget(self.table)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.setSizes([3 * TABLE_WIDTH_PX, TABLE_WIDTH_PX])
        splitter.setChildrenCollapsible(False)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.exported)
        layout.addWidget(splitter, 1)
        layout.addLayout(counts)


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    if role:
        theme.set_role(label, role)
    return label
