"""A training that outlives its window: the next window finds it, follows it, and has its model in the end."""

import json
import subprocess

import pytest

from segdepth_app.config import TrainConfig
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.process import worker_command
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.train.tab import create_tab
from segdepth_app.paths import datasets_folder, runs_folder
from segdepth_app.training.runs import read_run
from tests.gui.lab_files import make_dataset

LONG_MS = 120_000


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path / "Größe µm"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return TrainConfig(
        dataset=make_dataset(datasets_folder() / "wedges.h5"),
        out=runs_folder() / "left alone",
        network={"width": 4, "scales": 2},
        crop_px=32,
        steps_per_epoch=1,
        max_epochs=10_000,
        patience_epochs=1000,
        threads=1,
    )


@pytest.fixture
def orphan(config):
    """A training's child whose window was killed: nobody writes to it, nobody reads it."""
    program, arguments = worker_command()
    child = subprocess.Popen(
        [program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert child.stdin is not None
    line = {"cmd": "run", "job": "train", "config": config.model_dump(mode="json")}
    child.stdin.write(json.dumps(line).encode() + b"\n")
    child.stdin.close()
    yield child
    child.kill()
    child.wait(30)


@pytest.fixture
def tab(qtbot, config):
    context = AppContext(Settings())
    tab = create_tab(context)
    qtbot.addWidget(tab)
    tab.show()
    yield tab
    context.jobs.kill_all()
    context.deleteLater()


def drawn(tab):
    x, _ = tab.curves._items[0, "val_loss"].getOriginalDataset()
    return 0 if x is None else len(x)


def cell(tab, column):
    item = tab.table.item(0, column)
    return item.text() if item else ""


def test_a_new_window_follows_a_run_that_outlived_the_old_one(orphan, tab, config, qtbot):
    """Live curves, time left, and the state it really has: also once its process is gone without a word."""
    qtbot.waitUntil(lambda: orphan.poll() is not None or drawn(tab) >= 2, timeout=LONG_MS)
    assert orphan.poll() is None, "the training ended with its window"
    before = drawn(tab)
    qtbot.waitUntil(lambda: drawn(tab) > before, timeout=LONG_MS)
    assert cell(tab, 1) == "running"
    shown = {name.text(): value.toolTip() for name, value in tab._labels if not name.isHidden()}
    assert shown["Time left"].startswith("at most")
    assert shown["Process"].startswith(f"{orphan.pid} on ")

    orphan.kill()
    orphan.wait(30)
    qtbot.waitUntil(lambda: cell(tab, 1) == "lost", timeout=LONG_MS)
    assert tab.action_buttons["resume"].isEnabled()
    # what was trained until then is there to be used
    assert read_run(config.out).has_model
    assert tab.action_buttons["export"].isEnabled()


def test_a_run_that_outlived_its_window_is_paused_from_the_next(orphan, tab, config, qtbot):
    """It hears by its folder, keeps its checkpoint, and can be resumed."""
    qtbot.waitUntil(lambda: orphan.poll() is not None or drawn(tab) >= 1, timeout=LONG_MS)
    tab.action_buttons["pause"].click()
    qtbot.waitUntil(lambda: cell(tab, 1) == "paused", timeout=LONG_MS)
    assert orphan.wait(30) == 0
    assert tab.action_buttons["resume"].isEnabled()
    assert not (config.out / "command.json").exists()
