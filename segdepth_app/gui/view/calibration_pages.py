"""The pages of the calibration: pixel size and rotation; vacuum, gain and dose. Widgets, no decisions."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.calibration_spectrum import SpectrumView
from segdepth_app.gui.view.calibration_state import FLIPPED, LatticePage, LevelsPage
from segdepth_app.gui.view.calibration_widgets import RectangleField, button, column, row, say, show_in, wide, words
from segdepth_app.gui.view.fields import WRAPPED_LABEL_PX, SourcedField, angle, any_number, positive_number
from segdepth_app.gui.widgets.lines import Lines

IMAGES = ("the mean of the series", "the frame shown")
MODES = {"auto": "Automatic", "rectangle": "Mean of a rectangle", "level": "Typed"}


class LatticeWidget(QWidget):
    """Pixel size and rotation: typed, or from the lattice."""

    value_typed = Signal(str, object)
    measure = Signal(bool, object)
    """Of the frame shown rather than the mean of the series; the rectangle or None for all of it."""
    take_over = Signal()
    turn = Signal()
    turn_back = Signal()

    def __init__(self) -> None:
        super().__init__()
        help_text = "Width of a pixel of the file. Empty: the file's own."
        self.size_field = SourcedField("Pixel size", "pm", help_text, wraps=True)
        self.size_field.typed.connect(lambda value: self.value_typed.emit("pixel_size_pm", value))
        help_text = "How far the crystal's [001] lies counterclockwise from the right. It is undone before the network."
        self.rotation_field = SourcedField("Rotation", "°", help_text, angle, wraps=True)
        self.rotation_field.typed.connect(lambda value: self.value_typed.emit("rotation_deg", value or 0.0))
        self.turn_button = button("+180°", self.turn.emit, FLIPPED)
        self.back_button = button("Back to 0", self.turn_back.emit, "The frame goes to the network as it is.")
        self.image = QComboBox()
        self.image.addItems(IMAGES)
        self.image.setAccessibleName("Image for the lattice")
        label = QLabel("From the lattice of")
        label.setBuddy(self.image)
        self.region = RectangleField("Part of the frame", "the whole frame")
        within = QLabel("within")
        within.setBuddy(self.region.edit)
        self.measure_button = button("Measure", self._measure, "Finds the reflections of ceria along [110].")
        self.busy = QProgressBar()
        self.busy.setRange(0, 0)
        self.busy.setMaximumHeight(8)
        self.busy.setTextVisible(False)
        self.busy.setAccessibleName("Measuring the lattice")
        self.spectrum = SpectrumView()
        self.lines = Lines("The fit of the lattice")
        self.text = words()
        self.take_button = button("Take over", self.take_over.emit, "Uses the fitted pixel size and rotation.")
        theme.set_role(self.take_button, "primary")
        layout = column(self)
        layout.addWidget(self.size_field)
        layout.addLayout(wide(self.rotation_field, self.turn_button, self.back_button))
        layout.addLayout(row(label, self.image, within, self.region, self.measure_button, stretch=False))
        layout.addWidget(self.busy)
        side = QVBoxLayout()
        side.addWidget(self.text)
        side.addWidget(self.lines)
        side.addStretch(1)
        side.addWidget(self.take_button, 0, Qt.AlignmentFlag.AlignLeft)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.SPACING_PX)
        below.addWidget(self.spectrum, 3)
        below.addLayout(side, 2)
        layout.addLayout(below, 1)

    def show_page(self, page: LatticePage) -> None:
        """The whole page."""
        show_in(self.size_field, page.size)
        show_in(self.rotation_field, page.rotation)
        self.busy.setVisible(page.busy)
        self.measure_button.setEnabled(not page.busy)
        self.spectrum.show_fit(page.fit)
        self.lines.show_lines(page.lines)
        say(self.text, page.text, page.role)
        self.take_button.setEnabled(page.can_take)

    def _measure(self) -> None:
        if self.region.check():
            self.measure.emit(self.image.currentIndex() == 1, self.region.value())


class LevelsWidget(QWidget):
    """Vacuum level, gain and offset, dose."""

    value_typed = Signal(str, object)
    mode_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.mode = QComboBox()
        for key, name in MODES.items():
            self.mode.addItem(name, key)
        self.mode.activated.connect(lambda _: self.mode_chosen.emit(self.mode.currentData()))
        label = QLabel("Vacuum")
        label.setMinimumWidth(WRAPPED_LABEL_PX - 4)  # this row stands 4 px further apart than those of the fields
        label.setBuddy(self.mode)
        self.mode.setAccessibleName("How the vacuum level is found")
        self.vacuum = SourcedField("Level", "", "Mean value of the file where no specimen is.", any_number, wraps=True)
        self.vacuum.typed.connect(self._on_level)
        self.rectangle = RectangleField("Vacuum", "x,y,width,height where no specimen is")
        self.rectangle.typed.connect(lambda text: self.value_typed.emit("vacuum", text or None))
        self.reason = words()
        self.counts = words()
        self.fields = {
            "gain": SourcedField("Gain", "per e", "Value of the file per electron. Empty: estimated.", wraps=True),
            "offset": SourcedField(
                "Offset", "", "Value of the file without electrons. Empty: estimated.", any_number, wraps=True
            ),
            "dose_e_per_px": SourcedField(
                "Dose λ",
                "e/px",
                "Electrons per pixel and frame of the file in vacuum. Empty: from vacuum level and gain.",
                positive_number,
                wraps=True,
            ),
        }
        layout = column(self)
        layout.addLayout(row(label, self.mode))
        for widget in (self.vacuum, self.rectangle, self.reason, self.counts, *self.fields.values()):
            layout.addWidget(widget)
        for name, field in self.fields.items():
            field.typed.connect(lambda value, name=name: self.value_typed.emit(name, value))
        layout.addStretch(1)

    def show_page(self, page: LevelsPage) -> None:
        """The whole page."""
        self.mode.setCurrentIndex(list(MODES).index(page.mode))
        show_in(self.vacuum, page.vacuum)
        self.vacuum.edit.setReadOnly(page.mode != "level")
        self.rectangle.setVisible(page.mode == "rectangle")
        self.rectangle.show_rectangle(page.rectangle)
        say(self.reason, page.vacuum_reason)
        say(self.counts, page.counts, page.counts_role)
        for name, fact in (("gain", page.gain), ("offset", page.offset), ("dose_e_per_px", page.dose)):
            show_in(self.fields[name], fact)

    def _on_level(self, value: float | None) -> None:
        self.value_typed.emit("vacuum", None if value is None else f"{value:.10g}")
