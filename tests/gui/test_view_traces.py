"""How traces are drawn, and work in small steps."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint

from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.markers import Marker, Trace
from segdepth_app.gui.view.traces_row import TraceRow, corners, round_step, shrunk

NAN = np.nan


def test_a_path_is_drawn_as_steps_with_gaps():
    """Frames 0, 1 at 2 atoms, frame 2 unknown, frames 3, 4 at 3: each holds from half a frame before to half after."""
    frames, counts = corners(np.array([2, 2, NAN, 3, 3.0]))
    np.testing.assert_array_equal(frames, [-0.5, 1.5, 1.5, 2.5, 2.5, 4.5])
    np.testing.assert_array_equal(counts, [2, 2, NAN, NAN, 3, 3])


@pytest.mark.parametrize("width", [10, 33, 100, 1000])
def test_no_frame_is_lost_where_several_share_a_pixel(width):
    probability = np.zeros((100, 11), np.uint8)
    probability[57, 4] = 200
    small = shrunk(probability, width)
    assert len(small) <= max(width, 1)
    (row,) = np.flatnonzero(small[:, 4])
    assert small[row, 4] == 200
    # where it stands among the rows is where it stood among the frames
    assert row / len(small) == pytest.approx(0.57, abs=1.5 / len(small))


@pytest.mark.parametrize(("span", "n", "step"), [(8.3, 9, 1), (64, 9, 10), (1000, 10, 100), (0.37, 5, 0.1), (19, 4, 5)])
def test_ticks_stand_at_round_times(span, n, step):
    assert round_step(span, n) == pytest.approx(step)


def test_chores_are_carried_on_between_events_and_the_newest_of_a_name_wins(qtbot):
    chores, done = Chores(), []

    def work(name, n):
        for i in range(n):
            done.append((name, i))
            yield

    chores.run("a", work("old", 10**6))
    chores.run("a", work("new", 3))
    chores.run("b", work("b", 2))
    qtbot.waitUntil(lambda: not chores.is_busy)
    assert done == [("new", 0), ("new", 1), ("new", 2), ("b", 0), ("b", 1)]


def test_chores_leave_off_when_told(qtbot):
    chores, done = Chores(), []

    def endless():
        while True:
            done.append(1)
            yield

    chores.run("a", endless())
    qtbot.waitUntil(lambda: bool(done))
    chores.clear()
    n = len(done)
    qtbot.wait(30)
    assert (len(done), chores.is_busy) == (n, False)


def test_a_row_that_goes_from_under_the_mouse_takes_its_readout_along(qtbot):
    """Its marker was removed, or another tab came to the front."""
    row, told = TraceRow(), []
    qtbot.addWidget(row)
    row.resize(400, 60)
    row.show_trace(Trace(Marker(1, 3, 4), np.ones((5, 11), np.uint8), None, "pixel 3, 4", None), last=True)
    row.hovered.connect(lambda number, _: told.append(number))
    row.hover_left.connect(lambda: told.append("left"))
    row.show()
    qtbot.mouseMove(row, QPoint(200, 20))
    qtbot.waitUntil(lambda: 1 in told)
    row.hide()
    assert told == [1, "left"]
