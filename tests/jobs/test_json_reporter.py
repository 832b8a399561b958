"""Events as the child writes them: throttled progress, requests and commands from one inbox."""

import json

import pytest

from segdepth_app.jobs.json_reporter import Inbox, JsonReporter
from segdepth_app.reporting import Command, Reporter


@pytest.fixture
def told():
    """A reporter with a clock one can set, and the events it wrote."""
    events = []
    now = [0.0]
    reporter = JsonReporter(lambda line: events.append(json.loads(line)), clock=lambda: now[0])
    return reporter, events, now


def test_progress_comes_ten_times_a_second_and_the_last_always(told):
    reporter, events, now = told
    for step in range(1, 1001):
        now[0] = step / 1000
        reporter.progress(step, 1000, "steps")
    done = [event["done"] for event in events]
    assert 9 <= len(done) <= 11
    assert done[-1] == 1000


def test_held_progress_comes_before_the_next_event(told):
    reporter, events, _ = told
    reporter.progress(1, 10, "frames")
    reporter.progress(2, 10, "frames")
    reporter.warning("frame 3 is empty")
    assert [(event["event"], event.get("done")) for event in events] == [
        ("progress", 1),
        ("progress", 2),
        ("warning", None),
    ]


def test_requests_end_with_a_command():
    inbox = Inbox(when_alone=Command.STOP)
    for message in ({"cmd": "frame", "id": 1}, {"cmd": "saliency", "id": 2}):
        inbox.put(message)
    requests = inbox.requests()
    assert [next(requests)["id"], next(requests)["id"]] == [1, 2]
    inbox.put({"cmd": "stop"})
    assert list(requests) == []
    assert inbox.command is Command.STOP


def test_requests_end_when_the_parent_is_gone():
    inbox = Inbox()
    inbox.close()
    assert list(inbox.requests()) == []
    assert inbox.command is None


@pytest.mark.parametrize(("when_alone", "expected"), [(None, Command.PAUSE), (Command.STOP, Command.PAUSE)])
def test_a_vanished_parent_does_not_change_what_it_asked(when_alone, expected):
    inbox = Inbox(when_alone)
    inbox.put({"cmd": "pause"})
    inbox.close()
    assert inbox.command is expected


def test_a_cancel_is_not_taken_back():
    inbox = Inbox()
    inbox.put({"cmd": "cancel"})
    inbox.put({"cmd": "pause"})
    assert inbox.command is Command.CANCEL


def test_the_silent_reporter_has_no_requests():
    assert list(Reporter().requests()) == []
