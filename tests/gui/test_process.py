"""Jobs in real child processes, as the window runs them."""

import os
import sys

import pytest
from PySide6.QtTest import QSignalSpy

from segdepth_app.errors import InputError
from segdepth_app.gui import process
from segdepth_app.gui.process import JobRunner
from segdepth_app.jobs import supervisor
from segdepth_app.jobs.supervisor import State
from segdepth_app.reporting import Command

WAIT_MS = 20_000


@pytest.fixture
def runner(qapp):
    jobs = JobRunner()
    yield jobs
    jobs.kill_all()
    jobs.deleteLater()


def begin(runner, **config):
    """A fake job and the list that its events go into."""
    job = runner.start("fake", config, "Fake")
    events = []
    job.told.connect(events.append)
    return job, events


def wait_for_end(qtbot, job):
    if not job.has_ended:
        with qtbot.waitSignal(job.ended, timeout=WAIT_MS):
            pass


def wait_for_start(qtbot, job):
    qtbot.waitUntil(lambda: job.state is State.RUNNING, timeout=WAIT_MS)


def test_a_happy_job_from_start_to_end(qtbot, runner):
    job, events = begin(runner, n_steps=4)
    states = QSignalSpy(job.state_changed)
    ended = QSignalSpy(runner.job_ended)
    assert job.state is State.IDLE
    wait_for_end(qtbot, job)
    assert [states.at(i)[0] for i in range(states.count())] == ["starting", "running", "done"]
    assert events[-1]["reason"] == "done"
    assert job.progress == (4, 4, "steps")
    assert job.error is None
    assert ended.at(0)[0] is job
    assert runner.live == []


def test_an_error_is_told_with_its_hint(qtbot, runner):
    job, _ = begin(runner, behaviour="error")
    wait_for_end(qtbot, job)
    assert job.state is State.FAILED
    assert job.error["kind"] == "input"
    assert job.error["hint"] == "Leave this frame out."


def test_garbage_goes_to_the_log_and_harms_nothing(qtbot, runner):
    job, events = begin(runner, behaviour="garbage", n_steps=2)
    wait_for_end(qtbot, job)
    assert job.state is State.DONE
    assert {event["event"] for event in events} == {"started", "progress", "end"}
    assert "a print of some library, µ" in job.log


def test_a_hung_job_is_terminated(qtbot, runner, monkeypatch):
    monkeypatch.setattr(process, "PATIENCE_S", 0.3)
    job, _ = begin(runner, behaviour="hang")
    wait_for_start(qtbot, job)
    job.stop()
    assert job.state is State.STOPPING
    wait_for_end(qtbot, job)
    # terminate reached it, and it still could say good-bye
    assert job.state is State.CANCELLED
    assert "no answer: terminated" in job.log


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_deaf_job_is_killed(qtbot, runner, monkeypatch):
    monkeypatch.setattr(process, "TERMINATE_AFTER_S", 0.2)
    monkeypatch.setattr(supervisor, "KILL_AFTER_S", 0.2)
    job, _ = begin(runner, behaviour="deaf")
    wait_for_start(qtbot, job)
    qtbot.wait(100)  # it sets its ears after it said that it started
    job.cancel()
    wait_for_end(qtbot, job)
    assert job.state is State.CANCELLED
    assert job.error["kind"] == "forced"
    assert list(job.log)[-3:-1] == ["no answer: terminated", "no answer: killed"]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_killed_job_is_lost_and_memory_is_named(qtbot, runner):
    job, _ = begin(runner, behaviour="kill")
    wait_for_end(qtbot, job)
    assert job.state is State.LOST
    assert "out of memory" in job.error["message"]


def test_a_job_that_just_leaves_is_lost(qtbot, runner):
    job, _ = begin(runner, behaviour="exit")
    wait_for_end(qtbot, job)
    assert job.state is State.LOST
    assert "code 3" in job.error["message"]


@pytest.mark.parametrize(("verb", "state"), [("stop", "stopped"), ("pause", "paused"), ("cancel", "cancelled")])
def test_the_three_verbs(qtbot, runner, verb, state):
    job, _ = begin(runner, n_steps=5000, step_s=0.01)
    wait_for_start(qtbot, job)
    getattr(job, verb)()
    wait_for_end(qtbot, job)
    assert job.state == state


def test_a_job_cancelled_before_it_began_never_begins(qtbot, runner):
    job, events = begin(runner)
    job.cancel()
    assert job.state is State.CANCELLED
    qtbot.wait(50)
    assert events == []
    assert job.state is State.CANCELLED


def test_requests_sent_at_once_wait_for_the_process(qtbot, runner):
    job, events = begin(runner, behaviour="answer")
    job.send({"cmd": "frame", "id": 1})
    qtbot.waitUntil(lambda: any(event["event"] == "answer" for event in events), timeout=WAIT_MS)
    assert events[-1]["id"] == 1
    job.stop()
    wait_for_end(qtbot, job)


def test_what_a_job_does_not_heed_is_not_asked(runner):
    job = runner.start("demo", {}, "Demo")
    assert not job.may(Command.PAUSE)
    with pytest.raises(ValueError, match="pause"):
        job.pause()
    job.cancel()


def test_closing_while_a_job_starts_pauses_it(qtbot, runner):
    """Never a cancel: it may be the resumption of many hours of training."""
    job, _ = begin(runner, n_steps=5000, step_s=0.01)
    qtbot.waitUntil(lambda: job.state is State.STARTING, timeout=WAIT_MS)
    job.close()
    wait_for_end(qtbot, job)
    assert job.state is State.PAUSED


def test_closing_leaves_a_pause_in_peace(qtbot, runner):
    """A second command would turn the pause into a cancel, which throws the work away."""
    job, _ = begin(runner, n_steps=5000, step_s=0.01)
    wait_for_start(qtbot, job)
    job.pause()
    job.close()
    assert job.state is State.PAUSING
    wait_for_end(qtbot, job)
    assert job.state is State.PAUSED


def test_a_worker_that_cannot_be_started(qtbot, runner, monkeypatch):
    monkeypatch.setattr(process, "worker_command", lambda: ("/no/such/program", []))
    job, _ = begin(runner)
    wait_for_end(qtbot, job)
    assert job.state is State.FAILED
    assert job.error["kind"] == "start"


def test_an_unknown_job_is_refused(runner):
    with pytest.raises(InputError, match="nonsense"):
        runner.start("nonsense", {}, "Nonsense")
    assert runner.jobs == []


@pytest.mark.skipif(os.name != "posix", reason="sessions")
def test_ctrl_c_in_the_terminal_spares_the_jobs(qtbot, runner):
    """The child is in a session of its own."""
    job, events = begin(runner, n_steps=5000, step_s=0.01)
    wait_for_start(qtbot, job)
    child = events[0]["pid"]
    assert os.getsid(child) == child
    job.cancel()
    wait_for_end(qtbot, job)


def test_a_frozen_window_starts_the_console_worker_beside_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "segdepth.exe"))
    assert process.worker_command() == (str(tmp_path / "segdepth.exe"), ["--worker"])
    (tmp_path / "segdepth-worker.exe").touch()
    assert process.worker_command() == (str(tmp_path / "segdepth-worker.exe"), ["--worker"])


def test_dismissed_jobs_are_forgotten(qtbot, runner):
    job, _ = begin(runner, n_steps=1)
    runner.remove(job)
    assert runner.jobs == [job]  # it lives: no
    wait_for_end(qtbot, job)
    with qtbot.waitSignal(job.destroyed):
        runner.remove(job)
    assert runner.jobs == []
