"""Tiny but whole files for the tests of the Simulate and Train tabs."""

import json
import socket
import time

import numpy as np

from segdepth_app.config import SimulateConfig, TrainConfig
from segdepth_app.datasets.store import IMAGE_DTYPE, SPECIMEN_DTYPE, SimulatedSpecimen, write_dataset
from segdepth_app.specimen.table import COLUMN_DTYPE
from segdepth_app.training.runs import METRICS


def make_dataset(path, *, splits=("train", "train", "validation", "test"), binning=4, edge_px=64):
    """A tiny but whole dataset: one specimen of two images for each entry of splits."""
    config = SimulateConfig(out=path, preset="tiny", grid={"height_px": 256, "width_px": 256, "binning": binning})

    def specimens():
        for number, split in enumerate(splits):
            row = np.zeros(1, SPECIMEN_DTYPE)[0]
            row["id"], row["split"], row["seed"] = number, split.encode(), number
            row["kind"], row["surface"], row["thickness"] = b"wedge", b"flat", 4.0
            row["lattice_scale"], row["temperature_k"] = 1.0, np.nan
            columns = np.zeros(3, COLUMN_DTYPE)
            columns["x"], columns["y"], columns["element"], columns["count"] = (
                (1, 5, 9),
                (2, 6, 10),
                (58, 8, 58),
                (4, 5, 0),
            )
            index = np.zeros(2, IMAGE_DTYPE)
            index["specimen"], index["c1_nm"] = number, (3.0, 6.0)
            images = (
                np.ones((2, edge_px, edge_px), np.float16)
                + np.float16(0.1) * np.arange(2, dtype=np.float16)[:, None, None]
            )
            yield SimulatedSpecimen(row, columns, images, index)

    path.parent.mkdir(parents=True, exist_ok=True)
    write_dataset(path, specimens(), config=config.model_dump(mode="json"), image_shape=(edge_px, edge_px))
    return path


def make_parts(dataset, *, done, n_specimens):
    """The folder of a dataset in the making, as the job leaves it when it is paused."""
    config = SimulateConfig(out=dataset, preset="tiny", n_specimens=n_specimens, n_defoci=2)
    parts = dataset.with_name(dataset.name + ".parts")
    parts.mkdir(parents=True)
    (parts / "config.json").write_text(config.model_dump_json(exclude={"workers", "device", "out"}))
    for number in range(done):
        (parts / f"{number:06d}.npz").write_bytes(b"part")
    return parts


def make_run(
    path,
    *,
    state="done",
    epochs=0,
    losses=None,
    seconds=10.0,
    pid=1,
    heartbeat=None,
    started=1000.0,
    checkpoint=False,
    model=False,
):
    """A run folder as the training leaves it."""
    path.mkdir(parents=True, exist_ok=True)
    config = TrainConfig(dataset=path.parent / "wedges.h5", out=path)
    status = {"state": state, "pid": pid, "host": socket.gethostname(), "started": started, "max_epochs": 60}
    status["heartbeat"] = time.time() if heartbeat is None else heartbeat
    (path / "config.json").write_text(config.model_dump_json())
    (path / "status.json").write_text(json.dumps(status))
    (path / "environment.json").write_text(json.dumps({"device": "cpu", "threads": 2}))
    for name, wanted in (("last.ckpt", checkpoint), ("model.safetensors", model)):
        if wanted:
            (path / name).write_bytes(b"weights")
    for epoch in range(1, epochs + 1):
        add_epochs(path, epoch, loss=losses[epoch - 1] if losses else None, seconds=seconds)
    return path


def add_epochs(path, epoch, *, loss=None, seconds=10.0):
    """Appends one epoch to metrics.csv, as the training does."""
    file = path / "metrics.csv"
    is_new = not file.exists()
    values = {name: 0.5 for name in METRICS}
    values |= {"epoch": epoch, "val_loss": 2.0 / epoch if loss is None else loss, "train_loss": 1.5 / epoch}
    values |= {"learning_rate": 0.002, "centre_accuracy": 1 - 1 / (epoch + 1), "seconds": seconds}
    with file.open("a", newline="") as stream:
        if is_new:
            stream.write(",".join(METRICS) + "\n")
        stream.write(",".join(str(values[name]) for name in METRICS) + "\n")
