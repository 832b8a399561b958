"""What the parent knows of one job: its state, its progress, and what to do when it does not listen.

No Qt and no processes here: bytes and exit codes come in, states and actions go out, so that every turn
can be tested with a clock of one's own.
"""

import os
import signal
from collections import deque
from collections.abc import Callable
from enum import StrEnum
from time import monotonic

from segdepth_app.jobs.protocol import LineReader, Message, decode_event
from segdepth_app.reporting import Command


class State(StrEnum):
    """Where a job stands."""

    IDLE = "idle"
    STARTING = "starting"
    RUNNING = "running"
    PAUSING = "pausing"
    STOPPING = "stopping"
    DONE = "done"
    STOPPED = "stopped"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FAILED = "failed"
    LOST = "lost"


ENABLED_VERBS: dict[State, frozenset[Command]] = {
    State.IDLE: frozenset(),
    # pause at once too: a resumed training whose window closes must not be discarded
    State.STARTING: frozenset({Command.STOP, Command.PAUSE, Command.CANCEL}),
    State.RUNNING: frozenset({Command.STOP, Command.PAUSE, Command.CANCEL}),
    State.PAUSING: frozenset({Command.CANCEL}),
    State.STOPPING: frozenset({Command.CANCEL}),
    State.DONE: frozenset(),
    State.STOPPED: frozenset(),
    State.PAUSED: frozenset(),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset(),
    State.LOST: frozenset(),
}
"""The one table from a job's state to the buttons that are enabled."""

ENDED = frozenset({State.DONE, State.STOPPED, State.PAUSED, State.CANCELLED, State.FAILED, State.LOST})
WHILE_ASKED = {Command.STOP: State.STOPPING, Command.CANCEL: State.STOPPING, Command.PAUSE: State.PAUSING}
WHEN_FORCED = {Command.STOP: State.STOPPED, Command.CANCEL: State.CANCELLED, Command.PAUSE: State.PAUSED}

TERMINATE_AFTER_S = 10.0
KILL_AFTER_S = 5.0
PATIENCE_S = 120.0
"""A training that saves its best model may be silent for long; it is not shot for that."""


class Action(StrEnum):
    """What the owner of the process must do now."""

    TERMINATE = "terminate"
    KILL = "kill"


