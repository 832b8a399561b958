"""A dose in electrons per pixel, with the same dose per area beside it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.widgets.field_editors import EDITOR_WIDTH_PX, mark


class DoseField(QWidget):
    """Says what is typed; shows what it is told."""

    typed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.line = QLineEdit()
        self.line.setFixedWidth(EDITOR_WIDTH_PX)
        self.line.setAccessibleName("Dose of the noisy picture, electrons per pixel")
        self.line.setToolTip("Electrons per reference pixel in vacuum. Only for looking: datasets are free of noise.")
        self.line.textEdited.connect(self.typed)
        self.per_area = QLabel()
        label = QLabel("Dose λ")
        label.setBuddy(self.line)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        for widget in (label, self.line, QLabel("e/px"), self.per_area):
            layout.addWidget(widget)
        layout.addStretch(1)

    def show_dose(self, typed: str, per_area: str, reason: str) -> None:
        """What stands in the field, the dose per area in words, and why it is refused."""
        if self.line.text() != typed:
            self.line.setText(typed)
        mark(self.line, invalid=bool(reason))
        self.line.setAccessibleDescription(reason)
        self.per_area.setText(reason or per_area)
        theme.set_role(self.per_area, "bad" if reason else "")
