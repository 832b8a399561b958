"""Icons of arrows and of the play bar, in the colour of the text: the style's own are black in the dark look too."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap, QPolygonF

SIDE = 16
PIXELS_PER_UNIT = 4
"""Drawn large, so that it is sharp at 200 % too."""

TRIANGLE_RIGHT = ((4, 2), (13, 8), (4, 14))
SHAPES: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {
    "play": (TRIANGLE_RIGHT,),
    "pause": (((4, 3), (7, 3), (7, 13), (4, 13)), ((9, 3), (12, 3), (12, 13), (9, 13))),
    "next": (((3, 3), (10, 8), (3, 13)), ((11, 3), (13, 3), (13, 13), (11, 13))),
    "previous": (((13, 3), (6, 8), (13, 13)), ((3, 3), (5, 3), (5, 13), (3, 13))),
    "left": (((11, 3), (5, 8), (11, 13)),),
    "right": (((5, 3), (11, 8), (5, 13)),),
    "down": (((3, 5), (13, 5), (8, 11)),),
    "enlarge": (
        ((8, 2), (14, 2), (14, 8), (12, 8), (12, 4), (8, 4)),
        ((8, 14), (2, 14), (2, 8), (4, 8), (4, 12), (8, 12)),
    ),
    "shrink": (
        ((9, 2), (11, 2), (11, 5), (14, 5), (14, 7), (9, 7)),
        ((7, 14), (5, 14), (5, 11), (2, 11), (2, 9), (7, 9)),
    ),
}
"""Corners of each icon's polygons on a grid of 16."""


def media_icon(name: str, colour: str, greyed: str) -> QIcon:
    """One of SHAPES; `greyed` is its colour while the button is disabled."""
    icon = QIcon(_draw(name, colour))
    icon.addPixmap(_draw(name, greyed), QIcon.Mode.Disabled)
    return icon


def _draw(name: str, colour: str) -> QPixmap:
    pixmap = QPixmap(SIDE * PIXELS_PER_UNIT, SIDE * PIXELS_PER_UNIT)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setWindow(QRectF(0, 0, SIDE, SIDE).toRect())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    for corners in SHAPES[name]:
        painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))
    painter.end()
    return pixmap
