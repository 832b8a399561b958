"""Widgets of the Evaluate tab: what is drawn, where a click lands, and that all fits the window."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLabel, QLineEdit, QSpinBox, QTabBar

from segdepth_app.gui import theme
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.page import TITLES
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.widgets.lists import RoomyArea
from segdepth_app.paths import evaluations_folder
from tests.gui import evaluate_records
from tests.gui.evaluate_clicks import click_cell


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))


@pytest.fixture
def context(home):
    return AppContext(Settings())


@pytest.fixture
def tab(qtbot, context):
    evaluate_records.write(evaluations_folder() / "a", notes=["λ = 2.5: First note.", "λ = 2.5: Second note."])
    widget = create_tab(context)
    qtbot.addWidget(widget)
    widget.resize(1264, 600)
    widget.show()
    return widget


def shown_rows(panel):
    return [row for row in panel.rows if row.isVisibleTo(panel)]


def test_an_evaluation_fills_every_sheet(tab):
    page = tab.page
    assert page.title.toolTip() == "m1 · wedges"
    assert [page.overview.table.item(0, column).text() for column in range(4)] == [
        "Pixel accuracy",
        "0.912",
        "—",
        "0.939",
    ]
    assert page.confusion.matrix.counts[10, 10] == 10_000
    x, y = page.reliability.plot.after.getData()
    np.testing.assert_allclose((x[0], y[0]), (26 / 40, 24 / 40))
    assert "ECE" in page.reliability.card.remark.text()
    assert page.groups.table.rowCount() == 22
    assert page.deviating.table.rowCount() == 9
    assert page.worst.table.rowCount() == 2
    assert page.compare.table.rowCount() == 2
    assert page.notes.text() == "Not given: First note. And 1 more."


def test_copy_table_puts_the_sheets_numbers_on_the_clipboard(tab):
    def copied(name):
        tab.page.select(name)
        tab.page.buttons["copy"].click()
        return [line.split("\t") for line in QGuiApplication.clipboard().text().split("\n")]

    lines = {name: copied(name) for name in TITLES}
    assert [name for name in TITLES if len(lines[name]) < 3] == []
    # as many cells in each line
    assert [name for name in TITLES if len({len(line) for line in lines[name]}) != 1] == []
    assert len({str(table) for table in lines.values()}) == len(TITLES)


def test_the_matrix_is_copied_in_counts(tab):
    lines = tab.page.confusion.lines()

    assert lines[0][:3] == ["true \\ called", "0", "1"]
    assert lines[6][6:8] == ["5000", "50"]


def test_choosing_pixels_shows_the_pixels_matrix_and_reliability(tab):
    tab.page.confusion.of.setCurrentText("pixels")
    tab.page.reliability.what.setCurrentText("pixels")

    assert tab.page.confusion.matrix.unit == "pixels"
    assert "choose columns above" in tab.page.confusion.examples.note.text()
    assert "0.0500 raw" in tab.page.reliability.card.remark.text()


def test_choosing_a_dose_shows_its_figures(tab):
    tab.page.dose.setCurrentIndex(1)

    assert tab.page.overview.table.item(4, 1).text() == "0.500"
    assert "λ 1 e/px = 356 e/Å²" in tab.page.provenance.text()


def test_a_dash_says_why_when_pointed_at(tab):
    item = tab.page.overview.table.item(4, 3)

    assert (item.text(), item.toolTip()) == ("—", "The paper does not give this figure.")


@pytest.mark.parametrize("size", [(1264, 600), (1900, 960)])
def test_a_click_on_a_cell_shows_its_examples(tab, qtbot, size):
    tab.resize(*size)
    tab.page.select("confusion")
    sheet = tab.page.confusion
    qtbot.waitUntil(lambda: sheet.matrix.width() > size[0] / 5)
    click_cell(qtbot, sheet.matrix, 5, 6)

    assert sheet.matrix.chosen == (5, 6)
    assert sheet.examples.heading.text() == "Columns of 5, called 6: 3 of 50"
    rows = shown_rows(sheet.examples)
    assert [row.caption.text().split(" · ")[1] for row in rows] == ["image 0", "image 1", "image 2"]
    classes = theme.class_colours()
    for row in rows:
        for crop, depth in zip(row.crops[1:], (6, 5), strict=True):
            assert crop._image.pixelColor(0, 0).getRgb() == classes[depth]


def test_arrow_keys_and_enter_show_a_cells_examples(tab, qtbot):
    tab.page.select("confusion")
    matrix = tab.page.confusion.matrix
    for _ in range(5):
        qtbot.keyClick(matrix, Qt.Key.Key_Down)
        qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Return)

    assert matrix.chosen == (5, 5)
    assert len(shown_rows(tab.page.confusion.examples)) == 1
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Right)
    qtbot.keyClick(matrix, Qt.Key.Key_Enter)
    assert (matrix.chosen, shown_rows(tab.page.confusion.examples)) == ((5, 7), [])
    assert tab.page.confusion.examples.note.text() == "No column of this cell."


def test_pixels_have_no_examples_to_click_for(tab, qtbot):
    tab.page.select("confusion")
    tab.page.confusion.of.setCurrentText("pixels")
    click_cell(qtbot, tab.page.confusion.matrix, 5, 6)

    assert tab.page.confusion.matrix.chosen is None


def test_another_dose_takes_the_examples_away(tab, qtbot):
    tab.page.select("confusion")
    click_cell(qtbot, tab.page.confusion.matrix, 5, 6)
    tab.page.dose.setCurrentIndex(1)

    assert tab.page.confusion.matrix.chosen is None
    assert shown_rows(tab.page.confusion.examples) == []


def test_an_old_evaluation_shows_what_it_has_and_says_what_it_lacks(qtbot, context):
    evaluate_records.write(evaluations_folder() / "old", old=True)
    widget = create_tab(context)
    qtbot.addWidget(widget)
    page = widget.page
    page.groups.by.setCurrentIndex(page.groups.by.findData("steps"))

    assert page.overview.table.item(7, 1).text() == "—"
    assert "Evaluate again" in page.overview.table.item(7, 1).toolTip()
    assert "older version" in page.groups.card.remark.text()
    assert "older version" in page.reliability.precision_card.remark.text()
    assert not page.deviating.kind.isEnabled()
    assert "older version" in page.worst.card.remark.text()


def test_the_curve_over_the_dose_has_the_evaluations_numbers(tab):
    sheet = tab.page.sweep
    x, y = sheet.plot.curves[0].getData()
    np.testing.assert_allclose(10**x, (1, 2.5))
    np.testing.assert_allclose(y, (0.5, 0.71))
    np.testing.assert_allclose(sheet.plot.bars[0].opts["top"], 0.03)
    np.testing.assert_allclose(sheet.plot.bars[0].opts["bottom"], 0.05)
    assert len(sheet.plot.paper.data) == 0

    sheet.figure.setCurrentIndex(sheet.figure.findData("centre_accuracy"))
    np.testing.assert_allclose(sheet.plot.paper.data["y"], (0.812, 0.842, 0.847, 0.83, 0.699))
    np.testing.assert_allclose(10 ** sheet.plot.paper.data["x"], 2.5)
    assert not sheet.plot.bars[0].isVisible()


def test_ticks_say_which_evaluations_are_drawn(qtbot, context):
    for name in ("a", "b"):
        evaluate_records.write(evaluations_folder() / name, model=name, accuracies=(0.7, 0.6))
    evaluate_records.write(evaluations_folder() / "c", model="c", dataset="/d/other.h5")
    widget = create_tab(context)
    qtbot.addWidget(widget)
    sheet = widget.page.sweep
    drawn = [len(curve.getData()[0]) if curve.getData()[0] is not None else 0 for curve in sheet.plot.curves]
    assert sum(n > 0 for n in drawn) == len(sheet.ticked())

    boxes = [sheet.list.item(row) for row in range(sheet.list.count())]
    for box in boxes:
        box.setCheckState(Qt.CheckState.Checked)
    assert len(sheet.ticked()) == 3
    boxes[0].setCheckState(Qt.CheckState.Unchecked)
    context.evaluations_changed.emit()
    assert len(sheet.ticked()) == 2


def test_the_comparison_is_sorted_by_number_not_by_text(qtbot, context):
    evaluate_records.write(evaluations_folder() / "a", doses=("10", "2.5"))
    widget = create_tab(context)
    qtbot.addWidget(widget)
    table = widget.page.compare.table
    dose = widget.page.compare.lines()[0].index("λ, e/px")
    table.sortItems(dose, Qt.SortOrder.AscendingOrder)

    assert [table.item(row, dose).text() for row in range(2)] == ["2.5", "10"]
    with qtbot.waitSignal(widget.page.compare.chosen) as said:
        table.itemActivated.emit(table.item(0, 0))
    assert said.args == [evaluations_folder() / "a", "2.5"]
    assert widget.page.dose.currentData() == "2.5"


def test_a_worst_image_is_seen_and_opened(tab, context, qtbot):
    tab.page.select("worst")
    sheet = tab.page.worst
    sheet.table.selectRow(1)
    sheet.table.setCurrentCell(1, 0)
    # 31 of 90 counts, shown from the darkest to the brightest
    assert sheet.picture._image.pixelColor(2, 2).red() == 0
    assert sheet.picture._image.pixelColor(45, 15).red() == 255

    with qtbot.waitSignal(context.open_requested) as said:
        sheet.open.click()
    assert said.args == [str(evaluations_folder() / "a" / "worst" / "1.tif")]


def test_a_worst_image_that_is_gone_cannot_be_opened(tab):
    (evaluations_folder() / "a" / "worst" / "0.tif").unlink()
    tab.page.select("worst")

    assert not tab.page.worst.open.isEnabled()
    assert "missing or damaged" in tab.page.worst.note.text()


def test_curves_before_and_after_temperature_can_be_hidden(tab):
    sheet = tab.page.reliability
    sheet.curves["after"].setChecked(False)

    assert not sheet.plot.after.isVisible()
    assert sheet.plot.before.isVisible()
    assert sheet.plot.before.getData()[1][0] == 0.5


def test_the_other_look_reaches_the_plots(tab, context, qapp):
    theme.apply_theme(qapp, "dark")
    context.theme_changed.emit()

    for plot in (tab.page.reliability.plot, tab.page.sweep.plot, tab.page.groups.plot, tab.page.deviating.plot):
        assert plot.backgroundBrush().color().name() == theme.DARK["surface"]
    assert theme.DARK["accent"] in tab.page.deviating.card.remark.text()


def test_nothing_is_cut_off_at_1280_by_720(tab, qtbot):
    """The window's frame, tabs and status bar take 120 px of the 720; no page of it must need to scroll."""

    def hidden(name):
        tab.page.select(name)
        areas = [area for area in tab.findChildren(RoomyArea) if area.isVisible()]
        assert len(areas) == 2
        for area in areas:
            qtbot.waitUntil(lambda area=area: area.viewport().width() > 100)
        return sum(area.verticalScrollBar().maximum() + area.horizontalScrollBar().maximum() for area in areas)

    assert {name: hidden(name) for name in TITLES} == dict.fromkeys(TITLES, 0)


