"""The form that starts an evaluation, with its progress. Widgets only."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice

SPLITS = {"test": "test", "validation": "validation", "train": "training", "all": "all specimens"}
MOST_IMAGES = 1_000_000


class EvaluateForm(QWidget):
    """Model, dataset, split, doses, number of images; Start, or progress and Cancel."""

    start_requested = Signal(dict)
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.model = _box("Model")
        self.dataset = _box("Dataset")
        self.split = QComboBox()
        for value, label in SPLITS.items():
            self.split.addItem(label, value)
        self.split.setToolTip("Specimens to judge on. Those of the test split were never seen in training.")
        self.doses = QLineEdit("2.5")
        self.doses.setToolTip("Electrons per pixel of the reference size, in vacuum. Several: 1; 2.5; 5.")
        self.max_images = QSpinBox()
        self.max_images.setRange(0, MOST_IMAGES)
        self.max_images.setSpecialValueText("all")
        self.max_images.setToolTip("Judge on at most so many images, evenly over the split.")
        self.complaint = QLabel()
        self.complaint.setWordWrap(True)
        theme.set_role(self.complaint, "bad")
        self.start = QPushButton("Evaluate")
        theme.set_role(self.start, "primary")
        self.start.clicked.connect(lambda: self.start_requested.emit(self.typed()))
        self.doses.returnPressed.connect(self.start.click)
        self.cancel = QPushButton("Cancel")
        self.cancel.clicked.connect(self.cancel_requested)
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setAccessibleName("Progress of the evaluation")
        self.progress_text = QLabel()
        self.progress_text.setWordWrap(True)
        self._lay_out()
        self.show_complaint("")
        self.show_idle()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setSpacing(theme.SPACING_PX)
        for text, box, files in (
            ("&Model", self.model, "Model files (*.safetensors)"),
            ("&Dataset", self.dataset, "Datasets (*.h5)"),
        ):
            label = QLabel(text)
            label.setBuddy(box)
            form.addRow(label, _with_browse(box, files))
        form.addRow("&Split", self.split)
        form.addRow("Dos&es, e/px", self.doses)
        form.addRow("&Images", self.max_images)
        buttons = QHBoxLayout()
        buttons.addWidget(self.start, 1)
        buttons.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addLayout(form)
        layout.addWidget(self.complaint)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.progress_text)

    def typed(self) -> dict[str, Any]:
        """What the form holds."""
        return {
            "model": self.model.currentData() or "",
            "model_label": self.model.currentText(),
            "dataset": self.dataset.currentData() or "",
            "split": self.split.currentData(),
            "doses": self.doses.text(),
            "max_images": self.max_images.value(),
        }

    def fill(self, typed: dict[str, Any]) -> None:
        """Puts back what was typed; models and datasets only if they are still there."""
        for box, name in ((self.model, "model"), (self.dataset, "dataset"), (self.split, "split")):
            index = box.findData(typed.get(name))
            if index >= 0:
                box.setCurrentIndex(index)
        self.doses.setText(str(typed.get("doses", self.doses.text())))
        self.max_images.setValue(int(typed.get("max_images", 0)))

    def set_choices(self, models: list[Choice], datasets: list[Choice]) -> None:
        """What can be chosen; keeps the present choice, also one that was browsed to."""
        _refill(self.model, models, "no model yet")
        _refill(self.dataset, datasets, "no dataset yet")

    def choose_model(self, model: Choice) -> None:
        """A model from anywhere."""
        _add_and_choose(self.model, model)

    def show_complaint(self, text: str) -> None:
        """Why it cannot be started; no text takes it away."""
        self.complaint.setText(text)
        self.complaint.setVisible(bool(text))

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


def _box(name: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    # long names must not widen the form
    box.setMinimumContentsLength(12)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.currentTextChanged.connect(box.setToolTip)
    return box


def _with_browse(box: QComboBox, files: str) -> QWidget:
    def browse() -> None:
        path, _ = QFileDialog.getOpenFileName(box, box.accessibleName(), "", files)
        if path:
            _add_and_choose(box, Choice(Path(path).name, path))

    button = QToolButton()
    button.setText("…")
    button.setAccessibleName(f"Choose a file: {box.accessibleName().lower()}")
    button.clicked.connect(browse)
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(4)
    row.addWidget(box, 1)
    row.addWidget(button)
    return widget


def _add_and_choose(box: QComboBox, item: Choice) -> None:
    if box.findData(item.value) < 0:
        box.addItem(item.label, item.value)
    box.setCurrentIndex(box.findData(item.value))


def _refill(box: QComboBox, items: list[Choice], nothing: str) -> None:
    chosen, label = box.currentData(), box.currentText()
    box.blockSignals(True)
    box.clear()
    for item in items:
        box.addItem(item.label, item.value)
    if chosen and box.findData(chosen) < 0:
        box.addItem(label, chosen)
    if chosen:
        box.setCurrentIndex(box.findData(chosen))
    box.setPlaceholderText(nothing)
    box.blockSignals(False)
    box.setToolTip(box.currentText())
