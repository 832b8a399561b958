"""The steps of the self-test: everything once, in small, with the real jobs. Each needs what the one before it made.

A step returns what it found, in a few words. Raises: SegDepthError that says what is wrong.
"""

import csv
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import config, paths
from segdepth_app.config import Config
from segdepth_app.errors import SegDepthError
from segdepth_app.jobs.registry import find_job
from segdepth_app.models.card import DEFAULT_MODEL, find_model, read_card
from segdepth_app.reporting import Reporter
from segdepth_app.selftest.formats import check_all
from segdepth_app.shipped import compared

N_SPECIMENS, N_DEFOCI, N_STEPS, N_FRAMES = 2, 2, 20, 3
LEAST_CONTRAST = 0.01
REACH_PX = 12.0
"""Half the distance of neighbouring columns of the sample."""
LEAST_RIGHT = 0.4
"""Single frames of the sample reach 0.6; a network that was damaged reaches next to nothing."""
FIGURES = ("pixel_accuracy", "column_accuracy", "column_within_one")
WINDOW_SECONDS = 120
QT_SAYS = ("This plugin does not support",)
EXCEPTION = re.compile(r"\w+(\.\w+)*(Error|Exception|Exit|Interrupt)\b")


def check_files(_folder: Path) -> str:
    """Every shipped file is as it was shipped: a changed model would give other numbers without a word."""
    shipped = compared(paths.resources())
    differences = {"missing": shipped.missing, "changed": shipped.changed, "extra": shipped.extra}
    for what, names in differences.items():
        _require(not names, f"of the shipped files these are {what}: {', '.join(names[:5])}")
    return f"{len(shipped.listed)} shipped files are as they were shipped"


def simulate(folder: Path) -> str:
    """Two specimens, two images each; the first is for training, the second for its validation."""
    values = {
        "out": folder / "set.h5",
        "grid": {"height_px": 256, "width_px": 256},
        "n_specimens": N_SPECIMENS,
        "n_defoci": N_DEFOCI,
        "validation_share": 0.5,
        "test_share": 0.0,
        "workers": 1,
        "device": "cpu",
    }
    _run("simulate", values)
    from segdepth_app.datasets.store import Dataset

    with Dataset(folder / "set.h5") as dataset:
        images = np.stack([dataset.image(i) for i in range(len(dataset))])
        columns = [len(dataset.columns(int(row["id"]))) for row in dataset.specimens]
    _require(len(images) == N_SPECIMENS * N_DEFOCI, f"there are {len(images)} images")
    _require(min(columns) > 0, "a specimen has no columns")
    # float16 images whose vacuum is 1: without columns they would be flat
    contrast = float(images.std(axis=(1, 2)).min())
    _require(bool(np.isfinite(images).all()) and contrast > LEAST_CONTRAST, f"an image shows nothing ({contrast:.3f})")
    size = f"{images.shape[1]} × {images.shape[2]} px"
    return f"{N_SPECIMENS} specimens with {sum(columns)} columns, {len(images)} images of {size}"


def train(folder: Path) -> str:
    """Twenty steps of a small network; its loss must fall."""
    values = {
        "dataset": folder / "set.h5",
        "out": folder / "run",
        "network": {"width": 8, "scales": 2},
        "batch_size": 2,
        "crop_px": 32,
        "steps_per_epoch": N_STEPS // 2,
        "max_epochs": 2,
        "device": "cpu",
    }
    _run("train", values)
    with (folder / "run" / "metrics.csv").open(encoding="utf-8", newline="") as stream:
        losses = [float(row["train_loss"]) for row in csv.DictReader(stream)]
    _require(len(losses) == 2 and bool(np.isfinite(losses).all()), f"the losses are {losses}")
    _require(losses[1] < losses[0], f"the loss went from {losses[0]:.3f} to {losses[1]:.3f}")
    card = read_card(folder / "run" / "model.safetensors")
    return f"{N_STEPS} steps of {card.parameters:,} parameters, loss {losses[0]:.3f} to {losses[1]:.3f}"


