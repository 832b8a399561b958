"""The widgets of the Simulate tab: what is typed, shown and pressed."""

import pytest
from PySide6.QtWidgets import QLabel, QMessageBox, QPushButton, QScrollArea

from segdepth_app.config import preset_values
from segdepth_app.gui import theme
from segdepth_app.gui.simulate.tab import create_tab
from segdepth_app.paths import datasets_folder, trash_folder
from tests.gui.lab_fakes import FakeContext
from tests.gui.lab_files import make_dataset, make_parts


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


def type_into(editor, text):
    editor.setText(text)
    editor.textEdited.emit(text)


def test_the_browser_shows_image_columns_and_table(open_tab):
    make_dataset(datasets_folder() / "a.h5")
    tab = open_tab()
    assert tab.stack.currentWidget() is tab.browser_area
    assert tab.browser.pane.item.image.shape == (64, 64)
    assert len(tab.browser.dots.points()) == 3
    assert tab.browser.table.columns.rowCount() == 3
    assert tab.browser.table.columns.index(1, 1).data() == "5"


def test_the_dots_have_the_colours_of_their_counts(open_tab):
    make_dataset(datasets_folder() / "a.h5")
    tab = open_tab()
    colours = [spot.brush().color().getRgb() for spot in tab.browser.dots.points()]
    assert colours == [theme.class_colours()[count] for count in (4, 5, 0)]


def test_the_slider_steps_through_the_images(open_tab, qtbot):
    make_dataset(datasets_folder() / "a.h5")
    tab = open_tab()
    tab.browser.stepper.slider.setValue(1)
    assert tab.browser.stepper.position.text() == "image 2 of 2"
    assert "+6.00 nm" in tab.browser.optics.text()
    tab.browser.specimen.setValue(4)
    assert "test split" in tab.browser.about.text()
    assert tab.browser.stepper.slider.value() == 0


def test_a_table_row_is_marked_in_the_image(open_tab):
    make_dataset(datasets_folder() / "a.h5")
    tab = open_tab()
    tab.browser.table.selectRow(1)
    vertical = tab.browser.pane._crosshair[0]
    assert vertical.isVisible()
    assert vertical.value() == pytest.approx(tab.browser._columns.x_px[1] + 0.5)


def test_a_refused_value_is_marked_and_start_is_closed(open_tab, context):
    tab = open_tab()
    tab.new.click()
    assert tab.panel.start.isEnabled()
    form = tab.panel.forms["Size"]
    type_into(form.editors["n_specimens"], "0")
    assert form.editors["n_specimens"].property("invalid") is True
    assert form.reasons["n_specimens"].isVisible()
    assert "greater than or equal to 1" in form.reasons["n_specimens"].text()
    assert not tab.panel.start.isEnabled()

    type_into(form.editors["n_specimens"], "3")
    assert not form.reasons["n_specimens"].isVisible()
    tab.panel.start.click()
    assert context.jobs.of("simulate")[0].config["n_specimens"] == 3


def test_a_rule_over_several_fields_marks_them_and_stands_below_the_last(open_tab):
    tab = open_tab()
    tab.new.click()
    form = tab.panel.forms["Specimens"]
    type_into(form.editors["specimen.share_wedge"], "0.9")
    assert "add up to 1.55" in form.reasons["specimen.share_shuffled"].text()
    assert form.reasons["specimen.share_shuffled"].isVisible()
    assert not form.reasons["specimen.share_wedge"].isVisible()
    for share in ("wedge", "rough", "shuffled"):
        assert form.editors[f"specimen.share_{share}"].property("invalid") is True
    assert "add up to 1.55" in tab.panel.whole_reason.text()
    assert not tab.panel.start.isEnabled()


