"""One image with zoom, crosshair, scale bar and clicks in pixels of the source file.

Coordinates of the view: source pixel (x, y) covers [x, x+1) × [y, y+1), x right, y down. A map that is
coarser than the source, or turned against it (depth, saliency), is laid over the same pixels by its placing.
Levels are fixed by the caller: nothing here ever looks at the data to choose a contrast.
"""

from collections.abc import Sequence
from math import floor, sqrt

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QHideEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QLabel, QVBoxLayout, QWidget

from segdepth_app.colours import class_table, heat_table
from segdepth_app.gui import theme
from segdepth_app.gui.widgets import placing
from segdepth_app.gui.widgets.scale_bar import ScaleBar
from segdepth_app.gui.widgets.table_image import TableImage

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)

LABEL_LEVELS = (0.0, 255.0)
SCALINGS = ("linear", "sqrt")

Marker = tuple[float, float, str, str]
"""x, y in source pixels, colour, label."""


class _Plot(pg.GraphicsLayoutWidget):
    """Says when the pointer is over it no more: pyqtgraph tells of moves only."""

    left = Signal()

    def leaveEvent(self, event: QEvent) -> None:  # Qt's name
        """The pointer went elsewhere."""
        super().leaveEvent(event)
        self.left.emit()

    def hideEvent(self, event: QHideEvent) -> None:  # Qt's name
        """Gone from under the pointer, which stood still."""
        super().hideEvent(event)
        self.left.emit()


