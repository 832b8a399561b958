"""The `preview` child as the Simulate tab uses it: the newest wish is served, answers to older ones are dropped.

The child starts with the first wish and ends with `close()`; one that died starts again with the next wish. So does
one that has been at work on something else for long: frozen phonons can take minutes.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from segdepth_app.gui.child import ServingChild, take_array

PATIENCE_MS = 300
"""Only what takes longer is announced."""
GIVE_UP_MS, FIRST_GIVE_UP_MS = 4000, 15_000
"""A child at work on another specimen for longer is ended: starting a new one takes less than it may still need.
The first answer takes longer: libraries are loaded for it."""
CHEAP = ("image", "dose_e_per_px", "have")
"""What can be wished for otherwise without another simulation."""
ENDED = ("The helper that makes previews has ended.", "Change a setting to start it again.")


@dataclass(frozen=True)
class Served:
    """An answer, its arrays by name, and what was asked."""

    wish: dict[str, Any]
    facts: dict[str, Any]
    arrays: dict[str, np.ndarray]


class PreviewClient(QObject):
    """Asks for one thing at a time."""

    ready = Signal(object)
    """Served."""
    failed = Signal(str)
    """Why there is no answer: what happened, and what to do."""
    refused = Signal(str, str)
    """As `failed`, where a file of the draft is at fault: its field, and why."""
    busy = Signal(bool)
    """True once an answer takes long, False when it is there or no longer wanted."""

    def __init__(self, jobs: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._child: ServingChild | None = None
        self._wish: tuple[str, dict[str, Any]] | None = None
        self._asked: int | None = None
        self._at_work: tuple[str, dict[str, Any]] | None = None
        """What the child computes now, as far as it costs time."""
        self._since = QElapsedTimer()
        self._has_answered = False
        self._last: tuple[int, tuple[str, dict[str, Any]]] | None = None
        """Number of the last request, and its part that costs time."""
        self._delay = _single_shot(self, self._send)
        self._patience = _single_shot(self, lambda: self.busy.emit(True))

    def ask(self, command: str, wish: dict[str, Any], *, wait_ms: int = 0) -> None:
        """Wishes for something, `wait_ms` after the last wish; it replaces every earlier one."""
        self._wish = command, wish
        self._asked = None
        self._delay.stop()
        if wait_ms:
            self._delay.start(wait_ms)
        else:
            self._send()

    def forget(self) -> None:
        """Nothing is wished for any more; an answer on its way is dropped."""
        self._wish = self._asked = None
        self._delay.stop()
        self._patience.stop()
        self.busy.emit(False)

    def close(self) -> None:
        """Ends the child."""
        self.forget()
        self._end_child()

    def _send(self) -> None:
        if self._wish is None:
            return
        command, wish = self._wish
        costly = command, {key: value for key, value in wish.items() if key not in CHEAP}
        limit = GIVE_UP_MS if self._has_answered else FIRST_GIVE_UP_MS
        if self._at_work not in (None, costly) and self._since.elapsed() > limit:
            self._end_child()
        if self._child is None:
            wish = {**wish, "have": 0} if "have" in wish else wish  # a new child has sent nothing yet
            self._child = ServingChild(self._jobs, "preview", {}, "Preview", ended=ENDED)
            self._child.answered.connect(self._on_answer)
            self._child.failed.connect(self._on_failure)
        self._asked = self._child.send(command, **wish)
        self._last = self._asked, costly
        if self._at_work is None:
            self._work_on(costly)
        if not self._patience.isActive():
            self._patience.start(PATIENCE_MS)

    def _end_child(self) -> None:
        if self._child is not None:
            self._child.abandon() if self._at_work is not None else self._child.close()
            self._child.deleteLater()
            self._child = self._at_work = self._last = None
            self._has_answered = False

    def _work_on(self, what: tuple[str, dict[str, Any]] | None) -> None:
        self._at_work = what
        self._since.start()

    def _on_answer(self, answer: dict[str, Any]) -> None:
        self._has_answered = True
        # of several requests that wait the child takes up the newest
        self._work_on(None if self._last is None or answer["id"] == self._last[0] else self._last[1])
        paths = answer.get("paths") or {}
        if answer["id"] != self._asked or self._wish is None:
            for path in paths.values():
                with suppress(OSError):
                    Path(path).unlink()
            return
        wish = self._wish[1]
        self._done()
        if answer.get("field"):
            self.refused.emit(answer["field"], f"{answer['problem']} {answer.get('hint', '')}".strip())
            return
        if "problem" in answer:
            self.failed.emit(f"{answer['problem']} {answer.get('hint', '')}".strip())
            return
        self.ready.emit(Served(wish, answer, {name: take_array(path) for name, path in paths.items()}))

    def _on_failure(self, message: str, hint: str) -> None:
        self.close()
        self.failed.emit(f"{message} {hint}".strip())

    def _done(self) -> None:
        self._asked = None
        self._patience.stop()
        self.busy.emit(False)


def _single_shot(parent: QObject, act: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.timeout.connect(act)
    return timer
