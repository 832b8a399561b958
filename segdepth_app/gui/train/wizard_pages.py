"""The pages of the New run dialog. Widgets only: they show what they are told and say what is typed."""

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.gui import theme
from segdepth_app.gui.train.facts import DatasetFacts
from segdepth_app.gui.train.profile import Profile
from segdepth_app.gui.train.profile_view import ProfileView
from segdepth_app.gui.train.review import Summary
from segdepth_app.gui.train.settings import Page, settings_of
from segdepth_app.gui.train.where import CLUSTER, CLUSTER_FIELDS, HERE, PREFIX
from segdepth_app.gui.widgets.field_rows import FieldForm, Row
from segdepth_app.gui.widgets.lines import Lines

PROFILE_WIDTH_PX = 190


def form_of(*pages: Page, explained: bool = False) -> FieldForm:
    """The input fields of these pages' settings, as TrainConfig has them."""
    rows = tuple(Row(item.label, item.fields, item.words, item.rare, item.needs) for item in settings_of(*pages))
    return FieldForm(TrainConfig, rows, explained=explained)


class DataPage(QWidget):
    """Dataset (one of the folder's, or any file), preset, and the labels with their picture."""

    dataset_changed = Signal(str)
    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.dataset = QComboBox()
        self.dataset.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.dataset.currentIndexChanged.connect(lambda _: self.dataset_changed.emit(self.dataset.currentData() or ""))
        self.browse = QPushButton("Other file…")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.facts = Lines("Facts about the dataset")
        self.reason = _words("bad")
        self.warning = _words("warning")
        self.preset = QComboBox()
        self.preset_facts = _words("muted")
        grid = _page_grid(self)
        for row, (text, widget) in enumerate((("Dataset", self.dataset), ("Start from preset", self.preset))):
            label = QLabel(text)
            label.setBuddy(widget)
            widget.setAccessibleName(text)
            grid.addWidget(label, 4 * row, 0)
            grid.addWidget(widget, 4 * row, 1)
        grid.addWidget(self.browse, 0, 2)
        for row, item in enumerate((self.facts, self.warning, self.reason)):
            grid.addWidget(item, row + 1, 1, 1, 2)
        grid.addWidget(self.preset_facts, 5, 1, 1, 2)
        grid.addLayout(self._make_labels(), 6, 0, 1, 3)
        grid.setRowStretch(9, 1)

    def _make_labels(self) -> QVBoxLayout:
        heading = QLabel("Labels")
        theme.set_role(heading, "heading")
        self.labels = form_of("labels")
        self.labels.changed.connect(self.changed)
        self.profile = ProfileView()
        self.profile.setMinimumWidth(PROFILE_WIDTH_PX)
        below = QHBoxLayout()
        below.setSpacing(2 * theme.SPACING_PX)
        below.addWidget(self.labels, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.profile, 1)
        layout = QVBoxLayout()
        layout.addWidget(heading)
        layout.addLayout(below)
        return layout

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
        """Shows the dataset that was chosen before, and the labels."""
        self.labels.fill(values)
        path = str(values.get("dataset") or "")
        if not path:
            return
        self.dataset.blockSignals(True)
        if self.dataset.findData(path) < 0:
            self.dataset.addItem(path, path)
        self.dataset.setCurrentIndex(self.dataset.findData(path))
        self.dataset.blockSignals(False)

    def show_facts(self, facts: DatasetFacts | None, preset: str) -> None:
        """What the chosen dataset holds and the preset stands for."""
        self.facts.show_lines(facts.lines() if facts else [])
        self.facts.setVisible(facts is not None)
        _say(self.warning, facts.warning if facts else "")
        self.preset_facts.setText(preset)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Why the dataset cannot be used, and reasons at the labels' fields."""
        self.labels.show_complaints({name: text for name, text in complaints.items() if name in self.labels.editors})
        _say(self.reason, complaints.get("dataset", ""))

    def show_profile(self, profile: Profile | None) -> None:
        """The picture of the labels."""
        self.profile.show_profile(profile)

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Dataset", "", "Datasets (*.h5)")
        if path:
            self.fill({"dataset": path})
            self.dataset_changed.emit(path)


