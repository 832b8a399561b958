"""Pictures: clicks on the right pixel, colours that mean the same in every frame, an honest scale bar."""

import itertools

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from segdepth_app.colours import heat_table
from segdepth_app.gui import theme
from segdepth_app.gui.widgets.colour_bar import ColourBar
from segdepth_app.gui.widgets.image_pane import ImagePane
from segdepth_app.gui.widgets.scale_bar import length_text, nice_length

HEIGHT, WIDTH = 40, 70
LIT = (53, 11)  # x, y


@pytest.fixture
def pane(qtbot):
    widget = ImagePane("frame")
    qtbot.addWidget(widget)
    widget.resize(600, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def lit_image():
    image = np.zeros((HEIGHT, WIDTH), np.float32)
    image[LIT[1], LIT[0]] = 1
    return image


def lit_place(pane) -> QPoint:
    """Where the one white pixel is on the screen, found in the picture itself."""
    picture = pane.plot.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    y, x = np.nonzero(rows[:, : picture.width()] > 250)
    assert len(x)
    return QPoint(int(x.mean()), int(y.mean()))


@pytest.mark.parametrize("zoomed", [False, True])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_click_on_the_lit_pixel_says_that_pixel(qtbot, pane, zoomed, flipped):
    pane.set_image(lit_image())
    pane.view.invertX(flipped)
    if zoomed:
        pane.view.setRange(xRange=(45, 60), yRange=(5, 18), padding=0)
    qtbot.wait(20)
    clicks = []
    pane.pixel_clicked.connect(lambda x, y, _: clicks.append((x, y)))
    QTest.mouseClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=lit_place(pane))
    assert clicks == [LIT]


def test_a_click_beside_the_image_says_nothing(qtbot, pane):
    pane.set_image(lit_image())
    pane.view.setRange(xRange=(-200, 200), yRange=(-200, 200), padding=0)
    clicks = []
    pane.pixel_clicked.connect(lambda x, y, _: clicks.append((x, y)))
    QTest.mouseClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(5, 5))
    assert clicks == []


def test_a_coarse_map_lies_on_the_same_pixels(qtbot, pane):
    """A map of 10 × 18 cells of 4 px: the cell (13, 2) holds the source pixels 52–55, 8–11."""
    coarse = np.zeros((10, 18), np.uint8)
    coarse[2, 13] = 255
    pane.set_levels(0, 255)
    pane.set_image(coarse, scale=4)
    assert pane.size_px == (72, 40)
    assert pane.value_at(52, 8) == pane.value_at(55, 11) == 255
    assert pane.value_at(51, 8) == pane.value_at(56, 8) == 0
    assert pane.value_at(72, 0) is None
    clicks = []
    pane.pixel_clicked.connect(lambda x, y, _: clicks.append((x, y)))
    qtbot.wait(20)
    QTest.mouseClick(pane.plot.viewport(), Qt.MouseButton.LeftButton, pos=lit_place(pane))
    ((x, y),) = clicks
    assert 52 <= x <= 55
    assert 8 <= y <= 11


@pytest.mark.parametrize("classes", [(2, 3, 4), (0, 10), (7,), tuple(range(11))])
def test_a_class_has_the_same_colour_whatever_else_is_in_the_frame(qtbot, classes):
    """Levels from the data would paint 2, 3, 4 as the first, the middle and the last colour."""
    pane = ImagePane("depth", "labels")
    qtbot.addWidget(pane)
    pane.resize(440, 300)
    pane.set_image(np.repeat(np.array([classes], np.uint8), 6, axis=0))
    pane.show()
    qtbot.waitExposed(pane)
    picture = pane.plot.grab().toImage()
    for column, number in enumerate(classes):
        place = pane.view.mapViewToScene(QPointF(column + 0.5, 3.0))
        colour = picture.pixelColor(place.toPoint())
        assert (colour.red(), colour.green(), colour.blue()) == theme.class_colours()[number][:3]


def test_levels_stay_when_a_brighter_frame_comes(pane):
    pane.set_levels(0.5, 2.0)
    pane.set_image(np.full((8, 8), 1.0, np.float32))
    pane.set_image(np.full((8, 8), 90.0, np.float32))
    assert tuple(pane.item.getLevels()) == (0.5, 2.0)


def test_linked_panes_show_the_same_part(qtbot, pane):
    other = ImagePane("depth", "labels")
    qtbot.addWidget(other)
    other.resize(600, 400)
    other.show()
    pane.set_image(lit_image())
    other.set_image(lit_image().astype(np.uint8))
    other.link_to(pane)
    pane.view.setRange(xRange=(10, 30), yRange=(5, 15), padding=0)
    qtbot.wait(20)
    np.testing.assert_allclose(other.view.viewRange(), pane.view.viewRange(), atol=0.5)


def test_crosshair_and_markers_sit_in_the_middle_of_their_pixel(pane):
    pane.set_image(lit_image())
    pane.set_crosshair(*LIT)
    assert [line.value() for line in pane._crosshair] == [LIT[0] + 0.5, LIT[1] + 0.5]
    pane.set_markers([(3, 4, "#ff0000", "1"), (5, 6, "#00ff00", "2")])
    assert [tuple(spot.pos()) for spot in pane._markers.points()] == [(3.5, 4.5), (5.5, 6.5)]
    first = pane._labels["#ff0000", "1"]
    pane.set_markers([(7, 8, "#ff0000", "1")])
    assert pane._labels == {("#ff0000", "1"): first}  # moved, not made anew
    assert (first.pos().x(), first.pos().y()) == (7.5, 8.5)
    assert [item for item in pane.view.childGroup.childItems() if isinstance(item, pg.TextItem)] == [first]
    pane.set_markers([])
    assert pane._labels == {}
    assert not [item for item in pane.view.childGroup.childItems() if isinstance(item, pg.TextItem)]


