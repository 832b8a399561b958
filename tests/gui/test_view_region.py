"""The region on the frame: dragged and typed, whole pixels, always inside, never in the way of a click."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from segdepth_app.gui.view.markers import COLOURS, Marker
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.overlay_region import Region
from tests.gui.pictures_bench import HEIGHT, WIDTH, make_panes, seen


@pytest.fixture
def panes(qtbot):
    return make_panes(qtbot)


def drag(qtbot, panes, start, stop):
    _, place = seen(panes, "frame")
    viewport = panes.panes["frame"].plot.viewport()
    a, b = place(*start), place(*stop)
    send_move(viewport, a, Qt.MouseButton.NoButton)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=a)
    for share in np.linspace(0, 1, 12):
        at = QPoint(round(a.x() + share * (b.x() - a.x())), round(a.y() + share * (b.y() - a.y())))
        send_move(viewport, at)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=b)


def send_move(viewport, at, button=Qt.MouseButton.LeftButton):
    """QTest moves the mouse without its button."""
    spot = QPointF(at)
    event = QMouseEvent(
        QEvent.Type.MouseMove, spot, viewport.mapToGlobal(spot), button, button, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, event)


@pytest.fixture
def region(panes, monkeypatch):
    # pyqtgraph passes over moves that come within 10 ms, and here all of them do
    monkeypatch.setitem(pg.CONFIG_OPTIONS, "mouseRateLimit", -1)
    panes.overlays.show_options(OverlayOptions(region=True))
    panes.overlays.show_region(Region(20, 10, 30, 20), "Surface")
    return panes.overlays


def test_a_dragged_region_moves_by_whole_pixels_and_tells_its_last_place(qtbot, panes, region):
    told = []
    region.region_moved.connect(told.append)
    drag(qtbot, panes, (35, 20), (45, 27))
    last = region.region.region
    assert (last.width, last.height) == (30, 20)
    assert (last.x, last.y) == pytest.approx((30, 17), abs=1)
    qtbot.waitUntil(lambda: told and told[-1] == last, timeout=2000)
    assert [box.value() for box in region.region_bar.numbers.values()] == list(last.numbers)
    # 12 moves within a few milliseconds: the first and the newest, and what 30 Hz leaves between them
    assert len(told) < 12


def test_a_region_stays_in_the_frame(qtbot, panes, region):
    drag(qtbot, panes, (35, 20), (300, 200))
    last = region.region.region
    assert (last.x, last.y) != (20, 10)
    assert last.x + last.width <= WIDTH
    assert last.y + last.height <= HEIGHT


def test_typed_numbers_move_the_region(region):
    told = []
    region.region_moved.connect(told.append)
    region.region_bar.numbers["width"].setValue(95)
    # 95 px from x = 20 would end at 115: it is moved back into the frame
    assert told == [Region(5, 10, 95, 20)]
    assert region.region.region == told[0]
    assert region.region_bar.numbers["x"].value() == 5


def test_a_click_in_the_region_is_a_click_on_the_picture(qtbot, panes, region):
    _, place = seen(panes, "frame")
    viewport = panes.panes["frame"].plot.viewport()
    with qtbot.waitSignal(panes.pixel_clicked, timeout=2000) as caught:
        qtbot.mouseMove(viewport, place(35, 20))
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place(35, 20))
    assert caught.args == [35, 20]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((-5, -5, 10, 10), (0, 0, 10, 10)),
        ((95, 55, 10, 10), (90, 50, 10, 10)),
        ((0, 0, 500, 500), (0, 0, 100, 60)),
        ((3, 4, 0, 0), (3, 4, 1, 1)),
    ],
)
def test_regions_are_moved_into_the_frame_before_they_are_cut(given, kept):
    assert Region(*given).within(WIDTH, HEIGHT).numbers == kept


def test_the_rim_of_a_followed_rectangle_is_painted_in_every_pane(panes):
    """Also where the region itself is hidden; it goes with its marker."""
    panes.show_image("depth", np.zeros((HEIGHT, WIDTH), np.uint8))
    panes.set_markers([Marker(2, 35, 20, region=(20, 10, 30, 20))])
    for name in ("frame", "depth"):
        picture, place = seen(panes, name)
        spots = [place(19.5, 20), place(49.5, 20), place(35, 9.5), place(35, 29.5)]
        assert {picture.pixelColor(round(p.x()), round(p.y())).name() for p in spots} == {COLOURS[1]}
    panes.set_markers([])
    picture, place = seen(panes, "depth")
    spot = place(19.5, 20)
    assert picture.pixelColor(round(spot.x()), round(spot.y())).name() != COLOURS[1]
