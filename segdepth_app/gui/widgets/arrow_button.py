"""A small button with an arrow to the left or right, in the colour of the text."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QToolButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.media_icons import media_icon


class ArrowButton(QToolButton):
    """One step; repeats while it is held."""

    def __init__(self, direction: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._direction = direction
        self.setIconSize(QSize(16, 16))
        self.setAutoRepeat(True)
        self.setAutoRaise(True)
        self.setAccessibleName(name)
        self.setToolTip(name)
        self._draw()

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Another look: the arrow in its colour."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        self.setIcon(media_icon(self._direction, theme.colour("text"), theme.colour("border")))
