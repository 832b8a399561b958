"""A window without processes, for the presenters of the Simulate and Train tabs."""

from unittest.mock import MagicMock, create_autospec

from PySide6.QtCore import QObject, Signal, SignalInstance

from segdepth_app.reporting import Command


class FakeJob(QObject):
    """A job that does what it is told by the test."""

    told = Signal(object)
    state_changed = Signal(str)

    def __init__(self, name, config, title):
        super().__init__()
        self.name, self.config, self.title, self.state = name, config, title, "running"
        self.progress = self.seconds_left = self.error = None
        self.has_ended, self.asked, self.sent = False, [], []

    def may(self, command):
        return not self.has_ended and self.state == "running" and (self.name == "train" or command is not Command.STOP)

    def send(self, message):
        self.sent.append(message)

    def pause(self):
        self.asked.append("pause")

    def stop(self):
        self.asked.append("stop")

    def cancel(self):
        self.asked.append("cancel")

    def terminate(self):
        self.asked.append("terminate")

    def advance(self, done, total, unit, seconds_left=None):
        self.progress, self.seconds_left = (done, total, unit), seconds_left
        self.told.emit({"event": "progress", "done": done, "total": total, "unit": unit})

    def end(self, state):
        self.state, self.has_ended = state, True
        self.state_changed.emit(state)


class FakeRunner(QObject):
    job_started = Signal(object)

    def __init__(self):
        super().__init__()
        self.jobs = []

    @property
    def live(self):
        return [job for job in self.jobs if not job.has_ended]

    def of(self, name):
        return [job for job in self.jobs if job.name == name]

    def start(self, name, config, title):
        job = FakeJob(name, config, title)
        self.jobs.append(job)
        self.job_started.emit(job)
        return job


class FakeContext(QObject):
    datasets_changed = Signal()
    runs_changed = Signal()
    theme_changed = Signal()
    open_requested = Signal(str)

    def __init__(self):
        super().__init__()
        self.jobs, self.settings, self.reported, self.told = FakeRunner(), FakeSettings(), [], []

    def status(self, message):
        self.told.append(message)

    def report(self, error, hint=""):
        self.reported.append(str(error))


class FakeSettings(dict):
    def set(self, key, value):
        self[key] = value


def spec_of(view_class):
    """An autospec of a view; its signals are stand-ins, since a class's own have no `connect`."""
    view = create_autospec(view_class, instance=True)
    for name in dir(view_class):
        if isinstance(getattr(view_class, name), Signal):
            setattr(view, name, MagicMock(SignalInstance))
    return view


def last(call):
    """What a method of the view was called with last."""
    return call.call_args.args[0]
