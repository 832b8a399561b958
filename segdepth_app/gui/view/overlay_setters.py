"""The part of the View tab's widget that shows what is drawn over the pictures: setters, no decisions."""

from typing import TYPE_CHECKING

import numpy as np

from segdepth_app.gui.view.contrast_dialog import ContrastDialog
from segdepth_app.gui.view.contrast_state import ContrastFacts, SaliencyRange
from segdepth_app.gui.view.overlay_dots import Changes, Dots
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.overlay_region import Region

if TYPE_CHECKING:
    from segdepth_app.gui.view.panes import LinkedPanes
    from segdepth_app.series.grid import Grid


class PictureSetters:
    """For a widget that has the panes and a place for the dialog of contrast."""

    panes: "LinkedPanes"
    contrast_dialog: ContrastDialog

    def show_overlay_options(self, options: OverlayOptions) -> None:
        """Ticks of the menu, and what follows from them alone."""
        self.panes.overlays.show_options(options)
        if self.panes.third.now != options.third:
            self.panes.choose_third(options.third)

    def show_dots(self, dots: Dots, changes: Changes, spacing_px: float | None) -> None:
        """Columns of the frame, and rings around those that change about now."""
        overlay = self.panes.overlays.dots
        if spacing_px:
            overlay.set_spacing(spacing_px)
        overlay.set_dots(dots)
        overlay.set_changes(changes)

    def show_activity(self, values: np.ndarray | None, place: "float | Grid", words: str) -> None:
        """The activity in atoms, finite; or words why there is none."""
        if values is None:
            self.panes.hide_image("activity")
        else:
            self.panes.show_image("activity", values, place)
        self.panes.third.say("activity", words)

    def show_region(self, region: Region, name: str) -> None:
        """Where the region lies."""
        self.panes.overlays.show_region(region, name)

    def show_region_readout(self, text: str) -> None:
        """What is in the region, in the frame shown."""
        self.panes.overlays.region_bar.show_readout(text)

    def set_contrast(self, low: float, high: float) -> None:
        """Black and white of the frames, the same for the whole series."""
        self.panes.panes["frame"].set_levels(low, high)

    def open_contrast(self, facts: ContrastFacts) -> None:
        """The dialog, with what is known."""
        self.contrast_dialog.show_facts(facts)
        self.contrast_dialog.show()
        self.contrast_dialog.raise_()

    def contrast_is_open(self) -> bool:
        """Whether anybody sees the dialog."""
        return self.contrast_dialog.isVisible()

    def update_contrast(self, facts: ContrastFacts) -> None:
        """What the dialog shows is known better now."""
        self.contrast_dialog.show_facts(facts)

    def set_saliency_range(self, shown: SaliencyRange) -> None:
        """Colours of the saliency, for this and all later maps."""
        self.panes.set_saliency_range(shown)
