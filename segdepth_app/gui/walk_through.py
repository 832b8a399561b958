"""The window, as a user first meets it: every tab is opened, a job runs to its end, another one dies."""

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from segdepth_app.errors import SegDepthError

PATIENCE_S = 30.0
SETTLE_MS = 400


def walk_through(say: Callable[[str], None], screenshot: Path | None = None) -> int:
    """Shows the window, visits all tabs, runs two jobs, takes a picture of the screen, closes; 0 when all went well.

    Raises: SegDepthError that names what did not come.
    """
    began = time.perf_counter()
    from PySide6.QtCore import QEventLoop, QTimer

    from segdepth_app.gui.app import create_application, create_main_window

    application = create_application([sys.argv[0]])
    window = create_main_window()
    window.show()

    def wait(until: Callable[[], bool], what: str) -> None:
        """An event loop of its own until something is there."""
        loop = QEventLoop()
        end = time.perf_counter() + PATIENCE_S
        timer = QTimer(loop)
        timer.timeout.connect(lambda: loop.quit() if until() or time.perf_counter() > end else None)
        timer.start(20)
        loop.exec()
        timer.stop()
        if not until():
            raise SegDepthError(f"{what} did not come within {PATIENCE_S:.0f} s.")

    wait(window.isVisible, "The window")
    shown = time.perf_counter() - began
    for name, tab in window.tabs.items():
        window.select_tab(name)
        if tab.load() is None:
            raise SegDepthError(f"The tab {name} cannot be built; SegDepth's log says why.")
        wait(partial(_is_open, tab), f"The tab {name}")
    for behaviour, state in (("happy", "done"), ("kill", "lost")):
        job = window.context.jobs.start("fake", {"behaviour": behaviour}, f"self-test: {behaviour}")
        wait(partial(getattr, job, "has_ended"), f"The end of a job ({behaviour})")
        if str(job.state) != state:
            raise SegDepthError(f"A job that should be {state} is {job.state}.")
    wait(window.isVisible, "The window, after a job died,")
    if screenshot is not None:
        window.select_tab("view")
        resting = time.perf_counter() + SETTLE_MS / 1000
        wait(lambda: time.perf_counter() > resting, "A moment's rest")
        if not application.primaryScreen().grabWindow(0).save(str(screenshot)):
            raise SegDepthError(f"No picture could be written to {screenshot}.")
    window.close()
    wait(lambda: not window.isVisible(), "The end of the window")
    say(f"first shown after {shown:.2f} s, {len(window.tabs)} tabs, a job done, a job killed")
    return 0


def _is_open(tab: Any) -> bool:
    return tab.content is not None and tab.content.isVisible()
