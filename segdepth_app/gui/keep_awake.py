"""Keeps the computer awake while a job runs: a simulation that sleeps at night is not done in the morning.

Windows is asked by SetThreadExecutionState, Linux by systemd-inhibit, a program whose running is the lock; macOS by
caffeinate. Where there is none of them, the computer sleeps as its user has set. The screen may go dark everywhere.
"""

import ctypes
import logging
import os
import shutil
import subprocess
import sys
from typing import Any, Protocol

from PySide6.QtCore import QObject

from segdepth_app.gui.jobs_dock import QUIET_JOBS

log = logging.getLogger(__name__)
WHO = "SegDepth"
WHY = "A job is running"
ES_CONTINUOUS, ES_SYSTEM_REQUIRED = 0x80000000, 0x00000001
GIVE_UP_S = 2.0


class Lock(Protocol):
    """One way to keep a computer awake."""

    def hold(self) -> None:
        """Awake from now on."""

    def release(self) -> None:
        """May sleep again."""


class WindowsLock:
    """The state belongs to the thread that sets it: hold and release come from the window's."""

    def hold(self) -> None:
        """Awake from now on."""
        self._set(ES_CONTINUOUS | ES_SYSTEM_REQUIRED)

    def release(self) -> None:
        """May sleep again."""
        self._set(ES_CONTINUOUS)

    def _set(self, state: int) -> None:
        if not ctypes.windll.kernel32.SetThreadExecutionState(ctypes.c_uint(state)):  # type: ignore[attr-defined]
            log.warning("Windows does not keep the computer awake.")


class ProgramLock:
    """A program that holds the lock while it runs; it waits for the end of its input, so that it never outlives us."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self.process: subprocess.Popen[bytes] | None = None

    def hold(self) -> None:
        """Awake from now on; a refusal (no session, no permission) is only written to the log."""
        try:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            log.info("The computer is not kept awake: %s", error)

    def release(self) -> None:
        """May sleep again."""
        process, self.process = self.process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        process.terminate()
        try:
            process.wait(GIVE_UP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class NoLock:
    """The computer sleeps as its user has set."""

    def hold(self) -> None:
        """Nothing to do."""

    def release(self) -> None:
        """Nothing to do."""


def make_lock(platform: str = sys.platform) -> Lock:
    """The lock of this computer."""
    if platform == "win32":
        return WindowsLock()
    if platform == "darwin" and shutil.which("caffeinate"):
        return ProgramLock(["caffeinate", "-i", "-w", str(os.getpid())])
    if platform.startswith("linux") and shutil.which("systemd-inhibit"):
        what = ["--what=sleep:idle", f"--who={WHO}", f"--why={WHY}", "--mode=block"]
        return ProgramLock(["systemd-inhibit", *what, "cat"])
    return NoLock()


class KeepAwake(QObject):
    """Follows the jobs of the window; helpers of a tab, which run as long as it is open, do not count."""

    def __init__(self, jobs: Any, lock: Lock | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._lock = lock or make_lock()
        self.is_held = False
        jobs.job_started.connect(lambda _: self._look())
        jobs.job_ended.connect(lambda _: self._look())

    def release(self) -> None:
        """The window closes."""
        if self.is_held:
            self.is_held = False
            self._lock.release()

    def _look(self) -> None:
        works = any(job.name not in QUIET_JOBS for job in self._jobs.live)
        if works and not self.is_held:
            self.is_held = True
            self._lock.hold()
        elif not works:
            self.release()
