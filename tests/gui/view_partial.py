"""An unfinished analysis, written block by block as the infer job does."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from segdepth_app import __version__
from segdepth_app.inference.journal import FORMAT, PLAN_FILE, planes_of
from tests.gui.view_files import result_info


def begin_partial(folder: Path, n_frames: int, shape: tuple[int, int], **changes) -> Path:
    """The plan alone: no frame is done."""
    folder.mkdir(parents=True)
    info = result_info(n_frames=n_frames, **changes)
    plan = {"format": FORMAT, "version": __version__, "key": "k", "info": asdict(info), "shape": list(shape)}
    (folder / PLAN_FILE).write_text(json.dumps(plan), encoding="utf-8")
    return folder


def add_block(folder: Path, start: int, probability: np.ndarray) -> None:
    """Frames from `start` on, (n, 11, h, w)."""
    stop = start + len(probability)
    confidence = np.rint(probability.max(axis=1) * 255).astype(np.uint8)
    maps = np.stack([probability.argmax(axis=1).astype(np.uint8), confidence], axis=1)
    logs = [planes_of(np.log(np.maximum(p, 1e-9)), c) for p, c in zip(probability, confidence, strict=True)]
    np.save(folder / f"maps-{start:06d}-{stop:06d}.npy", maps)
    np.save(folder / f"logs-{start:06d}-{stop:06d}.npy", np.stack(logs, axis=2))
