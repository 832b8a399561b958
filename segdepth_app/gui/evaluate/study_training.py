"""The part of a study's dialog about the models that it trains itself. Widgets only."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import StudyConfig, presets
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.widgets.field_rows import LABEL_WIDTH_PX, FieldForm, Row

NUMBERS_WIDTH_PX = 240
VARIANTS = (("none", "segment alone"), ("separate", "denoise, then segment"), ("joint", "both jointly"))
SWEPT = {
    "widths": Row("Channels of the first block", ("widths",)),
    "train_doses_e_per_px": Row("Doses to train at", ("train_doses_e_per_px",)),
    "denoisers": Row("Variants", ("denoisers",), words=VARIANTS),
}


class TrainingBox(QWidget):
    """Training dataset, preset, what differs between the models, and changes to the preset."""

    changed = Signal(str, object)

    def __init__(self, swept: str, datasets: list[Choice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.dataset = QComboBox()
        self.dataset.setPlaceholderText("no dataset chosen")
        self.dataset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.dataset.setMinimumContentsLength(24)
        for choice in datasets:
            self.dataset.addItem(choice.label, choice.value)
        self.dataset.setCurrentIndex(-1)
        self.dataset.setAccessibleName("Training dataset")
        self.dataset.currentIndexChanged.connect(
            lambda _: self.changed.emit("train_dataset", self.dataset.currentData())
        )
        self.browse = QPushButton("Choose file…")
        self.browse.setAccessibleName("Training dataset: choose a file")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.preset = QComboBox()
        self.preset.addItems(list(presets("train")))
        self.preset.setAccessibleName("Training settings")
        self.preset.currentTextChanged.connect(lambda text: self.changed.emit("train_preset", text))
        self.reason = QLabel()
        self.reason.setWordWrap(True)
        theme.set_role(self.reason, "bad")
        rows = (SWEPT[swept], Row("Changes, key=value", ("train_set",), rare=True))
        self.fields = FieldForm(StudyConfig, rows)
        for name in (swept, "train_set"):
            if name != "denoisers":
                self.fields.editors[name].setFixedWidth(NUMBERS_WIDTH_PX)
        self.fields.changed.connect(self.changed)
        self._lay_out()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(self.dataset, 1)
        row.addWidget(self.browse)
        top = QFormLayout()
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(theme.SPACING_PX)
        for text, field, buddy in (
            ("Dataset to train &on", row, self.dataset),
            ("&Settings", self.preset, self.preset),
        ):
            label = QLabel(text)
            label.setBuddy(buddy)
            label.setMinimumWidth(LABEL_WIDTH_PX)
            top.addRow(label, field)
            if field is row:
                top.addRow(self.reason)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * theme.SPACING_PX, 0, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addLayout(top)
        layout.addWidget(self.fields)

    def fill(self, values: dict[str, Any]) -> None:
        """Puts values into the fields without saying so."""
        self.fields.fill(values)
        self.preset.blockSignals(True)
        self.preset.setCurrentText(values["train_preset"])
        self.preset.blockSignals(False)

    def show_complaints(self, found: dict[str, str]) -> None:
        """Each reason at its field."""
        self.reason.setText(found.get("train_dataset", ""))
        self.reason.setVisible("train_dataset" in found)
        self.dataset.setAccessibleDescription(self.reason.text())
        self.fields.show_complaints(found)

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Dataset to train on", "", "Datasets (*.h5)")
        if path:
            if self.dataset.findData(path) < 0:
                self.dataset.addItem(Path(path).name, path)
            self.dataset.setCurrentIndex(self.dataset.findData(path))


def _label(text: str, buddy: QWidget) -> QLabel:
    label = QLabel(text)
    label.setBuddy(buddy)
    label.setMinimumWidth(LABEL_WIDTH_PX)
    return label
