"""Several processes train as one: same losses, one set of files, one answer to a command; who is who, and faults."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.models.model_file import load_model
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.run import run
from segdepth_app.training.runs import read_metrics, read_run
from segdepth_app.training.team import Team, _started, find_team, followers

CPU = torch.device("cpu")


class Asking(Reporter):
    """Gives a command once it was asked `after` times."""

    def __init__(self, command: Command, after: int) -> None:
        self.given, self.after, self.asked = command, after, 0

    def command(self) -> Command | None:
        self.asked += 1
        return self.given if self.asked >= self.after else None


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    return write_spots(tmp_path_factory.mktemp("data") / "spots.h5", splits=("train",) * 4 + ("validation",) * 3)


@pytest.fixture
def config(dataset, tmp_path) -> TrainConfig:
    """Six epochs of one step; five crops a batch, so that the shares differ."""
    return TrainConfig(
        dataset=dataset,
        out=tmp_path / "run",
        network=NetworkConfig(width=4, scales=2),
        batch_size=5,
        crop_px=32,
        steps_per_epoch=1,
        max_epochs=6,
        learning_rate=5e-3,
        threads=1,
        device="cpu",
    )


def changed(config: TrainConfig, **changes: object) -> TrainConfig:
    return TrainConfig.model_validate({**config.model_dump(), **changes})


def assert_same_course(a: Path, b: Path) -> None:
    """The first three steps to rounding, the rest to what becomes of it.

    Adam turns gradients that are nothing but rounding into steps of full length: the biases before a batch
    normalisation walk at random, which training does not feel, but running means follow them late. Measured: 1e-6
    for the steps, 6e-4 for the validation; where every process normalises by itself the first step differs by 1e-3.
    """
    one, two = (read_metrics(run) for run in (a, b))
    np.testing.assert_allclose(one["train_loss"][:3], two["train_loss"][:3], rtol=1e-5)
    for name in ("train_loss", "val_loss"):
        np.testing.assert_allclose(one[name], two[name], rtol=4e-3)
    assert one["epoch"].tolist() == two["epoch"].tolist()
    load_model(a / "model.safetensors")


@pytest.mark.slow
def test_two_processes_train_as_one_does(config, tmp_path):
    """Batch normalisation, weights of the loss and validation included; every figure is written once."""
    alone, two = changed(config, out=tmp_path / "alone"), changed(config, devices=2)
    assert run(alone, Reporter()) == run(two, Reporter()) == "done"
    assert_same_course(two.out, alone.out)
    assert {path.name for path in two.out.iterdir()} == {path.name for path in alone.out.iterdir()}
    assert json.loads((two.out / "environment.json").read_text())["device"] == "cpu × 2"
    assert not {"MASTER_ADDR", "LOCAL_RANK"} & os.environ.keys()


@pytest.mark.slow
def test_two_processes_pause_together_and_one_goes_on(config, tmp_path):
    """Paused after the fourth step; the number of processes may change between."""
    whole = changed(config, out=tmp_path / "whole")
    run(whole, Reporter())
    assert run(changed(config, devices=2), Asking(Command.PAUSE, 4)) == "paused"
    assert read_run(config.out).is_resumable
    assert run(changed(config, resume=True), Reporter()) == "done"
    assert_same_course(config.out, whole.out)


@pytest.mark.slow
def test_torchrun_starts_the_same_team(config, tmp_path):
    """As srun does on a cluster: both processes run the whole job, and the environment says who leads."""
    settings = tmp_path / "settings.json"
    settings.write_text(config.model_dump_json())
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node=2", "--standalone", "-m"]
    command += ["segdepth_app", "train", str(settings), "--out", str(config.out)]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    alone = changed(config, out=tmp_path / "alone")
    run(alone, Reporter())
    assert_same_course(config.out, alone.out)
    assert read_run(config.out).state == "done"


def _cannot_begin(config: TrainConfig, team: Team) -> None:
    raise ValueError(f"rank {team.rank} has no such file")


def _ends_later(config: TrainConfig, team: Team) -> None:
    with followers(_ends_later, config, team):
        raise ValueError(f"rank {team.rank} has no memory")


@pytest.mark.slow
def test_a_process_that_cannot_begin_says_why(config):
    with pytest.raises(SegDepthError, match="cannot begin: ValueError: rank 1 has no such file"):
        with followers(_cannot_begin, config, Team(0, 2)):
            pytest.fail("The leader must not begin alone.")


@pytest.mark.slow
def test_what_a_lost_process_said_is_what_is_told(config):
    """All that the leader itself notices is a broken connection."""
    with pytest.raises(SegDepthError, match="ValueError: rank 1 has no memory"):
        with followers(_ends_later, config, Team(0, 2)):
            raise RuntimeError("Connection closed by peer")


SLURM = {"SLURM_NTASKS": "8", "SLURM_PROCID": "5", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_NODES": "2"}
ELASTIC = {"TORCHELASTIC_RUN_ID": "x", "RANK": "3", "WORLD_SIZE": "4", "LOCAL_WORLD_SIZE": "2"}


@pytest.mark.parametrize(
    ("environment", "team"),
    [
        ({}, None),
        (SLURM, Team(5, 8, 2, True)),
        (ELASTIC, Team(3, 4, 2, True)),
        ({**SLURM, "SLURM_JOB_NAME": "bash"}, None),  # srun --pty bash
        ({name: SLURM[name] for name in ("SLURM_NTASKS", "SLURM_PROCID")}, None),  # in a batch script, without srun
        ({**SLURM, "SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, None),
    ],
    ids=["none", "srun", "torchrun", "shell", "batch", "one-task"],
)
def test_the_environment_says_who_is_who(environment, team):
    assert _started(environment) == team


def test_processors_train_in_one_process_unless_asked(config):
    assert find_team(config, CPU).size == 1
    assert find_team(changed(config, devices=3), CPU).size == 3


@pytest.mark.parametrize(
    ("changes", "gpus", "words"),
    [
        ({"nodes": 2}, 1, "srun or torchrun"),
        ({"devices": 4}, 2, "this computer has 2"),
        ({"devices": 6}, 8, "5 crops cannot be shared by 6"),
    ],
    ids=["nodes", "gpus", "crops"],
)
def test_what_cannot_be_shared_is_refused(config, changes, gpus, words, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    with pytest.raises(InputError, match=words):
        find_team(changed(config, **changes), torch.device("cuda"))


def test_all_gpus_are_taken_but_no_more_than_there_are_crops(config, monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)
    assert find_team(config, torch.device("cuda")).size == 5
