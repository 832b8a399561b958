"""The region: a rectangle of whole source pixels on the frame, drawn, dragged and resized with the mouse."""

from dataclasses import dataclass
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QObject, QTimer, Signal

EVERY_MS = 33
"""Drags are told at most 30 times a second; the newest place wins."""
SHARE_AT_FIRST = 0.25
RIM_COLOUR = "#ffd43b"
HOVER_COLOUR = "#ffffff"


@dataclass(frozen=True)
class Region:
    """Source pixels [x, x + width) × [y, y + height)."""

    x: int
    y: int
    width: int
    height: int

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """x, y, width, height: the order in which vacuum rectangles are written."""
        return self.x, self.y, self.width, self.height

    @property
    def text(self) -> str:
        """`x,y,width,height`, as settings write it."""
        return ",".join(str(number) for number in self.numbers)

    def within(self, width_px: int, height_px: int) -> "Region":
        """The nearest region that lies in a frame of that size; at least one pixel."""
        width, height = max(min(self.width, width_px), 1), max(min(self.height, height_px), 1)
        return Region(min(max(self.x, 0), width_px - width), min(max(self.y, 0), height_px - height), width, height)


def first_region(width_px: int, height_px: int) -> Region:
    """A quarter of the frame in each direction, in its middle."""
    width, height = (max(round(n * SHARE_AT_FIRST), 1) for n in (width_px, height_px))
    return Region((width_px - width) // 2, (height_px - height) // 2, width, height)


class RegionItem(QObject):
    """The rectangle on a view; hidden until it is shown."""

    changed = Signal(object)
    """The Region after a drag; not after `place`."""

    def __init__(self, view: pg.ViewBox, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view = view
        self._size_px = (1, 1)
        self.roi = _Rectangle(
            (0, 0),
            (1, 1),
            snapSize=1.0,
            scaleSnap=True,
            translateSnap=True,
            rotatable=False,
            removable=False,
            pen=pg.mkPen(RIM_COLOUR, width=2),
            hoverPen=pg.mkPen(HOVER_COLOUR, width=2),
            handlePen=pg.mkPen(RIM_COLOUR, width=2),
            handleHoverPen=pg.mkPen(HOVER_COLOUR, width=2),
        )
        self.roi.setZValue(25)
        for corner in ((0, 0), (1, 0), (0, 1), (1, 1)):
            self.roi.addScaleHandle(corner, (1 - corner[0], 1 - corner[1]))
        self.label = pg.TextItem("", color="black", anchor=(0, 1), fill=pg.mkBrush(RIM_COLOUR))
        self.label.setZValue(25)
        for item in (self.roi, self.label):
            item.setVisible(False)
            view.addItem(item, ignoreBounds=True)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(EVERY_MS)
        self._timer.timeout.connect(self._tell)
        self._waits = self._placing = False
        self.roi.sigRegionChanged.connect(self._on_drag)

    @property
    def region(self) -> Region:
        """Where it is now."""
        place, size = self.roi.pos(), self.roi.size()
        return Region(round(place.x()), round(place.y()), round(size.x()), round(size.y())).within(*self._size_px)

    def set_frame_size(self, width_px: int, height_px: int) -> None:
        """It stays inside frames of that size."""
        self._size_px = (width_px, height_px)
        self.roi.maxBounds = pg.QtCore.QRectF(0, 0, width_px, height_px)

    def place(self, region: Region) -> None:
        """Puts it somewhere without telling anybody."""
        self._placing = True
        region = region.within(*self._size_px)
        self.roi.setPos((region.x, region.y), update=False)
        self.roi.setSize((region.width, region.height))
        self.label.setPos(region.x, region.y)
        self._placing = False

    def show(self, shown: bool, name: str = "") -> None:
        """Shows or hides rectangle and name."""
        self.roi.setVisible(shown)
        self.label.setText(name)
        self.label.setVisible(shown and bool(name))

    def _on_drag(self) -> None:
        if self._placing:
            return
        region = self.region
        self.label.setPos(region.x, region.y)
        self._waits = True
        if not self._timer.isActive():
            self._tell()

    def _tell(self) -> None:
        if self._waits:
            self._waits = False
            self.changed.emit(self.region)
            self._timer.start()


class _Rectangle(pg.ROI):
    """A click on it, without a drag, is a click on the picture: pyqtgraph's ROI would take it."""

    def hoverEvent(self, event: Any) -> None:  # Qt's name
        """As pyqtgraph's, but left clicks stay free."""
        hover = not event.isExit() and event.acceptDrags(pg.QtCore.Qt.MouseButton.LeftButton)
        self.setMouseHover(hover)

    def mouseClickEvent(self, event: Any) -> None:  # Qt's name
        """Hands the click on; a right click during a drag takes the drag back, as in pyqtgraph."""
        if event.button() == pg.QtCore.Qt.MouseButton.RightButton and self.isMoving:
            event.accept()
            self.cancelMove()
        else:
            event.ignore()
