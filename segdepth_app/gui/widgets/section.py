"""A part of a page under a heading that folds it away."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QSizePolicy, QToolButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.media_icons import media_icon


class Section(QWidget):
    """The heading is a button: Space, Enter or a click folds and unfolds."""

    def __init__(self, title: str, body: QWidget, *, is_open: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.body = body
        self.heading = QToolButton()
        self.heading.setText(title)
        self.heading.setCheckable(True)
        self.heading.setAutoRaise(True)
        self.heading.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.heading.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.set_role(self.heading, "heading")
        self.heading.toggled.connect(self._on_toggle)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.heading)
        layout.addWidget(body)
        self.heading.setChecked(is_open)
        self._on_toggle(is_open)

    def unfold(self) -> None:
        """Shows what is in it."""
        self.heading.setChecked(True)

    @property
    def is_open(self) -> bool:
        """Whether its contents are shown."""
        return self.heading.isChecked()

    def changeEvent(self, event: QEvent) -> None:  # Qt's name
        """Draws the arrow in the colour of another look."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw_arrow()

    def _on_toggle(self, is_open: bool) -> None:
        self.body.setVisible(is_open)
        self._draw_arrow()

    def _draw_arrow(self) -> None:
        name = "down" if self.is_open else "right"
        self.heading.setIcon(media_icon(name, theme.colour("text"), theme.colour("muted")))