class KillLadder:
    """Asked → after `patience_s` without a sign of life terminate → after 5 s more kill."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._patience_s = TERMINATE_AFTER_S
        self._since: float | None = None
        self._next: Action | None = None

    def ask(self, patience_s: float = TERMINATE_AFTER_S) -> None:
        """The job was asked to end; a second, less patient ask may only shorten the wait."""
        if self._next is None:
            self._next, self._since, self._patience_s = Action.TERMINATE, self._clock(), patience_s
        self._patience_s = min(self._patience_s, patience_s)

    def sign_of_life(self) -> None:
        """The job said something: it is at work, not hung."""
        if self._next is Action.TERMINATE:
            self._since = self._clock()

    def due(self) -> Action | None:
        """The action whose time has come, once."""
        if self._next is None or self._since is None:
            return None
        wait = self._patience_s if self._next is Action.TERMINATE else KILL_AFTER_S
        if self._clock() - self._since < wait:
            return None
        action, self._since = self._next, self._clock()
        self._next = Action.KILL if action is Action.TERMINATE else None
        return action


class TimeLeft:
    """Seconds left, from the pace of about the last minute."""

    MINIMUM_S = 1.0
    WINDOW_S = 60.0

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._points: deque[tuple[float, int]] = deque()
        self._of: tuple[int, str] | None = None

    def add(self, done: int, total: int, unit: str) -> float | None:
        """Notes the progress; the seconds left, or None while nobody can know."""
        if self._of != (total, unit) or (self._points and done < self._points[-1][1]):
            self._points.clear()
            self._of = (total, unit)
        now = self._clock()
        self._points.append((now, done))
        while len(self._points) > 2 and now - self._points[1][0] > self.WINDOW_S:
            self._points.popleft()
        then, before = self._points[0]
        if now - then < self.MINIMUM_S or done <= before or total <= 0:
            return None
        return max(total - done, 0) * (now - then) / (done - before)


class Supervisor:
    """The state machine of one job."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.state = State.IDLE
        self.progress: tuple[int, int, str] | None = None
        self.seconds_left: float | None = None
        self.error: Message | None = None
        self._ladder = KillLadder(clock)
        self._time_left = TimeLeft(clock)
        self._lines = LineReader()
        self._asked: Command | None = None
        self._forced = False
        self._reason: str | None = None

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED

    def launched(self) -> None:
        """The process was started."""
        self.state = State.STARTING

    def never_started(self) -> None:
        """It was cancelled before there was a process."""
        self.state = State.CANCELLED

    def may(self, command: Command) -> bool:
        """Whether the command makes sense in this state."""
        return command in ENABLED_VERBS[self.state]

    def ask(self, command: Command, patience_s: float = TERMINATE_AFTER_S) -> bool:
        """The job is asked to end; False where that makes no sense and nothing must be sent."""
        if not self.may(command):
            return False
        self._asked = command
        self.state = WHILE_ASKED[command]
        self._ladder.ask(patience_s)
        return True

    def due(self) -> Action | None:
        """What must be done to a job that does not listen; ask about twice a second."""
        action = None if self.has_ended else self._ladder.due()
        self._forced = self._forced or action is not None
        return action

    def feed(self, data: bytes) -> list[Message]:
        """Bytes from the job's stdout; the events they complete."""
        return [self._take(decode_event(line)) for line in self._lines.feed(data)]

    def exited(self, code: int, crashed: bool = False) -> list[Message]:
        """The process is gone; the last events, with an `error` where it left without a word."""
        events = [self._take(decode_event(line)) for line in self._lines.rest()]
        self.seconds_left = None
        if self._reason is not None:
            self.state = State(self._reason)
            return events
        if self._forced and self._asked is not None:
            self.state = WHEN_FORCED[self._asked]
            error = error_event(
                "forced",
                "The job did not answer and was ended by force.",
                "What it had saved until then is kept.",
            )
        else:
            self.state = State.LOST
            error = error_event("lost", *explain_exit(code, crashed))
        events.append(self._take(error))
        return events

    def failed_to_start(self, reason: str) -> Message:
        """The process could not be started at all."""
        self.state = State.FAILED
        hint = (
            "SegDepth may have been updated, moved or removed while this window was open: close it and start it again."
        )
        return self._take(error_event("start", f"The job's process could not be started: {reason}.", hint))

    def _take(self, event: Message) -> Message:
        kind = event["event"]
        self._ladder.sign_of_life()
        if self.state is State.STARTING and kind not in ("log", "warning", "error", "end"):
            self.state = State.RUNNING
        if kind == "progress":
            self.progress = (event["done"], event["total"], event["unit"])
            self.seconds_left = self._time_left.add(*self.progress)
        elif kind == "error":
            self.error = event
        elif kind == "end":
            self._reason = event["reason"]
        return event


def error_event(kind: str, message: str, hint: str = "", traceback: str = "") -> Message:
    """An `error` as the job itself would have sent it."""
    return {"v": 1, "event": "error", "kind": kind, "message": message, "hint": hint, "traceback": traceback}


def explain_exit(code: int, crashed: bool) -> tuple[str, str]:
    """Why a process ended that did not say so itself: message and hint."""
    if code in (-9, 137) or (crashed and code == 9):
        return (
            "The job was killed, likely because the computer ran out of memory.",
            "Close other programs, or take smaller images, batches or fewer processes.",
        )
    if crashed or code < 0 or code > 128:
        return (f"The job's process crashed ({_crash(code)}).", "The log has its last words; please report it.")
    return (f"The job's process ended without saying why (code {code}).", "The log has its last words.")


def _crash(code: int) -> str:
    """The signal's name where there are signals, from what Qt (11), a shell (139) or Python (-11) says."""
    number = code - 128 if code > 128 else abs(code)
    try:
        return signal.Signals(number).name if os.name == "posix" else f"code {code & 0xFFFFFFFF:#010x}"
    except ValueError:
        return f"code {code}"
