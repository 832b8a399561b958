"""Drawn parts of the Evaluate tab: the matrix, its plots and small pictures."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.crops import Crop
from segdepth_app.gui.evaluate.groups import Bars
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix, luminance
from segdepth_app.gui.evaluate.plots import BarPlot, PrecisionRecallPlot, ReliabilityPlot
from tests.gui.evaluate_clicks import click_cell


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
