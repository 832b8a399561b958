"""What the Evaluate tab's presenter is given in tests instead of the window and its processes."""

from pathlib import Path
from unittest.mock import MagicMock, create_autospec

from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.evaluate.view import EvaluateView
from segdepth_app.reporting import Command


class FakeJob(QObject):
    """A job without a process."""

    told = Signal(object)
    state_changed = Signal(str)

    def __init__(self, name, config):
        super().__init__()
        self.name, self.config, self.state = name, config, "running"
        self.progress, self.seconds_left, self.has_ended, self.cancelled = None, None, False, False

    def may(self, command):
        return command is Command.CANCEL and self.state == "running"

    def cancel(self):
        self.cancelled = True

    def become(self, state):
        self.state, self.has_ended = state, True
        self.state_changed.emit(state)


class FakeRunner(QObject):
    """Keeps what is started."""

    job_started = Signal(object)

    def __init__(self):
        super().__init__()
        self.jobs, self.titles = [], []

    @property
    def live(self):
        return [job for job in self.jobs if not job.has_ended]

    def start(self, job, config, title):
        item = FakeJob(job, config)
        self.jobs.append(item)
        self.titles.append(title)
        self.job_started.emit(item)
        return item


class FakeContext(QObject):
    """What the presenter uses of the window."""

    evaluations_changed = Signal()
    datasets_changed = Signal()
    runs_changed = Signal()

    def __init__(self):
        super().__init__()
        self.jobs, self.reported, self.opened = FakeRunner(), [], []

    def open(self, path):
        self.opened.append(path)

    def report(self, error, hint=""):
        self.reported.append((error, hint))


class FakeStudies:
    """Keeps what the studies' presenter is told."""

    def __init__(self, host):
        self.host, self.started, self.selected, self.opened = host, [], [], []
        self.shown = ""
        self.knows: Path | None = None

    def start(self, values):
        self.started.append(values)

    def select(self, folder):
        self.selected.append(folder)

    def open_path(self, path):
        self.opened.append(path)
        return path == self.knows


def fake_view():
    """An autospec of the view, with signals that can be connected."""
    made = create_autospec(EvaluateView, instance=True)
    # a signal of the class has no `connect`: only that of an instance
    for name, value in vars(EvaluateView).items():
        if isinstance(value, Signal):
            setattr(made, name, MagicMock())
    return made
