"""The page of a study: what it shows, reads out, copies and asks for, at every size and in both looks."""

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLabel, QTableWidget

from segdepth_app.evaluation.study_records import read_study
from segdepth_app.gui.evaluate.study_page import StudyPage
from segdepth_app.gui.evaluate.study_pictures import Enlarged
from tests.gui import studies_records


@pytest.fixture
def study(tmp_path):
    return read_study(studies_records.write(tmp_path / "Größe µm"))


@pytest.fixture
def page(qtbot, study):
    widget = StudyPage()
    qtbot.addWidget(widget)
    widget.resize(980, 560)
    widget.show_study(study)
    widget.show()
    return widget


def shown(widgets):
    return [widget for widget in widgets if not widget.isHidden()]


def test_a_finished_study_shows_all_it_has(page):
    """Title, state, steps, tables with intervals, plots, pictures, notes and origin."""
    assert page.header.question.text() == "How does a model do at doses it was not trained at? (Fig. 9 of the paper)"
    assert page.header.state.text().startswith("Done, 4 of 4 steps done")
    (table,) = shown(page.tables)
    assert table.table.item(0, 2).text() == "0.882 (0.870–0.893)"
    assert [table.table.item(row, 0).font().italic() for row in range(3)] == [False, False, True]
    assert len(shown(page.plots)) == 2
    assert shown(page.pictures)[0].picture.picture.width() == 900
    assert "no columns" in page.notes.text()
    assert page.facts.shown()["Version"] == "0.1.0"
    assert page.nothing.isHidden()
    assert not page.header.resume.isVisibleTo(page)


def test_an_unfinished_study_can_be_resumed_and_nothing_else_is_running(page, tmp_path, qtbot):
    """Steps are unfolded; Resume hands over the study; results of the one before are gone."""
    half = read_study(studies_records.write(tmp_path / "half", studies_records.unfinished()))
    page.show_study(half)

    assert page.steps_section.is_open
    assert shown(page.plots) == []
    assert shown(page.pictures) == []
    assert page.header.state.text().startswith("Paused, 1 of 3 steps done")
    with qtbot.waitSignal(page.resume_requested) as said:
        page.header.resume.click()
    assert said.args == [half]


def test_while_a_job_works_there_is_pause_and_no_delete(page, tmp_path, qtbot):
    """Progress with its words; deleting waits for the end."""
    page.show_study(read_study(studies_records.write(tmp_path / "half", studies_records.unfinished("running"))))
    page.show_job("running: Evaluate b", 30, 100)

    header = page.header
    assert (header.progress.value(), header.job.text()) == (30, "running: Evaluate b")
    assert not header.delete.isEnabled()
    assert header.resume.isHidden()
    with qtbot.waitSignals([page.pause_requested, page.cancel_requested]):
        header.pause.click()
        header.cancel.click()
    page.show_idle()
    assert header.progress.isHidden()
    assert header.delete.isEnabled()
    assert not header.resume.isHidden()
    assert header.state.text().startswith("Unfinished")


def test_a_button_that_the_job_does_not_heed_is_off(page):
    """As the supervisor's table says."""
    page.show_job("pausing…", 0, 0, may_pause=False)

    assert not page.header.pause.isEnabled()
    assert page.header.cancel.isEnabled()


def test_what_is_found_meanwhile_appears_and_widgets_are_used_again(page, study, tmp_path):
    """A table gains a row without a new widget; going back and forth makes none."""
    before = (page.tables[0], page.plots[0], page.plots[1])
    n_items = len(page.plots[0].plot.plot.getPlotItem().items)
    for values in (studies_records.unfinished(), studies_records.record(), studies_records.unfinished()):
        page.show_study(read_study(studies_records.write(tmp_path / "live", values)))
    assert page.tables[0].table.rowCount() == 1
    page.show_study(study)

    assert (page.tables[0], *page.plots) == before
    assert page.tables[0].table.rowCount() == 3
    assert len(page.plots[0].plot.plot.getPlotItem().items) == n_items


def test_tables_and_plots_to_come_are_not_shown_empty(page, tmp_path):
    """The job lists them with its first record, long before they have a row or a curve."""
    plot = studies_records.dose_plot() | {"curves": []}
    values = studies_records.unfinished() | {"tables": [studies_records.table() | {"rows": []}], "plots": [plot]}
    page.show_study(read_study(studies_records.write(tmp_path / "begun", values)))

    assert shown(page.tables) == shown(page.plots) == []
    assert not page.nothing.isHidden()


