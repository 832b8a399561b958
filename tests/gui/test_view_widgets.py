"""The View tab's widgets: clicks become pixels, classes keep their colours, keys step, nothing jumps."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from segdepth_app.gui import theme
from segdepth_app.gui.view.markers import Marker, MarkerRow, Trace
from segdepth_app.gui.view.panes import best_columns
from segdepth_app.gui.view.view import View

HEIGHT, WIDTH = 30, 50


@pytest.fixture
def view(qtbot):
    """A workspace of 50 × 30 px frames, shown."""
    view = View()
    qtbot.addWidget(view)
    view.resize(1280, 720)
    view.show_workspace("tiny")
    view.show()
    view.set_series(20, 0.5, WIDTH, HEIGHT)
    image = np.zeros((HEIGHT, WIDTH), np.float32)
    image[7, 33] = 1
    view.show_frame(image)
    qtbot.waitUntil(lambda: view.panes.panes["frame"].plot.width() > 100)
    # shortcuts work in the active window only, and an X server without a window manager activates none by itself
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow)
    return view


def place_of(view, pane, x, y):
    """Where the centre of a source pixel is in a pane's widget."""
    view.grab()  # pyqtgraph lays out and moves when it is painted
    plot = view.panes.panes[pane].plot
    scene = view.panes.panes[pane].view.mapViewToScene(QPointF(x + 0.5, y + 0.5))
    return plot.mapFromScene(scene)


def click(qtbot, view, pane, x, y, button=Qt.MouseButton.LeftButton):
    viewport = view.panes.panes[pane].plot.viewport()
    place = place_of(view, pane, x, y)
    qtbot.mouseMove(viewport, place)
    qtbot.mouseClick(viewport, button, pos=place)


@pytest.mark.parametrize("zoom", [None, ((20, 40), (0, 12))])
@pytest.mark.parametrize("pane", ["frame", "depth", "saliency"])
def test_a_click_on_the_lit_pixel_means_that_pixel(qtbot, view, pane, zoom):
    """In a picture that is not square, in maps of other pixel sizes, zoomed and not."""
    view.show_maps(np.zeros((15, 25), np.uint8), np.zeros((15, 25), np.uint8), 2.0, "")
    view.show_saliency(np.zeros((10, 17), np.float32), 3.0)
    if zoom:
        view.panes.panes["frame"].view.setRange(xRange=zoom[0], yRange=zoom[1], padding=0)
    with qtbot.waitSignal(view.panes.pixel_clicked, timeout=2000) as caught:
        click(qtbot, view, pane, 33, 7)
    assert caught.args == [33, 7]


def test_a_right_click_clears(qtbot, view):
    with qtbot.waitSignal(view.panes.right_clicked, timeout=2000):
        click(qtbot, view, "frame", 10, 10, Qt.MouseButton.RightButton)


def test_a_double_click_shows_the_whole_picture_again(qtbot, view):
    frame = view.panes.panes["frame"].view
    view.grab()
    before = frame.viewRange()
    frame.setRange(xRange=(20, 40), yRange=(5, 15), padding=0)
    place = place_of(view, "frame", 33, 7)
    viewport = view.panes.panes["frame"].plot.viewport()
    with qtbot.waitSignal(view.panes.double_clicked, timeout=2000):
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=place)
        qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=place)
    np.testing.assert_allclose(frame.viewRange(), before, atol=1e-6)


@pytest.mark.parametrize("depth", [0, 2, 7, 10])
def test_a_class_has_its_own_colour_whatever_else_is_in_the_frame(qtbot, view, depth):
    """A frame that holds one class only must not be stretched to look like another."""
    maps = np.full((15, 25), depth, np.uint8)
    view.show_maps(maps, maps, 2.0, "")
    viewport = view.panes.panes["depth"].plot.viewport()
    colour = viewport.grab().toImage().pixelColor(place_of(view, "depth", 10, 8))
    assert colour == QColor(*theme.class_colours()[depth])


def test_a_map_lies_on_the_pixels_it_was_made_of(qtbot, view):
    """Map pixel (x 5, y 3) of scale 2 covers source pixels x 10 to 11, y 6 to 7, and no others."""
    depth = np.zeros((15, 25), np.uint8)
    depth[3, 5] = 8
    view.show_maps(depth, depth, 2.0, "")
    view.grab()
    picture = view.panes.panes["depth"].plot.viewport().grab().toImage()
    lit = QColor(*theme.class_colours()[8])
    found = {
        (x, y) for x in range(8, 14) for y in range(4, 10) if picture.pixelColor(place_of(view, "depth", x, y)) == lit
    }
    assert found == {(10, 6), (11, 6), (10, 7), (11, 7)}


def test_a_map_that_arrives_keeps_the_zoom(view):
    frame = view.panes.panes["frame"].view
    frame.setRange(xRange=(20, 40), yRange=(5, 15), padding=0)
    before = frame.viewRange()
    view.show_maps(np.zeros((15, 25), np.uint8), np.zeros((15, 25), np.uint8), 2.0, "")
    view.show_saliency(np.zeros((10, 17), np.float32), 3.0)
    np.testing.assert_allclose(frame.viewRange(), before, atol=1e-6)


