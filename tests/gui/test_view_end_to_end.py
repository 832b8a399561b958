"""The whole tab with a real child process: a file is opened, its frames are shown, and nothing stays behind."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from segdepth_app.config import NetworkConfig
from tests.gui.view_files import model_card
from tests.gui.view_tabs import close_view_tab, open_view_tab

N_FRAMES, HEIGHT, WIDTH = 6, 48, 64


@pytest.fixture
def tab(qtbot, tmp_path):
    tab = open_view_tab(qtbot, tmp_path / "settings.ini")
    yield tab
    close_view_tab(qtbot, tab)


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
    assert not tab.view.top_bar.analysis.analyse_button.isEnabled()


def test_a_file_that_is_no_series_is_refused_with_a_word(qtbot, tab, tmp_path):
    path = tmp_path / "notes.tif"
    path.write_text("no picture", encoding="utf-8")
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: bool(tab.context.faults), timeout=30000)
    assert "notes.tif" in str(tab.context.faults[0])
    assert tab.save_state() == {}


@pytest.fixture
def model(tmp_path) -> Path:
    """An untrained network with a complete card: it knows nothing, but goes the whole way."""
    import torch

    from segdepth_app.models.model_file import save_model
    from segdepth_app.models.networks import build_network

    torch.manual_seed(1)
    card = model_card().model_copy(update={"network": NetworkConfig(width=4, scales=1)})
    return save_model(tmp_path / "tiny.safetensors", build_network(card.network), card)


def test_analyse_click_and_saliency_with_real_children(qtbot, tab, counts, model):
    path, _ = counts
    scene, analysis, view = tab.presenter.scene, tab.presenter.analysis, tab.view
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: scene.image is not None or bool(tab.context.faults), timeout=30000)
    analysis.choose_model(str(model))
    analysis.type_value("pixel_size_pm", 10.6)
    assert view.top_bar.analysis.analyse_button.isEnabled()
    view.top_bar.analysis.analyse_button.click()
    # what the analysis keeps while it runs goes away when it ends: a click then waits for the result
    qtbot.waitUntil(
        lambda: (scene.result is not None and not scene.result.is_partial) or bool(tab.context.faults), timeout=60000
    )
    assert tab.context.faults == []
    assert scene.result.n_done == N_FRAMES
    tab.presenter.marking.click(20, 10)
    trace = tab.presenter.marking.traces()[0]
    # what the maps say at the pixel is what the trace says, in every frame
    depths = [
        int(scene.result.depth(t)[int(10.5 / scene.result.scale), int(20.5 / scene.result.scale)])
        for t in range(N_FRAMES)
    ]
    np.testing.assert_array_equal(trace.probability.argmax(axis=1), depths)
    saliency = view.panes.panes["saliency"]
    qtbot.waitUntil(lambda: saliency.item.isVisible() or bool(tab.context.faults), timeout=60000)
    words = view.panes.caption.text().replace("\N{NO-BREAK SPACE}", " ")
    assert words.startswith("marker 1 · frame 0 · depth")
    # an answer lies over the whole frame, so that its pixels are the frame's
    assert saliency.size_px == pytest.approx((WIDTH, HEIGHT), abs=4)
    # opened afresh, the series brings its result along
    tab.open_path(str(path))
    qtbot.waitUntil(lambda: scene.result is not None or bool(tab.context.faults), timeout=30000)
    assert tab.context.faults == []
