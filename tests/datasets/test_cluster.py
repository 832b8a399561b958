"""Simulation on a dask cluster: the same file as here, workers of another version refused, losses in one line.

The clusters are real ones, of processes of this machine.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from dataset_toys import After, assert_same, contents, small_config

from segdepth_app.config import DetectorConfig, SpecimenConfig
from segdepth_app.datasets import cluster
from segdepth_app.datasets.generate import run
from segdepth_app.datasets.parts import parts_folder
from segdepth_app.errors import Cancelled, InputError, SegDepthError
from segdepth_app.reporting import Command, Reporter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def local_cluster():
    """Two worker processes of one thread each; gone at the end, whatever the test did to them."""
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as running:
        yield running


class LosesWorkers(Reporter):
    """Kills every worker once something is finished."""

    def __init__(self, running):
        self.running, self.done = running, 0

    def progress(self, done, total, unit):
        if not self.done:
            for worker in self.running.workers.values():
                self.running.sync(worker.close)
        self.done = done


@pytest.mark.slow
def test_a_cluster_makes_the_same_dataset_as_this_process(tmp_path, local_cluster):
    here = small_config(tmp_path, "here.h5", n_specimens=6)
    there = small_config(
        tmp_path, "there.h5", n_specimens=6, scheduler=local_cluster.scheduler_address, batch_specimens=2
    )
    run(here, Reporter())
    run(there, Reporter())
    assert_same(contents(here.out), contents(there.out))


@pytest.mark.slow
def test_a_paused_cluster_keeps_what_is_finished_and_this_machine_goes_on(tmp_path, local_cluster):
    whole, broken = small_config(tmp_path, "whole.h5"), small_config(tmp_path, "broken.h5")
    run(whole, Reporter())
    run(broken.model_copy(update={"scheduler": local_cluster.scheduler_address}), After(1, Command.PAUSE))
    assert not broken.out.exists()
    assert list(parts_folder(broken.out).glob("*.npz"))
    run(broken, Reporter())
    assert_same(contents(whole.out), contents(broken.out))


@pytest.mark.slow
def test_a_cancelled_cluster_leaves_nothing(tmp_path, local_cluster):
    with pytest.raises(Cancelled):
        run(small_config(tmp_path, scheduler=local_cluster.scheduler_address), After(1, Command.CANCEL))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_lost_workers_end_the_job_with_what_is_finished(tmp_path, local_cluster, monkeypatch):
    monkeypatch.setattr(cluster, "WITHOUT_WORKERS_SECONDS", 1)
    settings = small_config(tmp_path, n_specimens=40, scheduler=local_cluster.scheduler_address)
    with pytest.raises(SegDepthError, match=r"is lost: it has had no workers for 1 s") as caught:
        run(settings, LosesWorkers(local_cluster))
    assert "\n" not in str(caught.value)
    assert len(list(parts_folder(settings.out).glob("*.npz"))) >= 1


SCHEDULER = """
from distributed import LocalCluster
import sys
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as running:
        print(running.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_job_in_one_line_with_what_is_finished(tmp_path):
    """Scheduler and job are processes of their own; the first is killed once a specimen is there."""
    script, settings = tmp_path / "scheduler.py", tmp_path / "settings.json"
    script.write_text(SCHEDULER, encoding="utf-8")
    quiet = {"env": {**os.environ, "PYTHONPATH": str(ROOT)}, "stdout": subprocess.PIPE, "text": True}
    scheduler = subprocess.Popen(
        [sys.executable, str(script)], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, **quiet
    )
    address = scheduler.stdout.readline().strip()
    config = small_config(tmp_path, n_specimens=200, scheduler=address)
    settings.write_text(config.model_dump_json(), encoding="utf-8")
    job = subprocess.Popen(
        [sys.executable, "-m", "segdepth_app", "simulate", str(settings), "--out", str(config.out), "--json"],
        stderr=subprocess.PIPE,
        **quiet,
    )
    try:
        for line in job.stdout:
            if json.loads(line)["event"] == "progress":
                break
        scheduler.kill()
        out, err = job.communicate(timeout=100)
    finally:
        for process in (scheduler, job):
            process.kill()
            process.communicate()
    assert job.returncode == 1
    assert err.count("\n") == 1
    assert f"The cluster at {address} is lost" in err
    assert [json.loads(line)["event"] for line in out.splitlines()[-2:]] == ["error", "end"]
    assert list(parts_folder(config.out).glob("*.npz"))


@pytest.mark.slow
def test_workers_of_another_version_are_refused(tmp_path, local_cluster, monkeypatch):
    monkeypatch.setattr(cluster, "__version__", "99.0")
    with pytest.raises(InputError, match=r"has SegDepth [\d.]+; this one is 99\.0"):
        run(small_config(tmp_path, scheduler=local_cluster.scheduler_address), Reporter())


def test_a_worker_refuses_a_job_of_another_version(tmp_path):
    """One that joins after the job began is not asked for its version; the task tells it."""
    with pytest.raises(InputError, match=r"the job is 99\.0"):
        cluster.simulate_remotely(small_config(tmp_path).model_dump_json(), {}, [], "99.0")


@pytest.mark.parametrize(
    "address",
    [pytest.param("tcp://127.0.0.1:9", marks=pytest.mark.slow), "nonsense://127.0.0.1:9", "no address at all", ""],
)
def test_a_wrong_address_is_refused_soon(address, tmp_path):
    begun = time.monotonic()
    with pytest.raises(InputError, match="No dask scheduler answers at") as caught:
        run(small_config(tmp_path, scheduler=address), Reporter())
    assert time.monotonic() - begun < 12
    assert "\n" not in str(caught.value)


def test_files_that_settings_name_travel_with_the_task(tmp_path):
    """A worker sees other paths, but the same contents and endings."""
    (tmp_path / "a.cif").write_bytes(b"crystal")
    (tmp_path / "b.csv").write_bytes(b"mtf")
    settings = small_config(
        tmp_path,
        specimen=SpecimenConfig(structure=tmp_path / "a.cif", zone_axis=(0, 0, 1)),
        detector=DetectorConfig(mtf="file", mtf_file=tmp_path / "b.csv"),
    )
    sent = cluster.contents_of_files(settings)
    (tmp_path / "a.cif").unlink()
    (tmp_path / "b.csv").unlink()
    (tmp_path / "there").mkdir()
    seen = cluster.with_files(settings, sent, tmp_path / "there")
    assert (seen.specimen.structure.read_bytes(), seen.specimen.structure.suffix) == (b"crystal", ".cif")
    assert (seen.detector.mtf_file.read_bytes(), seen.detector.mtf_file.suffix) == (b"mtf", ".csv")
    assert seen.specimen.zone_axis == (0, 0, 1)


def test_dask_is_not_imported_unless_a_scheduler_is_named():
    script = (
        "import sys, segdepth_app.datasets.generate, segdepth_app.datasets.cluster;"
        "print([name for name in sys.modules if name.split('.')[0] in ('distributed', 'dask')])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_missing_dask_is_said_with_the_extra_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"segdepth\[cluster\]"):
        run(small_config(tmp_path, scheduler="tcp://127.0.0.1:9"), Reporter())


def test_settings_reach_the_worker_unchanged(tmp_path):
    """What a worker makes of a task is what this process makes of the same specimen."""
    from segdepth_app.datasets.makers import simulate_group
    from segdepth_app.datasets.plan import plan_dataset

    settings = small_config(tmp_path)
    group = plan_dataset(settings)[1:3]
    from segdepth_app import __version__

    there = cluster.simulate_remotely(settings.model_dump_json(exclude={"scheduler"}), {}, group, __version__)
    for a, b in zip(there, simulate_group(settings, group), strict=True):
        np.testing.assert_array_equal(a.images, b.images)
        np.testing.assert_array_equal(a.columns, b.columns)
