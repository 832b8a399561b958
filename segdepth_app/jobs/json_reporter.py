"""Writes a job's events as JSON lines, and hears the commands that come back."""

import os
import platform
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from segdepth_app import __version__
from segdepth_app.jobs.protocol import Message, encode_event
from segdepth_app.reporting import Command, Reporter

PROGRESS_EVERY_S = 0.1


class Inbox:
    """What the parent said: the last command, and requests in order. Filled by one thread, read by another."""

    def __init__(self, when_alone: Command | None = None) -> None:
        self._when_alone = when_alone
        self._requests: SimpleQueue[Message | None] = SimpleQueue()
        self._command: Command | None = None

    @property
    def command(self) -> Command | None:
        """The last command."""
        return self._command

    def put(self, message: Message) -> None:
        """Takes one decoded line. A cancel is never taken back by a later stop or pause."""
        try:
            command = Command(message["cmd"])
        except ValueError:
            self._requests.put(message)
            return
        if self._command is not Command.CANCEL:
            self._command = command
        self._requests.put(None)

    def close(self) -> None:
        """No more will come: the parent is gone."""
        if self._when_alone is not None and self._command is None:
            self._command = self._when_alone
        self._requests.put(None)

    def requests(self) -> Iterator[Message]:
        """Requests as they come, until a command or the end."""
        while self._command is None and (message := self._requests.get()) is not None:
            yield message


class JsonReporter(Reporter):
    """One line per event, through `write`; progress at most ten times a second, its last value always."""

    def __init__(
        self, write: Callable[[bytes], None], inbox: Inbox | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._write = write
        self._inbox = inbox or Inbox()
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[str, Any] | None = None
        self._last_progress = float("-inf")

    def emit(self, event: str, **values: Any) -> None:
        """Writes an event now, after any progress that was held back."""
        with self._lock:
            self._flush()
            self._write(encode_event(event, time.time(), **values))

    def started(self, **facts: Any) -> None:
        """Adds process id and versions to the job's own facts."""
        versions = {"segdepth": __version__, "python": platform.python_version(), **facts.pop("versions", {})}
        self.emit("started", pid=os.getpid(), versions=versions, **facts)

    def progress(self, done: int, total: int, unit: str) -> None:
        """Held back when the last one is less than a tenth of a second old."""
        with self._lock:
            self._held = {"done": int(done), "total": int(total), "unit": unit}
            if done >= total or self._clock() - self._last_progress >= PROGRESS_EVERY_S:
                self._flush()

    def epoch(self, **values: float) -> None:
        """An epoch's figures as they are."""
        self.emit("epoch", **values)

    def checkpoint(self, path: Path) -> None:
        """Where the checkpoint lies."""
        self.emit("checkpoint", path=str(path))

    def artifact(self, path: Path) -> None:
        """Where the output lies."""
        self.emit("artifact", path=str(path))

    def warning(self, message: str) -> None:
        """The sentence as it is."""
        self.emit("warning", message=message)

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """All rows in one line."""
        self.emit("table", name=name, rows=list(rows))

    def answer(self, request: int, **values: Any) -> None:
        """The answer, with the number of its request as `id`."""
        self.emit("answer", **{**values, "id": request})

    def command(self) -> Command | None:
        """The last command that came."""
        return self._inbox.command

    def requests(self) -> Iterator[dict[str, Any]]:
        """Requests that came and come."""
        return self._inbox.requests()

    def _flush(self) -> None:
        """With the lock held."""
        if self._held is not None:
            self._last_progress = self._clock()
            self._write(encode_event("progress", time.time(), **self._held))
            self._held = None
