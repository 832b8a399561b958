"""Widgets of the Evaluate tab: what is drawn, where a click lands, and that all fits the window."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QComboBox, QLabel, QLineEdit, QSpinBox, QTabBar

from segdepth_app.gui import theme
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.crops import Crop
from segdepth_app.gui.evaluate.groups import Bars
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix, luminance
from segdepth_app.gui.evaluate.page import TITLES
from segdepth_app.gui.evaluate.plots import BarPlot, PrecisionRecallPlot, ReliabilityPlot
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.widgets.lists import RoomyArea
from segdepth_app.paths import evaluations_folder
from tests.gui import evaluate_records


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


def click_cell(qtbot, matrix, true, called):
    area = matrix._area()
    x, y = area.left() + area.width() * (called + 0.5) / 11, area.top() + area.height() * (true + 0.5) / 11
    qtbot.mouseClick(matrix, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))


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


@pytest.fixture
def matrix(qtbot):
    widget = ConfusionMatrix()
    qtbot.addWidget(widget)
    counts = np.zeros((11, 11), np.int64)
    counts[2, 9], counts[2, 2] = 30, 10
    widget.set_matrix(counts, "columns")
    widget.resize(500, 320)
    return widget


def painted_cells(widget):
    """Cells whose corner differs from the empty colour, found in the picture by their place."""
    picture = widget.grab().toImage()
    empty = QColor(theme.colour("surface")).rgb()
    area = widget._area()
    width, height = area.width() / 11, area.height() / 11
    return {
        (row, column)
        for row, column in np.ndindex(11, 11)
        if picture.pixel(int(area.left() + column * width + 3), int(area.top() + row * height + 3)) != empty
    }


def test_true_goes_down_and_called_to_the_right(matrix):
    assert painted_cells(matrix) == {(2, 2), (2, 9)}


def test_a_count_is_written_in_its_own_cell_and_none_in_an_empty_one(matrix):
    picture, area = matrix.grab().toImage(), matrix._area()

    def colours(row, column):
        width, height = area.width() / 11, area.height() / 11
        left, top = int(area.left() + column * width) + 3, int(area.top() + row * height) + 3
        return {picture.pixel(left + x, top + y) for x in range(int(width) - 6) for y in range(int(height) - 6)}

    assert len(colours(2, 9)) > 2
    assert len(colours(9, 2)) == 1


def test_the_pointer_reads_the_cell_that_is_painted_there(matrix, qtbot):
    area = matrix._area()
    point = QPointF(area.left() + area.width() * 9.5 / 11, area.top() + area.height() * 2.5 / 11)

    assert matrix.cell_at(point) == (2, 9)
    assert matrix.describe(2, 9) == "true 2, called 9: 30 columns, 75% of the row"
    assert matrix.cell_at(QPointF(area.left() - 2, area.top() + 5)) is None
    assert matrix.cell_at(QPointF(area.right() + 2, area.top() + 5)) is None


def test_arrow_keys_go_from_cell_to_cell(matrix, qtbot):
    said = []
    matrix.cell_described.connect(said.append)
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Up):
        qtbot.keyClick(matrix, key)

    assert said[-1].startswith("true 1, called 2")


@pytest.mark.parametrize("size", [(260, 200), (500, 320), (330, 700), (1200, 400)])
def test_a_click_lands_in_the_cell_that_is_painted_there(matrix, qtbot, size):
    matrix.resize(*size)
    for cell in painted_cells(matrix):
        with qtbot.waitSignal(matrix.cell_chosen) as said:
            click_cell(qtbot, matrix, *cell)
        assert tuple(said.args) == cell


def test_shares_of_the_row_can_be_written_instead_of_counts(matrix):
    assert matrix._text(2, 9) == "30"
    matrix.show_shares(True)

    assert (matrix._text(2, 9), matrix._text(2, 2)) == ("75", "25")


@pytest.mark.parametrize(
    ("colour", "expected"), [("#ffffff", 1), ("#000000", 0), ("#ff0000", 0.2126), ("#808080", 0.2158605)]
)
def test_luminance_is_that_of_the_contrast_rules(colour, expected):
    assert luminance(QColor(colour)) == pytest.approx(expected, abs=1e-4)


def test_reliability_leaves_out_empty_bins(qtbot):
    plot = ReliabilityPlot()
    qtbot.addWidget(plot)
    table = np.zeros((2, 3, 15))
    table[:, :, 14] = (10, 9.8, 9)
    plot.show_table(table, np.linspace(0, 1, 16))

    assert plot.after.getData()[0].tolist() == pytest.approx([0.98])
    assert plot.after.getData()[1].tolist() == pytest.approx([0.9])
    assert plot.bars.opts["height"][14] == 1


def test_stacked_bars_stand_on_each_other_and_others_side_by_side(qtbot):
    bars = Bars(("a", "b"), {"one": (0.5, None), "two": (0.25, 1.0)}, (4, 4), "axis")
    stacked, beside = BarPlot("stacked", stacked=True), BarPlot("beside")
    for plot in (stacked, beside):
        qtbot.addWidget(plot)
        plot.show_bars(bars, line=0.5)

    assert stacked.items[1].opts["y0"].tolist() == [0.5, 0.0]
    assert beside.items[1].opts["y0"].tolist() == [0, 0]
    assert (beside.items[1].opts["x"] > beside.items[0].opts["x"]).all()
    assert len(stacked.items[2].opts["x"]) == 0
    assert stacked.line.isVisible()


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


def test_precision_and_recall_are_those_of_the_counts(qtbot):
    """By hand: 9 of 10 above 0.9 are occupied, then 1 more of 6."""
    plot = PrecisionRecallPlot()
    qtbot.addWidget(plot)
    plot.show_presence(np.array([[5, 1], [0, 0], [0, 0], [1, 9]]), np.array([0, 0.1, 0.5, 0.9, 1]))
    recall, precision = plot.curve.getData()

    np.testing.assert_allclose(recall, (9 / 10, 10 / 10))
    np.testing.assert_allclose(precision, (9 / 10, 10 / 16))
    assert plot.chance.value() == 10 / 16


def test_a_crop_paints_classes_in_their_colours_and_rings_the_place(qtbot):
    crop = Crop()
    qtbot.addWidget(crop)
    classes = np.zeros((4, 8), np.uint8)
    classes[1, 6] = 9
    crop.show_classes(classes)
    crop.resize(160, 160)
    picture = crop.grab().toImage()
    # 8 pixels over 160: 20 each, and 4 of them in the middle of the height, from 40 to 120
    assert picture.pixelColor(130, 70).getRgb() == theme.class_colours()[9]
    assert picture.pixelColor(110, 70).getRgb() == theme.class_colours()[0]

    crop.set_ring(2, 1)
    ringed = crop.grab().toImage()
    radius = 160 / 12
    assert ringed.pixelColor(round(50 + radius), 70) != picture.pixelColor(round(50 + radius), 70)
    assert ringed.pixelColor(130, 70) == picture.pixelColor(130, 70)
