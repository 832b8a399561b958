"""Runs jobs in child processes and tells the window what they say."""

import logging
import os
import sys
from collections import deque
from itertools import count
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

import segdepth_app
from segdepth_app.jobs.protocol import LineReader, Message, encode
from segdepth_app.jobs.registry import find_job
from segdepth_app.jobs.supervisor import PATIENCE_S, TERMINATE_AFTER_S, Action, State, Supervisor
from segdepth_app.paths import is_frozen
from segdepth_app.reporting import Command

log = logging.getLogger(__name__)
WATCH_EVERY_MS = 250
KEPT_LOG_LINES = 200


def worker_command() -> tuple[str, list[str]]:
    """Program and arguments of a job's process, from source or frozen."""
    if not is_frozen():
        return sys.executable, ["-m", "segdepth_app", "--worker"]
    program = Path(sys.executable)
    # On Windows the window's own executable has no stdout: a console one lies beside it
    worker = program.with_name(f"segdepth-worker{program.suffix}")
    return str(worker if worker.exists() else program), ["--worker"]


def worker_environment() -> QProcessEnvironment:
    """The window's own environment, with unbuffered UTF-8 and this very package."""
    environment = QProcessEnvironment.systemEnvironment()
    environment.insert("PYTHONUNBUFFERED", "1")
    environment.insert("PYTHONIOENCODING", "utf-8")
    if not is_frozen():
        source = str(Path(segdepth_app.__file__).parent.parent)
        others = environment.value("PYTHONPATH")
        environment.insert("PYTHONPATH", f"{source}{os.pathsep}{others}" if others else source)
    return environment


class Job(QObject):
    """One job and its process. `told` carries each message as a dict, `state_changed` the new state."""

    # not `event`: that would hide the virtual QObject.event, which Qt calls for every event of a job
    told = Signal(object)
    state_changed = Signal(str)
    ended = Signal()

    def __init__(self, number: int, name: str, config: dict[str, Any], title: str, parent: QObject) -> None:
        super().__init__(parent)
        self.id = number
        self.name = name
        self.title = title
        self.config = config
        self.log: deque[str] = deque(maxlen=KEPT_LOG_LINES)
        self._spec = find_job(name)
        self._supervisor = Supervisor()
        self._stderr = LineReader()
        self._unsent: list[dict[str, Any]] = []
        self._process = QProcess(self)
        self._watch = QTimer(self)
        self._watch.setInterval(WATCH_EVERY_MS)
        self._watch.timeout.connect(self._act_if_due)

    @property
    def state(self) -> State:
        """Where the job stands (a str: "running", "done", …)."""
        return self._supervisor.state

    @property
    def has_ended(self) -> bool:
        """Whether its process is gone."""
        return self._supervisor.has_ended

    @property
    def progress(self) -> tuple[int, int, str] | None:
        """Done, total and unit of the last progress."""
        return self._supervisor.progress

    @property
    def seconds_left(self) -> float | None:
        """Time left, as far as known."""
        return self._supervisor.seconds_left

    @property
    def error(self) -> Message | None:
        """The `error` event: kind, message, hint, traceback."""
        return self._supervisor.error

    @property
    def verbs(self) -> tuple[Command, ...]:
        """What this kind of job heeds at all."""
        return self._spec.verbs

    @property
    def outlives_window(self) -> bool:
        """Whether the process goes on without a parent (it then hears no more commands)."""
        return self._spec.when_alone is None

    def may(self, command: Command) -> bool:
        """Whether the command is possible now: the one source of enabled buttons."""
        return command in self._spec.verbs and self._supervisor.may(command)

    def start(self) -> None:
        """Starts the process and hands it the settings."""
        if self.has_ended:
            return
        process = self._process
        program, arguments = worker_command()
        process.setProgram(program)
        process.setArguments(arguments)
        process.setProcessEnvironment(worker_environment())
        _own_session(process)
        process.readyReadStandardOutput.connect(self._read_stdout)
        process.readyReadStandardError.connect(self._read_stderr)
        process.errorOccurred.connect(self._on_process_error)
        process.finished.connect(self._on_finished)
        self._change(self._supervisor.launched)
        process.start()
        unsent, self._unsent = self._unsent, []
        for message in [
            {"cmd": "run", "job": self.name, "config": self.config, "version": segdepth_app.__version__},
            *unsent,
        ]:
            self.send(message)
        self._watch.start()

    def stop(self) -> None:
        """End early and keep what is good so far."""
        self._ask(Command.STOP)

    def pause(self) -> None:
        """End such that the same job can be resumed."""
        self._ask(Command.PAUSE)

    def cancel(self) -> None:
        """End and leave nothing half-made behind."""
        self._ask(Command.CANCEL)

    def close(self) -> None:
        """The window closes: the command that loses least. A job that ends already is left to it."""
        if self.state in (State.PAUSING, State.STOPPING):
            return
        command = self._spec.on_close
        self._ask(command if self._supervisor.may(command) else Command.CANCEL)

    def terminate(self) -> None:
        """Ends the process in the middle of what it does, as a second Ctrl-C: for what nobody wants any more."""
        self.cancel()
        if os.name == "posix":
            self._process.terminate()
        else:
            self._process.kill()  # a program without a window does not hear Windows' request to close

    def kill(self) -> None:
        """Ends the process and its children at once."""
        _kill_tree(self._process)

    def send(self, message: dict[str, Any]) -> None:
        """Sends a command or a request; dropped when the process is gone."""
        if self.state is State.IDLE:
            self._unsent.append(message)
        elif self._process.isWritable() and not self.has_ended:
            self._process.write(encode(message))

    def wait_for_end(self, milliseconds: int) -> bool:
        """Blocks until the process is gone; for the very end of the program only."""
        return self.has_ended or self._process.waitForFinished(milliseconds)

    def _ask(self, command: Command) -> None:
        if command not in self._spec.verbs:
            # sent all the same, it would be ignored, and the kill ladder would take that for deafness
            raise ValueError(f"The job {self.name!r} does not heed {command!r}")
        if self.state is State.IDLE:
            self._change(self._supervisor.never_started)
            self.ended.emit()
            return
        keeps = self._spec.on_close is Command.PAUSE and command is not Command.CANCEL
        patience_s = PATIENCE_S if keeps else TERMINATE_AFTER_S
        if self._change(lambda: self._supervisor.ask(command, patience_s)):
            self.send({"cmd": str(command)})

    def _change(self, act: Any) -> Any:
        """Does something to the supervisor and tells of a new state."""
        before = self.state
        answer = act()
        if self.state != before:
            self.state_changed.emit(str(self.state))
        return answer

    def _read_stdout(self) -> None:
        data = bytes(self._process.readAllStandardOutput().data())
        for event in self._change(lambda: self._supervisor.feed(data)):
            self._tell(event)

    def _read_stderr(self) -> None:
        for line in self._stderr.feed(bytes(self._process.readAllStandardError().data())):
            self._note(line.decode("utf-8", "replace").rstrip())

    def _tell(self, event: Message) -> None:
        if event["event"] == "log":
            self._note(event["text"])
        elif event["event"] == "error":
            self._note(f"{event['message']} {event['hint']}\n{event['traceback']}".strip())
        self.told.emit(event)

    def _note(self, text: str) -> None:
        self.log.append(text)
        log.info("job %d %s: %s", self.id, self.name, text)

    def _act_if_due(self) -> None:
        action = self._supervisor.due()
        if action is Action.TERMINATE:
            self._note("no answer: terminated")
            self._process.terminate()
        elif action is Action.KILL:
            self._note("no answer: killed")
            self.kill()

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._watch.stop()
            reason = self._process.errorString()
            self._tell(self._change(lambda: self._supervisor.failed_to_start(reason)))
            self.ended.emit()

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._watch.stop()
        self._read_stderr()
        self._read_stdout()
        for line in self._stderr.rest():
            self._note(line.decode("utf-8", "replace"))
        crashed = status is QProcess.ExitStatus.CrashExit
        for event in self._change(lambda: self._supervisor.exited(code, crashed)):
            self._tell(event)
        self.ended.emit()


