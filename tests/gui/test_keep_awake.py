"""The computer stays awake while a job runs, and not a moment longer."""

import ctypes
import shutil
import sys
from types import SimpleNamespace

import pytest

from segdepth_app.gui.keep_awake import KeepAwake, NoLock, ProgramLock, WindowsLock, make_lock
from segdepth_app.gui.process import JobRunner

ECHO = [sys.executable, "-c", "import sys; sys.stdin.read()"]
"""Runs until its input ends, as the locking programs do."""


class NotedLock:
    """Takes down what it is told."""

    def __init__(self):
        self.told = []

    def hold(self):
        self.told.append("hold")

    def release(self):
        self.told.append("release")


@pytest.fixture
def jobs(qapp):
    runner = JobRunner()
    yield runner
    runner.kill_all()


def test_awake_from_the_first_job_to_the_end_of_the_last(qtbot, jobs):
    """Two real jobs at once are one lock."""
    lock = NotedLock()
    keeper = KeepAwake(jobs, lock)
    first = jobs.start("fake", {"n_steps": 1, "step_s": 0.0}, "first")
    second = jobs.start("fake", {"n_steps": 1, "step_s": 0.0}, "second")
    assert (lock.told, keeper.is_held) == (["hold"], True)
    qtbot.waitUntil(lambda: first.has_ended and second.has_ended, timeout=20000)
    assert (lock.told, keeper.is_held) == (["hold", "release"], False)


def test_a_job_that_dies_lets_the_computer_sleep(qtbot, jobs):
    lock = NotedLock()
    keeper = KeepAwake(jobs, lock)
    job = jobs.start("fake", {"n_steps": 1000, "step_s": 0.05}, "a job")
    qtbot.waitUntil(lambda: job.state == "running", timeout=20000)
    job.kill()
    qtbot.waitUntil(lambda: job.has_ended, timeout=20000)
    assert not keeper.is_held
    assert lock.told == ["hold", "release"]


def test_helpers_of_a_tab_do_not_keep_it_awake(qtbot, jobs):
    """They run as long as a series is open, perhaps for days."""
    lock = NotedLock()
    KeepAwake(jobs, lock)
    job = jobs.start("explore", {}, "frames")
    qtbot.waitUntil(lambda: job.has_ended, timeout=20000)
    assert lock.told == []


def test_a_locking_program_runs_exactly_while_it_is_held():
    lock = ProgramLock(ECHO)
    lock.hold()
    process = lock.process
    assert process.poll() is None
    lock.release()
    assert process.poll() is not None
    lock.release()  # twice is harmless


def test_a_locking_program_that_is_not_there_is_harmless():
    lock = ProgramLock(["/no/such/program"])
    lock.hold()
    lock.release()


def test_windows_is_told_in_its_own_numbers(monkeypatch):
    """ES_CONTINUOUS | ES_SYSTEM_REQUIRED is 0x80000001 (winbase.h); ES_CONTINUOUS alone takes it back."""
    told = []

    def take(state):
        told.append(state.value)
        return 1

    kernel = SimpleNamespace(SetThreadExecutionState=take)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
    lock = WindowsLock()
    lock.hold()
    lock.release()
    assert told == [0x80000001, 0x80000000]


@pytest.mark.parametrize("platform", ["linux", "darwin", "freebsd14"])
def test_a_computer_without_such_a_program_is_left_alone(monkeypatch, platform):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert isinstance(make_lock(platform), NoLock)


def test_the_lock_of_linux_is_one_command_that_ends_with_us(monkeypatch):
    """systemd-inhibit(1): it runs the command behind its options, and cat ends with its input."""
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    lock = make_lock("linux")
    assert lock._command[0] == "systemd-inhibit"
    assert "--what=sleep:idle" in lock._command
    assert lock._command[-1] == "cat"
