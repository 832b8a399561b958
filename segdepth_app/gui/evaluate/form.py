"""The form that starts evaluations, with their progress. Widgets only."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import EvaluateConfig
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.picker import Picker
from segdepth_app.gui.widgets.field_editors import mark
from segdepth_app.gui.widgets.section import Section

SPLITS = {"test": "test", "validation": "validation", "train": "training", "all": "all specimens"}
MOST_IMAGES = 1_000_000
MOST_RESAMPLINGS = 100_000
BOOTSTRAP = int(EvaluateConfig.model_fields["n_bootstrap"].default)


class EvaluateForm(QWidget):
    """Models, datasets, doses, and what is seldom changed; Evaluate, or progress and Cancel."""

    changed = Signal(dict)
    start_requested = Signal(dict)
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.models = Picker("&Models", "Model files (*.safetensors)", "no model yet: train one")
        self.datasets = Picker("&Datasets", "Datasets (*.h5)", "no dataset yet: simulate one")
        self.doses = QLineEdit("2.5")
        self.doses.setToolTip("Electrons per pixel of the reference size, in vacuum. Several: 1; 2.5; 5.")
        self.split = QComboBox()
        for value, label in SPLITS.items():
            self.split.addItem(label, value)
        self.split.setToolTip("Specimens to judge on. Those of the test split were never seen in training.")
        self.max_images = _number(MOST_IMAGES, 0, "all", "Judge on at most so many images, evenly over the split.")
        self.n_bootstrap = _number(
            MOST_RESAMPLINGS, BOOTSTRAP, "none", "Resamplings of the specimens behind the 95 % intervals."
        )
        self.reasons = {name: _words("bad") for name in ("models", "datasets", "doses")}
        self.amount = _words("muted")
        self.start = QPushButton("Evaluate")
        theme.set_role(self.start, "primary")
        self.cancel = QPushButton("Cancel")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setAccessibleName("Progress of the evaluation")
        self.progress_text = _words("")
        self._connect()
        self._lay_out()
        self.show_problems({})
        self.show_idle()

    def _connect(self) -> None:
        self.start.clicked.connect(lambda: self.start_requested.emit(self.typed()))
        self.doses.returnPressed.connect(self.start.click)
        self.cancel.clicked.connect(self.cancel_requested)
        for picker in (self.models, self.datasets):
            picker.changed.connect(self._tell)
        self.doses.textChanged.connect(self._tell)

    def _lay_out(self) -> None:
        doses = QLabel("Dos&es λ, e/px")
        doses.setBuddy(self.doses)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACING_PX)
        row.addWidget(doses)
        row.addWidget(self.doses, 1)
        more = QWidget()
        rare = QFormLayout(more)
        rare.setContentsMargins(2 * theme.SPACING_PX, 0, 0, 0)
        rare.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        rare.addRow("&Split", self.split)
        rare.addRow("&Images", self.max_images)
        rare.addRow("&Resamplings", self.n_bootstrap)
        self.more = Section("More", more, is_open=False)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for field, name in ((self.models, "models"), (self.datasets, "datasets")):
            layout.addWidget(field)
            layout.addWidget(self.reasons[name])
        layout.addLayout(row)
        layout.addWidget(self.reasons["doses"])
        layout.addWidget(self.more)
        layout.addWidget(self.amount)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.progress_text)

    def typed(self) -> dict[str, Any]:
        """What the form holds."""
        models, datasets = self.models.list.chosen(), self.datasets.list.chosen()
        return {
            "models": [choice.value for choice in models],
            "datasets": [choice.value for choice in datasets],
            "labels": {choice.value: choice.label for choice in (*models, *datasets)},
            "split": self.split.currentData(),
            "doses": self.doses.text(),
            "max_images": self.max_images.value(),
            "n_bootstrap": self.n_bootstrap.value(),
        }

    def fill(self, typed: dict[str, Any]) -> None:
        """Puts back what was typed; models and datasets only if they are still there."""
        for picker, name in ((self.models, "models"), (self.datasets, "datasets")):
            if typed.get(name):
                picker.list.tick(typed[name])
        index = self.split.findData(typed.get("split"))
        if index >= 0:
            self.split.setCurrentIndex(index)
        self.doses.setText(str(typed.get("doses", self.doses.text())))
        self.max_images.setValue(int(typed.get("max_images", 0)))
        self.n_bootstrap.setValue(int(typed.get("n_bootstrap", BOOTSTRAP)))

    def set_choices(self, models: list[Choice], datasets: list[Choice]) -> None:
        """What can be chosen; keeps what is chosen, also what was browsed to."""
        self.models.list.set_choices(models)
        self.datasets.list.set_choices(datasets)

    def choose_model(self, model: Choice) -> None:
        """A model from anywhere, and no other."""
        self.models.list.choose(model, alone=True)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Why it cannot be started, each reason at its field; none takes them away."""
        fields = {"models": self.models.list, "datasets": self.datasets.list, "doses": self.doses}
        for name, label in self.reasons.items():
            reason = problems.get(name, "")
            label.setText(reason)
            label.setVisible(bool(reason))
            mark(fields[name], invalid=bool(reason))
            fields[name].setAccessibleDescription(reason)

    def show_amount(self, text: str) -> None:
        """How much would be judged."""
        self.amount.setText(text)
        self.amount.setVisible(bool(text))

    def show_job(self, text: str, done: int, total: int, may_cancel: bool) -> None:
        """A running evaluation."""
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.progress_text.setText(text)
        self._show_running(True)
        self.cancel.setEnabled(may_cancel)

    def show_idle(self) -> None:
        """No evaluation runs."""
        self._show_running(False)

    def _show_running(self, running: bool) -> None:
        self.start.setEnabled(not running)
        for widget in (self.cancel, self.progress, self.progress_text):
            widget.setVisible(running)

    def _tell(self) -> None:
        self.changed.emit(self.typed())


def _number(most: int, value: int, none: str, help_text: str) -> QSpinBox:
    box = QSpinBox()
    box.setRange(0, most)
    box.setSpecialValueText(none)
    box.setValue(value)
    box.setToolTip(help_text)
    return box


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    theme.set_role(label, role)
    return label
