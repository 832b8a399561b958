"""A job's events on a terminal: a progress bar and warnings on stderr, finished files on stdout."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from segdepth_app.jobs.json_reporter import Inbox
from segdepth_app.reporting import Command, Reporter


class ConsoleReporter(Reporter):
    """Shows a job to a person, and passes on what Ctrl-C asked for."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._bar: Any = None
        self._counts: tuple[int, str] | None = None  # what the bar counts; a silent bar does not remember
        self._done = 0
        self._device = ""

    def started(self, **facts: Any) -> None:
        """Keeps where the job runs until it does: input may still turn out unusable, which is one line alone."""
        self._device = str(facts.get("device", ""))

    def progress(self, done: int, total: int, unit: str) -> None:
        """Moves the bar; a new unit or total starts a new one."""
        self._say_device()
        if self._bar is None or self._counts != (total, unit):
            self.close()
            # what was done before, in an earlier run, says nothing about the pace
            self._bar, self._counts, self._done = _new_bar(total, unit, done), (total, unit), done
        self._bar.update(done - self._done)
        self._done = done

    def epoch(self, **values: float) -> None:
        """One line per epoch."""
        self._say_device()
        self._say("  ".join(f"{name} {_short(value)}" for name, value in values.items()))

    def artifact(self, path: Path) -> None:
        """The path on stdout, so that scripts can take it from there."""
        self._clear()
        print(path, flush=True)  # noqa: T201 (the command line's output)

    def warning(self, message: str) -> None:
        """On stderr."""
        self._say(f"Warning: {message}")

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Aligned on stdout, under the names of its columns."""
        self._clear()
        for line in table_lines(rows):
            print(line, flush=True)  # noqa: T201 (the command line's output)

    def command(self) -> Command | None:
        """What Ctrl-C asked for."""
        return self._inbox.command

    def close(self) -> None:
        """Ends the bar."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _say_device(self) -> None:
        device, self._device = self._device, ""
        if device:
            self._say(f"Running on {device}.")

    def _clear(self) -> None:
        if self._bar is not None:
            self._bar.clear()

    def _say(self, text: str) -> None:
        self._clear()
        print(text, file=sys.stderr, flush=True)  # noqa: T201 (the command line's output)


def table_lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The rows under their headings, columns two spaces apart; numbers stand to the right, None is a dash."""
    if not rows:
        return []
    names = list(rows[0])
    texts = [[name.replace("_", " ") for name in names]]
    texts += [["-" if row[name] is None else _short(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    right = [all(isinstance(row[name], int | float | None) for row in rows) for name in names]
    return [
        "  ".join(
            text.rjust(width) if to_right else text.ljust(width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in texts
    ]


def _new_bar(total: int, unit: str, done: int) -> Any:
    from tqdm import tqdm

    # disable=None: no bar where stderr is no terminal, so that logs and scripts get whole lines only
    return tqdm(
        initial=done, total=total, unit=f" {unit}", file=sys.stderr, disable=None, leave=False, dynamic_ncols=True
    )


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


@contextmanager
def signals_become(command: Command, inbox: Inbox) -> Iterator[None]:
    """The first Ctrl-C or SIGTERM (SLURM's) becomes `command`; the second ends the job at once."""
    owner = os.getpid()

    def heard(number: int, _frame: FrameType | None) -> None:
        if os.getpid() != owner:  # a process the job has forked: it ends as if nobody listened
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        if inbox.command is not None:
            raise KeyboardInterrupt
        inbox.put({"cmd": command.value})
        word = "Pausing" if command is Command.PAUSE else "Cancelling"
        os.write(2, f"{word} … (again to end at once)\n".encode())  # a print might interrupt a print

    before: dict[int, Any] = {}
    try:
        for wanted in (signal.SIGINT, signal.SIGTERM):
            before[wanted] = signal.signal(wanted, heard)
    except ValueError:
        pass  # not the main thread: the caller keeps its own handlers
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
