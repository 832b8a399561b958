"""Reading run folders: alive, ended, killed in the middle of a line."""

import json
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from segdepth_app.training.runs import METRICS, is_alive, list_runs, read_metrics, read_run, state_of


def status(**changes: object) -> dict[str, object]:
    """The status of a run that this very process works on."""
    return {"state": "running", "pid": os.getpid(), "host": socket.gethostname(), "heartbeat": time.time(), **changes}


def write_run(path, *, rows: int = 3, torn: str = "", **changes: object):
    """A run folder with `rows` epochs whose validation loss is 1 / epoch, best last."""
    path.mkdir(parents=True)
    (path / "config.json").write_text("{}")
    (path / "status.json").write_text(json.dumps(status(max_epochs=9, **changes)))
    lines = [",".join(METRICS)]
    lines += [",".join([str(n), "2.0", str(1 / n), *["0.5"] * (len(METRICS) - 3)]) for n in range(1, rows + 1)]
    (path / "metrics.csv").write_text("\n".join(lines) + "\n" + torn)
    return path


@pytest.fixture(scope="module")
def dead_pid() -> int:
    """The number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_torn_last_line_is_left_out(tmp_path):
    metrics = read_metrics(write_run(tmp_path / "run", torn="4,2.0,0.2"))
    np.testing.assert_allclose(metrics["val_loss"], [1, 1 / 2, 1 / 3])
    assert set(metrics) == set(METRICS)


@pytest.mark.parametrize("text", ["", "epoch", "epoch,train", ",".join(METRICS), "a\x00b\n\xff,\n"])
def test_a_file_with_no_epoch_yet_has_empty_columns(tmp_path, text):
    (tmp_path / "metrics.csv").write_text(text)
    assert all(len(column) == 0 for column in read_metrics(tmp_path).values())


def test_the_best_epoch_is_the_one_of_lowest_loss(tmp_path):
    run = read_run(write_run(tmp_path / "run", state="done"))
    assert (run.state, run.epoch, run.best_epoch, run.max_epochs) == ("done", 3, 3, 9)
    assert run.val_loss == pytest.approx(1 / 3)


def test_a_run_whose_process_is_gone_is_lost(dead_pid):
    assert not is_alive(dead_pid)
    assert is_alive(os.getpid())
    assert state_of(status(pid=dead_pid)) == "lost"
    assert state_of(status()) == "running"


@pytest.mark.parametrize("state", ["done", "stopped", "paused", "failed"])
def test_a_run_that_ended_stays_ended(dead_pid, state):
    assert state_of(status(state=state, pid=dead_pid, heartbeat=0)) == state


def test_runs_of_other_machines_are_judged_by_their_heartbeat(dead_pid):
    there = status(host="elsewhere", pid=dead_pid, heartbeat=1000.0)
    assert state_of(there, now=1060.0) == "running"
    assert state_of(there, now=1200.0) == "lost"


@pytest.mark.parametrize(
    "broken", [None, {}, {"state": "running"}, {"state": "running", "heartbeat": "x"}, {"state": 7}]
)
def test_a_broken_status_is_lost(broken):
    assert state_of(broken) == "lost"


def test_runs_are_listed_newest_first_and_other_folders_are_not(tmp_path):
    write_run(tmp_path / "old", started=1.0, state="done")
    write_run(tmp_path / "new", started=2.0, state="failed")
    (tmp_path / "nothing").mkdir()
    assert [run.name for run in list_runs(tmp_path)] == ["new", "old"]
    assert list_runs(tmp_path / "missing") == []


def test_only_an_unfinished_run_with_a_checkpoint_can_be_resumed(tmp_path):
    for state in ("paused", "done"):
        write_run(tmp_path / state, state=state)
        assert not read_run(tmp_path / state).is_resumable
        (tmp_path / state / "last.ckpt").touch()
    assert read_run(tmp_path / "paused").is_resumable
    assert not read_run(tmp_path / "done").is_resumable


def test_listing_runs_needs_no_torch():
    code = "import sys, segdepth_app.training.runs; print(sorted({'torch', 'lightning', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
