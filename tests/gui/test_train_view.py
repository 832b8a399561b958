"""The widgets of the Train tab: curves that grow as a run goes on, and the dialog for a new one."""

import json
import os

import numpy as np
import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGraphicsView,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QScrollArea,
)

from segdepth_app.gui import theme
from segdepth_app.gui.train.curves import MAX_RUNS, run_colour
from segdepth_app.gui.train.tab import create_tab
from segdepth_app.gui.train.wizard_view import WizardView
from segdepth_app.gui.widgets.table_dialog import TableDialog
from segdepth_app.models.card import shipped_models
from segdepth_app.paths import datasets_folder, runs_folder, trash_folder
from tests.gui.lab_fakes import FakeContext
from tests.gui.lab_files import add_epochs, make_dataset, make_run


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def context():
    return FakeContext()


@pytest.fixture
def open_tab(qtbot, context):
    def make(width=1280, height=620):
        tab = create_tab(context)
        qtbot.addWidget(tab)
        tab.resize(width, height)
        tab.show()
        return tab

    return make


def drawn(tab, key, slot=0):
    x, y = tab.curves._items[slot, key].getOriginalDataset()
    return ([], []) if x is None else (list(x), list(y))


def test_a_run_is_drawn_live_as_its_lines_are_appended(open_tab, qtbot):
    """The window's own clock finds the new lines; nobody calls it."""
    path = make_run(runs_folder() / "a", state="running", pid=os.getpid(), epochs=2)
    tab = open_tab()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss")[0] == [1, 2])
    item = tab.curves._items[0, "val_loss"]
    for epoch in (3, 4):
        add_epochs(path, epoch)
        qtbot.waitUntil(lambda epoch=epoch: drawn(tab, "val_loss")[0] == list(range(1, epoch + 1)))
    np.testing.assert_allclose(drawn(tab, "val_loss")[1], [2, 1, 2 / 3, 0.5])
    assert tab.curves._items[0, "val_loss"] is item
    assert tab.table.item(0, 2).text() == "4/60"
    assert tab.table.item(0, 3).text() == "0.5"


def test_many_changes_are_drawn_together(open_tab, qtbot):
    """Fifty epochs at once are one redraw: at most ten a second."""
    path = make_run(runs_folder() / "a", epochs=1)
    tab = open_tab()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss")[0] == [1])
    redraws = []
    tab.curves._items[0, "val_loss"].sigPlotChanged.connect(redraws.append)
    for epoch in range(2, 52):
        add_epochs(path, epoch)
        tab.presenter.poll()
    qtbot.waitUntil(lambda: len(drawn(tab, "val_loss")[0]) == 51)
    # each redraw also sets the symbol and its size
    assert len(redraws) <= 3 * 15


def test_what_is_not_finite_is_left_out(open_tab, qtbot):
    path = make_run(runs_folder() / "a", epochs=2)
    add_epochs(path, 3, loss="nan")
    add_epochs(path, 4, loss=0)
    tab = open_tab()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss")[0] == [1, 2])
    assert drawn(tab, "train_loss")[0] == [1, 2, 3, 4]


def test_selected_runs_lie_over_each_other_in_their_own_colours(open_tab, qtbot):
    for number, name in enumerate("abc"):
        make_run(runs_folder() / name, epochs=number + 1, started=number)
    tab = open_tab()
    tab.table.selectAll()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss", 2)[0] != [])
    assert [len(drawn(tab, "val_loss", slot)[0]) for slot in range(3)] == [3, 2, 1]
    assert "<b>c</b>" in tab.curves.legend.text()
    colours = {tab.curves._items[slot, "val_loss"].opts["pen"].color().name() for slot in range(3)}
    assert colours == {run_colour(slot).name() for slot in range(3)}
    pens = [item.opts["pen"] for item in tab.curves._items.values()]
    assert all(pen.width() == 1 and pen.color().alpha() == 255 for pen in pens)


def test_one_selected_run_leaves_no_others_behind(open_tab, qtbot):
    for number, name in enumerate("ab"):
        make_run(runs_folder() / name, epochs=2, started=number)
    tab = open_tab()
    tab.table.selectAll()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss", 1)[0] != [])
    flags = QItemSelectionModel.SelectionFlag
    tab.table.selectionModel().select(tab.table.model().index(1, 0), flags.ClearAndSelect | flags.Rows)
    qtbot.waitUntil(lambda: drawn(tab, "val_loss", 1)[0] == [])
    assert "<b>a</b>" in tab.curves.legend.text()


