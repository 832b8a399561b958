"""Jobs in the window, and closing it while they run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel

from segdepth_app.gui import closing
from segdepth_app.gui.closing import Closing
from segdepth_app.jobs.supervisor import State

ROOT = Path(__file__).parents[2]
WAIT_MS = 20_000


def test_a_job_appears_in_the_dock_and_the_status_bar(qtbot, window):
    assert not window.jobs_dock.isVisible()
    job = window.context.jobs.start("fake", {"n_steps": 3}, "Analyse series.tif")
    assert window.jobs_dock.isVisible()
    row = window.jobs_dock.rows[job.id]
    qtbot.waitUntil(lambda: job.has_ended, timeout=WAIT_MS)
    assert row.state.text() == "done"
    assert window._jobs_button.text() == "No job running"
    assert window._device.text() == "Device: cpu"
    row.dismiss.click()
    assert window.jobs_dock.rows == {}
    assert window.context.jobs.jobs == []


def test_lists_are_read_again_when_a_job_ends(qtbot, window, monkeypatch):
    monkeypatch.setitem(
        __import__("segdepth_app.gui.context", fromlist=["CHANGES"]).CHANGES, "fake", "datasets_changed"
    )
    with qtbot.waitSignal(window.context.datasets_changed, timeout=WAIT_MS):
        window.context.jobs.start("fake", {"n_steps": 1}, "Fake")


def test_closing_pauses_a_job_and_waits_for_it(qtbot, window):
    job = window.context.jobs.start("fake", {"n_steps": 5000, "step_s": 0.01}, "Train run 1")
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        assert not window.close()
        assert job.state is State.PAUSING
    assert job.state is State.PAUSED
    assert not window.isVisible()


def test_closing_says_what_it_waits_for_and_does_not_wait_for_ever(qtbot, window, monkeypatch):
    monkeypatch.setattr(closing, "SHOW_AFTER_MS", 10)
    monkeypatch.setattr(closing, "WAIT_MS", 300)
    job = window.context.jobs.start("fake", {"behaviour": "hang"}, "Analyse series.tif")
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    window.close()
    dialog = window._closing.dialog
    qtbot.waitUntil(dialog.isVisible)
    assert any("Analyse series.tif" in label.text() for label in dialog.findChildren(QLabel))
    with qtbot.waitSignal(window.closed, timeout=WAIT_MS):
        pass
    assert job.has_ended


def test_a_training_that_still_writes_its_pause_is_left_to_finish(qtbot, window, monkeypatch):
    """It outlives the window: closing does not kill it."""
    monkeypatch.setattr(closing, "WAIT_MS", 200)
    job = window.context.jobs.start("fake", {"behaviour": "hang"}, "Train run 1")
    monkeypatch.setattr(type(job), "outlives_window", True)
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)
    finished = []
    Closing(window.context.jobs, lambda: finished.append(True), window)
    qtbot.waitUntil(lambda: bool(finished), timeout=WAIT_MS)
    assert window.context.jobs.left_alone == [job]
    assert not job.has_ended
    monkeypatch.undo()


SLOW_PAUSE = """
import sys
from dataclasses import replace
from PySide6.QtCore import QTimer
from segdepth_app.gui import app, closing
from segdepth_app.jobs import registry

registry.JOBS["fake"] = replace(registry.JOBS["fake"], when_alone=None)
closing.WAIT_MS = 100
make = app.create_main_window

def make_with_job():
    window = make()
    job = window.context.jobs.start("fake", {"n_steps": 1, "step_s": 6}, "Train run 1")
    job.told.connect(lambda event: print(event.get("pid", ""), flush=True))
    job.told.connect(lambda event: QTimer.singleShot(0, window.close))
    return window

app.create_main_window = make_with_job
sys.exit(app.main(["segdepth"]))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_the_program_leaves_without_killing_a_training_that_pauses(qtbot):
    """Qt kills the children of what it destroys; here the child must outlive the program and end by itself."""
    done = subprocess.run(
        [sys.executable, "-c", SLOW_PAUSE], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    child = int(done.stdout.split()[0])
    assert done.returncode == 0
    assert is_alive(child)
    qtbot.waitUntil(lambda: not is_alive(child), timeout=WAIT_MS)


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        # ended, but nobody asked for its exit code: so it is in a container without an init
        return Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
