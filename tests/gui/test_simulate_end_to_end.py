"""The Simulate tab with a real child: a dataset is made, paused, resumed and cancelled."""

import pytest

from segdepth_app.datasets.store import Dataset
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.simulate.tab import create_tab
from segdepth_app.paths import datasets_folder

LONG_MS = 60_000


@pytest.fixture
def bench(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    context = AppContext(Settings())
    faults = []
    context.fault_reported.connect(lambda error, hint: faults.append(f"{error} {hint}"))
    tab = create_tab(context)
    qtbot.addWidget(tab)
    yield tab, context
    assert faults == []
    context.jobs.kill_all()
    context.deleteLater()


def simulations(context):
    return [job for job in context.jobs.jobs if job.name == "simulate"]


def start(tab, n_specimens):
    """Presses what a user presses."""
    tab.new.click()
    for group, field, text in (
        ("Size", "n_specimens", n_specimens),
        ("Size", "n_defoci", "1"),
        ("Images", "grid.height_px", "256"),
        ("Images", "grid.width_px", "256"),
        ("Computer", "workers", "1"),
    ):
        editor = tab.panel.forms[group].editors[field]
        editor.setText(text)
        editor.textEdited.emit(text)
    tab.panel.start.click()


def test_a_dataset_is_made_and_shown(bench, qtbot):
    tab, context = bench
    start(tab, "2")
    (job,) = simulations(context)
    qtbot.waitUntil(lambda: job.has_ended, timeout=LONG_MS)
    assert str(job.state) == "done", job.error

    path = datasets_folder() / "dataset 1.h5"
    with Dataset(path) as dataset:
        assert (len(dataset.specimens), len(dataset)) == (2, 2)
    assert tab.table.item(0, 5).text() == "complete"
    assert tab.stack.currentWidget() is tab.browser_area
    assert tab.browser.pane.item.image.shape == (64, 64)


def test_a_paused_dataset_goes_on_where_it_was_and_a_cancelled_one_is_gone(bench, qtbot):
    tab, context = bench
    start(tab, "400")
    first = simulations(context)[0]
    qtbot.waitUntil(lambda: first.progress is not None and first.progress[0] >= 1, timeout=LONG_MS)
    tab.action_buttons["pause"].click()
    qtbot.waitUntil(lambda: first.has_ended, timeout=LONG_MS)
    assert str(first.state) == "paused", first.error
    parts = datasets_folder() / "dataset 1.h5.parts"
    made = len(list(parts.glob("*.npz")))
    assert 1 <= made < 400
    assert tab.table.item(0, 5).text() == f"in progress, {made} of 400"

    tab.action_buttons["resume"].click()
    second = simulations(context)[1]
    qtbot.waitUntil(lambda: second.progress is not None, timeout=LONG_MS)
    assert second.progress[0] > made
    second.cancel()
    qtbot.waitUntil(lambda: second.has_ended, timeout=LONG_MS)
    assert str(second.state) == "cancelled", second.error
    assert not parts.exists()
    assert tab.table.rowCount() == 0
