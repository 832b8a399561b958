"""Pictures of the View tab: turned maps, one pane alone, columns, regions, colours that say what they are."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from segdepth_app.gui import theme
from segdepth_app.gui.view.overlay_dots import Changes, Dots, readable_on, spacing_px
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.saliency_client import SaliencyMap, SaliencyRequest
from segdepth_app.gui.widgets import placing
from segdepth_app.gui.widgets.scale_bar import MISSING
from segdepth_app.series.grid import grid_for, sample
from tests.gui.pictures_bench import HEIGHT, LIT, WIDTH, make_panes, seen


@pytest.fixture
def panes(qtbot):
    return make_panes(qtbot)


def turned_map(rotation_deg, x, y, value=8):
    """A map of class 2 on a grid turned by hand, class `value` in its one pixel that holds source pixel (x, y).

    The sampler says which that is: a frame that is lit in one pixel is brightest there on the grid.
    """
    grid = grid_for(HEIGHT, WIDTH, 5.3, 4 * 5.3, rotation_deg)
    frame = np.zeros((HEIGHT, WIDTH), np.float32)
    frame[y, x] = 1
    lit = sample(frame, grid, filler=0.0)
    depth = np.full(grid.shape, 2, np.uint8)
    depth[~grid.inside(HEIGHT, WIDTH)] = 255
    depth[np.unravel_index(lit.argmax(), lit.shape)] = value
    return depth, grid


@pytest.mark.parametrize("flipped", [False, True])
@pytest.mark.parametrize("zoom", [None, ((55, 85), (10, 35))])
@pytest.mark.parametrize("rotation_deg", [0.0, 23.0, 90.0, -151.0])
def test_a_lit_pixel_of_a_turned_map_lies_on_its_pixel_of_the_frame(qtbot, panes, rotation_deg, zoom, flipped):
    """Painted, and clicked: the class's colour is found where the lit source pixel is, and a click there says it."""
    depth, grid = turned_map(rotation_deg, *LIT)
    panes.show_image("depth", depth, grid)
    for pane in panes.panes.values():
        pane.view.invertX(flipped)
    if zoom:
        panes.panes["frame"].view.setRange(xRange=zoom[0], yRange=zoom[1], padding=0)
    picture, place = seen(panes, "depth")
    assert picture.pixelColor(place(*LIT)) == QColor(*theme.class_colours()[8])
    # 8 source pixels away is at least another map pixel of 4
    assert picture.pixelColor(place(LIT[0] - 8, LIT[1])) == QColor(*theme.class_colours()[2])
    assert panes.panes["depth"].value_at(*LIT) == 8
    with qtbot.waitSignal(panes.pixel_clicked, timeout=2000) as caught:
        viewport = panes.panes["depth"].plot.viewport()
        qtbot.mouseMove(viewport, place(*LIT))
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(*LIT))
    assert caught.args == list(LIT)


