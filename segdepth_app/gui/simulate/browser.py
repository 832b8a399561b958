"""The dataset browser: image with its columns as dots, and the column table. Widgets only; imports pyqtgraph."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSlider,
    QSpinBox,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.simulate.browsing import Columns, column_texts
from segdepth_app.gui.widgets.class_legend import ClassLegend
from segdepth_app.gui.widgets.image_pane import ImagePane

HEADERS = ("Element", "Atoms", "Off plane", "x (Å)", "y (Å)")
AnyIndex = QModelIndex | QPersistentModelIndex

DOT_PX = 8
TABLE_WIDTH_PX = 310


class BrowserView(QWidget):
    """Shows what the presenter gives it."""

    specimen_chosen = Signal(int)
    image_chosen = Signal(int)
    pixel_picked = Signal(float, float)
    column_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: Columns | None = None
        self.specimen = QSpinBox()
        self.specimen.setAccessibleName("Specimen")
        self.specimen.valueChanged.connect(lambda value: self.specimen_chosen.emit(value - 1))
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.pane = ImagePane("Image")
        self.pane.pixel_clicked.connect(lambda x, y, _: self.pixel_picked.emit(float(x), float(y)))
        self.dots = pg.ScatterPlotItem(pxMode=True, size=DOT_PX, pen=pg.mkPen(225, 225, 225))
        self.dots.setZValue(5)
        self.pane.view.addItem(self.dots)
        self.show_dots = QCheckBox("Show columns")
        self.show_dots.setChecked(True)
        self.show_dots.toggled.connect(self.dots.setVisible)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Image of the specimen")
        self.slider.setPageStep(1)
        self.slider.valueChanged.connect(self._on_slider)
        self.position = QLabel()
        self.optics = QLabel()
        theme.set_role(self.optics, "muted")
        self.optics.setWordWrap(True)
        self.model = ColumnModel(self)
        self.table = self._make_table()
        self.legend = ClassLegend(vertical=False)
        self._lay_out()

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
        self.slider.blockSignals(True)
        self.slider.setRange(0, max(n - 1, 0))
        self.slider.setValue(0)
        self.slider.blockSignals(False)
        self._show_position()

    def set_levels(self, low: float, high: float) -> None:
        """Black and white, the same for all images."""
        self.pane.clear()
        self.pane.set_levels(low, high)

    def set_pixel_size(self, pixel_size_pm: float) -> None:
        """For the scale bar."""
        self.pane.set_pixel_size(pixel_size_pm)

    def show_image(self, image: np.ndarray, optics: str) -> None:
        """(H, W) float32, and what it was made with."""
        self.pane.set_image(image)
        self.optics.setText(optics)

    def show_columns(self, columns: Columns) -> None:
        """Dots over the image and lines in the table."""
        self._columns = columns
        brushes = [pg.mkBrush(*colour) for colour in theme.class_colours()]
        counts = np.clip(columns.table["count"], 0, len(brushes) - 1)
        self.dots.setData(columns.x_px + 0.5, columns.y_px + 0.5, brush=[brushes[int(count)] for count in counts])
        self.pane.set_crosshair(None, None)
        self.model.set_columns(columns)

    def mark_column(self, row: int) -> None:
        """Crosshair and table row of one column."""
        assert self._columns is not None
        self.pane.set_crosshair(float(self._columns.x_px[row]), float(self._columns.y_px[row]))
        selection = self.table.selectionModel()
        if selection.currentIndex().row() != row:
            self.table.selectRow(row)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.pane.refresh_theme()
        self.legend.update()

    def _on_slider(self, value: int) -> None:
        self._show_position()
        self.image_chosen.emit(value)

    def _show_position(self) -> None:
        self.position.setText(f"image {self.slider.value() + 1} of {self.slider.maximum() + 1}")

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setAccessibleName("Columns of the specimen")
        table.setModel(self.model)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(22)
        table.setMinimumWidth(TABLE_WIDTH_PX)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        table.setAlternatingRowColors(True)
        table.selectionModel().currentRowChanged.connect(lambda now, _: self.column_chosen.emit(now.row()))
        return table

    def _lay_out(self) -> None:
        label = QLabel("Specimen")
        label.setBuddy(self.specimen)
        top = QHBoxLayout()
        top.addWidget(label)
        top.addWidget(self.specimen)
        top.addWidget(self.about, 1)
        top.addWidget(self.show_dots)
        below = QHBoxLayout()
        below.addWidget(self.position)
        below.addWidget(self.slider, 1)
        left = QWidget()
        image = QVBoxLayout(left)
        image.setContentsMargins(0, 0, 0, 0)
        image.addWidget(self.pane, 1)
        image.addLayout(below)
        image.addWidget(self.optics)
        counts = QHBoxLayout()
        counts.addWidget(QLabel("Atoms"))
        counts.addWidget(self.legend, 1)
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
        layout.addWidget(splitter, 1)
        layout.addLayout(counts)


class ColumnModel(QAbstractTableModel):
    """The column table as Qt asks for it: line by line, when shown."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns: Columns | None = None

    def set_columns(self, columns: Columns) -> None:
        """Replaces all lines."""
        self.beginResetModel()
        self._columns = columns
        self.endResetModel()

    def rowCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() or self._columns is None else len(self._columns)

    def columnCount(self, parent: AnyIndex = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(HEADERS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return HEADERS[section] if orientation is Qt.Orientation.Horizontal else str(section)

    def data(self, index: AnyIndex, role: int = 0) -> Any:
        if self._columns is None or not index.isValid():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return column_texts(self._columns.table[index.row()])[index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column():
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return None
