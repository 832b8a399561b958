"""What a list or a page says when there is nothing in it yet: why, and what to do."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme


class EmptyState(QWidget):
    """A heading, a sentence, and up to a few buttons; the first is the main one."""

    def __init__(
        self,
        heading: str,
        text: str,
        actions: dict[str, Callable[[], object]] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.heading = QLabel(heading)
        theme.set_role(self.heading, "title")
        self.text = QLabel(text)
        theme.set_role(self.text, "muted")
        self.buttons: list[QPushButton] = []
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 24, 24, 24)
        layout.setSpacing(theme.SPACING_PX)
        layout.addStretch(2)
        for label in (self.heading, self.text):
            label.setWordWrap(True)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        row = QHBoxLayout()
        row.addStretch()
        for name, slot in (actions or {}).items():
            button = QPushButton(name)
            button.clicked.connect(lambda _checked=False, slot=slot: slot())
            if not self.buttons:
                theme.set_role(button, "primary")
            self.buttons.append(button)
            row.addWidget(button)
        row.addStretch()
        layout.addSpacing(theme.SPACING_PX)
        layout.addLayout(row)
        layout.addStretch(3)
