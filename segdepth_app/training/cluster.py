"""The job `export-cluster`: a folder that trains on a SLURM cluster with the same command line as here. No torch.

config.json  the training's settings; the dataset and the run folder are named relative to this folder
train.sbatch what `sbatch` takes: one task per GPU, each the same `segdepth train`
README.txt   what to copy there, and back
"""

import json
import re
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.errors import InputError
from segdepth_app.models.card import find_model, shipped_models
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter

PAUSE_BEFORE_END_S = 180
"""So long before the queue's time is over the training is told to pause and writes its last checkpoint."""
SETTINGS, SCRIPT, README = "config.json", "train.sbatch", "README.txt"


def run(config: ClusterConfig, reporter: Reporter) -> None:
    """The job: writes the folder and names it. Raises: InputError as `export_cluster`."""
    reporter.artifact(
        export_cluster(
            config.train,
            config.folder,
            nodes=config.nodes,
            gpus=config.gpus,
            cpus=config.cpus,
            hours=config.hours,
            partition=config.partition,
        )
    )


def export_cluster(
    config: TrainConfig,
    folder: Path,
    *,
    nodes: int = 1,
    gpus: int = 1,
    cpus: int = 8,
    hours: float = 24.0,
    partition: str = "",
) -> Path:
    """Writes settings, batch script and README into a new or empty folder; gives the folder.

    `gpus` and `cpus` are per node; without GPUs one process per node trains on its processors.

    Raises: InputError where the folder holds something, cannot be written, or the batch has fewer crops than there
    are GPUs.
    """
    n_ranks = nodes * max(gpus, 1)
    if config.batch_size < n_ranks:
        raise InputError(
            f"A batch of {config.batch_size} crops cannot be shared by {n_ranks} {'GPUs' if gpus else 'computers'}.",
            "Raise the batch size, or take fewer.",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} exists and is not empty.", "Name a new folder.")
    writable_target(folder / SETTINGS)
    run_name = _plain(config.out.name)
    settings = travelling(config, nodes=nodes, gpus=gpus, cpus=cpus, run_name=run_name)
    script = batch_script(run_name, nodes=nodes, gpus=gpus, cpus=cpus, hours=hours, partition=partition)
    _write(folder / SETTINGS, json.dumps(settings, indent=1) + "\n")
    _write(folder / SCRIPT, script)
    _write(folder / README, readme(config, settings, run_name))
    return folder


def travelling(config: TrainConfig, *, nodes: int, gpus: int, cpus: int, run_name: str) -> dict[str, Any]:
    """The settings as they hold there: relative paths, and devices that must be found or the training fails."""
    start = config.initial_model
    if start is not None and start not in shipped_models():
        start = find_model(start).name
    return {
        **config.model_dump(mode="json"),
        "dataset": config.dataset.name,
        "out": run_name,
        "initial_model": start,
        "device": "cuda" if gpus else "cpu",
        "devices": max(gpus, 1),
        "nodes": nodes,
        "threads": min(cpus, 256),
        "resume": False,
    }


def batch_script(run_name: str, *, nodes: int, gpus: int, cpus: int, hours: float, partition: str) -> str:
    """What `sbatch` takes. A job that is sent again goes on where the one before it ended."""
    tasks = max(gpus, 1)
    options = [
        f"--job-name=segdepth-{run_name}",
        f"--nodes={nodes}",
        f"--ntasks-per-node={tasks}",
        *([f"--gpus-per-node={gpus}"] if gpus else []),
        f"--cpus-per-task={cpus}",
        f"--time={_slurm_time(hours)}",
        *([f"--partition={partition}"] if partition else []),
        f"--signal=TERM@{PAUSE_BEFORE_END_S}",
        "--output=%x-%j.log",
    ]
    lines = [
        "#!/bin/bash",
        *(f"#SBATCH {option}" for option in options),
        "",
        f"# Made by SegDepth {__version__}. Send it from this folder: sbatch {SCRIPT}",
        "# If `segdepth` must be activated first (module load, conda, a virtual environment), do it here.",
        "set -eu",
        'cd "${SLURM_SUBMIT_DIR:-$(dirname "$0")}"',
        'export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"',
        "again=",
        f"if [ -f {run_name}/last.ckpt ]; then again=--resume; fi",
        f"srun --kill-on-bad-exit=1 segdepth train {SETTINGS} --out {run_name} $again",
    ]
    return "\n".join(lines) + "\n"


def readme(config: TrainConfig, settings: dict[str, Any], run_name: str) -> str:
    """What to do with the folder, step by step."""
    copies = [f"the dataset {config.dataset.name}"]
    if config.initial_model is not None and config.initial_model not in shipped_models():
        copies.append(f"the model {settings['initial_model']}")
    return f"""Training of "{run_name}" on a SLURM cluster, made by SegDepth {__version__}

1. Install SegDepth {__version__} on the cluster, so that `segdepth doctor` runs there and lists its GPUs. If it has to
   be activated first, add that to {SCRIPT}.
2. Copy this folder to the cluster, and into it {" and ".join(copies)}.
3. There, in this folder: sbatch {SCRIPT}
4. A training that was not finished when its time was over has paused. Send it again to go on: sbatch {SCRIPT}
5. Copy the folder {run_name} back into the runs folder of SegDepth's workspace: the Train tab lists it like any other
   run. {run_name}/model.safetensors is the model. To go on with the training on this computer, name the dataset anew
   (--dataset), for the run knows it by its name in this folder only.
"""


def _write(path: Path, text: str) -> None:
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def _plain(name: str) -> str:
    """A run's name as a word that no shell takes apart."""
    return re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-.") or "run"


def _slurm_time(hours: float) -> str:
    """HH:MM:SS, rounded up to whole minutes."""
    minutes = max(1, -int(-hours * 60 // 1))
    return f"{minutes // 60:02d}:{minutes % 60:02d}:00"