def evaluate(folder: Path) -> str:
    """The model of the step before, on images that it was not trained on."""
    values = {
        "model": str(folder / "run" / "model.safetensors"),
        "dataset": folder / "set.h5",
        "split": "validation",
        "out": folder / "evaluation",
        "device": "cpu",
    }
    _run("evaluate", values)
    from segdepth_app.evaluation.records import read_evaluation

    doses = read_evaluation(folder / "evaluation").doses
    for dose, figures in doses.items():
        for name in FIGURES:
            _require(0 <= figures[name] <= 1, f"{name} at λ = {dose} is {figures[name]}")
    dose, figures = next(iter(doses.items()))
    words = ", ".join(f"{name.replace('_', ' ')} {figures[name]:.2f}" for name in FIGURES)
    return f"at λ = {dose}: {words}"


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
        columns = file["columns"][:]
    _require(len(depth) == N_FRAMES and len(columns) > 0, "no column was found in the sample series")
    right = share_right(columns, true_columns(N_FRAMES))
    _require(right > LEAST_RIGHT, f"only {100 * right:.0f} % of the sample's columns are right")
    return f"{N_FRAMES} frames, {len(columns)} columns, {100 * right:.0f} % of the sample's counted right"


def read_formats(folder: Path) -> str:
    """One file of each format that can be opened."""
    (folder / "formats").mkdir()
    return check_all(folder / "formats")


def write_figure(folder: Path) -> str:
    """A figure and a movie of the result of the step before."""
    figure, movie = folder / "figure.pdf", folder / "movie.mp4"
    _run("export-result", {"result": folder / "result.h5", "figure": figure, "movie": movie})
    data = figure.read_bytes()
    _require(data.startswith(b"%PDF-") and data.rstrip().endswith(b"%%EOF"), "the figure is no whole PDF")
    pictures = data.count(b"/Subtype /Image")
    _require(pictures > 0, "the figure holds no picture")
    import av

    with av.open(str(movie)) as container:
        n_frames = sum(1 for _ in container.decode(video=0))
    _require(n_frames == N_FRAMES, f"the movie has {n_frames} frames")
    return f"PDF with {pictures} pictures, {len(data) / 1e3:.0f} kB; movie of {n_frames} frames"


def open_window(folder: Path, screenshot: Path | None = None) -> str:
    """The window in a process of its own, with settings of its own: on the screen for a screenshot, else offscreen."""
    environment = os.environ | {"SEGDEPTH_HOME": str(folder / "home")}
    if screenshot is None:
        environment["QT_QPA_PLATFORM"] = "offscreen"
    start = time.perf_counter()
    command = [
        sys.executable,
        *([] if paths.is_frozen() else ["-m", "segdepth_app"]),
        *("self-test", "--window"),
        *(("--screenshot", str(screenshot)) if screenshot else ()),
    ]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, errors="replace", timeout=WINDOW_SECONDS, check=False
    )
    if done.returncode != 0:
        raise SegDepthError(f"Exit code {done.returncode}: {_last_words(done.stderr, folder / 'home' / 'logs')}")
    said = done.stdout.strip().splitlines()
    return f"{said[-1] if said else 'opened'}, {time.perf_counter() - start:.1f} s"


def _last_words(stderr: str, logs: Path) -> str:
    """What went wrong in the window, also by its log, which goes with the temporary folder."""
    said = [line for line in stderr.strip().splitlines() if not line.startswith(QT_SAYS)]
    logged = []
    for path in logs.glob("window.log"):
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        # the last line of a traceback names the error; a line of the log begins with its date
        logged = [line for line in lines if " ERROR " in line or EXCEPTION.match(line)]
    return " | ".join([*said[-1:], *logged[-2:]]) or "no message"


def true_columns(n_frames: int) -> np.ndarray:
    """Frame, x, y (pixels) and atoms of the sample's columns that hold any, (n, 4)."""
    path = next((paths.resources() / "samples").glob("*_truth.csv"))
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [[float(row[name]) for name in ("frame", "x_px", "y_px", "atoms")] for row in csv.DictReader(stream)]
    table = np.array(rows)
    return table[(table[:, 0] < n_frames) & (table[:, 3] > 0)]


def share_right(found: np.ndarray, truth: np.ndarray) -> float:
    """The share of true columns whose nearest found one lies within REACH_PX and has the same count."""
    right = 0
    for frame, x, y, atoms in truth:
        there = found[found["frame"] == frame]
        distance = np.hypot(there["x_px"] - x, there["y_px"] - y)
        nearest = int(distance.argmin()) if len(there) else -1
        right += nearest >= 0 and distance[nearest] < REACH_PX and there["count"][nearest] == atoms
    return right / len(truth)


def sample_frames(n: int) -> tuple[np.ndarray, float]:
    """The first frames of the shipped sample series and their pixel size. Raises: SegDepthError without one."""
    import tifffile

    samples = sorted((paths.resources() / "samples").glob("*.tif"))
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
        raise SegDepthError(f"It ended, but {otherwise}.")
