"""The New run dialog: a list of steps, a page in a scroll area, Back and Next. Widgets only."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import TrainConfig
from segdepth_app.gui import theme
from segdepth_app.gui.widgets.field_rows import FieldForm, Row

STEPS = ("Data", "Network", "Schedule", "Review")
SIZE = (860, 580)
STEPS_WIDTH_PX = 130

NETWORK_ROWS = (
    Row("Network", ("network.kind",), (("fast", "fast (4 × 4 summed counts)"), ("paper", "paper (full resolution)"))),
    Row("Channels of the first block", ("network.width",)),
    Row("Halvings", ("network.scales",)),
    Row("Tell it the dose", ("network.dose_input",)),
    Row("Plateau of the labels", ("labels.plateau_share",)),
)
SCHEDULE_ROWS = (
    Row("Dose drawn for each image", ("dose_low_e_per_px", "dose_high_e_per_px")),
    Row("Longest training", ("max_epochs",)),
    Row("Patience", ("patience_epochs",)),
    Row("Steps per epoch (0: each image)", ("steps_per_epoch",)),
    Row("Crops per step", ("batch_size",)),
    Row("Crop edge", ("crop_px",)),
    Row("Highest learning rate", ("learning_rate",)),
    Row("Weight decay", ("weight_decay",)),
    Row("Arithmetic", ("precision",), (("32", "32 bit"), ("bf16", "bfloat16 (recent CPUs and GPUs)"))),
    Row("Device", ("device",)),
    Row("CPU threads (0: all)", ("threads",)),
    Row("Seed", ("seed",)),
)


class WizardView(QDialog):
    """Shows the page it is told to."""

    next_requested = Signal()
    back_requested = Signal()
    field_changed = Signal(str, object)
    preset_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("New run")
        room = self.screen().availableSize()
        self.resize(min(SIZE[0], room.width()), min(SIZE[1], room.height()))
        self.steps = [QLabel(f"{number}  {name}") for number, name in enumerate(STEPS, 1)]
        self.title = QLabel()
        theme.set_role(self.title, "title")
        self.hint = QLabel()
        self.hint.setWordWrap(True)
        theme.set_role(self.hint, "muted")
        self.data = DataPage()
        self.data.dataset_changed.connect(lambda text: self.field_changed.emit("dataset", text))
        self.data.preset.currentTextChanged.connect(self.preset_chosen)
        self.network = FieldForm(TrainConfig, NETWORK_ROWS, explained=True)
        self.schedule = FieldForm(TrainConfig, SCHEDULE_ROWS)
        for form in (self.network, self.schedule):
            form.changed.connect(self.field_changed)
        self.review = ReviewPage()
        self.review.name.textEdited.connect(lambda text: self.field_changed.emit("name", text))
        self.pages = QStackedWidget()
        for page in (self.data, self.network, self.schedule, self.review):
            self.pages.addWidget(_scrolling(page))
        self.error = QLabel()
        self.error.setWordWrap(True)
        theme.set_role(self.error, "bad")
        self.back = QPushButton("Back")
        self.back.clicked.connect(self.back_requested)
        self.next = QPushButton("Next")
        self.next.setDefault(True)
        theme.set_role(self.next, "primary")
        self.next.clicked.connect(self.next_requested)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.reject)
        for button in (self.back, self.cancel):
            button.setAutoDefault(False)
        self._lay_out()

    def set_choices(self, datasets: list[tuple[str, str]], presets: list[str], preset: str) -> None:
        """What can be chosen on the first page: datasets as (name, path), and presets."""
        self.data.set_choices(datasets, presets, preset)

    def show_page(self, index: int, title: str, hint: str, values: dict[str, Any]) -> None:
        """Brings a page to the front with these values."""
        for number, label in enumerate(self.steps):
            theme.set_role(label, "heading" if number == index else "muted")
        self.title.setText(title)
        self.hint.setText(hint)
        for page in (self.data, self.network, self.schedule, self.review):
            page.fill(values)
        self.pages.setCurrentIndex(index)

    def show_complaints(self, page: str, complaints: dict[str, str]) -> None:
        """Reasons at their fields; those about the page as a whole below it."""
        pages: dict[str, DataPage | FieldForm | ReviewPage] = {
            "data": self.data,
            "network": self.network,
            "schedule": self.schedule,
            "review": self.review,
        }
        pages[page].show_complaints(complaints)
        self.error.setText(complaints.get("", ""))
        self.error.setVisible("" in complaints)

    def show_facts(self, dataset: str, preset: str) -> None:
        """What the chosen dataset holds and the preset stands for."""
        self.data.facts.setText(dataset)
        self.data.facts.setVisible(bool(dataset))
        self.data.preset_facts.setText(preset)

    def show_summary(self, lines: list[tuple[str, str]]) -> None:
        """Everything once more."""
        self.review.show_summary(lines)

    def set_ways(self, *, back: bool, on: bool, is_last: bool) -> None:
        """Which buttons can be pressed."""
        self.back.setEnabled(back)
        self.next.setEnabled(on)
        self.next.setText("Start" if is_last else "Next")

    def _lay_out(self) -> None:
        steps = QVBoxLayout()
        steps.setSpacing(theme.SPACING_PX)
        for label in self.steps:
            label.setFixedWidth(STEPS_WIDTH_PX)
            steps.addWidget(label)
        steps.addStretch(1)
        page = QVBoxLayout()
        page.setSpacing(theme.SPACING_PX)
        page.addWidget(self.title)
        page.addWidget(self.hint)
        page.addWidget(self.pages, 1)
        page.addWidget(self.error)
        middle = QHBoxLayout()
        middle.setSpacing(2 * theme.SPACING_PX)
        middle.addLayout(steps)
        middle.addLayout(page, 1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.cancel, self.back, self.next):
            buttons.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(*[2 * theme.SPACING_PX] * 4)
        layout.setSpacing(2 * theme.SPACING_PX)
        layout.addLayout(middle, 1)
        layout.addLayout(buttons)


class DataPage(QWidget):
    """Dataset (one of the folder's, or any file) and preset."""

    dataset_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.dataset = QComboBox()
        self.dataset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.dataset.currentIndexChanged.connect(lambda _: self.dataset_changed.emit(self.dataset.currentData() or ""))
        self.browse = QPushButton("Other file…")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.facts, self.reason = QLabel(), QLabel()
        theme.set_role(self.facts, "muted")
        theme.set_role(self.reason, "bad")
        self.preset = QComboBox()
        self.preset_facts = QLabel()
        theme.set_role(self.preset_facts, "muted")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        grid.setVerticalSpacing(theme.SPACING_PX)
        grid.setColumnStretch(1, 1)
        for row, (text, widget) in enumerate((("Dataset", self.dataset), ("Start from preset", self.preset))):
            label = QLabel(text)
            label.setBuddy(widget)
            widget.setAccessibleName(text)
            grid.addWidget(label, 3 * row, 0)
            grid.addWidget(widget, 3 * row, 1)
        grid.addWidget(self.browse, 0, 2)
        for row, label in ((1, self.facts), (2, self.reason), (4, self.preset_facts)):
            label.setWordWrap(True)
            grid.addWidget(label, row, 1, 1, 2)
        grid.setRowStretch(9, 1)

    def set_choices(self, datasets: list[tuple[str, str]], presets: list[str], preset: str) -> None:
        """Fills the two lists without saying so."""
        for box, items, chosen in ((self.dataset, datasets, None), (self.preset, [(p, p) for p in presets], preset)):
            box.blockSignals(True)
            box.clear()
            for name, data in items:
                box.addItem(name, data)
            if chosen:
                box.setCurrentText(chosen)
            box.blockSignals(False)

    def fill(self, values: dict[str, Any]) -> None:
        """Shows the dataset that was chosen before."""
        path = str(values.get("dataset") or "")
        if not path:
            return
        self.dataset.blockSignals(True)
        if self.dataset.findData(path) < 0:
            self.dataset.addItem(path, path)
        self.dataset.setCurrentIndex(self.dataset.findData(path))
        self.dataset.blockSignals(False)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Why the dataset cannot be used."""
        self.reason.setText(complaints.get("dataset", ""))
        self.reason.setVisible("dataset" in complaints)

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Dataset", "", "Datasets (*.h5)")
        if path:
            self.fill({"dataset": path})
            self.dataset_changed.emit(path)


class ReviewPage(QWidget):
    """Name and summary."""

    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit()
        label = QLabel("Name of the run")
        label.setBuddy(self.name)
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        theme.set_role(self.reason, "bad")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(label, 0, 0)
        self._grid.addWidget(self.name, 0, 1)
        self._grid.addWidget(self.reason, 1, 1)
        self._grid.setRowStretch(99, 1)
        self._lines: list[tuple[QLabel, QLabel]] = []

    def fill(self, values: dict[str, Any]) -> None:
        """Shows the name."""
        if "name" in values and self.name.text() != values["name"]:
            self.name.setText(str(values["name"]))

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Why the name cannot be taken."""
        self.reason.setText(complaints.get("name", ""))
        self.reason.setVisible("name" in complaints)

    def show_summary(self, lines: list[tuple[str, str]]) -> None:
        """(what, value), one below the other."""
        for number, (what, value) in enumerate(lines):
            if number == len(self._lines):
                self._lines.append((QLabel(), QLabel()))
                name, text = self._lines[number]
                theme.set_role(name, "muted")
                text.setWordWrap(True)
                self._grid.addWidget(name, number + 2, 0)
                self._grid.addWidget(text, number + 2, 1)
            name, text = self._lines[number]
            name.setText(what)
            text.setText(value)
        for labels in self._lines[len(lines) :]:
            for label in labels:
                label.clear()


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(page)
    layout.addStretch(1)
    area.setWidget(holder)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    return area