def test_only_a_judging_that_is_done_can_be_opened(page, study, qtbot):
    """Button and double click hand over the evaluation's folder; other steps do nothing."""
    steps = page.steps
    page.steps_section.unfold()
    steps.table.selectRow(1)
    assert not steps.open.isEnabled()
    steps.table.selectRow(2)
    with qtbot.waitSignal(page.open_evaluation) as said:
        steps.open.click()
    assert said.args == [study.folder / "evaluations" / "ceria-110-fast_wedge-test-25pm"]
    with qtbot.waitSignal(page.open_evaluation):
        steps.table.activated.emit(steps.table.model().index(3, 1))


def test_copy_puts_the_table_on_the_clipboard(page):
    """For a spreadsheet."""
    page.tables[0].copy.click()

    assert QGuiApplication.clipboard().text().splitlines()[1].startswith("fast 32\t32\t0.88213\t0.87012\t0.89321")


@pytest.mark.parametrize(("width", "columns"), [(340, 1), (640, 1), (980, 2), (1600, 2)])
def test_it_fits_every_width(qtbot, page, width, columns):
    """Down to half of a 1280-pixel window at 200 %: never a bar below, plots in one or two columns."""
    page.resize(width, 600)
    qtbot.waitUntil(lambda: page.area.viewport().width() > width - 40)
    left, right = page.plots
    qtbot.waitUntil(lambda: (left.y() == right.y()) == (columns == 2))

    qtbot.waitUntil(lambda: page.area.horizontalScrollBar().maximum() == 0)
    assert right.geometry().right() < page.grid.width()
    for label in page.findChildren(QLabel):
        if label.isVisible() and label.wordWrap():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_rows_of_a_table_are_all_in_sight(page, qtbot):
    """A page that scrolls must not hold a table that scrolls."""
    table = page.tables[0].table
    qtbot.waitUntil(lambda: table.viewport().width() > 100)

    assert table.verticalScrollBar().maximum() == 0
    assert table.viewport().height() >= sum(table.rowHeight(row) for row in range(3))


def test_a_picture_is_enlarged_by_click_and_by_key(page, qtbot):
    """It opens in a window of its own, in its own size; a file that is not there yet is said in words."""
    card = page.pictures[0]
    qtbot.mouseClick(card.picture, Qt.MouseButton.LeftButton)
    card.picture.setFocus()
    qtbot.keyClick(card.picture, Qt.Key.Key_Return)
    opened = page.findChildren(Enlarged)
    assert [window.findChild(QLabel).pixmap().width() for window in opened] == [900, 900]
    for window in opened:
        window.close()

    card.show_picture("Map", "", page.study.folder / "nothing.png")
    assert card.picture.isHidden()
    assert card.text.text() == "nothing.png is drawn when the study ends."


def test_a_picture_that_is_drawn_later_appears(page, tmp_path):
    """study.json names it, the file comes after: the next look finds it."""
    folder = studies_records.write(tmp_path / "late")
    png = folder / "figures" / "map.png"
    content = png.read_bytes()
    png.unlink()
    page.show_study(read_study(folder))
    assert page.pictures[0].picture.isHidden()

    png.write_bytes(content)
    values = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    (folder / "study.json").write_text(json.dumps(values | {"notes": ["drawn"]}), encoding="utf-8")
    page.show_study(read_study(folder))
    assert not page.pictures[0].picture.isHidden()


def test_every_control_has_a_name(page):
    """For screen readers."""
    page.steps_section.unfold()
    page.facts_section.unfold()
    widgets = [item for kind in (QAbstractButton, QComboBox, QTableWidget) for item in page.findChildren(kind)]
    unnamed = [
        widget
        for widget in widgets
        if widget.isVisible()
        and not (widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text()))
        and not isinstance(widget.parent(), QTableWidget)
    ]

    assert len(widgets) > 8
    assert unnamed == []
    assert [card.plot.accessibleName() for card in page.plots] == [
        "Columns called right",
        "Columns off their surroundings called right",
    ]
