"""The runs as their folders tell them, and what is said about one."""

import os

import numpy as np
import pytest

from segdepth_app.config import NetworkConfig
from segdepth_app.gui.train import roster
from segdepth_app.gui.train.roster import CurveReader, Roster, details
from segdepth_app.training.runs import read_run
from tests.gui.lab_files import add_epochs, make_run


def facts(path, seconds_left=None):
    run = read_run(path)
    (curve,) = CurveReader().curves([path])
    return dict(details(run, curve, seconds_left))


def test_the_newest_run_comes_first(tmp_path):
    make_run(tmp_path / "old", started=1)
    make_run(tmp_path / "new", started=2)
    (tmp_path / "no run").mkdir()
    assert [run.name for run in Roster(tmp_path).scan()] == ["new", "old"]


def test_a_folder_that_is_not_there_has_no_runs(tmp_path):
    assert Roster(tmp_path / "gone").scan() == []


def test_ended_runs_are_read_again_only_when_a_file_changes(tmp_path, monkeypatch):
    path = make_run(tmp_path / "a", state="paused", epochs=2)
    read = []
    monkeypatch.setattr(roster, "read_run", lambda path: read.append(path) or read_run(path))
    runs = Roster(tmp_path)
    runs.scan()
    runs.scan()
    assert read == [path]
    add_epochs(path, 3)
    assert runs.scan()[0].epoch == 3


def test_a_live_run_is_looked_at_every_time(tmp_path):
    """Its process may die without touching a file."""
    path = make_run(tmp_path / "a", state="running", pid=os.getpid())
    runs = Roster(tmp_path)
    assert runs.scan()[0].state == "running"
    make_run(path, state="running", pid=2**22 + 12345, heartbeat=0)
    assert runs.scan()[0].state == "lost"


def test_curves_grow_with_the_file_and_ignore_a_line_half_written(tmp_path):
    path = make_run(tmp_path / "a", epochs=2)
    reader = CurveReader()
    assert list(reader.curves([path])[0].epochs) == [1, 2]
    add_epochs(path, 3)
    with (path / "metrics.csv").open("a") as stream:
        stream.write("4,0.5")
    assert list(reader.curves([path])[0].epochs) == [1, 2, 3]


def test_an_unchanged_file_is_read_once(tmp_path):
    path = make_run(tmp_path / "a", epochs=1)
    reads = []

    def read(path):
        reads.append(path)
        return {"epoch": np.ones(1)}

    reader = CurveReader(read)
    reader.curves([path])
    reader.curves([path])
    assert reads == [path]


def test_a_run_before_its_first_epoch_names_no_time_left(tmp_path):
    lines = facts(make_run(tmp_path / "a", state="running", pid=os.getpid()))
    assert lines["Time left"] == "after the first epoch"
    assert "Best" not in lines


def test_the_time_left_is_that_of_the_last_epochs(tmp_path):
    """Five epochs of 60 s each, 55 to go of 60: 55 minutes."""
    path = make_run(tmp_path / "a", state="running", pid=os.getpid(), epochs=5, seconds=60.0)
    assert facts(path)["Time left"] == "at most 55 min"


def test_the_jobs_own_time_left_is_better(tmp_path):
    path = make_run(tmp_path / "a", state="running", pid=os.getpid(), epochs=5, seconds=60.0)
    assert facts(path, seconds_left=120)["Time left"] == "at most 2 min"


def test_best_epoch_patience_device_and_data_are_named(tmp_path):
    path = make_run(tmp_path / "a", state="paused", epochs=6, losses=[5, 4, 2, 3, 3, 3])
    lines = facts(path)
    assert lines["Best"] == "epoch 3, 3 epochs ago, patience 15"
    assert lines["Best validation loss"] == "2"
    assert lines["Epoch"] == "6 of at most 60"
    assert lines["Device"] == "cpu, 2 threads"
    assert lines["Network"] == f"fast, width {NetworkConfig().width}"
    assert lines["Data"] == "wedges"
    assert "Time left" not in lines


@pytest.mark.parametrize(("checkpoint", "text"), [(True, "it can be resumed"), (False, "gone without a word")])
def test_a_lost_run_says_so(tmp_path, checkpoint, text):
    path = make_run(tmp_path / "a", state="running", pid=2**22 + 12345, heartbeat=0, checkpoint=checkpoint)
    assert text in facts(path)["State"]


def test_missing_files_only_leave_lines_out(tmp_path):
    path = make_run(tmp_path / "a", state="paused", epochs=1)
    for name in ("environment.json", "status.json", "config.json"):
        (path / name).write_text("{")
    assert facts(path)["State"].startswith("lost")
    assert "Device" not in facts(path)
