"""The page of a study: what it shows, reads out, copies and asks for, at every size and in both looks."""

import json

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QTableWidget

from segdepth_app.evaluation.study_records import read_study
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.study_artists import COLOURS, looks_of
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


def test_another_label_stands_in_the_middle_of_its_axis(page, qtbot):
    """A plot that is used again for a longer label would have it cut off at the right."""
    card = page.plots[0]
    record = studies_records.dose_plot()
    record["x"] = record["x"] | {"label": "Dose λ (electrons per reference pixel in vacuum)"}
    qtbot.waitUntil(lambda: card.plot.plot.getViewBox().width() > 100)
    card.show_plot(record)
    axis = card.plot.axis
    label = axis.label.mapRectToParent(axis.label.boundingRect())

    # pyqtgraph rounds to whole pixels
    assert label.center().x() == pytest.approx(axis.size().width() / 2, abs=2)


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


def plot_of(page, number=0):
    return page.plots[number].plot


def scene_place(plot, x, y):
    return plot.plot.getViewBox().mapViewToScene(QPointF(x, y))


def test_pointing_at_a_value_reads_it_out(page, qtbot):
    """λ = 10 stands at 1 of the logarithmic axis; far from every value there is no readout."""
    plot = plot_of(page)
    qtbot.waitUntil(lambda: plot.plot.getViewBox().width() > 100)
    plot.read_at(scene_place(plot, 1.0, 0.9463))
    assert plot.readout.toolTip().startswith("ceria-110-fast · λ, e/px 10: 0.946 (0.916–0.976)")
    assert plot.ring.getData()[0].tolist() == [1.0]

    plot.read_at(scene_place(plot, -0.5, 0.05))
    assert len(plot.ring.getData()[0]) == 0


def test_pointing_at_a_bar_reads_its_own_series(page, qtbot):
    """Bars of one word stand side by side: the second of three is in the middle."""
    plot = plot_of(page, 1)
    qtbot.waitUntil(lambda: plot.plot.getViewBox().width() > 100)
    plot.read_at(scene_place(plot, 2.0, 0.31))

    assert plot.readout.toolTip().startswith("run 7 · shuffled-test-25pm: 0.310")


def test_arrow_keys_go_along_a_curve_and_to_the_next(page, qtbot):
    """A missing value is passed over."""
    plot = plot_of(page)
    plot.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(plot, key)
    said = plot.accessibleDescription()
    assert said.startswith("trained at λ = 0.5 · λ, e/px ")
    qtbot.keyClick(plot, Qt.Key.Key_Up)
    qtbot.keyClick(plot, Qt.Key.Key_Up)

    assert plot.accessibleDescription().startswith("ideal observer")


def test_a_curve_has_a_gap_and_a_band_in_pieces(page):
    """The trained model has no value at λ = 1: three points, a gap, four points."""
    artist = plot_of(page).artists[1]
    x, _ = artist.line.getData()

    assert len(x) == 7
    assert artist.line.opts["connect"].tolist() == [1, 1, 0, 1, 1, 1, 0]
    path = artist.band.path()
    moves = [n for n in range(path.elementCount()) if path.elementAt(n).isMoveTo()]
    assert len(moves) == 2
    # the interval at λ = 0.1 is 0.9 / 5 ± 0.02
    assert path.boundingRect().top() == pytest.approx(0.16, abs=1e-6)


def test_bars_stand_side_by_side_with_their_intervals(page):
    """Two bars and a hollow one at each word; a missing value has none."""
    first, second, bound = plot_of(page, 1).artists[:3]

    assert len(first.bars.opts["x"]) == 3
    assert len(second.bars.opts["x"]) == 2
    assert first.bars.opts["x"][0] < second.bars.opts["x"][0] < bound.bars.opts["x"][0]
    assert first.errors.isVisible()
    assert not bound.errors.isVisible()
    assert not plot_of(page).artists[0].bars.isVisible()


def test_a_role_is_told_by_more_than_colour(page):
    """Whole with marks, broken with hollow marks, dotted without marks."""
    looks = looks_of(studies_records.dose_plot()["curves"])
    models, paper, bound = looks[:3], looks[3], looks[4]

    assert len({(look.mark, look.colour) for look in models}) == 3
    assert len({look.mark for look in models}) == 3
    assert {look.line for look in models} == {Qt.PenStyle.SolidLine}
    assert paper.line == Qt.PenStyle.DashLine
    assert (bound.line, bound.mark) == (Qt.PenStyle.DotLine, None)
    assert paper.fill.name() == theme.colour("plot")


DEFICIENCIES = {  # Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(name):
    colour = QColor(name)
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def oklab(rgb):
    """Ottosson (2020): a space in which equal distances look about equally large."""
    red, green, blue = (min(max(c, 0), 1) for c in rgb)
    long, medium, short = (
        (a * red + b * green + c * blue) ** (1 / 3)
        for a, b, c in (
            (0.4122214708, 0.5363325363, 0.0514459929),
            (0.2119034982, 0.6806995451, 0.1073969566),
            (0.0883024619, 0.2817188376, 0.6299787005),
        )
    )
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


@pytest.mark.parametrize("kind", DEFICIENCIES)
@pytest.mark.parametrize("dark", [False, True])
def test_the_first_four_colours_are_apart_for_everybody(kind, dark):
    """0.08 in Oklab is about four just noticeable differences; later curves differ in their marks as well."""
    matrix = DEFICIENCIES[kind]
    seen = [
        oklab([sum(m * c for m, c in zip(row, linear(name), strict=True)) for row in matrix])
        for name in COLOURS[dark][:4]
    ]
    apart = [
        sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5
        for number, one in enumerate(seen)
        for other in seen[:number]
    ]

    assert min(apart) > 0.08


def contrast(one, other):
    bright, dull = sorted((0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other))), reverse=True)
    return (bright + 0.05) / (dull + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_curves_stand_out_from_the_background(dark):
    """The 3 : 1 of WCAG 2 for graphics, in both looks."""
    ground = (theme.DARK if dark else theme.LIGHT)["plot"]

    assert min(contrast(name, ground) for name in COLOURS[dark]) >= 3


def test_the_other_look_reaches_curves_and_legend(page, qapp):
    """Colours are taken from the theme anew."""
    theme.apply_theme(qapp, "dark")
    page.restyle()

    plot = plot_of(page)
    assert plot.plot.backgroundBrush().color().name() == theme.DARK["plot"]
    assert COLOURS[True][1] in plot.legend.text()
    assert plot.artists[1].line.opts["pen"].color().name() == COLOURS[True][1]


def test_the_wheel_over_a_plot_scrolls_the_page(page, qtbot):
    """Plots stand still: a wheel that got stuck on them would be a nuisance."""
    view = plot_of(page).plot.viewport()
    middle = view.rect().center()
    event = QWheelEvent(
        QPointF(middle),
        QPointF(view.mapToGlobal(middle)),
        QPoint(0, -240),
        QPoint(0, -240),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    # Qt passes an event that was not accepted on to the parents, but only one that comes from a real wheel
    QApplication.sendEvent(view, event)

    assert not event.isAccepted()
    QApplication.sendEvent(page.area.viewport(), event)
    assert event.isAccepted()


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
