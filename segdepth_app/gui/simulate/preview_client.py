"""The `preview` child as the Simulate tab uses it: the newest wish is served, answers to older ones are dropped.

The child starts with the first wish and ends with `close()`; one that died starts again with the next wish.
"""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from segdepth_app.gui.child import ServingChild, take_array

PATIENCE_MS = 300
"""Only what takes longer is announced."""
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
    busy = Signal(bool)
    """True once an answer takes long, False when it is there or no longer wanted."""

    def __init__(self, jobs: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._child: ServingChild | None = None
        self._wish: tuple[str, dict[str, Any]] | None = None
        self._asked: int | None = None
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
        if self._child is not None:
            self._child.close()
            self._child.deleteLater()
            self._child = None

    def _send(self) -> None:
        if self._wish is None:
            return
        if self._child is None:
            self._child = ServingChild(self._jobs, "preview", {}, "Preview", ended=ENDED)
            self._child.answered.connect(self._on_answer)
            self._child.failed.connect(self._on_failure)
        command, wish = self._wish
        self._asked = self._child.send(command, **wish)
        if not self._patience.isActive():
            self._patience.start(PATIENCE_MS)

    def _on_answer(self, answer: dict[str, Any]) -> None:
        paths = answer.get("paths") or {}
        if answer["id"] != self._asked or self._wish is None:
            for path in paths.values():
                with suppress(OSError):
                    Path(path).unlink()
            return
        wish = self._wish[1]
        self._done()
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
