"""The four linked panes: frame, depth, confidence, saliency; one zoom, one crosshair, the same markers in each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QWidget

from segdepth_app.config import N_CLASSES
from segdepth_app.gui import theme
from segdepth_app.gui.view.markers import Marker
from segdepth_app.gui.widgets.image_pane import ImagePane

if TYPE_CHECKING:
    from segdepth_app.series.grid import Grid

TITLES = {
    "frame": ("Frame", "grey"),
    "depth": ("Depth (atoms per column)", "labels"),
    "confidence": ("Confidence", "heat"),
    "saliency": ("Saliency", "heat"),
}
HEADER_HEIGHT = 26
READOUT_EVERY_MS = 33


def best_columns(width: float, height: float, aspect: float) -> int:
    """4, 2 or 1 panes beside each other: whichever shows the pictures largest. `aspect` is their width / height."""

    def picture_width(columns: int) -> float:
        rows = 4 // columns
        return min(width / columns, (height / rows - HEADER_HEIGHT) * aspect)

    return max((2, 4, 1), key=picture_width)


class PaneHint(QObject):
    """Words in the middle of a pane that has nothing to show."""

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(pane)
        self._label = QLabel(pane.plot)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._label.setWordWrap(True)
        self._label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme.set_role(self._label, "muted")
        pane.plot.installEventFilter(self)
        self._plot = pane.plot
        self._label.hide()

    def show(self, text: str) -> None:
        """Shows the words; none hides them."""
        self._label.setText(text)
        self._label.setVisible(bool(text))
        self._place()

    def text(self) -> str:
        """The words shown now."""
        return self._label.text()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps its place when the pane is resized."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        self._label.setGeometry(self._plot.rect().adjusted(8, 8, -8, -8))


class PaneCaption(QLabel):
    """A line over the upper left corner of a picture; no mouse, no room of its own."""

    def __init__(self, pane: ImagePane) -> None:
        super().__init__(pane.plot)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setStyleSheet("background: rgba(0, 0, 0, 150); color: white; padding: 2px 6px;")
        self.move(4, 4)
        self.hide()

    def say(self, text: str) -> None:
        """Shows the words; none hides the line."""
        self.setText(text)
        self.adjustSize()
        self.setVisible(bool(text))


class LinkedPanes(QWidget):
    """Four ImagePanes as one."""

    pixel_clicked = Signal(int, int)
    pixel_hovered = Signal(int, int)
    hover_left = Signal()
    double_clicked = Signal()
    """After the click that every double click begins with. The whole picture is in view again."""
    right_clicked = Signal()
    depth_chosen = Signal(object)
    """Depth class the saliency is wanted for; None for the estimated one."""

    def __init__(self) -> None:
        super().__init__()
        self.panes = {name: ImagePane(title, kind) for name, (title, kind) in TITLES.items()}
        self.hints = {name: PaneHint(pane) for name, pane in self.panes.items()}
        self.depth_combo = self._make_depth_combo()
        self._size_px = (1, 1)
        self._zoomed = False
        self._pixel_size_pm: float | None = None
        self._columns = 0
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(theme.SPACING_PX)
        self._hover: tuple[int, int] | None = None
        self._hover_timer = QTimer(self)
        self._hover_timer.setSingleShot(True)
        self._hover_timer.setInterval(READOUT_EVERY_MS)
        self._hover_timer.timeout.connect(self._tell_hover)
        for name, pane in self.panes.items():
            self._add_header(pane, [self.depth_combo] if name == "saliency" else [])
            if name != "frame":
                pane.link_to(self.panes["frame"])
            pane.plot.setMinimumSize(120, 100)
            pane.view.sigRangeChangedManually.connect(self._on_zoom)
            pane.pixel_clicked.connect(lambda x, y, _: self.pixel_clicked.emit(x, y))
            pane.hover_left.connect(self._on_hover_left)
            pane.pixel_hovered.connect(self._on_hover)
            pane.plot.scene().sigMouseClicked.connect(self._on_any_click)
        self.caption = PaneCaption(self.panes["saliency"])
        self._arrange(2)

    def set_picture_size(self, width_px: int, height_px: int) -> None:
        """Size of the frames, to arrange the panes well."""
        self._size_px = (width_px, height_px)
        for pane in self.panes.values():
            pane.set_source_size(width_px, height_px)
        self._arrange(best_columns(self.width(), self.height(), width_px / height_px))
        self.fit()

    def show_image(self, name: str, image: np.ndarray, place: "float | Grid" = 1.0) -> None:
        """Shows an image in a pane; the zoom stays as it is.

        `place`: the grid the image lies on, or how many source pixels wide its pixels are.
        """
        view = self.panes["frame"].view
        x_range, y_range = view.viewRange()
        if isinstance(place, int | float):
            self.panes[name].set_image(image, place)
        else:
            self.panes[name].set_image(image, matrix=place.matrix())
        self.panes[name].item.setVisible(True)
        self.panes[name].set_pixel_size(self._pixel_size_pm)
        view.setRange(xRange=x_range, yRange=y_range, padding=0)

    def hide_image(self, name: str) -> None:
        """The pane is empty for now."""
        self.panes[name].item.setVisible(False)
        self.panes[name].set_pixel_size(None)
        self.panes[name].set_crosshair(None, None)

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """For the scale bars."""
        self._pixel_size_pm = pixel_size_pm
        for pane in self.panes.values():
            pane.set_pixel_size(pixel_size_pm if pane.item.isVisible() else None)

    def set_markers(self, markers: Iterable[Marker]) -> None:
        """Rings with numbers, in all panes."""
        spots = [(marker.x, marker.y, marker.colour, str(marker.number)) for marker in markers]
        for pane in self.panes.values():
            pane.set_markers(spots)

    def choose_depth(self, depth: int | None) -> None:
        """Sets the combo without telling anybody."""
        self.depth_combo.blockSignals(True)
        self.depth_combo.setCurrentIndex(0 if depth is None else depth + 1)
        self.depth_combo.blockSignals(False)

    def fit(self) -> None:
        """The whole picture in all panes, and so again whenever they are resized, until somebody zooms."""
        self._zoomed = False
        width, height = self._size_px
        self.panes["frame"].view.setRange(xRange=(0, width), yRange=(0, height), padding=0)

    def refresh_theme(self) -> None:
        """Light became dark, or back."""
        for pane in self.panes.values():
            pane.refresh_theme()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two rows or one, whichever shows more."""
        super().resizeEvent(event)
        width, height = self._size_px
        self._arrange(best_columns(self.width(), self.height(), width / height))
        QTimer.singleShot(0, self, self._fit_again)  # when the panes have their new sizes

    def _fit_again(self) -> None:
        if not self._zoomed:
            self.fit()

    def _on_zoom(self) -> None:
        self._zoomed = True

    def _arrange(self, columns: int) -> None:
        if columns == self._columns:
            return
        self._columns = columns
        for i, pane in enumerate(self.panes.values()):
            self._layout.removeWidget(pane)
            self._layout.addWidget(pane, i // columns, i % columns)
        for i in range(4):
            self._layout.setColumnStretch(i, 1 if i < columns else 0)
            self._layout.setRowStretch(i, 1 if i < 4 // columns else 0)

    def _make_depth_combo(self) -> QComboBox:
        combo = QComboBox()
        combo.addItem("of the estimate", None)
        for depth in range(N_CLASSES):
            combo.addItem(f"of depth {depth}", depth)
        combo.setAccessibleName("Depth the saliency is shown for")
        combo.setToolTip("The map shows which pixels of the frame the probability of this depth hangs on.")
        combo.currentIndexChanged.connect(lambda _: self.depth_chosen.emit(combo.currentData()))
        return combo

    def _add_header(self, pane: ImagePane, extras: list[QWidget]) -> None:
        """A row of one height in every pane, so that the pictures stay level; the pane's title goes into it."""
        below = pane.layout()
        assert below is not None
        title = below.itemAt(0).widget()
        assert title is not None
        header = QWidget()
        header.setFixedHeight(HEADER_HEIGHT)
        header.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        below.replaceWidget(title, header)
        row.addWidget(title)
        row.addStretch(1)
        for widget in extras:
            row.addWidget(widget)

    def _on_hover(self, x: int, y: int) -> None:
        """The newest position is told at once, or when the last one has been shown long enough."""
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
