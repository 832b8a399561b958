"""Walks through everything once, in small, with the real jobs: `segdepth self-test`.

For the machine it is installed on: does each step work here, and how long does it take? Each step needs what the
one before it made. Everything goes to a temporary folder.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import config
from segdepth_app.config import Config
from segdepth_app.errors import SegDepthError
from segdepth_app.jobs.registry import find_job
from segdepth_app.models.card import DEFAULT_MODEL, find_model
from segdepth_app.paths import resources
from segdepth_app.reporting import Reporter
from segdepth_app.selftest.formats import check_all

N_FRAMES = 3
WINDOW_SECONDS = 120


def run_all(say: Callable[[str], None], screenshot: Path | None = None) -> bool:
    """Runs every step, also after one that failed, says how each went, and whether all went well."""
    steps = (simulate, train, evaluate, infer, read_formats, write_figure, partial(open_window, screenshot=screenshot))
    all_well = True
    with tempfile.TemporaryDirectory(prefix="segdepth-self-test-", ignore_cleanup_errors=True) as folder:
        for step in steps:
            start = time.perf_counter()
            try:
                found = step(Path(folder))
                verdict = "ok"
            except Exception as error:  # noqa: BLE001 (a step's fault is its finding)
                found = str(error) if isinstance(error, SegDepthError) else f"{type(error).__name__}: {error}"
                verdict = "FAILED"
                all_well = False
            name = getattr(step, "__name__", "open_window")
            say(f"{verdict:<7}{name:<13} {time.perf_counter() - start:6.1f} s  {found}")
    say("Everything works." if all_well else "Something does not work; SegDepth's log and `segdepth doctor` say more.")
    return all_well


def simulate(folder: Path) -> str:
    """Two specimens, two images each, one of them for training."""
    values = {
        "out": folder / "set.h5",
        "grid": {"height_px": 256, "width_px": 256},
        "n_specimens": 4,
        "n_defoci": 1,
        "validation_share": 0.25,
        "test_share": 0.25,
        "workers": 1,
        "device": "cpu",
    }
    _run("simulate", values)
    from segdepth_app.datasets.store import Dataset

    with Dataset(folder / "set.h5") as dataset:
        images = np.stack([dataset.image(i) for i in range(len(dataset))])
    _require(np.isfinite(images).all() and images.std() > 0.01, "the images hold no columns")
    return f"{len(images)} images of {images.shape[1]} × {images.shape[2]} px"


def train(folder: Path) -> str:
    """Twenty steps of a small network; its loss must fall."""
    values = {
        "dataset": folder / "set.h5",
        "out": folder / "run",
        "network": {"width": 8, "scales": 2},
        "batch_size": 2,
        "crop_px": 32,
        "steps_per_epoch": 10,
        "max_epochs": 2,
        "device": "cpu",
    }
    _run("train", values)
    model = folder / "run" / "model.safetensors"
    _require(model.is_file(), "training wrote no model")
    return f"20 steps, {model.stat().st_size / 1e6:.1f} MB model"


def evaluate(folder: Path) -> str:
    """The model of the step before, on its own test split."""
    import json

    values = {
        "model": str(folder / "run" / "model.safetensors"),
        "dataset": folder / "set.h5",
        "out": folder / "evaluation",
        "device": "cpu",
    }
    _run("evaluate", values)
    text = (folder / "evaluation" / "metrics.json").read_text(encoding="utf-8")
    _require("column_accuracy" in text, "metrics.json has no column accuracy")
    return f"{len(json.dumps(json.loads(text)))} characters of metrics"


def infer(folder: Path) -> str:
    """A few frames of the shipped sample series with the shipped model."""
    sample, pixel_size_pm = sample_frames(N_FRAMES)
    np.save(folder / "frames.npy", sample)
    values = {
        "series": [folder / "frames.npy"],
        "pixel_size_pm": pixel_size_pm,
        "model": str(find_model(DEFAULT_MODEL)),
        "out": folder / "result.h5",
        "device": "cpu",
    }
    _run("infer", values)
    import h5py

    with h5py.File(folder / "result.h5", "r") as file:
        depth = file["depth"][:]
    _require(len(depth) == N_FRAMES and depth.max() > 0, "no column was found in the sample series")
    return f"{N_FRAMES} frames, up to {depth.max()} atoms"


def read_formats(folder: Path) -> str:
    """One file of each format that can be opened."""
    (folder / "formats").mkdir()
    return check_all(folder / "formats")


def write_figure(folder: Path) -> str:
    """A figure and a movie of the result of the step before."""
    figure, movie = folder / "figure.pdf", folder / "movie.mp4"
    _run("export-result", {"result": folder / "result.h5", "figure": figure, "movie": movie})
    return f"figure of {figure.stat().st_size / 1e3:.0f} kB, movie of {movie.stat().st_size / 1e3:.0f} kB"


def open_window(folder: Path, screenshot: Path | None = None) -> str:
    """The window in a process of its own, with settings of its own: on the screen for a screenshot, else offscreen."""
    environment = os.environ | {"SEGDEPTH_HOME": str(folder / "home")}
    if screenshot is None:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    start = time.perf_counter()
    command = [
        sys.executable,
        *([] if getattr(sys, "frozen", False) else ["-m", "segdepth_app"]),
        *("self-test", "--window"),
        *(("--screenshot", str(screenshot)) if screenshot else ()),
    ]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=WINDOW_SECONDS, check=False
    )
    lines = done.stderr.strip().splitlines()
    _require(done.returncode == 0, f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}")
    said = done.stdout.strip().splitlines()
    return f"{said[-1] if said else 'opened'}, {time.perf_counter() - start:.1f} s"


def sample_frames(n: int) -> tuple[np.ndarray, float]:
    """The first frames of the shipped sample series and their pixel size. Raises: SegDepthError without one."""
    import tifffile

    samples = sorted((resources() / "samples").glob("*.tif"))
    if not samples:
        raise SegDepthError("The sample series is missing.", "Install SegDepth again.")
    frames = tifffile.imread(samples[0], key=range(n))
    card = config.read_values(samples[0].with_name(f"{samples[0].stem}_card.json"))
    return frames, float(card["config"]["grid"]["pixel_size_pm"])


def _run(job: str, values: dict[str, Any]) -> None:
    spec = find_job(job)
    settings: Config = config.build(spec.config_class(), values)
    spec.function()(settings, Reporter())


def _require(fact: bool, otherwise: str) -> None:
    if not fact:
        raise SegDepthError(f"The step ended, but {otherwise}.")
