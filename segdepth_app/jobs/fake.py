"""A job that computes nothing, for tests of the window and of what happens when a job misbehaves."""

import ctypes
import os
import signal
import sys
import time
from typing import Literal

from pydantic import Field

from segdepth_app.config import Config
from segdepth_app.errors import InputError
from segdepth_app.reporting import Command, Reporter

Talks = Literal["happy", "error", "bug", "memory", "hoard", "garbage", "hang", "deaf", "answer"]
Dies = Literal["kill", "exit", "leave", "segfault", "abort"]
HOARD_BYTES = 1 << 29


class FakeConfig(Config):
    """What the job pretends."""

    behaviour: Talks | Dies = "happy"
    n_steps: int = Field(5, ge=1, description="Steps of the pretended work.")
    step_s: float = Field(0.0, ge=0, description="Seconds each step takes.")


def run(config: FakeConfig, reporter: Reporter) -> None:
    """Does as told."""
    reporter.started(device="cpu")
    if config.behaviour == "error":
        raise InputError("Frame 3 of a.tif is 64 × 64 px; the series began with 32 × 32 px.", "Leave this frame out.")
    if config.behaviour == "bug":
        raise ZeroDivisionError("a fault of the program")
    if config.behaviour == "memory":
        raise MemoryError("cannot take 64 GiB")
    if config.behaviour == "hoard":
        _take_all_memory()
    if config.behaviour == "garbage":
        _write_garbage()
    _die(config.behaviour)
    if config.behaviour == "answer":
        for request in reporter.requests():
            reporter.answer(request["id"], echo=request)
        return
    if config.behaviour in ("hang", "deaf"):
        if config.behaviour == "deaf":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            time.sleep(60)
    _work(config, reporter)


def _work(config: FakeConfig, reporter: Reporter) -> None:
    for step in range(config.n_steps):
        reporter.raise_if_cancelled()
        if reporter.command() in (Command.STOP, Command.PAUSE):
            time.sleep(config.step_s)  # to save one's work takes time as well
            return
        time.sleep(config.step_s)
        sys.stderr.write(f"step {step}\n")
        reporter.progress(step + 1, config.n_steps, "steps")


def _die(behaviour: str) -> None:
    """Ends the process in the middle of everything, where that is asked for."""
    if behaviour == "kill":
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    if behaviour == "segfault":
        ctypes.string_at(0)
    if behaviour == "abort":
        os.abort()
    if behaviour in ("exit", "leave"):
        os._exit(3 if behaviour == "exit" else 0)


def _take_all_memory() -> None:
    """All that a limit of this process's own leaves: the computer's memory is spared."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (HOARD_BYTES, HOARD_BYTES))
    hoard = []
    while True:
        hoard.append(bytearray(HOARD_BYTES // 16))


def _write_garbage() -> None:
    """Prints in every way a library might; none may reach the messages."""
    sys.stdout.write("a print of some library, µ\n")
    os.write(1, b"\xff\xfe bytes that are no text\n")
    os.write(2, b'{"v": 1, "event": "end", "reason": "failed"}\n')
    sys.stderr.write("x" * 5000 + "\n")
