"""The region's row below the pictures: its name, its numbers to type, what is in it, and what it is used for."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QSpinBox, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.overlay_region import Region

FIRST_NAME = "Region"
FIELDS = {
    "x": ("x", "Left edge of the region, in pixels of the file"),
    "y": ("y", "Upper edge of the region, in pixels of the file"),
    "width": ("w", "Width of the region, in pixels of the file"),
    "height": ("h", "Height of the region, in pixels of the file"),
}
PURPOSES = {
    "trace": ("Trace", "Mean probabilities of the region through time, as a row below"),
    "vacuum": ("Vacuum", "The mean value in this region is the vacuum level"),
    "lattice": ("Lattice", "Find pixel size and rotation from the lattice in this region"),
}


class RegionBar(QWidget):
    """Says what was typed and pressed; shows what it is told."""

    typed = Signal(object)
    """Region."""
    renamed = Signal(str)
    used = Signal(str)
    """Purpose: trace, vacuum or lattice."""
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit(FIRST_NAME)
        self.name.setAccessibleName("Name of the region")
        self.name.setMaximumWidth(90)
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text().strip() or FIRST_NAME))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.name)
        self.numbers = {}
        for field, (short, told) in FIELDS.items():
            box = QSpinBox()
            box.setAccessibleName(told)
            box.setToolTip(told)
            box.setKeyboardTracking(False)
            box.setButtonSymbols(QSpinBox.ButtonSymbols.NoButtons)  # the arrow keys do; there is little room
            box.setStyleSheet("min-width: 36px;")
            box.valueChanged.connect(self._on_number)
            label = QLabel(short)
            label.setBuddy(box)
            row.addWidget(label)
            row.addWidget(box)
            self.numbers[field] = box
        self.readout = QLabel()
        self.readout.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        theme.set_role(self.readout, "muted")
        row.addWidget(self.readout, 1)
        self.buttons = {}
        for purpose, (text, told) in PURPOSES.items():
            button = QPushButton(text)
            button.setToolTip(told)
            button.setAccessibleDescription(told)
            button.clicked.connect(lambda _=False, purpose=purpose: self.used.emit(purpose))
            row.addWidget(button)
            self.buttons[purpose] = button
        self.close_button = QPushButton("Hide")
        self.close_button.setAccessibleName("Hide the region")
        self.close_button.clicked.connect(self.closed)
        row.addWidget(self.close_button)

    def set_frame_size(self, width_px: int, height_px: int) -> None:
        """Numbers end with the frame."""
        limits = {"x": (0, width_px - 1), "y": (0, height_px - 1), "width": (1, width_px), "height": (1, height_px)}
        for field, box in self.numbers.items():
            box.blockSignals(True)
            box.setRange(*limits[field])
            box.blockSignals(False)

    def show_region(self, region: Region) -> None:
        """Its numbers, without telling anybody."""
        for field, box in self.numbers.items():
            box.blockSignals(True)
            box.setValue(getattr(region, field))
            box.blockSignals(False)

    def show_name(self, name: str) -> None:
        """Its name."""
        if not self.name.hasFocus():
            self.name.setText(name)

    def show_readout(self, text: str) -> None:
        """What is in it, in the frame shown."""
        self.readout.setText(text)
        self.readout.setToolTip(text)

    def _on_number(self) -> None:
        self.typed.emit(Region(*(self.numbers[field].value() for field in FIELDS)))