def test_all_panes_show_the_same_part(qtbot, view):
    view.show_maps(np.zeros((15, 25), np.uint8), np.zeros((15, 25), np.uint8), 2.0, "")
    view.panes.panes["frame"].view.setRange(xRange=(20, 40), yRange=(5, 15), padding=0)
    frame, depth = (view.panes.panes[name].view.viewRange() for name in ("frame", "depth"))
    # panes may differ by a screen pixel in width, so by a fraction of a source pixel in range
    np.testing.assert_allclose(frame, depth, atol=0.2)


@pytest.mark.parametrize(
    ("key", "frame"),
    [(Qt.Key.Key_Right, 6), (Qt.Key.Key_Left, 4), (Qt.Key.Key_Home, 0), (Qt.Key.Key_End, 19)],
)
def test_keys_step_through_the_frames(qtbot, view, key, frame):
    view.set_frame(5)
    view.panes.setFocus()
    frames = []
    view.frame_changed.connect(frames.append)
    qtbot.keyClick(view.panes, key)
    assert frames == [frame]


def test_space_plays_and_pauses(qtbot, view):
    qtbot.keyClick(view.panes, Qt.Key.Key_Space)
    assert view.play_bar.playing
    qtbot.keyClick(view.panes, Qt.Key.Key_Space)
    assert not view.play_bar.playing


def test_a_frame_that_stays_is_settled(qtbot, view):
    with qtbot.waitSignal(view.settled, timeout=3000):
        view.set_frame(3)


def test_the_hover_is_told_at_most_thirty_times_a_second(qtbot, view):
    told = []
    view.panes.pixel_hovered.connect(lambda x, y: told.append((x, y)))
    for x in range(20):
        view.panes.panes["frame"].pixel_hovered.emit(x, 3)
    assert told == [(0, 3)]
    qtbot.waitUntil(lambda: len(told) == 2, timeout=2000)
    assert told[-1] == (19, 3)


def trace(number=1, step=0.5):
    probability = np.zeros((20, 11), np.uint8)
    probability[:, 4] = 255
    return Trace(Marker(number, 3, 4), probability, None, "pixel 3, 4", step)


def test_traces_share_the_height_and_the_cursor(qtbot, view):
    view.show_cursor(6)
    view.show_traces([trace(1), trace(2)], "")
    rows = view.traces.rows
    assert all(row.isVisible() for row in rows)
    picture = rows[0].grab().toImage()
    x = round(rows[0].x_of(6))
    # the dashed cursor is the only thing in the empty part of the row
    column = {picture.pixelColor(x, y).name() for y in range(2, 12)}
    beside = {picture.pixelColor(x + 4, y).name() for y in range(2, 12)}
    assert len(column) == 2
    assert len(beside) == 1
    view.show_traces([trace(2)], "")
    assert [row.isVisible() for row in rows] == [True, False]


def test_a_trace_has_its_classes_from_bottom_to_top(qtbot, view):
    """Only class 4 is painted, in the marker's colour: from 4/11 to 5/11 of the height, counted from below."""
    view.show_traces([trace()], "")
    row = view.traces.rows[0]
    qtbot.waitUntil(lambda: row.width() > 300)
    picture, box = row.grab().toImage(), row.picture()
    x = round(row.x_of(13))
    lit = [y for y in range(row.height()) if picture.pixelColor(x, y) == QColor("#f76707")]
    assert min(lit) == pytest.approx(box.bottom() - box.height() * 5 / 11, abs=1.5)
    assert max(lit) == pytest.approx(box.bottom() - box.height() * 4 / 11, abs=1.5)


def test_a_click_in_a_trace_goes_to_that_frame(qtbot, view):
    view.show_traces([trace()], "")
    row = view.traces.rows[0]
    qtbot.waitUntil(lambda: row.width() > 300)
    qtbot.mouseClick(row, Qt.MouseButton.LeftButton, pos=QPoint(round(row.x_of(8.2)), 20))
    qtbot.waitUntil(lambda: view.play_bar.frame == 8, timeout=2000)


def test_markers_are_chosen_and_removed_in_the_list(qtbot, view):
    rows = [MarkerRow(n, "#f76707", "", "3", "0.80", "1, 2", "0.01, 0.02", "Ce") for n in (1, 2)]
    view.show_marker_rows(rows, 2)
    chosen, removed = [], []
    view.marker_list.selected.connect(chosen.append)
    view.marker_list.removed.connect(removed.append)
    view.marker_list.table.cellClicked.emit(0, 0)
    assert chosen == [1]
    view.marker_list.remove_button.click()
    assert removed == [1]


@pytest.mark.parametrize(("size", "aspect", "columns"), [((1200, 320), 1, 4), ((900, 900), 1, 2), ((300, 1600), 1, 1)])
def test_panes_lie_so_that_pictures_are_large(size, aspect, columns):
    assert best_columns(*size, aspect) == columns


@pytest.mark.parametrize("larger", [0, 4])
def test_the_side_panel_at_its_narrowest_cuts_no_word(qtbot, view, larger):
    """Its tabs and the buttons below the markers; larger letters need more room."""
    font = view.font()
    font.setPointSize(font.pointSize() + larger)
    view.side.setFont(font)
    view.side_splitter.setSizes([10_000, 1])
    qtbot.waitUntil(lambda: view.side.width() == view.side.minimumSizeHint().width())
    bar, markers = view.side.tabBar(), view.marker_list
    assert bar.tabRect(bar.count() - 1).right() < bar.width()
    for button in (markers.column_button, markers.remove_button, markers.clear_button):
        assert button.width() >= button.sizeHint().width(), button.text()
