"""The panel for a new dataset: preset, name, settings, what it will cost. Widgets only."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import SimulateConfig
from segdepth_app.gui import theme
from segdepth_app.gui.widgets.field_rows import FieldForm, Row

GROUPS: dict[str, tuple[Row, ...]] = {
    "Size": (
        Row("Specimens", ("n_specimens",)),
        Row("Images per specimen", ("n_defoci",)),
        Row("Share for validation", ("validation_share",)),
        Row("Share for testing", ("test_share",)),
        Row("Seed", ("seed",)),
    ),
    "Specimens": (
        Row("Mean thickness", ("specimen.thickness_low_atoms", "specimen.thickness_high_atoms")),
        Row("Share of wedges", ("specimen.share_wedge",)),
        Row("Share of rough ones", ("specimen.share_rough",)),
        Row("Share of shuffled ones", ("specimen.share_shuffled",)),
    ),
    "Microscope": (
        Row("Defocus", ("optics.c1_low_nm", "optics.c1_high_nm")),
        Row("Image spread", ("optics.image_spread_low_pm", "optics.image_spread_high_pm")),
        Row("Atomic potentials", ("optics.potential",)),
    ),
    "Images": (
        Row("Pixel size", ("grid.pixel_size_pm",)),
        Row("Height", ("grid.height_px",)),
        Row("Width", ("grid.width_px",)),
        Row(
            "Binning",
            ("grid.binning",),
            ((1, "none (for the paper's network)"), (2, "2 × 2"), (4, "4 × 4 (for the fast network)")),
        ),
    ),
    "Computer": (
        Row("Processes (0: all)", ("workers",)),
        Row("Device", ("device",)),
    ),
}
COLUMNS = (("Size", "Specimens"), ("Microscope", "Images", "Computer"))


class NewDatasetPanel(QWidget):
    """Fields in a scroll area; name and buttons always in sight."""

    preset_chosen = Signal(str)
    name_changed = Signal(str)
    field_changed = Signal(str, object)
    start_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = QLineEdit()
        self.name.textEdited.connect(self.name_changed)
        self.name_reason = QLabel()
        self.name_reason.setWordWrap(True)
        theme.set_role(self.name_reason, "bad")
        self.preset = QComboBox()
        self.preset.currentTextChanged.connect(self.preset_chosen)
        self.forms = {title: FieldForm(SimulateConfig, rows) for title, rows in GROUPS.items()}
        for form in self.forms.values():
            form.changed.connect(self.field_changed)
        self.whole_reason = QLabel()
        self.whole_reason.setWordWrap(True)
        theme.set_role(self.whole_reason, "bad")
        self.cost = QLabel()
        self.cost.setWordWrap(True)
        self.cost.setAccessibleName("What it will take")
        self.start = QPushButton("Start")
        theme.set_role(self.start, "primary")
        self.start.clicked.connect(self.start_requested)
        self.cancel = QPushButton("Close")
        self.cancel.clicked.connect(self.closed)
        self._lay_out()

    def open(self, presets: list[str], preset: str, name: str, values: dict[str, Any]) -> None:
        """A new dataset begins."""
        self.preset.blockSignals(True)
        self.preset.clear()
        self.preset.addItems(presets)
        self.preset.setCurrentText(preset)
        self.preset.blockSignals(False)
        self.name.setText(name)
        self.fill(values)
        self.name.setFocus()
        self.name.selectAll()

    def fill(self, values: dict[str, Any]) -> None:
        """Puts values into all fields."""
        for form in self.forms.values():
            form.fill(values)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Each reason at its field; Start only without any."""
        for form in self.forms.values():
            form.show_complaints(complaints)
        self.name_reason.setText(complaints.get("name", ""))
        self.name_reason.setVisible("name" in complaints)
        shown_elsewhere = {field for form in self.forms.values() for field in form.editors} | {"name"}
        sections = {field.split(".")[0] for field in shown_elsewhere if "." in field}
        rest = [text for where, text in complaints.items() if where not in shown_elsewhere | sections]
        self.whole_reason.setText("\n".join(rest))
        self.whole_reason.setVisible(bool(rest))
        self.start.setEnabled(not complaints)

    def _lay_out(self) -> None:
        title = QLabel("New dataset")
        theme.set_role(title, "title")
        head = QGridLayout()
        head.setHorizontalSpacing(theme.SPACING_PX)
        for row, (text, widget) in enumerate((("Name", self.name), ("Preset", self.preset))):
            label = QLabel(text)
            label.setBuddy(widget)
            head.addWidget(label, 2 * row, 0)
            head.addWidget(widget, 2 * row, 1)
        head.addWidget(self.name_reason, 1, 1)
        head.setColumnMinimumWidth(0, 130)
        head.setColumnStretch(1, 1)
        columns = QHBoxLayout()
        columns.setSpacing(3 * theme.SPACING_PX)
        for titles in COLUMNS:
            column = QVBoxLayout()
            column.setSpacing(theme.SPACING_PX)
            for name in titles:
                heading = QLabel(name)
                theme.set_role(heading, "heading")
                column.addWidget(heading)
                column.addWidget(self.forms[name])
            column.addStretch(1)
            columns.addLayout(column, 1)
        inner = QWidget()
        body = QVBoxLayout(inner)
        body.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        body.addLayout(head)
        body.addLayout(columns)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidget(inner)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        buttons = QHBoxLayout()
        buttons.addWidget(self.cost, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.whole_reason)
        layout.addLayout(buttons)
