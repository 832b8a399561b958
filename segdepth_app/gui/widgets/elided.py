"""A label that never makes its window wider."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QLabel


class Elided(QLabel):
    """A label that gives up its middle before it makes the window wider; the whole text is in its tool tip."""

    def __init__(self) -> None:
        super().__init__()
        self._text = ""
        self.setMinimumWidth(60)

    def setText(self, text: str) -> None:  # Qt's name
        """Keeps the whole text and shows what has room."""
        self._text = text
        self._fit()
        self.updateGeometry()

    def sizeHint(self) -> QSize:  # Qt's name
        """Room for the whole text, where there is room."""
        return QSize(self.fontMetrics().horizontalAdvance(self._text) + 1, super().sizeHint().height())

    def resizeEvent(self, event: object) -> None:  # Qt's name
        """Another width, another text."""
        super().resizeEvent(event)  # type: ignore[arg-type]
        self._fit()

    def _fit(self) -> None:
        room = max(self.width(), self.minimumWidth())
        super().setText(self.fontMetrics().elidedText(self._text, Qt.TextElideMode.ElideMiddle, room))
