"""The dialog that plans a study: what it hands over, what it refuses, and that all of it can be reached."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QListWidget,
    QScrollArea,
    QWidget,
)

from segdepth_app.config import STUDIES, StudyConfig, build
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.study_dialog import StudyDialog, ask_for_study
from segdepth_app.gui.evaluate.study_form import StudyForm
from segdepth_app.paths import studies_folder

MODELS = [Choice("ceria-110-fast", "ceria-110-fast"), Choice("run 7", "/runs/7/model.safetensors")]
DATASETS = [Choice("wedges", "/d/wedges.h5"), Choice("mixed", "/d/mixed.h5")]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def started():
    return []


@pytest.fixture
def open_dialog(qtbot, started):
    def make(kind, models=MODELS):
        form = StudyForm(kind, count_images=lambda path: 100)
        dialog = StudyDialog(form, models, DATASETS, started.append)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


def tick(picker, row):
    picker.list.item(row).setCheckState(Qt.CheckState.Checked)


@pytest.mark.parametrize("kind", list(STUDIES))
def test_every_kind_starts_with_the_first_model(open_dialog, started, kind):
    """Title and question are the study's; Start hands over what StudyConfig takes."""
    dialog = open_dialog(kind)
    assert STUDIES[kind].question in dialog.question.text()
    assert (dialog.training is not None) == bool(STUDIES[kind].trains)
    dialog.start.click()

    config = build(StudyConfig, started[0])
    assert (config.kind, config.models, config.datasets) == (kind, ("ceria-110-fast",), ())
    assert not dialog.isVisible()


def test_several_models_and_datasets_are_ticked(open_dialog, started, qtbot):
    """With datasets of one's own no test set is simulated, and the split matters."""
    dialog = open_dialog("compare")
    assert "simulates its own (wedge-test-25pm; 20 specimens)" in dialog.test_sets.text()
    assert not dialog.fields.editors["split"].isEnabled()
    tick(dialog.models, 1)
    tick(dialog.datasets, 0)
    tick(dialog.datasets, 1)
    assert dialog.fields.editors["split"].isEnabled()
    assert not dialog.fields.editors["test_specimens"].isEnabled()
    doses = dialog.fields.editors["doses_e_per_px"]
    doses.clear()
    qtbot.keyClicks(doses, "1; 2,5")
    dialog.start.click()

    (values,) = started
    assert values["models"] == [choice.value for choice in MODELS]
    assert values["datasets"] == [choice.value for choice in DATASETS]
    assert values["doses_e_per_px"] == [1.0, 2.5]


def test_a_refused_value_is_said_at_its_field_and_beside_start(open_dialog, started, qtbot):
    """Start is off meanwhile; mending it turns it on."""
    dialog = open_dialog("compare")
    doses = dialog.fields.editors["doses_e_per_px"]
    doses.clear()
    qtbot.keyClicks(doses, "0")
    assert not dialog.start.isEnabled()
    assert "greater than 0" in dialog.fields.reasons["doses_e_per_px"].text()
    assert "greater than 0" in dialog.obstacle.text()
    doses.clear()
    qtbot.keyClicks(doses, "2")

    assert dialog.start.isEnabled()
    assert dialog.obstacle.text() == ""
    assert started == []


def test_without_models_the_dialog_says_what_to_do(open_dialog):
    """A new installation may have none but the shipped one; a list without any is said."""
    dialog = open_dialog("compare", models=[])

    assert dialog.models_reason.text() == "Choose at least one model."
    assert not dialog.start.isEnabled()


def test_training_first_asks_for_a_dataset_and_tells_the_cost(open_dialog, started, qtbot):
    """Widths of one's own, from the dataset chosen; the time is an order of magnitude."""
    dialog = open_dialog("model-size")
    assert dialog.training.isHidden()
    dialog.train.setChecked(True)
    assert "Choose the dataset" in dialog.training.reason.text()
    assert dialog.warning.isHidden()
    dialog.training.dataset.setCurrentIndex(1)
    widths = dialog.training.fields.editors["widths"]
    widths.clear()
    qtbot.keyClicks(widths, "8 16")
    assert dialog.warning.text().startswith("2 models are trained first, 60 epochs each at most, on 100 images.")
    dialog.start.click()

    config = build(StudyConfig, started[0])
    assert (str(config.train_dataset), config.widths, config.train_preset) == ("/d/mixed.h5", (8, 16), "fast")


