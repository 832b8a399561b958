"""The depth map over the frame, as clear as wished; vacuum and what lies outside the map are not covered."""

import numpy as np

from segdepth_app.colours import class_table
from segdepth_app.gui.widgets import placing
from segdepth_app.gui.widgets.image_pane import LABEL_LEVELS, ImagePane
from segdepth_app.gui.widgets.table_image import TableImage


class DepthOverlay:
    """Hidden while its opacity is 0; then it costs nothing."""

    def __init__(self, pane: ImagePane) -> None:
        self.item = TableImage()
        self.item.setZValue(5)
        self.item.setVisible(False)
        pane.lay_on_frame(self.item)
        self._percent = 0
        self._shown: tuple[np.ndarray, np.ndarray] | None = None
        self._drawn: np.ndarray | None = None
        self._placed: np.ndarray | None = None

    def set_opacity(self, percent: int) -> None:
        """0 to 100."""
        self._percent = percent
        table = class_table()
        table[:, 3] = np.round(table[:, 3] * (percent / 100))
        table[0] = 0
        self.item.set_table(table)
        self._draw()

    def set_map(self, depth: np.ndarray | None, place: np.ndarray | None = None) -> None:
        """Classes (h, w) uint8 and their placing on the frame; None where there is no map."""
        self._shown = None if depth is None or place is None else (depth, place)
        self._draw()

    def _draw(self) -> None:
        visible = self._percent > 0 and self._shown is not None
        self.item.setVisible(visible)
        if not visible or self._shown is None:
            return
        depth, place = self._shown
        if depth is not self._drawn:
            self.item.setImage(depth, autoLevels=False, levels=LABEL_LEVELS)
            self._drawn = depth
        if self._placed is None or not np.array_equal(place, self._placed):
            self.item.setTransform(placing.drawn(place))
            self._placed = place