class JobRunner(QObject):
    """All jobs of this window."""

    job_started = Signal(object)
    job_ended = Signal(object)
    job_removed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[Job] = []
        self._numbers = count(1)

    def start(self, job: str, config: dict[str, Any], title: str) -> Job:
        """Starts a job in its own process; its events come by its signals, none before this returns.

        Raises: InputError for a job that does not exist.
        """
        item = Job(next(self._numbers), job, config, title, self)
        item.ended.connect(lambda: self.job_ended.emit(item))
        self.jobs.append(item)
        # after the caller could connect: a job that fails to start says so at once
        QTimer.singleShot(0, item, item.start)
        self.job_started.emit(item)
        return item

    @property
    def live(self) -> list[Job]:
        """Jobs whose process is (about to be) there."""
        return [job for job in self.jobs if not job.has_ended]

    def remove(self, job: Job) -> None:
        """Forgets an ended job."""
        if job in self.jobs and job.has_ended:
            self.jobs.remove(job)
            self.job_removed.emit(job)
            job.deleteLater()

    @property
    def left_alone(self) -> list[Job]:
        """Live jobs that were asked to pause and finish that without the window."""
        return [job for job in self.live if job.outlives_window]

    def close_all(self) -> list[Job]:
        """Asks every live job to end in the way that loses least; those that are still there."""
        for job in self.live:
            job.close()
        return self.live

    def kill_all(self) -> None:
        """Ends what would be of no use without the window. Trainings and simulations finish their pause."""
        doomed = [job for job in self.live if not job.outlives_window]
        for job in doomed:
            job.kill()
        for job in doomed:
            job.wait_for_end(3000)


def _own_session(process: QProcess) -> None:
    """A session of its own: Ctrl-C in a terminal spares it, and its whole tree can be killed."""
    if os.name == "posix":
        parameters = QProcess.UnixProcessParameters()
        parameters.flags = QProcess.UnixProcessFlag.CreateNewSession
        process.setUnixProcessParameters(parameters)


def _kill_tree(process: QProcess) -> None:
    number = process.processId()
    if number <= 0:
        return
    if os.name == "posix":
        import signal
        from contextlib import suppress

        with suppress(ProcessLookupError, PermissionError):
            os.killpg(number, signal.SIGKILL)
    else:
        QProcess.execute("taskkill", ["/T", "/F", "/PID", str(number)])
    process.kill()
