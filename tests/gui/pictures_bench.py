"""Four panes for frames of 100 × 60 px, one pixel of them lit, and where its pixels are painted."""

import numpy as np
from PySide6.QtCore import QPointF

from segdepth_app.gui.view.panes import LinkedPanes

HEIGHT, WIDTH = 60, 100
LIT = (71, 22)  # x, y of the frame


def make_panes(qtbot):
    """Four panes for frames of 100 × 60 px."""
    widget = LinkedPanes()
    qtbot.addWidget(widget)
    widget.resize(1200, 800)
    widget.show()
    qtbot.waitExposed(widget)
    widget.set_picture_size(WIDTH, HEIGHT)
    widget.panes["frame"].set_levels(0, 1)
    widget.set_pixel_size(5.3)
    frame = np.full((HEIGHT, WIDTH), 0.2, np.float32)
    frame[LIT[1], LIT[0]] = 1
    widget.show_image("frame", frame)
    qtbot.waitUntil(lambda: widget.panes["frame"].plot.width() > 200)
    widget.grab()
    widget.fit()
    return widget


def seen(panes, name):
    """A pane as it is painted, and where source pixels lie in it."""
    panes.grab()  # pyqtgraph lays out and moves when it is painted
    plot, view = panes.panes[name].plot, panes.panes[name].view
    picture = plot.viewport().grab().toImage()

    def place(x, y):
        return plot.mapFromScene(view.mapViewToScene(QPointF(x + 0.5, y + 0.5)))

    return picture, place
