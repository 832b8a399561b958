"""The state machine of one job, turn by turn, with a clock of our own."""

import pytest

from segdepth_app.jobs.protocol import encode_event
from segdepth_app.jobs.registry import JOBS
from segdepth_app.jobs.supervisor import (
    ENABLED_VERBS,
    ENDED,
    Action,
    State,
    Supervisor,
    TimeLeft,
    explain_exit,
)
from segdepth_app.reporting import Command

STOP, PAUSE, CANCEL = Command.STOP, Command.PAUSE, Command.CANCEL


class Clock:
    """Time that passes when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def running(clock):
    supervisor = Supervisor(clock)
    supervisor.launched()
    supervisor.feed(encode_event("started", 0.0, device="cpu"))
    return supervisor


@pytest.mark.parametrize(
    ("state", "enabled"),
    [
        ("idle", ""),
        ("starting", "stop pause cancel"),
        ("running", "stop pause cancel"),
        ("pausing", "cancel"),
        ("stopping", "cancel"),
        ("done", ""),
        ("stopped", ""),
        ("paused", ""),
        ("cancelled", ""),
        ("failed", ""),
        ("lost", ""),
    ],
)
def test_each_state_enables_these_buttons(state, enabled):
    assert ENABLED_VERBS[State(state)] == {Command(verb) for verb in enabled.split()}
    assert len(ENABLED_VERBS) == len(State) == 11


@pytest.mark.parametrize("reason", ["done", "stopped", "paused", "cancelled", "failed"])
def test_the_end_is_believed_when_the_process_is_gone(running, reason):
    running.feed(encode_event("end", 1.0, reason=reason))
    assert running.state is State.RUNNING  # it may still write files
    running.exited(0)
    assert running.state == reason
    assert running.has_ended


@pytest.mark.parametrize(
    ("code", "crashed", "word"),
    [(-9, False, "memory"), (137, False, "memory"), (9, True, "memory"), (11, True, "crashed"), (3, False, "code 3")],
)
def test_a_process_that_leaves_without_a_word_is_lost_and_says_why(running, code, crashed, word):
    events = running.exited(code, crashed)
    assert running.state is State.LOST
    assert events[-1]["event"] == "error"
    assert word in running.error["message"]
    assert running.error["hint"]


def test_nine_is_an_exit_code_too():
    """A process that returns 9 by itself was not killed."""
    assert "memory" not in explain_exit(9, False)[0]


def test_a_word_that_was_cut_off_is_still_read(running):
    running.feed(encode_event("end", 1.0, reason="done").rstrip(b"\n"))
    running.exited(0)
    assert running.state is State.DONE


def test_no_sign_of_life_terminate_then_kill(running, clock):
    assert running.ask(CANCEL)
    steps = []
    for clock.now in (9.9, 10.1, 15.0, 15.2, 60.0):
        steps.append(running.due())
    assert steps == [None, Action.TERMINATE, None, Action.KILL, None]
    running.exited(9, True)
    assert running.state is State.CANCELLED
    assert running.error["kind"] == "forced"


def test_a_job_that_still_speaks_is_not_shot(running, clock):
    running.ask(STOP)
    clock.now = 9.0
    running.feed(encode_event("progress", 9.0, done=1, total=9, unit="frames"))
    clock.now = 18.0
    assert running.due() is None
    clock.now = 19.1
    assert running.due() is Action.TERMINATE


def test_cancel_ends_the_patience_of_a_pause(running, clock):
    running.ask(PAUSE, patience_s=120)
    assert running.state is State.PAUSING
    clock.now = 30.0
    assert running.due() is None
    assert running.ask(CANCEL)
    assert running.state is State.STOPPING
    assert running.due() is Action.TERMINATE


def test_what_makes_no_sense_is_not_asked(running):
    running.ask(PAUSE)
    assert not running.ask(STOP)
    assert running.state is State.PAUSING


def test_the_forced_end_of_a_pause_is_a_pause(running, clock):
    running.ask(PAUSE)
    clock.now = 11
    running.due()
    running.exited(15, True)
    assert running.state is State.PAUSED


def test_a_warning_alone_does_not_make_it_run():
    supervisor = Supervisor()
    supervisor.launched()
    supervisor.feed(encode_event("warning", 0.0, message="no GPU"))
    assert supervisor.state is State.STARTING
    supervisor.feed(encode_event("progress", 0.0, done=0, total=3, unit="images"))
    assert supervisor.state is State.RUNNING


def test_time_left_follows_the_pace(clock):
    """Two a second, 20 left: 10 s; after a minute at half the pace, twice that."""
    time_left = TimeLeft(clock)
    assert time_left.add(0, 100, "frames") is None
    for step in range(1, 41):
        clock.now = step * 2.0
        estimate = time_left.add(2 * step, 100, "frames")
    assert estimate == pytest.approx(20.0)


def test_time_left_begins_anew_with_another_unit(clock):
    time_left = TimeLeft(clock)
    time_left.add(0, 10, "images")
    clock.now = 5.0
    assert time_left.add(5, 10, "images") == pytest.approx(5.0)
    assert time_left.add(1, 10, "epochs") is None


@pytest.mark.parametrize("name", sorted(JOBS))
def test_a_job_hears_what_it_is_told_at_the_end(name):
    spec = JOBS[name]
    assert spec.on_close in spec.verbs
    assert spec.when_alone is None or spec.when_alone in spec.verbs


def test_all_ended_states_are_final():
    assert {state for state in State if not ENABLED_VERBS[state]} - {State.IDLE} == ENDED
