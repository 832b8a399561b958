"""An image whose bytes are drawn by a table of colours, as they are: no levels, nothing computed for a frame.

pyqtgraph's own item makes such a table anew, colour by colour in Python, each time an image is drawn.
"""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter


class TableImage(pg.ImageItem):
    """As pyqtgraph's image, but bytes (H, W) with a table over (0, 255) are handed to Qt without any arithmetic."""

    def __init__(self) -> None:
        self._colours: list[int] | None = None
        self._drawn: np.ndarray | None = None
        self._bytes: np.ndarray | None = None
        self._picture = QImage()
        super().__init__(axisOrder="row-major")

    def set_table(self, table: np.ndarray | None) -> None:
        """(256, 4) uint8, red, green, blue, opacity of each byte; None: grey."""
        self._colours = None if table is None else _packed(table)
        self._drawn = None
        self.setLookupTable(table, update=False)
        self.update()

    def paint(self, painter: QPainter, *args: object) -> None:
        """Bytes by the table; anything else as pyqtgraph does it."""
        image = self.image
        if self._colours is None or image is None or image.dtype != np.uint8 or not _is_whole(self.levels):
            super().paint(painter, *args)
            return
        if image is not self._drawn:
            self._drawn = image
            self._bytes = np.ascontiguousarray(image)  # kept: the picture has no memory of its own
            height, width = image.shape
            self._picture = QImage(self._bytes.data, width, height, width, QImage.Format.Format_Indexed8)
            self._picture.setColorTable(self._colours)
        painter.drawImage(QRectF(self._picture.rect()), self._picture)


def _packed(table: np.ndarray) -> list[int]:
    """Colours as Qt packs them, 0xAARRGGBB."""
    red, green, blue, opacity = np.asarray(table, np.uint32).T
    return [int(colour) for colour in (opacity << 24) | (red << 16) | (green << 8) | blue]


def _is_whole(levels: object) -> bool:
    return levels is not None and tuple(np.ravel(np.asarray(levels))) == (0, 255)
