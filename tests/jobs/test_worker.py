"""The real child process: what comes out of its pipe, whatever the job does."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from segdepth_app.errors import InputError
from segdepth_app.jobs.faults import describe

ROOT = Path(__file__).parents[2]
WORKER = [sys.executable, "-m", "segdepth_app", "--worker"]


def start(config: dict, job: str = "fake", **options) -> subprocess.Popen:
    child = subprocess.Popen(
        WORKER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, **options
    )
    say(child, {"cmd": "run", "job": job, "config": config})
    return child


def say(child: subprocess.Popen, message: dict) -> None:
    child.stdin.write(json.dumps(message).encode() + b"\n")
    child.stdin.flush()


def read(child: subprocess.Popen) -> dict:
    return json.loads(child.stdout.readline())


def finish(child: subprocess.Popen) -> tuple[list[dict], int]:
    """The rest of its events and its exit code; stdin stays open until it ends."""
    events = [json.loads(line) for line in child.stdout]
    code = child.wait(20)
    child.stdin.close()
    child.stdout.close()
    child.stderr.close()
    return events, code


def test_a_happy_job_starts_goes_on_and_ends():
    events, code = finish(start({"n_steps": 3}))
    assert events[0]["event"] == "started"
    assert events[0]["versions"]["segdepth"]
    assert [event["done"] for event in events if event["event"] == "progress"][-1] == 3
    assert (events[-1]["event"], events[-1]["reason"], code) == ("end", "done", 0)


@pytest.mark.parametrize(
    ("behaviour", "kind", "code", "words"),
    [
        ("error", "input", 2, "Frame 3 of a.tif is 64 × 64 px"),
        ("bug", "internal", 1, "ZeroDivisionError"),
        ("memory", "memory", 1, "ran out of memory: cannot take 64 GiB"),
    ],
)
def test_faults_become_an_error_and_an_end(behaviour, kind, code, words):
    events, exit_code = finish(start({"behaviour": behaviour}))
    error, end = events[-2:]
    assert error["event"] == "error"
    assert error["kind"] == kind
    assert words in error["message"]
    assert error["hint"]
    assert end["reason"] == "failed"
    assert exit_code == code


def test_prints_of_libraries_never_reach_the_messages():
    """sys.stdout, the raw fd 1 and a forged event on stderr; every line of the pipe is a message of ours."""
    events, code = finish(start({"behaviour": "garbage", "n_steps": 2}))
    assert {event["event"] for event in events} == {"started", "progress", "end"}
    assert (events[-1]["reason"], code) == ("done", 0)


@pytest.mark.parametrize(
    ("verb", "reason", "code"), [("stop", "stopped", 0), ("pause", "paused", 0), ("cancel", "cancelled", 130)]
)
def test_a_command_is_heard_while_the_job_works(verb, reason, code):
    child = start({"n_steps": 2000, "step_s": 0.01})
    assert read(child)["event"] == "started"
    say(child, {"cmd": verb})
    events, exit_code = finish(child)
    assert (events[-1]["event"], events[-1]["reason"], exit_code) == ("end", reason, code)


def test_requests_are_answered_until_the_pipe_closes():
    child = start({"behaviour": "answer"})
    read(child)
    say(child, {"cmd": "frame", "id": 7, "frame": 3})
    answer = read(child)
    assert (answer["event"], answer["id"], answer["echo"]["frame"]) == ("answer", 7, 3)
    out, _ = child.communicate(timeout=20)
    assert json.loads(out.splitlines()[-1])["reason"] == "stopped"


def test_a_job_of_the_window_ends_when_the_window_vanishes():
    child = start({"n_steps": 100_000, "step_s": 0.01})
    read(child)
    out, _ = child.communicate(timeout=20)
    assert json.loads(out.splitlines()[-1]) | {"t": 0} == {"v": 1, "t": 0, "event": "end", "reason": "stopped"}
    assert child.returncode == 0


LONG_JOB = """
import sys
from dataclasses import replace
from pathlib import Path
from segdepth_app.jobs import fake, registry, worker

