"""The four linked panes: frame, depth, confidence, saliency; one zoom, one crosshair, the same markers in each.

The third pane shows the confidence or, if that is chosen, the activity. A pane can be enlarged to fill the place.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui import theme
from segdepth_app.gui.view.contrast_state import SaliencyRange
from segdepth_app.gui.view.markers import Marker
from segdepth_app.gui.view.overlay_panel import PictureOverlays
from segdepth_app.gui.view.pane_link import PaneLink
from segdepth_app.gui.view.pane_parts import HEADER_HEIGHT, PaneCaption, PaneHeader, PaneHint
from segdepth_app.gui.view.pane_third import ThirdHint, ThirdPane
from segdepth_app.gui.widgets import placing
from segdepth_app.gui.widgets.image_pane import ImagePane

if TYPE_CHECKING:
    from segdepth_app.series.grid import Grid

TITLES = {
    "frame": ("Frame", "grey"),
    "depth": ("Depth (atoms per column)", "labels"),
    "confidence": ("Confidence", "heat"),
    "saliency": ("Saliency", "heat"),
}
READOUT_EVERY_MS = 33
ZOOM_STEP = 1.5


def best_columns(width: float, height: float, aspect: float) -> int:
    """4, 2 or 1 panes beside each other: whichever shows the pictures largest. `aspect` is their width / height."""

    def picture_width(columns: int) -> float:
        rows = 4 // columns
        return min(width / columns, (height / rows - HEADER_HEIGHT) * aspect)

    return max((2, 4, 1), key=picture_width)


class LinkedPanes(QWidget):
    """Four ImagePanes as one."""

    pixel_clicked = Signal(int, int)
    pixel_hovered = Signal(int, int)
    hover_left = Signal()
    double_clicked = Signal()
    """After the click that every double click begins with. The whole picture is in view again."""
    right_clicked = Signal()
    enlarged_changed = Signal(bool)
    """Whether one pane has the place for itself now."""
    depth_chosen = Signal(object)
    """Depth class the saliency is wanted for; None for the estimated one."""

    def __init__(self) -> None:
        super().__init__()
        self.panes = {name: ImagePane(title, kind) for name, (title, kind) in TITLES.items()}
        self.depth_combo = self._make_depth_combo()
        self.third = ThirdPane(self.panes["confidence"])
        self.hints: dict[str, PaneHint | ThirdHint] = {name: PaneHint(pane) for name, pane in self.panes.items()}
        self.hints["confidence"] = self.third.hint
        self.overlays = PictureOverlays(self.panes, parent=self)
        self.headers = {name: self._make_header(name) for name in self.panes}
        self._link = PaneLink(list(self.panes.values()))
        self.enlarged: str | None = None
        self._under_pointer = "frame"
        self._size_px = (1, 1)
        self._zoomed = False
        self._pixel_size_pm: float | None = None
        self._saliency = SaliencyRange()
        self._highest_saliency: float | None = None
        self._columns = 0
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACING_PX)
        self._resized = QTimer(self)
        self._resized.setSingleShot(True)
        self._resized.timeout.connect(self._on_resized)
        self._hover: tuple[int, int] | None = None
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.setInterval(READOUT_EVERY_MS)
        self._hover_timer.timeout.connect(self._tell_hover)
        for name, pane in self.panes.items():
            self._connect_pane(name, pane)
        self.caption = PaneCaption(self.panes["saliency"])
        self._arrange(2)

    def set_picture_size(self, width_px: int, height_px: int) -> None:
        """Size of the frames, to arrange the panes well."""
        self._size_px = (width_px, height_px)
        for pane in self.panes.values():
            pane.set_source_size(width_px, height_px)
        self.overlays.set_frame_size(width_px, height_px)
        self._arrange(best_columns(self.width(), self.height(), width_px / height_px))
        self.fit()

    def show_image(self, name: str, image: np.ndarray, place: "float | Grid" = 1.0) -> None:
        """Shows an image in a pane ("activity": in the third); the zoom stays as it is.

        `place`: the grid the image lies on, or how many source pixels wide its pixels are.
        """
        matrix = placing.scaled(place) if isinstance(place, int | float) else place.matrix()
        if name in self.third.names:
            self.third.put(name, image, matrix)
        else:
            self.panes[name].set_image(image, matrix=matrix, fit=False)
            self.panes[name].item.setVisible(True)
        if name == "depth":
            self.overlays.depth.set_map(image, matrix)
        elif name == "saliency":
            self._highest_saliency = float(image.max())
            self._colour_saliency()
        self._show_scale_bars()

    def hide_image(self, name: str) -> None:
        """The pane is empty for now."""
        if name in self.third.names:
            self.third.take(name)
        else:
            self.panes[name].item.setVisible(False)
            self.panes[name].set_crosshair(None, None)
        if name == "depth":
            self.overlays.depth.set_map(None)
        elif name == "saliency":
            self._highest_saliency = None
            self._colour_saliency()
        self._show_scale_bars()

    def clear(self) -> None:
        """Nothing is open any more."""
        for name, pane in self.panes.items():
            pane.clear()
            self.hints[name].show("")
        self.third.clear()
        self.overlays.clear()
        self._show_scale_bars()

    def choose_third(self, name: str) -> None:
        """What the third pane shows: confidence or activity."""
        self.third.choose(name)
        self._show_scale_bars()

    def set_saliency_range(self, shown: SaliencyRange) -> None:
        """Colours of the saliency, for this and all later maps."""
        self._saliency = shown
        self.panes["saliency"].set_scaling(shown.scaling)
        self._colour_saliency()

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """For the scale bars; the frame's says where it is missing."""
        self._pixel_size_pm = pixel_size_pm
        self._show_scale_bars()

    def set_markers(self, markers: Iterable[Marker]) -> None:
        """Rings with numbers, and the rims of rectangles, in all panes."""
        markers = list(markers)
        spots = [(marker.x, marker.y, marker.colour, str(marker.number)) for marker in markers]
        rectangles = [(*marker.region, marker.colour) for marker in markers if marker.region]
        for pane in self.panes.values():
            pane.set_markers(spots)
            pane.set_rectangles(rectangles)

    def choose_depth(self, depth: int | None) -> None:
        """Sets the combo without telling anybody."""
        self.depth_combo.blockSignals(True)
        self.depth_combo.setCurrentIndex(0 if depth is None else depth + 1)
        self.depth_combo.blockSignals(False)

    def fit(self) -> None:
        """The whole picture in all panes, and so again whenever they are resized, until somebody zooms."""
        self._zoomed = False
        width, height = self._size_px
        self._leading.view.setRange(xRange=(0, width), yRange=(0, height), padding=0)
        self._link.follow(self._leading)  # also where only another pane has changed

    def zoom(self, steps: int) -> None:
        """Nearer (steps > 0) or farther, about the middle of what is in view."""
        self._zoomed = True
        share = ZOOM_STEP**-steps
        self._leading.view.scaleBy((share, share))

    def enlarge(self, name: str | None) -> None:
        """One pane fills the place; None shows all four."""
        self._link.hold(self._leading)
        self.enlarged = name
        for other, pane in self.panes.items():
            pane.setVisible(name in (None, other))
            self.headers[other].show_enlarged(name == other)
        self._columns = 0
        self._arrange(self._best_columns())
        self._resized.start()
        self.enlarged_changed.emit(name is not None)

    def toggle_enlarged(self, name: str | None = None) -> None:
        """Enlarges a pane (else the one under the pointer), or shows all four again."""
        self.enlarge(None if self.enlarged else name or self._under_pointer)

    def refresh_theme(self) -> None:
        """Light became dark, or back."""
        for pane in self.panes.values():
            pane.refresh_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two rows or one, whichever shows more."""
        super().resizeEvent(event)
        self._arrange(self._best_columns())

    @property
    def _leading(self) -> ImagePane:
        """The pane whose zoom the others follow: one that is to be seen."""
        return self.panes[self.enlarged or "frame"]

    def _best_columns(self) -> int:
        width, height = self._size_px
        return best_columns(self.width(), self.height(), width / height)

    def _on_resized(self) -> None:
        """The panes have their new sizes."""
        if self._zoomed:
            self._link.grant(self._leading)
            self._link.follow(self._leading)
        else:
            self.fit()

    def _on_zoom(self, pane: ImagePane) -> None:
        """By the mouse, in any pane."""
        self._zoomed = True
        self._link.follow(pane)

    def _on_range(self, pane: ImagePane) -> None:
        """By the mouse, the program or another size; the last makes every pane change, and only one may lead."""
        if pane is self._leading:
            self._link.follow(pane)

    def _colour_saliency(self) -> None:
        """From 0 to the highest value of the map shown, or to what the user typed."""
        highest, bar = self._highest_saliency, self.overlays.saliency_bar
        bar.setVisible(highest is not None)
        if highest is not None:
            top = self._saliency.top or highest or 1.0
            self.panes["saliency"].set_levels(0, top)
            bar.set_range(0, top, "|∂P/∂I|", self._saliency.scaling)

    def _show_scale_bars(self) -> None:
        for name, pane in self.panes.items():
            visible = pane.item.isVisible()
            pane.set_pixel_size(self._pixel_size_pm if visible else None)
            pane.scale_bar.say_missing(visible and name == "frame" and self._pixel_size_pm is None)

    def _arrange(self, columns: int) -> None:
        """Lays the panes out; an enlarged one has the place for itself."""
        if self.enlarged:
            columns = 1
        if columns == self._columns:
            return
        self._columns = columns
        for i, (name, pane) in enumerate(self.panes.items()):
            self._layout.removeWidget(pane)
            self._layout.addWidget(pane, i // columns, i % columns)
            if self.enlarged:
                self._layout.setRowStretch(i, int(name == self.enlarged))
            else:
                self._layout.setRowStretch(i, 1 if i < 4 // columns else 0)
            self._layout.setColumnStretch(i, 1 if i < columns else 0)
        self._layout.removeWidget(self.overlays.region_bar)
        self._layout.addWidget(self.overlays.region_bar, 4, 0, 1, columns)

    def _make_depth_combo(self) -> QComboBox:
        combo = QComboBox()
        combo.addItem("estimate", None)
        for depth in range(N_CLASSES):
            combo.addItem(f"depth {depth}", depth)
        combo.setAccessibleName("Depth the saliency is shown for")
        combo.setToolTip(
            "The map shows which pixels of the frame the probability of this depth (or of the estimated one) hangs on."
        )
        combo.currentIndexChanged.connect(lambda _: self.depth_chosen.emit(combo.currentData()))
        return combo

    def _make_header(self, name: str) -> PaneHeader:
        """A row of one height in every pane, so that the pictures stay level; the pane's title goes into it."""
        below = self.panes[name].layout()
        assert below is not None
        title = below.itemAt(0).widget()
        assert title is not None
        place = QWidget()
        below.replaceWidget(title, place)
        header = PaneHeader(self.third.combo if name == "confidence" else title, TITLES[name][0])
        title.setVisible(name != "confidence")
        below.replaceWidget(place, header)
        place.deleteLater()
        extras: dict[str, list[QWidget]] = {
            "frame": self.overlays.header_widgets,
            "saliency": [self.depth_combo, self.overlays.colours_button],
        }
        for widget in extras.get(name, []):
            header.add(widget)
        header.enlarge.connect(lambda: self.toggle_enlarged(name))
        return header

    def _connect_pane(self, name: str, pane: ImagePane) -> None:
        pane.view.sigRangeChanged.connect(lambda *_: self._on_range(pane))
        pane.plot.setMinimumSize(120, 100)
        pane.view.sigResized.connect(lambda _: self._resized.start())
        pane.view.sigRangeChangedManually.connect(lambda *_: self._on_zoom(pane))
        pane.pixel_clicked.connect(lambda x, y, _: self.pixel_clicked.emit(x, y))
        pane.hover_left.connect(self._on_hover_left)
        pane.pixel_hovered.connect(lambda x, y: self._on_hover(name, x, y))
        pane.plot.scene().sigMouseClicked.connect(self._on_any_click)

    def _on_hover(self, name: str, x: int, y: int) -> None:
        """The newest position is told at once, or when the last one has been shown long enough."""
        self._under_pointer = name
        self._hover = (x, y)
        if not self._hover_timer.isActive():
            self._tell_hover()

    def _tell_hover(self) -> None:
        if self._hover is None:
            return
        x, y = self._hover
        self._hover = None
        for pane in self.panes.values():
            if pane.item.isVisible():
                pane.set_crosshair(x, y)
        self.pixel_hovered.emit(x, y)
        self._hover_timer.start()

    def _on_hover_left(self) -> None:
        self._hover = None
        for pane in self.panes.values():
            pane.set_crosshair(None, None)
        self.hover_left.emit()

    def _on_any_click(self, event: MouseClickEvent) -> None:
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            self.right_clicked.emit()
        elif event.double():
            self.fit()
            self.double_clicked.emit()
