"""The whole tab with a real child process: a file is opened, its frames are shown, and nothing stays behind."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.view.tab import create_tab

N_FRAMES, HEIGHT, WIDTH = 6, 48, 64


@pytest.fixture
def tab(qtbot, tmp_path):
    context = AppContext(Settings(tmp_path / "settings.ini"))
    context.faults = []
    context.fault_reported.connect(lambda *fault: context.faults.append(fault))
    tab = create_tab(context)
    tab.context = context
    qtbot.addWidget(tab)
    tab.resize(1280, 720)
    tab.show()
    yield tab
    tab.close_children()
    qtbot.waitUntil(lambda: not context.jobs.live, timeout=15000)


@pytest.fixture
def counts(tmp_path) -> tuple[Path, np.ndarray]:
    """Counts of 2 e/px; pixel (x 20, y 10) holds 50 + frame."""
    frames = np.random.default_rng(1).poisson(2.0, (N_FRAMES, HEIGHT, WIDTH)).astype(np.uint8)
    frames[:, 10, 20] = 50 + np.arange(N_FRAMES)
    path = tmp_path / "Größe µm" / "试样 1.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, frames)
    return path, frames


def test_a_series_is_opened_played_and_read_out(qtbot, tab, counts):
    path, frames = counts
    scene = tab.presenter.scene
    assert tab.open_path(str(path))
    qtbot.waitUntil(lambda: scene.image is not None or bool(tab.context.faults), timeout=30000)
    assert tab.context.faults == []
    np.testing.assert_array_equal(scene.image, frames[0])
    assert (scene.facts.n_frames, scene.facts.width_px, scene.facts.height_px) == (N_FRAMES, WIDTH, HEIGHT)
    tab.view.set_frame(4)
    qtbot.waitUntil(lambda: scene.values_at(20, 10).intensity == 54, timeout=10000)
    assert tab.view.panes.panes["frame"].value_at(20, 10) == 54
    # a plain TIFF says no pixel size: that is said, and nothing can be analysed
    assert "pixel size" in tab.view.top_bar.warnings.text()
    assert not tab.view.top_bar.analyse_button.isEnabled()


def test_a_file_that_is_no_series_is_refused_with_a_word(qtbot, tab, tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("no picture", encoding="utf-8")
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: bool(tab.context.faults), timeout=30000)
    assert "notes.tif" in str(tab.context.faults[0])
    assert tab.save_state() == {}