def test_more_runs_than_colours_are_not_drawn(open_tab, qtbot):
    for number in range(MAX_RUNS + 2):
        make_run(runs_folder() / str(number), epochs=1, started=number)
    tab = open_tab()
    tab.table.selectAll()
    qtbot.waitUntil(lambda: drawn(tab, "val_loss", MAX_RUNS - 1)[0] != [])
    assert tab.curves.legend.text().count("<b>") == MAX_RUNS


def test_the_curves_follow_the_look(open_tab, qapp):
    tab = open_tab()
    light = tab.curves._items[0, "val_loss"].opts["pen"].color().name()
    theme.apply_theme(qapp, "dark")
    tab._context.theme_changed.emit()
    assert tab.curves._items[0, "val_loss"].opts["pen"].color().name() != light


def test_without_runs_the_tab_offers_one(open_tab):
    tab = open_tab()
    assert tab.empty.isVisible()
    make_run(runs_folder() / "a")
    tab.presenter.poll()
    assert not tab.empty.isVisible()


def test_discard_asks_and_keeps_by_default(open_tab):
    make_run(runs_folder() / "a")
    tab = open_tab()
    tab.action_buttons["discard"].click()
    box = tab.findChild(QMessageBox)
    assert box.defaultButton().text() == "Keep"
    next(button for button in box.findChildren(QPushButton) if button.text() == "Discard").click()
    assert (trash_folder() / "a").exists()
    assert tab.table.rowCount() == 0


def type_into(editor, text):
    editor.setText(text)
    editor.textEdited.emit(text)


def test_the_dialog_leads_to_a_job(open_tab, context):
    path = make_dataset(datasets_folder() / "wedges.h5")
    tab = open_tab()
    tab.new.click()
    dialog = tab.findChild(WizardView)
    assert dialog.data.facts.shown()["Images"] == "8: 4 training, 2 validation, 2 test"
    dialog.next.click()
    dialog.next.click()
    type_into(dialog.schedule.editors["max_epochs"], "0")
    assert not dialog.next.isEnabled()
    assert dialog.schedule.reasons["max_epochs"].isVisibleTo(dialog)
    type_into(dialog.schedule.editors["max_epochs"], "3")
    dialog.next.click()
    dialog.next.click()
    assert dialog.next.text() == "Start"
    type_into(dialog.review.name, "first")
    dialog.next.click()

    (job,) = context.jobs.of("train")
    assert (job.config["max_epochs"], job.config["dataset"]) == (3, str(path))
    assert job.config["out"] == str(runs_folder() / "first")
    assert tab.presenter.selected == [runs_folder() / "first"]


def test_another_preset_fills_the_pages_after_it(open_tab):
    make_dataset(datasets_folder() / "wedges.h5")
    dialog = open_tab().open_wizard()
    dialog.data.preset.setCurrentText("quick")
    dialog.next.click()
    assert dialog.network.form.editors["network.width"].text() == "16"
    dialog.back.click()
    assert dialog.data.preset.currentText() == "quick"


def test_without_a_dataset_the_dialog_says_what_is_missing(open_tab):
    dialog = open_tab().open_wizard()
    assert dialog.data.reason.text() == "Choose a dataset."
    assert not dialog.next.isEnabled()


@pytest.mark.parametrize(("width", "height"), [(900, 640), (640, 330)])
def test_no_page_is_clipped_on_a_small_screen(open_tab, qtbot, width, height):
    """At 1280 × 720 less the task bar, and there at 200 %: pages scroll down at most, never sideways, and the buttons
    stay in sight."""
    make_dataset(datasets_folder() / "wedges.h5")
    dialog = open_tab().open_wizard()
    dialog.resize(width, height)
    assert (dialog.width(), dialog.height()) == (width, height)
    for index in range(5):
        area = dialog.pages.currentWidget()
        assert isinstance(area, QScrollArea)
        qtbot.waitUntil(lambda area=area: area.horizontalScrollBar().maximum() == 0)
        assert dialog.rect().contains(dialog.next.geometry())
        if index < 4:
            dialog.next.click()


def test_selected_runs_are_found_again(open_tab):
    a, _ = (make_run(runs_folder() / name, started=number) for number, name in enumerate("ab"))
    tab = open_tab()
    tab.open_path(a)
    other = open_tab()
    other.restore_state(tab.save_state())
    assert other.presenter.selected == [a]


