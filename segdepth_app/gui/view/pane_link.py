"""One zoom for several panes: whoever moves, the others that are to be seen follow.

pyqtgraph's own links line views up by their places on the screen; that fails where panes are hidden or differ in size.
"""

from collections.abc import Sequence

from segdepth_app.gui.widgets.image_pane import ImagePane

Ranges = tuple[tuple[float, float], tuple[float, float]]
"""x and y in view, lowest and highest."""


class PaneLink:
    """Panes of one size show the same part; one of another size shows at least that part."""

    def __init__(self, panes: Sequence[ImagePane]) -> None:
        self._panes = panes
        self._busy = False
        self._wished: Ranges | None = None
        self._granted: Ranges | None = None

    def follow(self, leader: ImagePane) -> None:
        """The leader's view changed."""
        if self._busy or leader.isHidden():
            return
        self._busy = True
        try:
            x_range, y_range = leader.view.viewRange()
            for pane in self._panes:
                if pane is not leader and not pane.isHidden():
                    pane.view.setRange(xRange=x_range, yRange=y_range, padding=0)
        finally:
            self._busy = False

    def hold(self, leader: ImagePane) -> None:
        """Another pane will lead: the part that was wished for now is what `grant` will show.

        A pane shows more than what is wished where its shape is another, so its view is not taken for a wish.
        """
        now = _ranges(leader)
        if self._wished is None or self._granted not in (None, now):
            self._wished = now
        self._granted = None

    def grant(self, leader: ImagePane) -> None:
        """Shows what was held, when the panes have their sizes."""
        if self._wished is not None and self._granted is None:
            leader.view.setRange(xRange=self._wished[0], yRange=self._wished[1], padding=0)
            self._granted = _ranges(leader)


def _ranges(pane: ImagePane) -> Ranges:
    (left, right), (top, bottom) = pane.view.viewRange()
    return (left, right), (top, bottom)
