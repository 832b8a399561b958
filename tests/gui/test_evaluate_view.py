"""Widgets of the Evaluate tab: what is drawn, where a click lands, and that all fits the window."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QSpinBox

from segdepth_app.gui import theme
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.form import EvaluateForm
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix, luminance
from segdepth_app.gui.evaluate.plots import BarPlot, ReliabilityPlot
from segdepth_app.gui.evaluate.tab import create_tab
from segdepth_app.gui.evaluate.wording import Bars
from segdepth_app.gui.settings import Settings
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


def test_an_evaluation_fills_every_card(tab):
    report = tab.report
    assert report.title.text() == "m1 · wedges"
    assert report.table.item(0, 1).text() == "0.912"
    assert report.table.item(0, 2).text() == "0.939"
    assert report.matrix.counts[10, 10] == 10_000
    x, y = report.reliability.after.getData()
    np.testing.assert_allclose((x[0], y[0]), (26 / 40, 24 / 40))
    assert "ECE" in report.reliability_card.remark.text()
    assert report.notes.text() == "Not given: First note. And 1 more."


def test_choosing_pixels_shows_the_pixels_matrix_and_reliability(tab):
    tab.report.matrix_card.choice.setCurrentText("pixels")
    tab.report.reliability_card.choice.setCurrentText("pixels")

    assert tab.report.matrix.unit == "pixels"
    assert "0.0500 raw" in tab.report.reliability_card.remark.text()


def test_choosing_a_dose_shows_its_figures(tab):
    tab.report.dose.setCurrentIndex(1)

    assert tab.report.table.item(4, 1).text() == "0.500"
    assert "λ 1 e/px = 356 e/Å²" in tab.report.provenance.text()


def test_the_other_look_reaches_the_plots(tab, context, qapp):
    theme.apply_theme(qapp, "dark")
    context.theme_changed.emit()

    assert tab.report.reliability.backgroundBrush().color().name() == theme.DARK["surface"]
    assert theme.DARK["accent"] in tab.report.deviating_card.remark.text()


def test_nothing_is_cut_off_at_1280_by_720(tab, qtbot):
    """The window's frame, tabs and status bar take 120 px of the 720; the page must not need to scroll."""
    for area in (tab.stack.widget(1), tab.findChild(type(tab.stack.widget(1)))):
        qtbot.waitUntil(lambda area=area: area.viewport().width() > 100)
        assert area.verticalScrollBar().maximum() == 0
        assert area.horizontalScrollBar().maximum() == 0


def test_every_control_has_a_name(tab):
    for kind in (QComboBox, QLineEdit, QSpinBox, QAbstractButton):
        for widget in tab.findChildren(kind):
            inner = widget.parent() is not None and isinstance(widget.parent(), QComboBox | QSpinBox)
            if inner or not widget.isVisible() or widget.objectName().startswith("qt_"):
                continue
            labelled = any(label.buddy() is widget for label in tab.findChildren(type(tab.report.title)))
            named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
            assert labelled or named, widget


def test_the_tab_finds_its_state_again(tab, context, qtbot):
    tab.form.doses.setText("1; 4")
    tab.form.split.setCurrentIndex(tab.form.split.findData("all"))
    state = tab.save_state()
    other = create_tab(context)
    qtbot.addWidget(other)
    other.restore_state(state)

    assert (other.form.doses.text(), other.form.split.currentData()) == ("1; 4", "all")
    assert other.report.title.text() == "m1 · wedges"


def test_an_empty_folder_shows_what_to_do(qtbot, context):
    widget = create_tab(context)
    qtbot.addWidget(widget)

    assert widget.stack.currentWidget() is widget.nothing
    assert "no dataset yet" in widget.form.dataset.placeholderText()


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
    before = len(tab.report.deviating.plot.items), len(tab.report.reliability.diagram.items)
    for dose in (1, 0, 1):
        tab.report.dose.setCurrentIndex(dose)

    assert (len(tab.report.deviating.plot.items), len(tab.report.reliability.diagram.items)) == before


def test_the_form_keeps_its_choice_when_the_lists_change(qtbot):
    form = EvaluateForm()
    qtbot.addWidget(form)
    form.set_choices([Choice("a", "/a"), Choice("b", "/b")], [Choice("d", "/d")])
    form.model.setCurrentIndex(1)
    form.set_choices([Choice("c", "/c"), Choice("b", "/b")], [])

    assert form.typed()["model"] == "/b"
    assert form.typed()["dataset"] == "/d"


def test_a_model_from_elsewhere_is_chosen_and_kept(qtbot):
    form = EvaluateForm()
    qtbot.addWidget(form)
    form.set_choices([Choice("a", "/a")], [])
    form.choose_model(Choice("far", "/usb/far.safetensors"))
    form.set_choices([Choice("a", "/a"), Choice("b", "/b")], [])

    assert form.typed()["model"] == "/usb/far.safetensors"
    assert form.model.currentText() == "far"


def test_start_says_what_was_typed(qtbot):
    form = EvaluateForm()
    qtbot.addWidget(form)
    form.set_choices([Choice("a", "/a")], [Choice("d", "/d")])
    form.doses.setText("1; 2.5")
    with qtbot.waitSignal(form.start_requested) as said:
        form.start.click()

    assert said.args[0] == {
        "model": "/a",
        "model_label": "a",
        "dataset": "/d",
        "split": "test",
        "doses": "1; 2.5",
        "max_images": 0,
    }
    form.show_job("running", 1, 2, True)
    assert not form.start.isEnabled()
    form.show_idle()
    assert form.start.isEnabled()
