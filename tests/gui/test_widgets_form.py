"""Rows of fields of every kind, what folds them away, and the stepper through images."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from segdepth_app.config import SimulateConfig
from segdepth_app.gui import drafts
from segdepth_app.gui.simulate.fields import GROUPS
from segdepth_app.gui.widgets.field_rows import FieldForm, Row
from segdepth_app.gui.widgets.image_stepper import ImageStepper
from segdepth_app.gui.widgets.lists import scrolling
from segdepth_app.gui.widgets.section import Section

ROWS = (
    Row("Specimens", ("n_specimens",)),
    Row("Surfaces", ("specimen.surfaces",)),
    Row("Thermal motion", ("optics.thermal",)),
    Row("Configurations", ("optics.n_phonons",), needs=("optics.thermal", "frozen-phonon")),
    Row("Crystal file", ("specimen.structure",), rare=True),
    Row("Zone axis", ("specimen.zone_axis",), rare=True, needs=("specimen.structure", None)),
    Row("Temperature", ("optics.temperature_low_k", "optics.temperature_high_k"), rare=True),
)


@pytest.fixture
def form(qtbot):
    made = FieldForm(SimulateConfig, ROWS)
    qtbot.addWidget(made)
    made.fill({field: drafts.default(SimulateConfig, field) for row in ROWS for field in row.fields})
    made.said = []
    made.changed.connect(lambda field, value: made.said.append((field, value)))
    made.show()
    return made


def type_into(editor, text):
    editor.setText(text)
    editor.textEdited.emit(text)


def test_filling_says_nothing(form):
    assert form.said == []


def test_several_of_a_few_values_are_ticked(form):
    boxes = form.editors["specimen.surfaces"].boxes
    assert all(box.isChecked() for box in boxes.values())
    boxes["flat"].click()
    assert form.said == [("specimen.surfaces", ["sawtooth", "stepped"])]


def test_an_empty_field_that_may_be_empty_is_none(form):
    editor = form.editors["optics.temperature_low_k"]
    assert (editor.text(), editor.placeholderText()) == ("", "none")
    type_into(editor, "300")
    type_into(editor, " ")
    assert [value for _, value in form.said] == ["300", None]
    type_into(form.editors["n_specimens"], "")
    assert form.said[-1] == ("n_specimens", "")


def test_several_numbers_are_typed_with_spaces(form):
    editor = form.editors["specimen.zone_axis"]
    assert editor.text() == "1 1 0"
    type_into(editor, "1 -1  2")
    assert form.said == [("specimen.zone_axis", ["1", "-1", "2"])]


def test_a_file_is_typed_or_browsed_for(form, monkeypatch):
    editor = form.editors["specimen.structure"]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("/data/Größe.cif", ""))
    editor.browse.click()
    assert editor.line.text() == "/data/Größe.cif"
    type_into(editor.line, "")
    assert [value for _, value in form.said] == ["/data/Größe.cif", None]


def test_a_row_that_needs_another_value_is_closed_without_it(form):
    phonons, zone = form.editors["optics.n_phonons"], form.editors["specimen.zone_axis"]
    assert not phonons.isEnabled()
    assert not zone.isEnabled()
    thermal = form.editors["optics.thermal"]
    thermal.setCurrentIndex(thermal.findData("frozen-phonon"))
    type_into(form.editors["specimen.structure"].line, "a.cif")
    assert phonons.isEnabled()
    assert zone.isEnabled()


def test_rare_rows_come_up_on_demand_and_when_one_is_refused(form):
    editor = form.editors["optics.temperature_low_k"]
    assert not editor.isVisible()
    form.more.click()
    assert editor.isVisible()
    form.more.click()
    assert not editor.isVisible()

    form.show_complaints({"optics.temperature_low_k": "This should be a number."})
    assert editor.isVisible()
    assert form.reasons["optics.temperature_low_k"].isVisible()
    form.show_complaints({})
    assert not form.reasons["optics.temperature_low_k"].isVisible()


def test_help_names_the_range_and_the_unit(form):
    assert form.editors["optics.temperature_low_k"].toolTip().endswith("(from 250 to 1000 K)")
    assert "(from 1 to 200)" in form.editors["optics.n_phonons"].toolTip()


@pytest.mark.parametrize("group", GROUPS)
def test_every_editor_of_the_panel_has_its_own_name_and_help(qtbot, group):
    form = FieldForm(SimulateConfig, GROUPS[group])
    qtbot.addWidget(form)
    names = [editor.accessibleName() for editor in form.editors.values()]
    assert all(names)
    assert len(set(names)) == len(names)
    assert all(editor.toolTip() for editor in form.editors.values())


def test_a_section_folds_with_the_keyboard_too(qtbot):
    section = Section("Detector", QLabel("inside"))
    qtbot.addWidget(section)
    section.show()
    assert section.body.isVisible()
    qtbot.keyClick(section.heading, Qt.Key.Key_Space)
    assert not section.body.isVisible()
    section.unfold()
    assert section.body.isVisible()


@pytest.fixture
def stepper(qtbot):
    made = ImageStepper()
    qtbot.addWidget(made)
    made.show()
    made.steps = []
    made.stepped.connect(made.steps.append)
    return made


def test_arrows_step_up_to_the_ends(stepper):
    stepper.set_images(3)
    assert (stepper.steps, stepper.back.isEnabled()) == ([], False)
    stepper.on.click()
    stepper.on.click()
    assert (stepper.steps, stepper.on.isEnabled()) == ([1, 2], False)
    assert stepper.position.text() == "image 3 of 3"


def test_left_and_right_keys_step_while_the_picture_has_the_focus(qtbot, stepper):
    picture = QWidget()
    picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    qtbot.addWidget(picture)
    stepper.take_keys_of(picture)
    stepper.set_images(4)
    picture.show()
    picture.activateWindow()
    picture.setFocus()
    qtbot.waitUntil(picture.hasFocus)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Left):
        qtbot.keyClick(picture, key)
    assert stepper.steps == [1, 2, 1]


@pytest.mark.parametrize(("room", "across", "down"), [((600, 500), 0, 0), ((200, 500), 1, 0), ((200, 100), 1, 1)])
def test_a_page_scrolls_only_where_its_smallest_size_has_no_room(qtbot, room, across, down):
    """Wrapped words would ask for more height than they need; Qt's own resizing gives it to them."""
    page = QWidget()
    layout = QVBoxLayout(page)
    words = QLabel("many words " * 30)
    words.setWordWrap(True)
    block = QWidget()
    block.setMinimumSize(300, 200)
    block.sizeHint = lambda: block.minimumSize() * 10
    layout.addWidget(words)
    layout.addWidget(block, 1)
    area = scrolling(page)
    qtbot.addWidget(area)
    area.resize(*room)
    area.show()
    assert bool(area.horizontalScrollBar().maximum()) == across
    assert bool(area.verticalScrollBar().maximum()) == down