def test_variants_of_denoising_are_boxes(open_dialog, started):
    """At least one has to be ticked."""
    dialog = open_dialog("denoising")
    dialog.train.setChecked(True)
    dialog.training.dataset.setCurrentIndex(0)
    boxes = dialog.training.fields.editors["denoisers"].boxes
    for box in boxes.values():
        box.setChecked(False)
    assert not dialog.start.isEnabled()
    boxes["joint"].setChecked(True)
    dialog.start.click()

    assert build(StudyConfig, started[0]).denoisers == ("joint",)


def test_a_name_that_is_taken_meanwhile_is_refused_at_start(open_dialog, started):
    """The folder may come between opening the dialog and pressing Start."""
    dialog = open_dialog("compare")
    dialog.name.setText("mine")
    dialog.name.textEdited.emit("mine")
    assert dialog.start.isEnabled()
    (studies_folder() / "mine").mkdir(parents=True)
    dialog.start.click()

    assert started == []
    assert "of that name already" in dialog.name_reason.text()
    assert dialog.isVisible()


def test_a_file_from_elsewhere_is_added_ticked_and_once(open_dialog):
    """Choosing what is in the list only ticks it."""
    dialog = open_dialog("compare")
    dialog.models.list.choose(Choice("far.safetensors", "/usb/far.safetensors"))
    dialog.models.list.choose(Choice("run 7 again", MODELS[1].value))

    assert dialog.models.list.count() == 3
    assert dialog.form.values()["models"] == ["ceria-110-fast", MODELS[1].value, "/usb/far.safetensors"]


def test_cancel_starts_nothing(open_dialog, started):
    """Nor does Escape."""
    dialog = open_dialog("compare")
    dialog.cancel.click()

    assert started == []
    assert not dialog.isVisible()


def test_asking_keeps_the_window_alive_and_leaves_no_dialog(qtbot, started):
    """The call returns at once; the dialog goes with its answer."""
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    ask_for_study(window, "compare", MODELS, DATASETS, started.append)
    dialog = window.findChild(QDialog)
    assert dialog.isVisible()
    gone = []
    dialog.destroyed.connect(lambda: gone.append(True))
    dialog.start.click()

    qtbot.waitUntil(lambda: bool(gone))
    assert len(started) == 1


@pytest.mark.parametrize("kind", ["compare", "model-size"])
def test_every_control_has_a_name_and_is_reached_by_tab(open_dialog, kind, qtbot):
    """Labels with buddies, or accessible names; the tab order reaches every field and Start."""
    dialog = open_dialog(kind)
    if dialog.training is not None:
        dialog.train.setChecked(True)
        dialog.training.dataset.setCurrentIndex(0)
    buddies = {label.buddy() for label in dialog.findChildren(QLabel)}
    kinds = (QComboBox, QLineEdit, QListWidget, QAbstractButton, QCheckBox)
    controls = [
        item
        for item in dialog.findChildren(QWidget)
        if isinstance(item, kinds) and item.isVisible() and item.isEnabled() and not item.objectName().startswith("qt_")
    ]
    for control in controls:
        text = control.text() if isinstance(control, QAbstractButton) else ""
        assert control in buddies or control.accessibleName() or text, control
    reached, at = set(), dialog.models.browse
    for _ in range(200):
        reached.add(at)
        at = at.nextInFocusChain()
    wanted = {control for control in controls if control.focusPolicy() & Qt.FocusPolicy.TabFocus}
    assert dialog.start in wanted
    assert wanted <= reached


@pytest.mark.parametrize("size", [(780, 640), (600, 320)])
def test_nothing_is_cut_off(open_dialog, size, qtbot):
    """At 200 % of 1280 × 720 the fields scroll, but only downwards; name and buttons stay in sight."""
    dialog = open_dialog("denoising")
    dialog.train.setChecked(True)
    dialog.resize(*size)
    area = dialog.findChild(QScrollArea)
    qtbot.waitUntil(lambda: area.viewport().width() > size[0] - 80)

    assert area.horizontalScrollBar().maximum() == 0
    for widget in (dialog.name, dialog.start, dialog.cancel, dialog.heading):
        assert dialog.rect().contains(widget.geometry()), widget
    for label in dialog.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()