class NetworkPage(QWidget):
    """The network, with its size."""

    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.form = form_of("network", explained=True)
        self.form.changed.connect(self.changed)
        self.facts = _words("muted")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, theme.SPACING_PX, 0)
        layout.setSpacing(2 * theme.SPACING_PX)
        layout.addWidget(self.form)
        layout.addWidget(self.facts)

    def fill(self, values: dict[str, Any]) -> None:
        """Shows values."""
        self.form.fill(values)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Reasons at their fields."""
        self.form.show_complaints(complaints)

    def show_size(self, text: str) -> None:
        """How large the network is."""
        self.facts.setText(text)


class WherePage(QWidget):
    """This computer with its device, or a cluster with what its queue wants to know."""

    changed = Signal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.here = QRadioButton("On this computer")
        self.cluster = QRadioButton("Export a folder for a cluster (Slurm)")
        self._group = QButtonGroup(self)
        for button, place in ((self.here, HERE), (self.cluster, CLUSTER)):
            self._group.addButton(button)
            button.toggled.connect(lambda on, place=place: self._choose(place) if on else None)
        self.device = _words("")
        self.form = form_of("where")
        self.form.changed.connect(self.changed)
        rows = [Row(CLUSTER_LABELS.get(name, name.capitalize()), (name,)) for name in CLUSTER_FIELDS]
        self.queue = FieldForm(ClusterConfig, tuple(rows))
        self.queue.changed.connect(lambda name, value: self.changed.emit(PREFIX + name, value))
        self.folder = FolderEditor("Folder to make")
        self.folder.changed.connect(lambda text: self.changed.emit(PREFIX + "folder", text))
        self.folder_reason = _words("bad")
        grid = _page_grid(self)
        for row, widget in enumerate((self.here, self.device, self.form, self.cluster)):
            grid.addWidget(widget, row, 0, 1, 3)
        label = QLabel("Folder to make")
        label.setBuddy(self.folder.line)
        grid.addWidget(label, 4, 0)
        grid.addWidget(self.folder, 4, 1, 1, 2)
        grid.addWidget(self.folder_reason, 5, 1, 1, 2)
        grid.addWidget(self.queue, 6, 0, 1, 3)
        grid.setRowStretch(9, 1)
        self._folder_label = label
        self.here.setChecked(True)

    def fill(self, values: dict[str, Any]) -> None:
        """Shows values; those of the queue have their prefix."""
        self.form.fill(values)
        self.queue.fill({name.removeprefix(PREFIX): value for name, value in values.items()})
        self.folder.show_text(str(values.get(PREFIX + "folder") or ""))

    def show_device(self, text: str) -> None:
        """The device by its name, or why it is not the GPU."""
        self.device.setText(text)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Reasons at their fields."""
        self.form.show_complaints({name: text for name, text in complaints.items() if name in self.form.editors})
        queue = {name.removeprefix(PREFIX): text for name, text in complaints.items()}
        self.queue.show_complaints({name: text for name, text in queue.items() if name in self.queue.editors})
        _say(self.folder_reason, complaints.get(PREFIX + "folder", ""))

    def _choose(self, place: str) -> None:
        self.form.setEnabled(place == HERE)
        for widget in (self.folder, self._folder_label, self.queue):
            widget.setEnabled(place == CLUSTER)
        self.changed.emit("place", place)


class FolderEditor(QWidget):
    """A folder that does not exist yet: typed, or browsed for."""

    changed = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setAccessibleName(name)
        self.line.textEdited.connect(lambda text: self.changed.emit(text.strip()))
        self.browse = QPushButton("Browse…")
        self.browse.setAutoDefault(False)
        self.browse.setAccessibleName(f"{name}: browse")
        self.browse.clicked.connect(self._ask)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.browse)

    def show_text(self, text: str) -> None:
        """Without saying so, and without moving the cursor of who types."""
        if self.line.text().strip() != text:
            self.line.setText(text)

    def _ask(self) -> None:
        path = QFileDialog.getExistingDirectory(self, self.line.accessibleName(), self.line.text())
        if path:
            self.line.setText(path)
            self.changed.emit(path)


class ReviewPage(QWidget):
    """Name, estimate and summary."""

    def __init__(self) -> None:
        super().__init__()
        self.name = QLineEdit()
        self.name.setAccessibleName("Name of the run")
        label = QLabel("Name of the run")
        label.setBuddy(self.name)
        self.reason = _words("bad")
        self.estimate = _words("")
        self.estimate.setAccessibleName("Time and memory the run will take")
        what = QLabel("Time and memory")
        theme.set_role(what, "muted")
        grid = _page_grid(self)
        grid.addWidget(label, 0, 0)
        grid.addWidget(self.name, 0, 1)
        grid.addWidget(self.reason, 1, 1)
        grid.addWidget(what, 2, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.estimate, 2, 1)
        self.sections = Lines("All settings of the run")
        grid.addWidget(self.sections, 3, 0, 1, 2)
        grid.setRowStretch(99, 1)

    def fill(self, values: dict[str, Any]) -> None:
        """Shows the name."""
        if "name" in values and self.name.text() != values["name"]:
            self.name.setText(str(values["name"]))

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Why the name cannot be taken."""
        _say(self.reason, complaints.get("name", ""))

    def show_estimate(self, text: str, *, is_bad: bool) -> None:
        """What it will take, or why that is not known."""
        self.estimate.setText(text)
        theme.set_role(self.estimate, "bad" if is_bad else "")

    def show_summary(self, summary: Summary) -> None:
        """Each section below its heading."""
        lines: list[tuple[str, str]] = []
        for heading, found in summary.sections:
            lines += [(heading, ""), *found]
        self.sections.show_lines(lines, headings=[heading for heading, _ in summary.sections])


CLUSTER_LABELS = {
    "nodes": "Nodes",
    "gpus": "GPUs per node",
    "cpus": "Cores per GPU",
    "hours": "Longest time, hours",
    "partition": "Partition",
}


def _page_grid(page: QWidget) -> QGridLayout:
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, theme.SPACING_PX, 0)
    grid.setVerticalSpacing(theme.SPACING_PX)
    grid.setColumnStretch(1, 1)
    return grid


def _words(role: str) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    theme.set_role(label, role)
    return label


def _say(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))