def test_what_lies_outside_the_map_is_clear(panes):
    """Class 255 in the middle shows the pane's ground, and a turned map is cut at the frame's edge."""
    depth, grid = turned_map(23.0, *LIT)
    row, column = placing.cell_under(grid.matrix(), grid.shape, *LIT)
    depth[:] = 3
    depth[row, column] = 255
    panes.show_image("depth", depth, grid)
    panes.zoom(-1)
    picture, place = seen(panes, "depth")
    ground = QColor(theme.colour("image"))
    assert picture.pixelColor(place(*LIT)) == ground
    assert picture.pixelColor(place(LIT[0] - 10, LIT[1])) == QColor(*theme.class_colours()[3])
    edge = place(WIDTH, HEIGHT // 2)
    assert picture.pixelColor(edge + QPoint(3, 0)) == ground
    panes.overlays.show_options(OverlayOptions(depth_percent=100))
    picture, place = seen(panes, "frame")
    assert picture.pixelColor(edge + QPoint(3, 0)) == ground
    assert picture.pixelColor(place(LIT[0] - 10, LIT[1])) == QColor(*theme.class_colours()[3])


@pytest.mark.parametrize("rotation_deg", [0.0, 31.0, 180.0])
def test_the_cell_under_a_pixel_is_that_of_the_grid(rotation_deg):
    """Against Grid.to_grid, coordinate by coordinate."""
    grid = grid_for(HEIGHT, WIDTH, 5.3, 21.2, rotation_deg)
    rng = np.random.default_rng(3)
    for x, y in rng.uniform((0, 0), (WIDTH - 1, HEIGHT - 1), (50, 2)):
        column, row = (int(np.floor(value + 0.5)) for value in grid.to_grid(x, y))
        assert placing.cell_under(grid.matrix(), grid.shape, x, y) == (row, column)


def test_a_matrix_without_an_inverse_is_refused():
    with pytest.raises(ValueError, match="no inverse"):
        placing.drawn(np.zeros((2, 3)))


def test_one_pane_fills_the_place_and_comes_back(qtbot, panes):
    panes.show_image("depth", np.zeros((15, 25), np.uint8), 4.0)
    before = panes.panes["depth"].plot.size()
    title = panes.headers["depth"]
    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton, pos=QPoint(title.width() // 2, 10))
    qtbot.waitUntil(lambda: panes.panes["depth"].plot.width() > 1.8 * before.width())
    assert [pane.isVisible() for pane in panes.panes.values()] == [False, True, False, False]
    panes.grab()
    # the whole picture is in view, as large as the place allows
    qtbot.waitUntil(lambda: panes.panes["depth"].view.viewRect().contains(0.5, 0.5))
    (left, right), (top, bottom) = panes.panes["depth"].view.viewRange()
    assert min(right - left - WIDTH, bottom - top - HEIGHT) == pytest.approx(0, abs=1e-6)
    panes.headers["depth"].button.click()
    qtbot.waitUntil(lambda: panes.panes["depth"].plot.width() == before.width())
    assert all(pane.isVisible() for pane in panes.panes.values())


def test_the_zoom_is_the_same_after_a_pane_was_alone(qtbot, panes):
    view = panes.panes["frame"].view
    view.setRange(xRange=(20, 60), yRange=(10, 35), padding=0)
    panes.zoom(1)
    before = view.viewRange()
    panes.enlarge("saliency")
    alone = panes.panes["saliency"].view
    qtbot.waitUntil(lambda: alone.viewRange() != before)
    (left, right), (top, bottom) = alone.viewRange()
    (left0, right0), (top0, bottom0) = before
    assert left <= left0 + 1e-9 < right0 <= right + 1e-9
    assert top <= top0 + 1e-9 < bottom0 <= bottom + 1e-9
    panes.enlarge(None)
    qtbot.waitUntil(lambda: np.allclose(view.viewRange(), before, atol=1e-6))


def overlay_at(panes, counts, numbers=True, spacing=20.0):
    """Discs at x = 10, 30, 50, …, y = 30."""
    x = 10.0 + 20 * np.arange(len(counts))
    panes.overlays.show_options(OverlayOptions(columns=True, numbers=numbers))
    panes.overlays.dots.set_spacing(spacing)
    panes.overlays.dots.set_dots(Dots(x, np.full(len(x), 30.0), np.array(counts, np.uint8)))
    return x


@pytest.mark.parametrize("counts", [(0, 1, 2, 3, 4), (6, 7, 8, 9, 10)])
@pytest.mark.parametrize("flipped", [False, True])
def test_a_column_has_a_disc_of_its_class_at_its_place(panes, counts, flipped):
    panes.panes["frame"].view.invertX(flipped)
    x = overlay_at(panes, counts)
    assert panes.overlays.dots.shows_numbers()
    picture, place = seen(panes, "frame")
    for centre, number in zip(x, counts, strict=True):
        at = place(centre, 30)
        rim = panes.overlays.dots.diameter_px() // 2 - 3
        colours = [picture.pixelColor(at + QPoint(0, step)) for step in (-rim, rim)]
        assert QColor(*theme.class_colours()[number]) in colours


def test_without_numbers_the_frame_is_seen_in_the_ring(panes):
    x = overlay_at(panes, (5, 5), numbers=False)
    picture, place = seen(panes, "frame")
    grey = picture.pixelColor(place(60, 50))
    assert picture.pixelColor(place(x[0], 30)) == grey


def test_far_out_there_is_no_room_for_numbers(panes):
    overlay_at(panes, (5, 5, 5))
    assert panes.overlays.dots.shows_numbers()
    panes.panes["frame"].view.setRange(xRange=(-2000, 2000), yRange=(-2000, 2000), padding=0)
    assert not panes.overlays.dots.shows_numbers()
    assert panes.overlays.dots.diameter_px() >= 4


def test_changes_are_ringed_brighter_in_their_own_frame(panes):
    overlay_at(panes, (5, 5, 5))
    panes.overlays.dots.set_changes(Changes(np.array([10.0, 30.0]), np.array([30.0, 30.0]), np.array([0, 1])))
    picture, place = seen(panes, "frame")
    reach = panes.overlays.dots.diameter_px() // 2 + 4
    above = [picture.pixelColor(place(x, 30) - QPoint(0, reach)) for x in (10, 30, 50)]
    assert above[0].lightness() > 220  # white
    assert above[1].saturation() > 100  # yellow
    assert above[2].saturation() < 30  # nothing: the frame


@pytest.mark.parametrize("rgb", theme.CLASS_COLOURS)
def test_numbers_can_be_read_on_their_disc(rgb):
    """Contrast of WCAG 2 between the number and its class's colour."""

    def luminance(colour):
        share = np.asarray(colour) / 255
        return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4) @ (0.2126, 0.7152, 0.0722)

    low, high = sorted((luminance(rgb), luminance(readable_on(rgb).getRgb()[:3])))
    assert (high + 0.05) / (low + 0.05) >= 4.5


def test_the_spacing_is_the_nearest_neighbour_distance():
    """A grid of 7 × 11 columns, 12 px by 17 px apart, one by one as an oracle."""
    y, x = (axis.ravel().astype(float) for axis in np.mgrid[0 : 7 * 12 : 12, 0 : 11 * 17 : 17])
    assert spacing_px(x, y) == 12
    assert spacing_px(x[:1], y[:1]) is None


def test_vacuum_and_the_outside_are_not_covered_by_the_depth(panes):
    depth = np.zeros((HEIGHT, WIDTH), np.uint8)
    depth[:, 50:] = 6
    depth[:, 80:] = 255
    panes.overlays.show_options(OverlayOptions(depth_percent=100))
    panes.show_image("depth", depth, 1.0)
    picture, place = seen(panes, "frame")
    grey = picture.pixelColor(place(20, 50))
    assert grey.saturation() == 0
    assert picture.pixelColor(place(90, 50)) == grey
    assert picture.pixelColor(place(65, 50)) == QColor(*theme.class_colours()[6])
    panes.overlays.show_options(OverlayOptions(depth_percent=50))
    picture, place = seen(panes, "frame")
    half = [(a + b) / 2 for a, b in zip(grey.getRgb()[:3], theme.CLASS_COLOURS[6], strict=True)]
    # 8-bit blending rounds twice
    assert picture.pixelColor(place(65, 50)).getRgb()[:3] == pytest.approx(half, abs=3)
    panes.overlays.show_options(OverlayOptions())
    picture, place = seen(panes, "frame")
    assert picture.pixelColor(place(65, 50)) == grey


def test_the_activity_takes_the_place_of_the_confidence_and_gives_it_back(panes):
    activity = np.zeros((15, 25), np.float32)
    activity[5, 10] = 1.75
    confidence = np.full((15, 25), 200, np.uint8)
    panes.show_image("confidence", confidence, 4.0)
    panes.show_image("activity", activity, 4.0)
    pane = panes.panes["confidence"]
    assert pane.value_at(40, 20) == 200
    panes.choose_third("activity")
    assert pane.value_at(40, 20) == 1.75
    assert pane.levels == (0, 1.75)
    assert panes.third.bar.texts == ["0", "atoms", "1.75"]
    panes.show_image("confidence", confidence // 2, 4.0)  # the next frame: the activity stays
    assert pane.value_at(40, 20) == 1.75
    panes.choose_third("confidence")
    assert pane.value_at(40, 20) == 100
    assert pane.levels == (0, 255)
    assert panes.third.bar.texts == ["0", "P", "1"]


def test_words_belong_to_the_picture_they_are_about(panes):
    panes.hints["confidence"].show("This frame was not analysed.")
    panes.third.say("activity", "Later.")
    assert panes.third._hint.text() == "This frame was not analysed."
    panes.choose_third("activity")
    assert panes.third._hint.text() == "Later."


@pytest.mark.parametrize(("scaling", "lightness"), [("linear", 0.25), ("sqrt", 0.5)])
def test_the_root_shows_what_is_faint(qtbot, panes, scaling, lightness):
    """A quarter of the highest value is drawn like the half of it."""
    from segdepth_app.colours import heat_table
    from segdepth_app.gui.view.contrast_state import SaliencyRange

    values = np.zeros((HEIGHT, WIDTH), np.float32)
    values[:, 50:] = 0.02
    values[0, 0] = 0.08
    panes.set_saliency_range(SaliencyRange(scaling=scaling))
    panes.show_image("saliency", values)
    picture, place = seen(panes, "saliency")
    wanted = heat_table()[round(lightness * 255)][:3]
    # one step of the table is at most 2 in any channel
    assert picture.pixelColor(place(75, 20)).getRgb()[:3] == pytest.approx(tuple(map(int, wanted)), abs=4)
    unit = "|∂P/∂I|, by its root" if scaling == "sqrt" else "|∂P/∂I|"
    assert panes.overlays.saliency_bar.texts == ["0", unit, "0.08"]


def test_a_missing_pixel_size_is_said_on_the_frame(panes):
    bars = {name: pane.scale_bar for name, pane in panes.panes.items()}
    assert bars["frame"].text.endswith(("pm", "nm"))
    panes.set_pixel_size(None)
    assert bars["frame"].isVisible()
    assert bars["frame"].text == MISSING
    assert not bars["saliency"].isVisible()


def test_a_saliency_of_a_turned_crystal_lies_on_its_pixels(panes):
    """As the helper child answers it: the map's own grid, finer than that of the depth."""
    grid = grid_for(HEIGHT, WIDTH, 5.3, 5.3, -40.0)
    answer = SaliencyMap(SaliencyRequest(0, *LIT), np.zeros(grid.shape, np.float32), 1.0, 3, 0.5, grid)
    column, row = (round(value) for value in grid.to_grid(*LIT))
    answer.values[row, column] = 0.25
    panes.show_image("saliency", answer.values, answer.place)
    pane = panes.panes["saliency"]
    assert pane.value_at(*LIT) == 0.25
    assert pane.value_at(LIT[0] + 3, LIT[1]) == 0
    picture, place = seen(panes, "saliency")
    assert picture.pixelColor(place(*LIT)).lightness() > 200
