"""Everything that is drawn over the pictures, and the controls for it, put together for the four panes."""

from collections.abc import Mapping

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QToolButton, QWidget

from segdepth_app.colours import heat_table
from segdepth_app.gui.view.overlay_depth import DepthOverlay
from segdepth_app.gui.view.overlay_dots import Changes, Dots, DotsItem
from segdepth_app.gui.view.overlay_menu import OverlayMenu
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.overlay_region import Region, RegionItem
from segdepth_app.gui.view.overlay_region_bar import FIRST_NAME, RegionBar
from segdepth_app.gui.widgets.colour_bar import ColourBar
from segdepth_app.gui.widgets.image_pane import ImagePane


class PictureOverlays(QObject):
    """Columns, changes, depth and region on the frame; the colour bar of the saliency."""

    option_changed = Signal(str, object)
    """Name of a field of OverlayOptions, and its new value."""
    contrast_wanted = Signal()
    region_moved = Signal(object)
    """Region, at most 30 times a second while it is dragged; also when its numbers were typed."""
    region_renamed = Signal(str)
    region_used = Signal(str)
    """trace, vacuum or lattice."""

    def __init__(self, panes: Mapping[str, ImagePane], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        frame = panes["frame"].view
        self.depth = DepthOverlay(panes["frame"])
        self.dots = DotsItem(frame)
        self.region = RegionItem(frame, self)
        self.region_bar = RegionBar()
        self.region_bar.hide()
        self.saliency_bar = ColourBar(panes["saliency"].view, heat_table(), panes["saliency"].scale_bar)
        self.menu = OverlayMenu()
        self.colours_button = QToolButton()
        self.colours_button.setText("…")
        self.colours_button.setAutoRaise(True)
        self.colours_button.setAccessibleName("Colour range of the saliency")
        self.colours_button.setToolTip("Colour range of the saliency, linear or by its root")
        self.header_widgets: list[QWidget] = [self.menu]
        self._name = FIRST_NAME
        self.menu.option_changed.connect(self.option_changed)
        self.menu.contrast_wanted.connect(self.contrast_wanted)
        self.colours_button.clicked.connect(self.contrast_wanted)
        self.region.changed.connect(self._on_drag)
        self.region_bar.typed.connect(self._on_typed)
        self.region_bar.renamed.connect(self.region_renamed)
        self.region_bar.used.connect(self.region_used)
        self.region_bar.closed.connect(lambda: self.option_changed.emit("region", False))

    def set_frame_size(self, width_px: int, height_px: int) -> None:
        """The region stays inside."""
        self.region.set_frame_size(width_px, height_px)
        self.region_bar.set_frame_size(width_px, height_px)

    def show_options(self, options: OverlayOptions) -> None:
        """Ticks in the menu, and what follows from them alone."""
        self.menu.show_options(options)
        self.dots.set_numbers(options.numbers)
        self.depth.set_opacity(options.depth_percent)
        self.region_bar.setVisible(options.region)
        self.region.show(options.region, self._name)

    def show_region(self, region: Region, name: str) -> None:
        """Where it lies, without telling anybody."""
        self._name = name
        self.region.place(region)
        self.region_bar.show_region(region)
        self.region_bar.show_name(name)
        self.region.label.setText(name)

    def clear(self) -> None:
        """Nothing is open any more."""
        self.depth.set_map(None)
        self.dots.set_dots(Dots.none())
        self.dots.set_changes(Changes())
        self.saliency_bar.setVisible(False)

    def _on_drag(self, region: Region) -> None:
        self.region_bar.show_region(region)
        self.region_moved.emit(region)

    def _on_typed(self, region: Region) -> None:
        self.region.place(region)
        region = self.region.region  # what is typed may reach beyond the frame
        self.region_bar.show_region(region)
        self.region_moved.emit(region)
