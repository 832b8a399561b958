"""The child process of a job: reads one `run` line, runs the job, says how it ended.

The real stdout is kept for messages alone; whatever a library prints goes to stderr. The real stdin is read
by a thread of its own, so that a command is heard while the job computes.
"""

import faulthandler
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from segdepth_app import __version__
from segdepth_app.config import build
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.jobs.faults import describe
from segdepth_app.jobs.json_reporter import Inbox, JsonReporter
from segdepth_app.jobs.protocol import END_REASONS, LineReader, Message, ProtocolError, decode_command
from segdepth_app.jobs.registry import find_job
from segdepth_app.reporting import Command

READ_BYTES = 65_536
EXIT_CODES = {"done": 0, "stopped": 0, "paused": 0, "cancelled": 130}
REASONS = {Command.STOP: "stopped", Command.PAUSE: "paused", Command.CANCEL: "cancelled"}


def main() -> int:
    """Runs the job that stdin names; the exit code: 0, 1 failed, 2 unusable input, 130 cancelled."""
    channels = take_channels()
    signal.signal(signal.SIGTERM, _on_terminate)
    if hasattr(os, "register_at_fork"):
        # processes the job forks must die of SIGTERM, not raise in the middle of our code
        os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
    lines = channels.lines()
    reporter = JsonReporter(channels.write)
    try:
        request = read_request(lines)
        spec = find_job(request["job"])
        inbox = Inbox(spec.when_alone)
        reporter = JsonReporter(channels.write, inbox)
        threading.Thread(target=listen, args=(lines, inbox), daemon=True, name="commands").start()
        return run_job(request, reporter)
    except (InputError, ProtocolError, KeyboardInterrupt) as error:
        return _end_badly(reporter, error)


def run_job(request: Message, reporter: JsonReporter) -> int:
    """Runs one job and reports its end; the exit code."""
    try:
        spec = find_job(request["job"])
        config = build(spec.config_class(), request["config"])
        reason = spec.function()(config, reporter)
    except BaseException as error:  # noqa: BLE001 (the border of the process: everything becomes an event)
        return _end_badly(reporter, error)
    if reason not in END_REASONS:
        command = reporter.command()
        reason = "done" if command is None else REASONS[command]
    reporter.emit("end", reason=reason)
    return EXIT_CODES.get(reason, 1)


def read_request(lines: "Lines") -> Message:
    """The first line. Raises: InputError where it is no run command, or comes from another version of the program."""
    line = lines.next()
    try:
        message = decode_command(line or b"")
        if message["cmd"] != "run" or not isinstance(message["job"], str) or not isinstance(message["config"], dict):
            raise ProtocolError(f"Not a run command: {line!r}")
    except (ProtocolError, KeyError) as error:
        hint = 'The first line must be {"cmd": "run", "job": …, "config": {…}}.'
        raise InputError("The worker was not told what to run.", hint) from error
    asked_by = message.get("version", __version__)
    if asked_by != __version__:
        # an update puts new files under a window that is open
        raise InputError(
            f"This window is SegDepth {asked_by}, but {__version__} is installed now.",
            "Close the window and start SegDepth again; nothing is lost.",
        )
    return message


def listen(lines: "Lines", inbox: Inbox) -> None:
    """Passes on what the parent says, until it closes the pipe."""
    while (line := lines.next()) is not None:
        with suppress(ProtocolError):
            inbox.put(decode_command(line))
    inbox.close()


class Lines:
    """Lines of a file descriptor. Reads the descriptor itself: a buffered stdin deadlocks at exit in a thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._reader = LineReader()
        self._ready: list[bytes] = []

    def next(self) -> bytes | None:
        """The next line, or None at the end."""
        while not self._ready:
            try:
                data = os.read(self._descriptor, READ_BYTES)
            except OSError:
                data = b""
            if not data:
                self._ready = self._reader.rest()
                return self._ready.pop(0) if self._ready else None
            self._ready = self._reader.feed(data)
        return self._ready.pop(0)


@dataclass(frozen=True)
class Channels:
    """The pipes to the parent, out of reach of prints."""

    write: Callable[[bytes], None]
    lines: Callable[[], Lines]


def take_channels() -> Channels:
    """Keeps private copies of fds 0 and 1, and lets the public ones lead to nothing and to stderr."""
    commands, messages = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    try:
        os.fstat(2)
    except OSError:
        os.dup2(nothing, 2)
    os.dup2(2, 1)
    os.close(nothing)
    stderr = os.fdopen(os.dup(2), "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.stdout = sys.stderr = _Forgiving(stderr)
    faulthandler.enable(stderr)  # a crash in machine code says where: its last words are in the window's log
    return Channels(lambda data: _write_all(messages, data), lambda: Lines(commands))


class _Forgiving:
    """A text stream whose reader may be gone: then it says nothing, and the job goes on."""

    def __init__(self, stream: object) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)  # type: ignore[attr-defined]
        return len(text)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def _write_all(descriptor: int, data: bytes) -> None:
    """Writes to the parent; it may be gone, which is no reason to lose a training."""
    with suppress(OSError):
        while data:
            data = data[os.write(descriptor, data) :]


def _end_badly(reporter: JsonReporter, error: BaseException) -> int:
    if isinstance(error, KeyboardInterrupt | Cancelled):
        reporter.emit("end", reason="cancelled")
        return EXIT_CODES["cancelled"]
    if isinstance(error, SystemExit) and not error.code:
        reporter.emit("end", reason="done")
        return 0
    fault = describe(error)
    reporter.emit("error", **fault)
    reporter.emit("end", reason="failed")
    sys.stderr.write(fault["traceback"])
    return 2 if fault["kind"] == "input" else 1


def _on_terminate(_number: int, _frame: FrameType | None) -> None:
    """Ends like Ctrl-C, so that half-written files are removed."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