def run(config, reporter):
    fake.run(config, reporter)
    Path(sys.argv[1]).write_text("worked to the end")

registry.JOBS["fake"] = replace(registry.JOBS["fake"], when_alone=None)
registry.JobSpec.function = lambda spec: run
sys.exit(worker.main())
"""


def test_a_training_goes_on_when_the_window_is_killed(tmp_path):
    """All three pipes are gone in the middle of its work, and it prints at every step."""
    mark = tmp_path / "mark"
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    child = subprocess.Popen([sys.executable, "-c", LONG_JOB, str(mark)], cwd=ROOT, **pipes)
    say(child, {"cmd": "run", "job": "fake", "config": {"n_steps": 30, "step_s": 0.01}})
    read(child)
    for pipe in (child.stdin, child.stdout, child.stderr):
        pipe.close()
    assert not mark.exists()
    assert child.wait(20) == 0
    assert mark.exists()


def test_a_vanished_reader_is_no_fault(tmp_path):
    """stdout and stderr closed at the other end: the job is told by stdin alone and ends well."""
    child = start({"n_steps": 30, "step_s": 0.01})
    read(child)
    child.stdout.close()
    child.stderr.close()
    assert child.wait(20) == 0
    child.stdin.close()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_terminate_ends_like_a_cancel():
    child = start({"behaviour": "hang"})
    read(child)
    child.send_signal(signal.SIGTERM)
    events, code = finish(child)
    assert (events[-1]["reason"], code) == ("cancelled", 130)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello\n",
        b'{"cmd": "stop"}\n',
        b'{"cmd": "run", "job": "nonsense", "config": {}}\n',
        b'{"cmd": "run", "job": "fake"}\n',
        b'{"cmd": "run", "job": "fake", "config": {"n_steps": 0}}\n',
        b'{"cmd": "run", "job": "fake", "config": {"unknown": 1}}\n',
    ],
)
def test_an_unusable_first_line_is_input_that_cannot_be_used(line):
    done = subprocess.run(WORKER, input=line, capture_output=True, timeout=20, cwd=ROOT, check=False)
    events = [json.loads(text) for text in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["error", "end"]
    assert events[0]["kind"] == "input"
    assert done.returncode == 2


def test_a_window_of_another_version_is_told_to_start_again():
    """An update under an open window: its jobs must not be read with other meanings, silently."""
    line = b'{"cmd": "run", "job": "fake", "config": {"n_steps": 1}, "version": "0.0.1"}\n'
    done = subprocess.run(WORKER, input=line, capture_output=True, timeout=20, cwd=ROOT, check=False)
    error = json.loads(done.stdout.splitlines()[0])
    assert (error["event"], error["kind"], done.returncode) == ("error", "input", 2)
    assert "0.0.1" in error["message"]
    assert "start SegDepth again" in error["hint"]


def test_a_job_is_there_at_once():
    """Nothing heavy is imported before the job is known; 5 s leaves room for a busy machine (0.3 s measured)."""
    begin = time.monotonic()
    finish(start({"n_steps": 1}))
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InputError("bad", "mend it"), "input"),
        (MemoryError(), "memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes"), "memory"),
        (type("OutOfMemoryError", (RuntimeError,), {})("CUDA out of memory. Tried to allocate 2 GiB"), "memory"),
        (type("BrokenProcessPool", (RuntimeError,), {})("abruptly terminated"), "memory"),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x.h5"), "disk"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/x.h5"), "input"),
        (RuntimeError("shapes differ"), "internal"),
        (KeyError("a"), "internal"),
    ],
)
def test_each_fault_has_its_kind(error, kind):
    fault = describe(error)
    assert fault["kind"] == kind
    assert set(fault) == {"kind", "message", "hint", "traceback"}


def test_a_full_graphics_card_is_told_from_a_full_computer():
    cuda = type("OutOfMemoryError", (RuntimeError,), {"__module__": "torch.cuda"})("Tried to allocate 2 GiB")
    assert "graphics card" in describe(cuda)["message"]
    assert "computer" in describe(MemoryError("x"))["message"]
