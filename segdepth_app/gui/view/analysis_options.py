"""The options of an analysis in a small window below their button; each says what it means."""

from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.config import InferConfig
from segdepth_app.gui import theme
from segdepth_app.gui.widgets.field_rows import FieldForm, Row

ROWS = (
    Row("Mirror averaging", ("mirror",)),
    Row("Chance to stay", ("stay_probability",)),
    Row("Longest sum (frames)", ("longest_sum_frames",)),
    Row("Arithmetic", ("precision",), words=(("auto", "auto"), ("float32", "single precision"))),
    Row("Runs on", ("device",), words=(("auto", "best there is"), ("cpu", "CPU"), ("cuda", "GPU"))),
)
WIDTH_PX = 560


class OptionsPopover(QFrame):
    """A form over the options; says what is typed, shows what it is told. Escape or a click beside it closes it."""

    typed = Signal(str, object)
    reset = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAccessibleName("Options of the analysis")
        theme.set_role(self, "card")
        title = QLabel("Options of the next analysis")
        theme.set_role(title, "heading")
        self.form = FieldForm(InferConfig, ROWS, explained=True)
        self.form.changed.connect(self.typed)
        defaults = QPushButton("Defaults")
        defaults.clicked.connect(self.reset)
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addWidget(self.form)
        layout.addWidget(defaults, 0, Qt.AlignmentFlag.AlignRight)
        self.setFixedWidth(WIDTH_PX)

    def show_options(self, values: dict[str, Any], complaints: dict[str, str]) -> None:
        """What stands in the fields, and why a value is refused."""
        self.form.fill(values)
        self.form.show_complaints(complaints)

    def open_below(self, anchor: QWidget) -> None:
        """Opens under a button, as far to the left as the screen asks for."""
        self.adjustSize()
        corner = anchor.mapToGlobal(QPoint(0, anchor.height()))
        room = self.screen().availableGeometry()
        x = max(min(corner.x(), room.right() - self.width()), room.left())
        y = max(min(corner.y(), room.bottom() - self.height()), room.top())
        self.move(x, y)
        self.show()
        self.form.editors["mirror"].setFocus()
