"""Small pictures: noisy crops in grey, depth maps in the classes' colours, a ring at the column they are about."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from segdepth_app.gui import theme

SMALLEST_PX = 64
LARGEST_PX = 180


class Crop(QWidget):
    """A picture whose pixels are drawn as squares, as large as has room, and a ring where it is about."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._ring: QPointF | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # Qt's name
        """It takes what there is."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """A picture that can still be read."""
        return QSize(SMALLEST_PX, SMALLEST_PX)

    def show_grey(self, image: np.ndarray, low: float, high: float) -> None:
        """An image (h, w) with `low` black and `high` white."""
        scaled = (image - low) * (255 / max(high - low, 1e-9))
        self._show(np.clip(scaled, 0, 255).astype(np.uint8), None)

    def show_classes(self, classes: np.ndarray) -> None:
        """A map (h, w) of numbers of atoms."""
        table = [QColor(*rgba).rgba() for rgba in theme.class_colours()]
        self._show(np.minimum(classes, len(table) - 1).astype(np.uint8), table)

    def set_ring(self, x: float, y: float) -> None:
        """Rings a place, in pixels of the picture (integers are their centres)."""
        self._ring = QPointF(x + 0.5, y + 0.5)
        self.update()

    def _show(self, pixels: np.ndarray, table: list[int] | None) -> None:
        pixels = np.ascontiguousarray(pixels)
        height, width = pixels.shape
        kind = QImage.Format.Format_Indexed8 if table else QImage.Format.Format_Grayscale8
        # a copy: an image made of foreign memory must not outlive it
        self._image = QImage(pixels.data, width, height, width, kind).copy()
        if table:
            self._image.setColorTable(table)
        self._ring = None
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # Qt's name
        """The picture in the middle, then the ring."""
        if self._image is None:
            return
        painter = QPainter(self)
        scale = min(self.width() / self._image.width(), self.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        area = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        painter.drawImage(area, self._image)
        if self._ring is not None:
            centre = area.topLeft() + self._ring * scale
            radius = max(width / 12, 5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            for colour, thickness in ((Qt.GlobalColor.black, 3.0), (QColor("#ffa94d"), 1.5)):
                painter.setPen(QPen(colour, thickness))
                painter.drawEllipse(centre, radius, radius)
        painter.end()
