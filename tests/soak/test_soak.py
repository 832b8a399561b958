"""Long use in short: nothing may leak, and Python's None and True must keep their references.

PySide6 6.12.0 on Python 3.10 and 3.11 takes one reference to True or None at each of these calls; the process
then dies after a few hundred. The pinned 6.11.3 does not.
"""

import sys

import numpy as np
import pyqtgraph as pg
import pytest

from segdepth_app.gui.widgets.image_pane import ImagePane
from tests.gui.conftest import alive, settle

LOST = 20
"""References that may go for other reasons; the fault takes hundreds."""
immortal = sys.version_info >= (3, 12)


def references():
    return np.array([sys.getrefcount(None), sys.getrefcount(True)])


@pytest.fixture
def plot(qtbot):
    widget = pg.PlotWidget()
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    return widget


@pytest.mark.skipif(immortal, reason="None and True are immortal here")
def test_new_data_for_a_curve_costs_no_references(qtbot, plot):
    curve = plot.plot([0.0], [0.0])
    x = np.arange(50.0)
    before = references()
    for step in range(500):
        curve.setData(x, x * step)
    settle()
    assert ((before - references()) <= LOST).all()


@pytest.mark.skipif(immortal, reason="None and True are immortal here")
def test_new_frames_cost_no_references(qtbot):
    pane = ImagePane("frame")
    qtbot.addWidget(pane)
    pane.resize(200, 200)
    pane.set_levels(0, 1)
    pane.show()
    frame = np.zeros((32, 48), np.float32)
    pane.set_image(frame)
    before = references()
    for _ in range(500):
        pane.set_image(frame)
    settle()
    assert ((before - references()) <= LOST).all()


@pytest.mark.skipif(immortal, reason="None and True are immortal here")
def test_clearing_and_plotting_anew_costs_no_references(qtbot, plot):
    plot.plot([0.0, 1.0])
    before = references()
    for _ in range(100):
        plot.clear()
        plot.plot([0.0, 1.0])
    settle()
    assert ((before - references()) <= LOST).all()


def test_playing_five_thousand_frames_does_not_grow(qtbot):
    """RSS in MB, after the first 500 frames have filled all caches."""
    pane = ImagePane("depth", "labels")
    qtbot.addWidget(pane)
    pane.resize(200, 200)
    pane.show()
    frames = [np.full((64, 96), number, np.uint8) for number in range(11)]
    begin = 0.0
    for step in range(5000):
        pane.set_image(frames[step % 11])
        pane.set_crosshair(step % 96, step % 64)
        if step % 50 == 0:
            settle()
        if step == 500:
            begin = resident_mb()
    assert resident_mb() - begin < 20


def test_opening_and_closing_panes_leaves_nothing(qtbot):
    before = len(alive())
    for _ in range(50):
        pane = ImagePane("frame")
        pane.set_image(np.zeros((16, 16), np.float32))
        pane.show()
        pane.close()
        pane.deleteLater()
        del pane
        settle()
    assert len(alive()) <= before


def resident_mb() -> float:
    """Memory of this process."""
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096 / 1e6
