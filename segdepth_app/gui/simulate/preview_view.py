"""The live preview: four linked pictures of one specimen, and what it is. Widgets only; imports pyqtgraph."""

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSpinBox, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.simulate.browser import PICTURES
from segdepth_app.gui.widgets.arrow_button import ArrowButton
from segdepth_app.gui.widgets.class_legend import ClassLegend
from segdepth_app.gui.widgets.dose_field import DoseField
from segdepth_app.gui.widgets.image_pane import ImagePane
from segdepth_app.gui.widgets.image_stepper import ImageStepper
from segdepth_app.specimen.table import SPECIMEN_KINDS

SMALLEST_PANE_PX = (130, 110)
FACTS_LINES = 3


class PreviewView(QWidget):
    """Shows what the presenter gives it."""

    specimen_chosen = Signal(int)
    specimen_stepped = Signal(int)
    kind_chosen = Signal(str)
    image_chosen = Signal(int)
    dose_typed = Signal(str)
    pixel_picked = Signal(float, float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._zoomed = False
        self.specimen = QSpinBox()
        self.specimen.setAccessibleName("Specimen of the preview")
        self.specimen.setKeyboardTracking(False)
        self.specimen.setRange(1, 1)
        self.specimen.valueChanged.connect(lambda value: self.specimen_chosen.emit(value - 1))
        self.back = ArrowButton("left", "Previous specimen")
        self.on = ArrowButton("right", "Next specimen")
        self.back.clicked.connect(lambda: self.specimen_stepped.emit(-1))
        self.on.clicked.connect(lambda: self.specimen_stepped.emit(1))
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of specimen to look at")
        self.kind.addItem("every kind", "")
        for kind in SPECIMEN_KINDS:
            self.kind.addItem(f"only {kind}", kind)
        self.kind.currentIndexChanged.connect(lambda _: self.kind_chosen.emit(self.kind.currentData()))
        self.dose = DoseField()
        self.dose.typed.connect(self.dose_typed)
        self.status = QLabel()
        theme.set_role(self.status, "muted")
        self.problem = QLabel()
        self.problem.setWordWrap(True)
        theme.set_role(self.problem, "bad")
        self.panes = {name: ImagePane(title, kind) for name, (title, kind) in PICTURES.items()}
        self.panes["weight"].set_levels(0, 1)
        for name, pane in self.panes.items():
            pane.plot.setMinimumSize(*SMALLEST_PANE_PX)
            pane.pixel_clicked.connect(lambda x, y, _: self.pixel_picked.emit(float(x), float(y)))
            pane.view.sigRangeChangedManually.connect(self._on_zoom)
            if name != "clean":
                pane.link_to(self.panes["clean"])
        self.stepper = ImageStepper()
        self.stepper.stepped.connect(self.image_chosen)
        self.facts = QLabel()
        self.facts.setWordWrap(True)
        # a splitter does not ask wrapped words how high they are
        self.facts.setMinimumHeight(FACTS_LINES * self.facts.fontMetrics().lineSpacing())
        self.facts.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.column = QLabel()
        self.column.setWordWrap(True)
        theme.set_role(self.column, "muted")
        self.legend = ClassLegend(vertical=False)
        self._lay_out()
        self.show_problem("")

    def show_pictures(self, pictures: dict[str, np.ndarray], levels: dict[str, tuple[float, float]]) -> None:
        """Arrays for some of PICTURES, and black and white of the grey ones; the others stay."""
        for name, (low, high) in levels.items():
            self.panes[name].set_levels(low, high)
        for name, picture in pictures.items():
            self.panes[name].set_image(picture)

    def show_specimen(self, number: int, n: int) -> None:
        """Which specimen it is, from 0, of how many."""
        self.specimen.blockSignals(True)
        self.specimen.setRange(1, n)
        self.specimen.setValue(number + 1)
        self.specimen.setSuffix(f" of {n}")
        self.specimen.blockSignals(False)

    def show_image(self, image: int, n: int) -> None:
        """Which image of the specimen it is, from 0, of how many."""
        self.stepper.set_images(n, image)

    def show_facts(self, text: str) -> None:
        """What is shown."""
        self.facts.setText(text)

    def show_dose(self, typed: str, per_area: str, reason: str) -> None:
        """The dose field, the same dose per area, and why it is refused."""
        self.dose.show_dose(typed, per_area, reason)

    def set_pixel_size(self, pixel_size_pm: float) -> None:
        """For the scale bars."""
        for pane in self.panes.values():
            pane.set_pixel_size(pixel_size_pm)

    def show_status(self, text: str) -> None:
        """What is going on; the pictures stay."""
        self.status.setText(text)

    def show_problem(self, text: str) -> None:
        """Why there is no new picture; the old ones stay."""
        self.problem.setText(text)
        self.problem.setVisible(bool(text))

    def show_column(self, x: float | None, y: float | None, text: str) -> None:
        """A crosshair through a column in every picture, and what it holds; None takes it away."""
        for pane in self.panes.values():
            pane.set_crosshair(x, y)
        self.column.setText(text or "Click a column to read its atoms.")

    def clear(self) -> None:
        """No pictures."""
        for pane in self.panes.values():
            pane.clear()
        self._zoomed = False
        self.show_column(None, None, "")
        for label in (self.facts, self.status):
            label.setText("")
        self.show_problem("")

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        for pane in self.panes.values():
            pane.refresh_theme()
        self.legend.update()

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """The whole picture stays in view until the user zooms into it."""
        super().resizeEvent(event)
        if not self._zoomed:
            QTimer.singleShot(0, self, self.panes["clean"].fit)

    def _on_zoom(self) -> None:
        self._zoomed = True

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(6)
        label = QLabel("Specimen")
        label.setBuddy(self.specimen)
        for widget in (label, self.back, self.specimen, self.on, self.kind):
            top.addWidget(widget)
        top.addStretch(1)
        top.addWidget(self.status)
        grid = QGridLayout()
        grid.setSpacing(theme.SPACING_PX)
        for i, pane in enumerate(self.panes.values()):
            grid.addWidget(pane, i // 2, i % 2)
        legend = QHBoxLayout()
        legend.addWidget(QLabel("Atoms"))
        legend.addWidget(self.legend, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(top)
        layout.addWidget(self.dose)
        layout.addWidget(self.problem)
        layout.addLayout(grid, 1)
        layout.addWidget(self.stepper)
        layout.addLayout(legend)
        layout.addWidget(self.facts)
        layout.addWidget(self.column)