def test_the_tab_names_the_device_or_why_it_is_not_a_gpu(open_tab, context):
    """Asked once, when the tab is first seen; the child that knows ends with its answer."""
    tab = open_tab()
    (job,) = context.jobs.of("advise")
    facts = {"gpus": [], "cpu": "EPYC", "cpu_cores": 2, "no_gpu_because": "no NVIDIA driver was found"}
    job.told.emit({"event": "answer", "about": "device", "id": 1, **facts})
    assert tab.device.text() == "CPU: EPYC, 2 cores. No GPU: no NVIDIA driver was found."
    assert job.asked == ["cancel"]
    tab.hide()
    tab.show()
    assert len(context.jobs.of("advise")) == 1


def test_settings_of_two_runs_are_shown_side_by_side(open_tab):
    paths = [make_run(runs_folder() / name, started=number) for number, name in enumerate("ab")]
    config = json.loads((paths[0] / "config.json").read_text())
    (paths[0] / "config.json").write_text(json.dumps({**config, "crop_px": 256}))
    tab = open_tab()
    assert not tab.action_buttons["compare"].isEnabled()
    tab.table.selectAll()
    tab.action_buttons["compare"].click()
    table = tab.findChild(TableDialog).table
    heads = [table.horizontalHeaderItem(column).text() for column in range(table.columnCount())]
    cells = [table.item(0, column).text() for column in range(table.columnCount())]
    assert table.rowCount() == 1
    assert dict(zip(heads, cells, strict=True)) == {"Setting": "Crop edge", "b": "128 px", "a": "256 px"}


def test_runs_with_the_same_settings_say_so(open_tab):
    for number, name in enumerate("ab"):
        make_run(runs_folder() / name, started=number)
    tab = open_tab()
    tab.table.selectAll()
    tab.action_buttons["compare"].click()
    assert tab.findChild(TableDialog).note.text() == "These runs have the same settings."


def test_a_model_is_saved_where_the_user_says(open_tab, context, tmp_path):
    path = make_run(runs_folder() / "a", model=True)
    model = next(iter(shipped_models().values()))
    (path / "model.safetensors").write_bytes(model.read_bytes())
    tab = open_tab()
    tab.action_buttons["export"].click()
    dialog = tab.findChild(QFileDialog)
    # the dialog's own question would come on top of ours
    assert dialog.testOption(QFileDialog.Option.DontConfirmOverwrite)
    dialog.fileSelected.emit(str(tmp_path / "mine"))
    assert (tmp_path / "mine.safetensors").read_bytes() == model.read_bytes()


def test_a_duplicate_opens_the_dialog_with_the_runs_settings(open_tab):
    make_dataset(runs_folder() / "wedges.h5")
    path = make_run(runs_folder() / "a")
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "batch_size": 3}))
    tab = open_tab()
    tab.action_buttons["duplicate"].click()
    dialog = tab.findChild(WizardView)
    assert dialog.data.preset.currentText() == "as in a"
    assert dialog.data.dataset.currentData() == str(runs_folder() / "wedges.h5")
    dialog.next.click()
    dialog.next.click()
    assert dialog.schedule.editors["batch_size"].text() == "3"


def test_labels_are_drawn_for_both_kinds_of_columns(open_tab, qtbot):
    make_dataset(datasets_folder() / "wedges.h5")
    dialog = open_tab().open_wizard()
    profile = dialog.data.profile
    (heavy, _), (light, _) = profile._lines
    for line, radius in ((heavy, 84.8), (light, 63.6)):
        x, y = line.getOriginalDataset()
        assert y[0] == 10
        assert x[y == 0][0] == pytest.approx(radius, abs=0.5)
    assert profile.isEnabled()
    type_into(dialog.data.labels.editors["labels.plateau_share"], "7")
    assert not profile.isEnabled()
    assert not dialog.next.isEnabled()
    # another preset has its own labels
    dialog.data.preset.setCurrentText("quick")
    assert dialog.data.labels.editors["labels.plateau_share"].text() == "0.6"
    assert profile.isEnabled()
    assert dialog.next.isEnabled()


def test_every_control_of_the_dialog_has_a_name(open_tab):
    """For those who hear the window: a field without a name is a field one cannot fill in."""
    make_dataset(datasets_folder() / "wedges.h5")
    dialog = open_tab().open_wizard()
    kinds = (QLineEdit, QComboBox, QCheckBox, QAbstractButton)
    controls = [item for kind in kinds for item in dialog.findChildren(kind)]
    nameless = [
        item
        for item in controls
        if not (item.accessibleName() or (isinstance(item, QAbstractButton) and item.text()))
        and not isinstance(item.parent(), QComboBox | QAbstractSpinBox | QGraphicsView)
    ]
    assert controls
    assert [type(item).__name__ for item in nameless] == []