def test_a_small_window_scrolls_instead_of_cutting_off(tab, qtbot):
    """At 200 % a screen of 1280 × 720 has 640 × 360 of these pixels."""
    tab.resize(640, 270)
    area = tab.pages["evaluation"]
    qtbot.waitUntil(lambda: area.verticalScrollBar().maximum() > 0)

    assert area.widget().height() >= area.widget().minimumSizeHint().height()


def test_every_control_has_a_name(tab):
    buddies = {label.buddy() for label in tab.findChildren(QLabel)}

    def nameless(name):
        tab.page.select(name)
        return [
            widget
            for kind in (QComboBox, QLineEdit, QSpinBox, QAbstractButton, QAbstractItemView, QTabBar)
            for widget in tab.findChildren(kind)
            if widget.isVisible()
            and not isinstance(widget.parent(), QComboBox | QSpinBox | QAbstractItemView | QTabBar)
            and not widget.objectName().startswith("qt_")
            and widget not in buddies
            and not widget.accessibleName()
            and not (isinstance(widget, QAbstractButton) and any(letter.isalpha() for letter in widget.text()))
        ]

    assert {name: nameless(name) for name in TITLES} == {name: [] for name in TITLES}


def test_the_tab_finds_its_state_again(tab, context, qtbot):
    tab.form.doses.setText("1; 4")
    tab.form.split.setCurrentIndex(tab.form.split.findData("all"))
    tab.page.select("sweep")
    state = tab.save_state()
    other = create_tab(context)
    qtbot.addWidget(other)
    other.restore_state(state)

    assert (other.form.doses.text(), other.form.split.currentData()) == ("1; 4", "all")
    assert (other.page.title.toolTip(), other.page.current) == ("m1 · wedges", "sweep")


def test_an_empty_folder_shows_what_to_do(qtbot, context):
    widget = create_tab(context)
    qtbot.addWidget(widget)

    assert widget.stack.currentWidget() is widget.nothing
    assert "no dataset yet" in widget.form.datasets.list.item(0).text()
    assert not widget.report.isEnabled()


def test_plots_can_be_shown_again_and_again(tab):
    """Items are built once: showing data must not add any."""

    def items():
        page = tab.page
        plots = (page.deviating.plot.plot, page.reliability.plot.diagram, page.sweep.plot.plot, page.groups.plot.plot)
        return [len(plot.items) for plot in plots]

    before = items()
    for dose in (1, 0, 1):
        tab.page.dose.setCurrentIndex(dose)

    assert items() == before
