"""The jobs dock: as high as its rows, and rows that newer ones replace."""

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt

from segdepth_app.gui.jobs_dock import MOST_ROWS
from segdepth_app.jobs.supervisor import State

WAIT_MS = 20_000
FOR_LONG = {"n_steps": 5000, "step_s": 0.02}


def start(window, title="Verify a", config=FOR_LONG):
    return window.context.jobs.start("fake", config, title)


def settled_height(window, qtbot):
    """Its height once nothing is left to do."""
    dock = window.jobs_dock
    qtbot.waitUntil(lambda: dock.isVisible() and not dock._fitting.isActive())
    return dock.height()


def heights_of(window, qtbot, n):
    found = []
    for number in range(n):
        start(window, f"Job {number}")
        found.append(settled_height(window, qtbot))
    return found


def test_the_dock_is_as_high_as_its_rows_up_to_a_few(window, qtbot):
    """Each row adds the height at which it is drawn; the fifth adds none, and then they scroll."""
    window.resize(1280, 720)
    dock = window.jobs_dock
    heights = heights_of(window, qtbot, MOST_ROWS)
    bar, rows = dock.pages.widget(0).verticalScrollBar(), list(dock.rows.values())
    qtbot.waitUntil(lambda: rows[0].y() == (MOST_ROWS - 1) * rows[0].height())
    assert bar.maximum() == 0
    assert [after - before for before, after in pairwise(heights)] == [rows[0].height()] * (MOST_ROWS - 1)
    assert heights[0] < 720 / 10
    assert heights_of(window, qtbot, 1) == heights[-1:]
    qtbot.waitUntil(lambda: bar.maximum() > 0)


def test_a_dismissed_row_gives_its_room_back(window, qtbot):
    heights = heights_of(window, qtbot, 2)
    job = window.context.jobs.jobs[0]
    job.kill()
    qtbot.waitUntil(lambda: job.has_ended, timeout=WAIT_MS)
    window.jobs_dock.rows[job.id].dismiss.click()
    assert settled_height(window, qtbot) == heights[0]


def test_a_height_the_user_has_chosen_stays(window, qtbot):
    window.resize(1280, 720)
    heights_of(window, qtbot, 1)
    window.resizeDocks([window.jobs_dock], [240], Qt.Orientation.Vertical)
    qtbot.waitUntil(lambda: window.jobs_dock.height() == 240)
    assert heights_of(window, qtbot, 2) == [240, 240]


def test_the_log_has_more_room_than_one_row(window, qtbot):
    window.resize(1280, 720)
    (low,) = heights_of(window, qtbot, 1)
    window.jobs_dock.pages.setCurrentWidget(window.jobs_dock.log_view)
    assert settled_height(window, qtbot) > 2 * low
    window.jobs_dock.pages.setCurrentIndex(0)
    assert settled_height(window, qtbot) == low


@pytest.mark.parametrize(
    ("behaviour", "title", "stays"),
    [("happy", "Verify a", False), ("happy", "Verify b", True), ("error", "Verify a", True)],
    ids=["done again", "another dataset", "failed"],
)
def test_a_done_row_goes_when_a_newer_one_like_it_is_done(window, qtbot, behaviour, title, stays):
    jobs = []
    for what, name in ((behaviour, "Verify a"), ("happy", title)):
        jobs.append(start(window, name, {"n_steps": 1, "behaviour": what}))
        qtbot.waitUntil(lambda: jobs[-1].has_ended, timeout=WAIT_MS)
    older, newer = jobs
    assert (older.state, newer.state) == (State.DONE if behaviour == "happy" else State.FAILED, State.DONE)
    assert (older.id in window.jobs_dock.rows) is stays
    assert newer.id in window.jobs_dock.rows
