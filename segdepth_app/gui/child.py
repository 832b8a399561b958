"""One child process that answers requests: starts it, sends numbered requests, hands back answers. No widgets.

Arrays come as .npy files in a folder that belongs to this object and goes with it.
"""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal


class ServingChild(QObject):
    """A running job that serves requests. `close()` ends it; after that nothing is emitted any more."""

    answered = Signal(dict)
    """An answer: its `id`, and what was asked for."""
    warned = Signal(str)
    failed = Signal(str, str)
    """The child reported an error or died: message, what to do."""

    def __init__(self, jobs: Any, job: str, config: dict[str, Any], title: str, *, ended: tuple[str, str]) -> None:
        """`ended`: what is said, and advised, when the child dies without a word."""
        super().__init__()
        # goes at the latest when the program ends
        self._folder = tempfile.TemporaryDirectory(prefix=f"segdepth-{job}-", ignore_cleanup_errors=True)
        self._ended = ended
        self._last_id = 0
        self._closed = False
        self._error_told = False
        self._job = jobs.start(job, {**config, "folder": self._folder.name}, title)
        self._job.told.connect(self._on_event)
        self._job.state_changed.connect(self._on_state)

    def send(self, command: str, **fields: Any) -> int:
        """Sends one request; returns its id, which the answer will carry."""
        self._last_id += 1
        self._job.send({"cmd": command, "id": self._last_id, **fields})
        return self._last_id

    def close(self) -> None:
        """Ends the child and takes its files away."""
        if not self._closed:
            self._closed = True
            if self._job.state == "idle":  # its process starts with the next turn of the event loop
                QTimer.singleShot(0, self._job.cancel)
            self._job.cancel()
            self._folder.cleanup()

    def abandon(self) -> None:
        """As close, for a child in the middle of what nobody wants any more."""
        self.close()
        self._job.terminate()

    def _on_event(self, event: dict) -> None:
        if self._closed:
            return
        kind = event.get("event")
        if kind == "answer":
            self.answered.emit(event)
        elif kind == "warning":
            self.warned.emit(str(event.get("message", "")))
        elif kind == "error":
            self._error_told = True
            self.failed.emit(str(event.get("message", "")), str(event.get("hint", "")))

    def _on_state(self, _: str) -> None:
        # a window that closes stops its helpers: nothing to report then
        told = self._closed or self._error_told or self._job.state in ("stopped", "cancelled")
        if self._job.has_ended and not told:
            self._error_told = True
            error = self._job.error or {}
            message, hint = self._ended
            self.failed.emit(str(error.get("message") or message), str(error.get("hint") or hint))


def take_array(path: str | Path) -> np.ndarray:
    """Loads an answer's array and removes its file; pixels that are not finite become the lowest value there is."""
    path = Path(path)
    array = np.load(path, allow_pickle=False)
    path.unlink(missing_ok=True)
    if array.dtype.kind == "f":
        array = array.astype(np.float32, copy=False)
        finite = np.isfinite(array)
        if not finite.all():  # a NaN in a picture costs 40 ms per redraw
            array[~finite] = array[finite].min() if finite.any() else 0
    return array
