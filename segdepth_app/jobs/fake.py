"""A job that computes nothing, for tests of the window and of what happens when a job misbehaves."""

import os
import signal
import sys
import time
from typing import Literal

from pydantic import Field

from segdepth_app.config import Config
from segdepth_app.errors import InputError
from segdepth_app.reporting import Command, Reporter


class FakeConfig(Config):
    """What the job pretends."""

    behaviour: Literal["happy", "error", "bug", "memory", "garbage", "hang", "deaf", "kill", "exit", "answer"] = "happy"
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
    if config.behaviour == "garbage":
        _write_garbage()
    if config.behaviour == "kill":
        os.kill(os.getpid(), signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    if config.behaviour == "exit":
        os._exit(3)
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


def _write_garbage() -> None:
    """Prints in every way a library might; none may reach the messages."""
    sys.stdout.write("a print of some library, µ\n")
    os.write(1, b"\xff\xfe bytes that are no text\n")
    os.write(2, b'{"v": 1, "event": "end", "reason": "failed"}\n')
    sys.stderr.write("x" * 5000 + "\n")
