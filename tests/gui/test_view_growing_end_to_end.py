"""The whole tab with the real infer job on a cut of the sample: it grows, is paused, found again, and finished."""

import numpy as np
import pytest
import tifffile

from segdepth_app.gui.welcome import sample_series
from segdepth_app.inference.results import Result
from segdepth_app.models.card import shipped_models
from tests.gui.view_tabs import open_view_tab

N_FRAMES, EDGE = 24, 128
PIXEL = (60, 100)


@pytest.fixture
def series(tmp_path):
    """The lower left of the sample, where the particle is; its pixel size is typed."""
    sample = sample_series()
    if sample is None or not shipped_models():
        pytest.skip("no sample or model is installed")
    frames = tifffile.imread(sample)[:N_FRAMES, -EDGE:, :EDGE]
    path = tmp_path / "Größe µm" / "cut.tif"
    path.parent.mkdir()
    tifffile.imwrite(path, frames)
    return path


@pytest.fixture
def open_tab(qtbot, tmp_path, monkeypatch):
    """Makes a tab, as often as the window is opened again."""
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    tabs = []

    def make():
        tab = open_view_tab(qtbot, tmp_path / "settings.ini")
        tabs.append(tab)
        return tab

    yield make
    for tab in tabs:
        tab.close_children()
        for job in tab.context.jobs.live:
            job.close()
        qtbot.waitUntil(lambda tab=tab: not tab.context.jobs.live, timeout=15000)


def wait(qtbot, tab, ready, timeout=90000):
    qtbot.waitUntil(lambda: bool(tab.context.faults) or ready(), timeout=timeout)
    assert tab.context.faults == []


@pytest.mark.slow
def test_an_analysis_grows_is_paused_and_goes_on_in_the_next_window(qtbot, open_tab, series):
    tab = open_tab()
    scene, run, bar = tab.presenter.scene, tab.presenter.analysis.run, tab.view.analysis
    tab.open_path(str(series))
    wait(qtbot, tab, lambda: scene.image is not None)
    tab.presenter.analysis.type_values(pixel_size_pm=5.3, dose_e_per_px=1.83)
    wait(qtbot, tab, bar.analyse_button.isEnabled)
    tab.presenter.marking.click(*PIXEL)
    bar.analyse_button.click()
    assert not bar.analyse_button.isVisible()
    wait(qtbot, tab, lambda: run.done[0] >= 3)
    bar.buttons["pause"].click()
    wait(qtbot, tab, lambda: not run.is_running)
    assert scene.result.is_partial
    n_done = scene.result.n_done
    assert bar.buttons["resume"].text() == f"Resume ({n_done} of {N_FRAMES} frames)"
    qtbot.waitUntil(lambda: bool(tab.view.traces.rows) and tab.view.traces.rows[0].trace is not None)
    tab.presenter.marking.show_traces()
    early = tab.view.traces.rows[0].trace.probability
    assert list(early.any(axis=1)) == [True] * n_done + [False] * (N_FRAMES - n_done)
    state = tab.save_state()
    tab.close_children()

    again = open_tab()
    again.restore_state(state)
    scene, run = again.presenter.scene, again.presenter.analysis.run
    wait(qtbot, again, lambda: run.waiting is not None)
    assert run.waiting.done == n_done
    again.view.analysis.buttons["resume"].click()
    wait(qtbot, again, lambda: scene.result is not None and not scene.result.is_partial)
    assert scene.result.n_done == N_FRAMES
    qtbot.waitUntil(lambda: again.view.traces.rows[0].trace.probability.any(axis=1).all(), timeout=10000)
    late = again.view.traces.rows[0].trace.probability
    # the journal keeps ln p in 255 steps: 1 % of p; the frames done before the pause were not done again otherwise
    assert np.abs(late[:n_done].astype(int) - early[:n_done]).max() <= 4
    with Result(scene.result.path) as result:
        assert not run.waiting
        np.testing.assert_allclose(result.trace(*PIXEL) * 255, late, atol=0.51)
        n_columns = len(np.unique(result.columns_table()["column"]))
    again.view.side.setCurrentWidget(again.view.side.columns)
    assert again.view.side.columns.table.model().rowCount() == n_columns > 0