def test_another_preset_fills_the_fields(open_tab):
    tab = open_tab()
    tab.new.click()
    tab.panel.preset.setCurrentText("mixed")
    mixed = preset_values("simulate", "mixed")
    assert tab.panel.forms["Size"].editors["n_specimens"].text() == str(mixed["n_specimens"])
    assert f"{mixed['n_specimens'] * mixed['n_defoci']:,} images" in tab.panel.cost.text()


@pytest.mark.parametrize("size", [(1280, 620), (1920, 980)])
def test_the_panel_is_not_clipped_sideways(open_tab, qtbot, size):
    tab = open_tab(*size)
    tab.new.click()
    qtbot.waitUntil(lambda: tab.panel.width() > 0)
    assert tab.panel.findChild(QScrollArea).horizontalScrollBar().maximum() == 0


@pytest.mark.parametrize("size", [(1280, 470), (624, 222)], ids=["720 px with jobs", "at 200 %"])
def test_cost_reason_and_buttons_are_always_in_sight(open_tab, qtbot, size):
    """Whole, inside the tab, and in no scroll area; with a refused value too."""
    tab = open_tab(*size)
    tab.new.click()
    panel = tab.panel
    assert (tab.width(), tab.height()) == size
    for wanted in (panel.cost, panel.whole_reason):
        if wanted is panel.whole_reason:
            type_into(panel.forms["Size"].editors["n_specimens"], "0")
        qtbot.waitUntil(lambda wanted=wanted: wanted.isVisible() and is_whole(wanted, tab))
        for part in (panel.sampling, panel.cancel, panel.start):
            assert is_whole(part, tab)
        assert not any(area.isAncestorOf(wanted) or area.isAncestorOf(panel.start) for area in scroll_areas(tab))


def is_whole(part, tab):
    """It has the room that it needs, on the tab and on all that lies between."""
    needed = part.heightForWidth(part.width()) if part.hasHeightForWidth() else part.minimumSizeHint().height()
    return part.visibleRegion().boundingRect() == part.rect() and part.height() >= needed


def scroll_areas(tab):
    return tab.findChildren(QScrollArea)


def test_pause_gives_way_to_resume(open_tab, context):
    make_parts(datasets_folder() / "b.h5", done=1, n_specimens=3)
    tab = open_tab()
    assert tab.action_buttons["resume"].isVisible()
    assert not tab.action_buttons["pause"].isVisible()
    tab.action_buttons["resume"].click()
    assert tab.action_buttons["pause"].isVisible()
    context.jobs.of("simulate")[0].advance(2, 3, "specimens", 5)
    assert tab.progress_text.text() == "running: 2 of 3 specimens, about 5 s left"
    assert tab.table.item(0, 5).text() == "running 2 of 3"


def test_delete_asks_and_keeps_by_default(open_tab, qtbot):
    make_dataset(datasets_folder() / "a.h5")
    tab = open_tab()
    tab.action_buttons["delete"].click()
    box = tab.findChild(QMessageBox)
    assert box.defaultButton().text() == "Keep"
    next(button for button in box.findChildren(QPushButton) if button.text() == "Delete").click()
    assert (trash_folder() / "a.h5").exists()
    assert tab.table.rowCount() == 0
    assert tab.empty.isVisible()


def test_every_field_has_a_name_for_screen_readers(open_tab):
    tab = open_tab()
    tab.new.click()
    for form in tab.panel.forms.values():
        names = [editor.accessibleName() for editor in form.editors.values()]
        assert all(names)
        assert len(set(names)) == len(names)
    assert all(label.buddy() for label in tab.panel.findChildren(QLabel) if label.text() in ("Name", "Preset"))


def test_a_selected_dataset_is_found_again(open_tab):
    for name in ("a", "b"):
        make_dataset(datasets_folder() / f"{name}.h5")
    tab = open_tab()
    assert tab.open_path(datasets_folder() / "a.h5")
    other = open_tab()
    other.restore_state(tab.save_state())
    assert other.presenter.selected == datasets_folder() / "a.h5"
