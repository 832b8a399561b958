"""A child process that a test plays by hand: it takes down what it is sent and answers when told to."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal


class ScriptedJob(QObject):
    """Stands in for gui.process.Job."""

    told = Signal(dict)
    state_changed = Signal(str)

    def __init__(self, job: str, config: dict, title: str) -> None:
        super().__init__()
        self.name, self.config, self.title = job, config, title
        self.state, self.progress, self.error = "running", None, None
        self.sent: list[dict] = []
        self.stopped = self.terminated = self.has_ended = False
        self.seconds_left = None

    def send(self, message: dict) -> None:
        self.sent.append(message)

    def stop(self) -> None:
        self.stopped = True

    cancel = stop

    def terminate(self) -> None:
        self.terminated = True

    def end(self, state: str, error: dict | None = None) -> None:
        self.state, self.error, self.has_ended = state, error, True
        self.state_changed.emit(state)

    def open_series(self, **facts) -> None:
        known = {"name": "tiny", "n_frames": 5, "height_px": 4, "width_px": 6}
        self.told.emit({"event": "answer", "id": 0, **known, **facts})

    def answer(self, sent: dict, array: np.ndarray, **more) -> None:
        path = Path(self.config["folder"]) / f"{sent['id']}.npy"
        np.save(path, array)
        self.told.emit({"event": "answer", "id": sent["id"], "path": str(path), **more})

    def unanswered(self) -> list[dict]:
        return [message for message in self.sent if not message.get("done")]

    def answer_frames(self) -> None:
        """Answers every open frame request; a frame is filled with its own number."""
        while waiting := self.unanswered():
            waiting[0]["done"] = True
            number = waiting[0]["frame"]
            self.answer(waiting[0], np.full((4, 6), number, np.float32), frame=number)


class ScriptedJobs:
    """Stands in for gui.process.JobRunner."""

    def __init__(self) -> None:
        self.started: list[ScriptedJob] = []

    def start(self, job: str, config: dict, title: str) -> ScriptedJob:
        self.started.append(ScriptedJob(job, config, title))
        return self.started[-1]