class ImagePane(QWidget):
    """A titled image. `kind`: grey, labels (uint8 classes) or heat."""

    pixel_clicked = Signal(int, int, object)
    """x, y of the source pixel under a left click, and the keyboard modifiers."""
    pixel_hovered = Signal(int, int)
    hover_left = Signal()
    """The pointer is on no pixel any more: told once."""

    def __init__(self, title: str, kind: str = "grey", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: tuple[float, float] | None = None
        self._image: np.ndarray | None = None
        self._placing = placing.scaled(1.0)
        self._source_px: tuple[int, int] | None = None
        self._scaling = "linear"
        self._is_hovered = False
        self._title = QLabel(title)
        theme.set_role(self._title, "heading")
        self.plot = _Plot()
        self.plot.setAccessibleName(title)
        self.plot.ci.layout.setContentsMargins(0, 0, 0, 0)
        self.view = self.plot.addViewBox(lockAspect=True, invertY=True, enableMenu=False)
        self.view.setDefaultPadding(0.0)
        self.item = TableImage()
        self.set_kind(kind)
        self.item.setVisible(False)
        self._frame = QGraphicsRectItem()
        self._frame.setPen(pg.mkPen(None))
        self._frame.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.view.addItem(self._frame, ignoreBounds=True)
        self.lay_on_frame(self.item)
        self._crosshair = self._make_crosshair()
        self._markers = pg.ScatterPlotItem(pxMode=True)
        self._markers.setZValue(20)
        self._markers.setVisible(False)
        self.view.addItem(self._markers)
        self._labels: dict[tuple[str, str], pg.TextItem] = {}
        """By colour and text."""
        self._rims: list[QGraphicsRectItem] = []
        self.scale_bar = ScaleBar(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._title)
        layout.addWidget(self.plot, 1)
        scene = self.plot.scene()
        scene.sigMouseClicked.connect(self._on_click)
        scene.sigMouseMoved.connect(self._on_move)
        self.plot.left.connect(self._on_left)
        self.refresh_theme()

    def set_title(self, title: str) -> None:
        """The words above the image."""
        self._title.setText(title)
        self.plot.setAccessibleName(title)

    def set_kind(self, kind: str) -> None:
        """How values become colours: grey, labels or heat. Set the levels of the new kind next (labels have them)."""
        tables = {"labels": class_table, "heat": heat_table}
        self.item.set_table(tables[kind]() if kind in tables else None)
        self._levels = LABEL_LEVELS if kind == "labels" else None

    def set_image(
        self, image: np.ndarray, scale: float = 1.0, matrix: np.ndarray | None = None, *, fit: bool = True
    ) -> None:
        """Shows a finite (H, W) array: float32, or uint8. `scale`: source pixels per pixel of the array.

        `matrix` takes the place of `scale` where the array is turned: see `placing`. Set the levels before the first
        float image; until then 0 to 1 is shown. `fit`: an image of another size or place is brought into view whole.
        """
        if image.ndim != 2:
            raise ValueError(f"An image pane takes (height, width) arrays, not {image.shape}")
        if image.dtype == np.float16:
            image = image.astype(np.float32)  # pyqtgraph is slow with float16
        place = placing.scaled(scale) if matrix is None else np.asarray(matrix, float)
        first = self._image is None or self._image.shape != image.shape or not np.array_equal(place, self._placing)
        self._image, self._placing = image, place
        self._show()
        if first:
            self.item.setTransform(placing.drawn(place))
            self.item.setVisible(True)
            if fit:
                self.fit()

    def _show(self) -> None:
        """Hands image and levels to Qt, in the scaling chosen."""
        if self._image is None:
            return
        low, high = self._levels or (0.0, 1.0)
        if self._scaling == "sqrt":
            shown = np.sqrt(np.maximum(self._image.astype(np.float32) - low, 0))
            self.item.setImage(shown, autoLevels=False, levels=(0.0, sqrt(max(high - low, 1e-30))))
        else:
            self.item.setImage(self._image, autoLevels=False, levels=(low, high))

    def lay_on_frame(self, item: QGraphicsItem) -> None:
        """Puts another item of the view on the frame: what it has beyond the frame is not drawn."""
        self.view.addItem(item, ignoreBounds=True)
        item.setParentItem(self._frame)

    def set_levels(self, low: float, high: float) -> None:
        """Values shown as black and as white, for this and all later images."""
        self._levels = (low, high)
        if self._scaling == "sqrt":
            self._show()
        elif self._image is not None:
            self.item.setLevels(self._levels)

    @property
    def levels(self) -> tuple[float, float]:
        """Values shown as black and as white."""
        return self._levels or (0.0, 1.0)

    def set_scaling(self, scaling: str) -> None:
        """linear, or sqrt: the root of what is above black is shown, so that faint parts are seen."""
        if scaling not in SCALINGS:
            raise ValueError(f"Scalings are {', '.join(SCALINGS)}, not {scaling!r}")
        if scaling != self._scaling:
            self._scaling = scaling
            self._show()

    def set_source_size(self, width_px: int, height_px: int) -> None:
        """Size of the frame that maps are laid over: what a turned map has beyond it is not drawn.

        Clicks beside the frame mean nothing; clicks on the frame beside the map do.
        """
        self._source_px = (width_px, height_px)
        self._frame.setRect(0, 0, width_px, height_px)
        self._frame.setFlag(QGraphicsItem.GraphicsItemFlag.ItemClipsChildrenToShape)

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """Size of a source pixel, for the scale bar; None hides it."""
        self.scale_bar.set_pixel_size(pixel_size_pm)

    def clear(self) -> None:
        """No image, no markers."""
        self._image = None
        self.item.clear()
        self.item.setVisible(False)
        self.set_markers([])
        self.set_rectangles([])
        self.set_crosshair(None, None)

    def fit(self) -> None:
        """The whole image in view."""
        if self._image is not None:
            width, height = self.size_px
            self.view.setRange(xRange=(0, width), yRange=(0, height), padding=0)

    @property
    def size_px(self) -> tuple[float, float]:
        """Width and height in source pixels: of the frame where it is known, else how far the map reaches."""
        if self._image is None:
            return (0, 0)
        if self._source_px:
            return self._source_px
        corner = self.extent().bottomRight()
        return (corner.x(), corner.y())

    def extent(self) -> QRectF:
        """The upright rectangle around the image, in the view's coordinates; empty without an image."""
        return placing.extent(self._placing, self._image.shape) if self._image is not None else QRectF()

    def link_to(self, other: "ImagePane") -> None:
        """One zoom for both."""
        self.view.setXLink(other.view)
        self.view.setYLink(other.view)

    def value_at(self, x: int, y: int) -> float | None:
        """The value shown at a source pixel, from memory."""
        if self._image is None:
            return None
        cell = placing.cell_under(self._placing, self._image.shape, x, y)
        return None if cell is None else float(self._image[cell])

    def pixel_at(self, scene_position: QPointF) -> tuple[int, int] | None:
        """The source pixel under a position of the scene, or None beside the image."""
        point = self.view.mapSceneToView(scene_position)
        width, height = self.size_px
        if not (0 <= point.x() < width and 0 <= point.y() < height):
            return None
        return floor(point.x()), floor(point.y())

    def set_crosshair(self, x: float | None, y: float | None) -> None:
        """A cross through the centre of a source pixel; None takes it away."""
        shown = x is not None and y is not None
        for line, position in zip(self._crosshair, (x, y), strict=True):
            line.setVisible(shown)
            if shown and position is not None:
                line.setPos(position + 0.5)

    def set_markers(self, markers: Sequence[Marker]) -> None:
        """Rings with a label each, at centres of source pixels; no two have the same colour and text."""
        spots = [
            {"pos": (x + 0.5, y + 0.5), "pen": pg.mkPen(colour, width=2), "brush": None, "size": 14, "symbol": "o"}
            for x, y, colour, _ in markers
        ]
        self._markers.setData(spots)
        self._markers.setVisible(bool(spots))  # even an empty one takes its time in every frame
        kept: dict[tuple[str, str], pg.TextItem] = {}
        for x, y, colour, text in markers:
            # a label takes longer to make than all else here: one that is there already is moved
            label = self._labels.pop((colour, text), None) or self._make_label(colour, text)
            label.setPos(x + 0.5, y + 0.5)
            kept[colour, text] = label
        for label in self._labels.values():
            self.view.removeItem(label)
        self._labels = kept

    def set_rectangles(self, rectangles: Sequence[tuple[int, int, int, int, str]]) -> None:
        """Rims around source pixels: x, y, width, height, colour."""
        while len(self._rims) < len(rectangles):
            rim = QGraphicsRectItem()
            rim.setZValue(19)
            rim.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
            self.view.addItem(rim, ignoreBounds=True)
            self._rims.append(rim)
        for rim in self._rims[len(rectangles) :]:
            rim.hide()
        for rim, (*place, colour) in zip(self._rims, rectangles, strict=False):
            rim.setRect(*place)
            rim.setPen(pg.mkPen(colour, width=2))  # as wide at any zoom
            rim.show()

    def _make_label(self, colour: str, text: str) -> pg.TextItem:
        label = pg.TextItem(text, color="black", anchor=(-0.4, 0.5), fill=pg.mkBrush(colour))
        label.setFont(QFont(self.font().family(), max(self.font().pointSize() - 1, 7)))
        label.setZValue(21)
        self.view.addItem(label, ignoreBounds=True)
        return label

    def refresh_theme(self) -> None:
        """Takes the colours of the present look."""
        self.plot.setBackground(theme.colour("image"))
        for line in self._crosshair:
            line.setPen(pg.mkPen(theme.colour("crosshair"), width=1))

    def _make_crosshair(self) -> tuple[pg.InfiniteLine, pg.InfiniteLine]:
        lines = (pg.InfiniteLine(angle=90), pg.InfiniteLine(angle=0))
        for line in lines:
            line.setVisible(False)
            line.setZValue(10)
            self.view.addItem(line, ignoreBounds=True)
        return lines

    def _on_click(self, event: object) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:  # type: ignore[attr-defined]
            return
        pixel = self.pixel_at(event.scenePos())  # type: ignore[attr-defined]
        if pixel is None:
            return
        if event.double():  # type: ignore[attr-defined]
            self.fit()
        else:
            self.pixel_clicked.emit(*pixel, event.modifiers())  # type: ignore[attr-defined]

    def _on_move(self, position: QPointF) -> None:
        pixel = self.pixel_at(position) if self.view.sceneBoundingRect().contains(position) else None
        if pixel is None:
            self._on_left()
        else:
            self._is_hovered = True
            self.pixel_hovered.emit(*pixel)

    def _on_left(self) -> None:
        if self._is_hovered:
            self._is_hovered = False
            self.hover_left.emit()
