"""Plots of a study: what is drawn and how, what is read out, colours that everybody can tell apart."""

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from segdepth_app.evaluation.study_records import read_study
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.study_artists import COLOURS, looks_of
from segdepth_app.gui.evaluate.study_page import StudyPage
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
