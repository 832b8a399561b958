"""The dialog that plans a study. Widgets only; study_form knows what may be studied."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import StudyConfig
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.picker import Picker
from segdepth_app.gui.evaluate.study_form import StudyForm
from segdepth_app.gui.evaluate.study_training import TrainingBox
from segdepth_app.gui.widgets.dialogs import fit_to_screen
from segdepth_app.gui.widgets.field_editors import mark
from segdepth_app.gui.widgets.field_rows import FieldForm, Row

SIZE_PX = (780, 640)
"""Room for the title bar that the desktop puts above a dialog."""
NUMBERS_WIDTH_PX = 240
SPLITS = (("test", "test"), ("validation", "validation"), ("train", "training"), ("all", "all specimens"))
DEVICES = (("auto", "the GPU where there is one"), ("cpu", "CPU"), ("cuda", "GPU (CUDA)"))
ROWS = (
    Row("Doses", ("doses_e_per_px",)),
    Row("Specimens of each own test set", ("test_specimens",)),
    Row("Split of the datasets", ("split",), words=SPLITS),
    Row("Images of each (0: all)", ("max_images",)),
    Row("Resamplings for intervals", ("n_bootstrap",), rare=True),
    Row("Seed", ("seed",), rare=True),
    Row("Device", ("device",), words=DEVICES, rare=True),
)


class StudyDialog(QDialog):
    """Asks for what one kind of study needs."""

    def __init__(
        self,
        form: StudyForm,
        models: list[Choice],
        datasets: list[Choice],
        start: Callable[[dict[str, Any]], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.form = form
        self._start = start
        self.setWindowTitle(f"New study: {form.facts.title}")
        fit_to_screen(self, *SIZE_PX)
        self._make(models, datasets)
        self._lay_out()
        self._connect()
        self.fields.fill(form.typed)
        self._show()

    def _make(self, models: list[Choice], datasets: list[Choice]) -> None:
        facts = self.form.facts
        self.heading = _words(facts.title, "title")
        paper = f" The paper has it in {facts.paper}." if facts.paper else ""
        self.question = _words(facts.question + paper, "muted")
        self.models = Picker("&Models", "Model files (*.safetensors)", "no model yet")
        self.models.list.set_choices(models)
        self.models.list.tick([choice.value for choice in models[:1]])
        self.form.set("models", self._chosen(self.models))
        self.models_reason = _words("", "bad")
        self.datasets = Picker("Test &datasets", "Datasets (*.h5)", "no dataset yet")
        self.datasets.list.set_choices(datasets)
        # a dataset of one's own has to be chosen on purpose
        self.datasets.list.tick([])
        self.test_sets, self.datasets_reason = _words("", "muted"), _words("", "bad")
        self.fields = FieldForm(StudyConfig, ROWS)
        self.fields.editors["doses_e_per_px"].setFixedWidth(NUMBERS_WIDTH_PX)
        self.train = QCheckBox("&Train the models first")
        self.train.setToolTip("The study trains what it compares, then judges it beside the models chosen above.")
        self.training = TrainingBox(self.form.facts.trains, datasets) if self.form.may_train else None
        self.warning = _words("", "warning")
        self.name = QLineEdit(self.form.typed["name"])
        self.name_reason = _words("", "bad")
        self.obstacle = _words("", "bad")
        self.start = QPushButton("Start")
        theme.set_role(self.start, "primary")
        self.start.setDefault(True)
        self.cancel = QPushButton("Cancel")
        self.cancel.setAutoDefault(False)

    def _lay_out(self) -> None:
        lists = QHBoxLayout()
        lists.setSpacing(2 * theme.SPACING_PX)
        for widgets in ((self.models, self.models_reason), (self.datasets, self.datasets_reason, self.test_sets)):
            part = QVBoxLayout()
            part.setSpacing(4)
            for item in widgets:
                part.addWidget(item)
            part.addStretch(1)
            lists.addLayout(part, 1)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        column.setSpacing(theme.SPACING_PX)
        column.addLayout(lists)
        column.addWidget(self.fields)
        if self.training is not None:
            for widget in (self.train, self.training, self.warning):
                column.addWidget(widget)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidgetResizable(True)
        area.setWidget(content)
        label = QLabel("&Name")
        label.setBuddy(self.name)
        named = QHBoxLayout()
        named.addWidget(label)
        named.addWidget(self.name, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.obstacle, 1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.heading)
        layout.addWidget(self.question)
        layout.addWidget(area, 1)
        layout.addLayout(named)
        layout.addWidget(self.name_reason)
        layout.addLayout(buttons)

    def _connect(self) -> None:
        self.models.changed.connect(lambda: self._set("models", self._chosen(self.models)))
        self.datasets.changed.connect(lambda: self._set("datasets", self._chosen(self.datasets)))
        self.fields.changed.connect(self._set)
        self.name.textEdited.connect(lambda text: self._set("name", text))
        self.train.toggled.connect(self._on_train)
        if self.training is not None:
            self.training.fill(self.form.typed)
            self.training.changed.connect(self._set)
        self.start.clicked.connect(self._on_start)
        self.cancel.clicked.connect(self.reject)

    def _set(self, field: str, value: Any) -> None:
        self.form.set(field, value)
        self._show()

    def _on_train(self, wanted: bool) -> None:
        self.form.train(wanted)
        self._show()

    def _show(self) -> None:
        """Reasons at their fields, and what follows from what was typed."""
        found = self.form.complaints
        self._say(self.models_reason, self.models.list, found.get("models", ""))
        self._say(self.datasets_reason, self.datasets.list, found.get("datasets", ""))
        self.fields.show_complaints(found)
        own_sets = not self.form.typed["datasets"]
        self.fields.editors["test_specimens"].setEnabled(own_sets)
        self.fields.editors["split"].setEnabled(not own_sets)
        self.test_sets.setText(self.form.test_set_sentence())
        if self.training is not None:
            self.training.setVisible(self.form.trains)
            self.training.show_complaints(found)
            self.warning.setText(self.form.training_sentence())
            self.warning.setVisible(bool(self.warning.text()))
        mark(self.name, invalid="name" in found)
        self._say(self.name_reason, self.name, found.get("name", ""))
        # the field with the reason may be out of sight
        self.obstacle.setText(next(iter(found.values()), ""))
        self.start.setEnabled(self.form.valid)

    @staticmethod
    def _say(label: QLabel, editor: QWidget, reason: str) -> None:
        label.setText(reason)
        label.setVisible(bool(reason))
        editor.setAccessibleDescription(reason)

    @staticmethod
    def _chosen(picker: Picker) -> list[str]:
        return [choice.value for choice in picker.list.chosen()]

    def _on_start(self) -> None:
        self.form.check()  # a folder of that name may have come meanwhile
        self._show()
        if self.form.valid:
            self._start(self.form.values())
            self.accept()


def ask_for_study(
    parent: QWidget,
    kind: str,
    models: list[Choice],
    datasets: list[Choice],
    start: Callable[[dict[str, Any]], object],
) -> None:
    """Opens the dialog of a kind of study (a key of config.STUDIES); the window stays alive.

    Calls `start` with the values of a valid StudyConfig once the user starts it, else never.
    """
    dialog = StudyDialog(StudyForm(kind), models, datasets, start, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    theme.set_role(label, role)
    return label