@pytest.mark.parametrize(("width", "beside"), [(600, True), (230, True), (150, False)])
def test_colour_bar_and_scale_bar_never_lie_over_each_other(qtbot, width, beside):
    """Beside each other as long as there is room, else one above the other; both in the view."""
    pane = ImagePane("Saliency", "heat")
    qtbot.addWidget(pane)
    pane.resize(width, 200)
    bar = ColourBar(pane.view, heat_table(), pane.scale_bar)
    pane.set_image(lit_image().astype(np.float32))
    pane.set_pixel_size(20.0)
    bar.set_range(0, 2.73e-7, "|∂P/∂I|")
    pane.show()
    qtbot.waitUntil(lambda: pane.view.width() > width - 5)
    metrics = pane.plot.fontMetrics()
    ours, other = bar.box(metrics), pane.scale_bar.box(metrics)
    assert not ours.intersects(other)
    assert (ours.bottom() > other.top()) is beside
    assert pane.view.rect().contains(ours)


@pytest.mark.parametrize("bad", [np.zeros((3, 4, 3)), np.zeros(5)])
def test_what_is_no_picture_is_refused(pane, bad):
    with pytest.raises(ValueError, match="height, width"):
        pane.set_image(bad)


@pytest.mark.parametrize(
    ("longest", "expected"), [(1, 1), (1.99, 1), (2, 2), (4.9, 2), (5, 5), (9.9, 5), (1234, 1000), (0.07, 0.05)]
)
def test_lengths_are_one_two_or_five(longest, expected):
    assert nice_length(longest) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("pm", "text"),
    [(500, "0.5 nm"), (100, "0.1 nm"), (50, "50 pm"), (1000, "1 nm"), (5e4, "50 nm"), (2e6, "2 µm"), (0.5, "0.5 pm")],
)
def test_lengths_have_a_unit_that_reads_well(pm, text):
    assert length_text(pm) == text


def test_the_bar_is_at_most_a_quarter_of_the_view_and_follows_the_zoom(qtbot, pane):
    pane.set_image(lit_image())
    pane.set_pixel_size(5.3)
    lengths = []
    for width in (70, 20, 700):
        pane.view.setRange(xRange=(0, width), padding=0)
        (left, right), _ = pane.view.viewRange()
        lengths.append(pane.scale_bar.length_pm())
        assert 0.09 < lengths[-1] / 5.3 / (right - left) <= 0.25
    assert len(set(lengths)) == 3
    pane.set_pixel_size(None)
    assert not pane.scale_bar.isVisible()


# Viénot-style matrices for linear RGB (Machado, Oliveira, Fernandes 2009, severity 1): as seen without one cone
VISION = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(rgb):
    value = np.asarray(rgb, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def cielab(rgb_linear):
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    x, y, z = np.asarray(to_xyz) @ np.clip(rgb_linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    f = lambda t: np.cbrt(t) if t > 0.008856 else 7.787 * t + 16 / 116  # noqa: E731
    return np.array([116 * f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))])


@pytest.mark.parametrize("eyes", sorted(VISION))
def test_classes_can_be_told_apart_by_everybody(eyes):
    """A CIELAB distance of 2.3 is just noticeable; viridis sampled at ten places has 4.9 at the least."""
    labs = [cielab(np.asarray(VISION[eyes]) @ linear(rgb)) for rgb in theme.CLASS_COLOURS]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(labs, 2)) > 7


def test_more_atoms_are_lighter():
    lightness = [cielab(linear(rgb))[0] for rgb in theme.CLASS_COLOURS[1:]]
    assert lightness == sorted(lightness)


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        (text, ground)
        for text in ("text", "muted", "good", "warning", "bad")
        for ground in ("window", "surface", "raised")
    ]
    + [("on_accent", "accent"), ("text", "bad_surface"), ("text", "warning_surface")],
)
def test_words_can_be_read_on_their_ground(colours, text, ground):
    """Contrast of WCAG 2: (L1 + 0.05)/(L2 + 0.05) ≥ 4.5."""
    luminance = []
    for name in (text, ground):
        rgb = [int(colours[name][i : i + 2], 16) for i in (1, 3, 5)]
        luminance.append(linear(rgb) @ [0.2126, 0.7152, 0.0722])
    low, high = sorted(luminance)
    assert (high + 0.05) / (low + 0.05) >= 4.5


@pytest.mark.parametrize("how", ["leaves", "hidden"])
def test_a_pointer_that_is_on_the_picture_no_more_is_told_of_once(qtbot, how):
    """It went to another part of the window, or the pictures went from under it: a key brought up another tab."""
    pages, pane = QStackedWidget(), ImagePane("frame")
    qtbot.addWidget(pages)
    pages.addWidget(pane)
    pages.addWidget(QWidget())
    pages.resize(600, 400)
    pages.show()
    qtbot.waitExposed(pages)
    pane.set_image(lit_image())
    qtbot.wait(20)
    told = []
    pane.pixel_hovered.connect(lambda x, y: told.append((x, y)))
    pane.hover_left.connect(lambda: told.append("left"))
    for place in (lit_place(pane) + QPoint(30, 30), lit_place(pane)):  # where the pointer is already is no move
        QTest.mouseMove(pane.plot.viewport(), place)
        qtbot.wait(20)  # of moves that come at once pyqtgraph takes the first
    assert told[-1] == LIT
    if how == "leaves":
        QApplication.sendEvent(pane.plot, QEvent(QEvent.Type.Leave))
    pages.setCurrentIndex(1)
    assert told.count("left") == 1
    assert told[-1] == "left"
