"""`segdepth self-test`: runs the steps one after the other and says how each went, one line per step.

For the machine it is installed on: does each step work here, and how long does it take? A step that hangs is named,
and ends the program: nothing in Python can end a library that does not return. Everything goes to a temporary folder.
"""

import os
import platform
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.errors import SegDepthError
from segdepth_app.paths import is_frozen
from segdepth_app.selftest import steps

Say = Callable[[str], None]
Step = Callable[[Path], str]

STEP_SECONDS = 300.0
"""Ten times what the slowest step took on two busy cores (train, with the first import of torch)."""


def the_steps(screenshot: Path | None = None) -> dict[str, Step]:
    """Every step by its name, in their order."""
    return {
        "files": steps.check_files,
        "simulate": steps.simulate,
        "train": steps.train,
        "evaluate": steps.evaluate,
        "infer": steps.infer,
        "formats": steps.read_formats,
        "figure": steps.write_figure,
        "window": partial(steps.open_window, screenshot=screenshot),
    }


def run_steps(say: Say, todo: Mapping[str, Step], seconds: float = STEP_SECONDS) -> dict[str, Any]:
    """The facts of the program, every step with its verdict, seconds and what it found, and whether all went well."""
    facts = head()
    say(f"SegDepth {facts['segdepth']}, Python {facts['python']}, {facts['platform']}")
    say(f"{'Installed' if facts['frozen'] else 'From source'}: {facts['program']}")
    done: list[dict[str, Any]] = []
    folder = Path(tempfile.mkdtemp(prefix="segdepth-self-test-"))
    try:
        for name, step in todo.items():
            with _watched(name, seconds, say, folder):
                done.append(run_step(name, step, folder))
            say(line_of(done[-1]))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    works = all(item["ok"] for item in done)
    say("Everything works." if works else "Something does not work; `segdepth doctor` may say more.")
    return {**facts, "steps": done, "works": works}


def run_step(name: str, step: Step, folder: Path) -> dict[str, Any]:
    """One step: name, ok, seconds, found."""
    start = time.perf_counter()
    try:
        found, ok = step(folder), True
    except Exception as error:  # noqa: BLE001 (a step's fault is its finding)
        found, ok = str(error) if isinstance(error, SegDepthError) else f"{type(error).__name__}: {error}", False
    seconds = round(time.perf_counter() - start, 2)
    return {"step": name, "ok": ok, "seconds": seconds, "found": " ".join(found.split())}


def line_of(item: Mapping[str, Any]) -> str:
    """A step for a person."""
    return f"{'ok' if item['ok'] else 'FAILED':<7}{item['step']:<9} {item['seconds']:6.1f} s  {item['found']}"


def head() -> dict[str, Any]:
    """Which program this is."""
    return {
        "segdepth": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "program": sys.executable,
        "frozen": is_frozen(),
    }


@contextmanager
def _watched(name: str, seconds: float, say: Say, folder: Path) -> Iterator[None]:
    """Ends the whole program with exit code 1 where a step takes longer, and says which."""

    def give_up() -> None:
        found = f"No end within {seconds:g} s; the other steps are left out."
        say(line_of({"ok": False, "step": name, "seconds": seconds, "found": found}))
        sys.stdout.flush()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    timer = threading.Timer(seconds, give_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
