"""Pictures of a study: as wide as there is room, and in a window of their own on a click or Enter."""

from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QDialog, QFrame, QLabel, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from segdepth_app.gui import theme

LARGEST_HEIGHT_PX = 420
"""Of a picture in the page."""
ROOM_PX = 80
"""Left free around a picture in its own window."""


class ScaledPicture(QWidget):
    """A picture that keeps its shape; it is never drawn larger than it is."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = QPixmap()
        self._file: tuple[Path, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip("Click, or press Enter, to see it larger.")
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(160)

    @property
    def picture(self) -> QPixmap:
        """The picture in its own size; null where there is none."""
        return self._picture

    def show_file(self, path: Path) -> bool:
        """Reads the file if it changed; whether there is a picture."""
        try:
            file = (path, path.stat().st_mtime_ns)
        except OSError:
            file = (path, 0)
        if file != self._file:
            self._file = file
            self._picture = QPixmap(str(path)) if file[1] else QPixmap()
            self.updateGeometry()
            self.update()
        return not self._picture.isNull()

    def hasHeightForWidth(self) -> bool:  # Qt's name
        """It keeps its shape."""
        return True

    def heightForWidth(self, width: int) -> int:  # Qt's name
        """The height at a width."""
        return self._fitting(QSize(width, LARGEST_HEIGHT_PX)).height()

    def sizeHint(self) -> QSize:  # Qt's name
        """As large as it may be."""
        return self._fitting(QSize(4 * LARGEST_HEIGHT_PX, LARGEST_HEIGHT_PX))

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """Small: the page gives what it has."""
        return QSize(160, self._fitting(QSize(160, LARGEST_HEIGHT_PX)).height())

    def _fitting(self, room: QSize) -> QSize:
        own = self._picture.size()
        if own.isEmpty():
            return QSize(1, 1)
        return own.scaled(room.boundedTo(own), Qt.AspectRatioMode.KeepAspectRatio)

    def paintEvent(self, event: QPaintEvent) -> None:  # Qt's name
        """The picture in the middle, smoothly scaled; a frame while it has the focus."""
        if self._picture.isNull():
            return
        ratio = self.devicePixelRatioF()
        size = self._fitting(self.size())
        scaled = self._picture.scaled(
            size * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
        scaled.setDevicePixelRatio(ratio)
        painter = QPainter(self)
        painter.drawPixmap((self.width() - size.width()) // 2, (self.height() - size.height()) // 2, scaled)
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.colour("accent")), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Drawn anew at another size."""
        super().resizeEvent(event)
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:  # Qt's name
        """The frame appears."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # Qt's name
        """The frame goes."""
        super().focusOutEvent(event)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # Qt's name
        """A click."""
        if event.button() is Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # Qt's name
        """Enter or Space is a click."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.clicked.emit()
        else:
            super().keyPressEvent(event)


class StudyPicture(QFrame):
    """A framed picture under its title, with its explanation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme.set_role(self, "card")
        self.title, self.text = QLabel(), QLabel()
        theme.set_role(self.title, "heading")
        theme.set_role(self.text, "muted")
        self.picture = ScaledPicture()
        self.picture.clicked.connect(self.enlarge)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[theme.SPACING_PX] * 4)
        layout.setSpacing(4)
        for label in (self.title, self.text):
            label.setWordWrap(True)
        for widget in (self.title, self.picture, self.text):
            layout.addWidget(widget)

    def show_picture(self, title: str, text: str, path: Path) -> None:
        """A picture of a study; in words where its file is not there yet."""
        self.title.setText(title)
        there = self.picture.show_file(path)
        self.picture.setVisible(there)
        self.picture.setAccessibleName(title)
        self.picture.setAccessibleDescription(text)
        self.text.setText(text if there else f"{path.name} is drawn when the study ends.")
        self.text.setVisible(bool(self.text.text()))

    def enlarge(self) -> None:
        """The picture in a window of its own."""
        if not self.picture.picture.isNull():
            Enlarged(self.title.text(), self.picture.picture, self).show()


class Enlarged(QDialog):
    """A picture in its own size, or as large as the screen lets it be; it can be scrolled."""

    def __init__(self, title: str, picture: QPixmap, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        label = QLabel()
        label.setPixmap(picture)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        label.setAccessibleName(title)
        area = QScrollArea()
        area.setWidget(label)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)
        room = self.screen().availableSize() - QSize(ROOM_PX, ROOM_PX)
        self.resize((picture.size() + QSize(4, 4)).boundedTo(room))
