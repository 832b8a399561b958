"""The folder for a SLURM cluster: its script runs here with a stub in srun's place, and its run comes back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from training_toys import write_spots

from segdepth_app.config import NetworkConfig, TrainConfig
from segdepth_app.errors import InputError
from segdepth_app.training.cluster import export_cluster
from segdepth_app.training.runs import list_runs

posix = pytest.mark.skipif(sys.platform == "win32", reason="SLURM's scripts are for bash")


@pytest.fixture
def config(tmp_path) -> TrainConfig:
    """Two short epochs; the names have spaces in them."""
    return TrainConfig(
        dataset=tmp_path / "here" / "bright spots.h5",
        out=tmp_path / "runs" / "first try",
        network=NetworkConfig(width=4, scales=2),
        batch_size=4,
        crop_px=32,
        steps_per_epoch=2,
        max_epochs=2,
    )


def stub(folder: Path, name: str, script: str) -> None:
    """A program of that name."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


def words_after(script: str, option: str) -> list[str]:
    return [line.split("=", 1)[1] for line in script.splitlines() if line.startswith(f"#SBATCH --{option}=")]


@posix
def test_the_folders_script_trains_and_its_run_opens_here(config, tmp_path):
    """On another computer's disk, with srun and segdepth as the cluster would have them; sent twice."""
    folder = export_cluster(config, tmp_path / "for the cluster", gpus=0, cpus=1)
    there = tmp_path / "there"
    shutil.move(folder, there)
    write_spots(there / "bright spots.h5", splits=("train", "train", "validation"))
    stub(tmp_path / "bin", "srun", f'echo "$@" >>"{tmp_path}/asked"; shift; exec "$@"')
    stub(tmp_path / "bin", "segdepth", f'exec "{sys.executable}" -m segdepth_app "$@"')
    root = Path(__file__).parents[2]
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(root),
        "SLURM_SUBMIT_DIR": str(there),
    }
    for _ in range(2):
        subprocess.run(["bash", str(there / "train.sbatch")], env=environment, cwd=tmp_path, check=True)

    asked = (tmp_path / "asked").read_text().splitlines()
    call = "--kill-on-bad-exit=1 segdepth train config.json --out first-try"
    assert asked == [call, f"{call} --resume"]
    (run,) = list_runs(there)
    assert (run.name, run.state, run.epoch, run.has_model) == ("first-try", "done", 2, True)


def test_the_queue_is_asked_for_what_was_given(config, tmp_path):
    folder = export_cluster(config, tmp_path / "out", nodes=2, gpus=2, cpus=6, hours=1.5, partition="gpu-long")
    script = (folder / "train.sbatch").read_text()
    asked = {name: words_after(script, name) for name in ("nodes", "ntasks-per-node", "gpus-per-node", "time")}
    assert asked == {"nodes": ["2"], "ntasks-per-node": ["2"], "gpus-per-node": ["2"], "time": ["01:30:00"]}
    assert words_after(script, "partition") == ["gpu-long"]
    assert words_after(script, "cpus-per-task") == ["6"]
    settings = TrainConfig.model_validate_json((folder / "config.json").read_text())
    # without the GPUs it must fail there, not train for days on a processor
    assert (settings.device, settings.devices, settings.nodes, settings.threads) == ("cuda", 2, 2, 6)


def test_no_file_of_the_folder_names_a_place_on_this_computer(config, tmp_path):
    folder = export_cluster(config, tmp_path / "out")
    assert {path.name for path in folder.iterdir()} == {"config.json", "train.sbatch", "README.txt"}
    for path in folder.iterdir():
        assert str(tmp_path) not in path.read_text()
    readme = (folder / "README.txt").read_text()
    assert "bright spots.h5" in readme
    assert "sbatch train.sbatch" in readme


def test_a_folder_that_holds_something_is_left_alone(config, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "thesis.txt").write_text("all of it")
    with pytest.raises(InputError, match="not empty"):
        export_cluster(config, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]


def test_a_batch_must_have_a_crop_for_every_gpu(config, tmp_path):
    with pytest.raises(InputError, match="4 crops cannot be shared by 8 GPUs"):
        export_cluster(config, tmp_path / "out", nodes=2, gpus=4)


def test_the_command_line_writes_the_same_folder(config, tmp_path, segdepth):
    """No torch is needed: the queue's settings and a preset's make the folder."""
    done = segdepth(
        *("export-cluster", "--preset", "quick", "--dataset", config.dataset, "--out", tmp_path / "cli"),
        *("--nodes", "2", "--gpus", "4", "--hours", "2", "--set", "max_epochs=7"),
    )
    assert (done.returncode, done.stdout.strip()) == (0, str(tmp_path / "cli")), done.stderr
    settings = json.loads((tmp_path / "cli" / "config.json").read_text())
    assert (settings["preset"], settings["max_epochs"], settings["nodes"], settings["out"]) == ("quick", 7, 2, "cli")
