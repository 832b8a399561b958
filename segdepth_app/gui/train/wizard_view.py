"""The New run dialog: a list of steps, a page in a scroll area, Back and Next. Widgets only."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.train.facts import DatasetFacts
from segdepth_app.gui.train.profile import Profile
from segdepth_app.gui.train.review import Summary
from segdepth_app.gui.train.wizard_pages import DataPage, NetworkPage, ReviewPage, WherePage, form_of

STEPS = ("Data", "Network", "Schedule", "Where", "Review")
SIZE = (920, 640)
STEPS_WIDTH_PX = 110


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
        self._make_pages()
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
        for page in self._pages.values():
            page.fill(values)
        self.pages.setCurrentIndex(index)

    def show_complaints(self, page: str, complaints: dict[str, str]) -> None:
        """Reasons at their fields; those about the page as a whole below it."""
        self._pages[page].show_complaints(complaints)
        self.error.setText(complaints.get("", ""))
        self.error.setVisible("" in complaints)

    def show_facts(self, facts: DatasetFacts | None, preset: str) -> None:
        """What the chosen dataset holds and the preset stands for."""
        self.data.show_facts(facts, preset)

    def show_network_size(self, text: str) -> None:
        """How many parameters the network has."""
        self.network.show_size(text)

    def show_profile(self, profile: Profile | None) -> None:
        """The labels' picture; None while their settings are not valid."""
        self.data.show_profile(profile)

    def show_device(self, text: str) -> None:
        """What this computer trains on."""
        self.where.show_device(text)

    def show_summary(self, summary: Summary) -> None:
        """Everything once more."""
        self.review.show_summary(summary)

    def show_estimate(self, text: str, is_bad: bool) -> None:
        """Time and memory, or why they are not known."""
        self.review.show_estimate(text, is_bad=is_bad)

    def set_ways(self, *, back: bool, on: bool, last: str) -> None:
        """Which buttons can be pressed; `last`: what the last step does, empty before it."""
        self.back.setEnabled(back)
        self.next.setEnabled(on)
        self.next.setText(last or "Next")

    def _make_pages(self) -> None:
        self.data = DataPage()
        self.data.dataset_changed.connect(lambda text: self.field_changed.emit("dataset", text))
        self.data.preset.currentTextChanged.connect(self.preset_chosen)
        self.network = NetworkPage()
        self.schedule = form_of("schedule")
        self.where = WherePage()
        for page in (self.data, self.network, self.schedule, self.where):
            page.changed.connect(self.field_changed)
        self.review = ReviewPage()
        self.review.name.textEdited.connect(lambda text: self.field_changed.emit("name", text))
        self._pages: dict[str, Any] = {
            "data": self.data,
            "network": self.network,
            "schedule": self.schedule,
            "where": self.where,
            "review": self.review,
        }
        self.pages = QStackedWidget()
        for page in self._pages.values():
            self.pages.addWidget(_scrolling(page))

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
