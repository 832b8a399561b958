"""A tiny series and a result of it, written straight in their formats: no network is needed to test the window."""

from pathlib import Path

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import LabelConfig, NetworkConfig, OpticsConfig
from segdepth_app.inference.results import COLUMN_DTYPE, ResultInfo, write_info
from segdepth_app.models.card import ModelCard


def model_card() -> ModelCard:
    return ModelCard(
        name="tiny-model",
        version=__version__,
        network=NetworkConfig(),
        parameters=1,
        pixel_size_pm=5.3,
        binning=4,
        output_binning=4,
        dose_low_e_per_px=0.8,
        dose_high_e_per_px=8.0,
        labels=LabelConfig(),
        optics=OpticsConfig(),
        training_set={},
        training={},
        temperatures={},
        class_prior=(1 / 11,) * 11,
    )


def result_info(**changes) -> ResultInfo:
    facts = {
        "source": ["tiny.tif"],
        "fingerprint": "f",
        "model_card": model_card().model_dump(mode="json"),
        "model_sha256": "0",
        "n_frames": 4,
        "height_px": 12,
        "width_px": 20,
        "pixel_size_pm": 10.6,
        "pixel_size_source": "from file",
        "vacuum": 2.0,
        "vacuum_source": "brightest quarter",
        "dose_e_per_px": 2.0,
        "dose_source": "vacuum level",
        "frame_time_s": 0.5,
        "frame_time_source": "from file",
        "scale": 2.0,
        "temperature": 1.0,
        "mirror": False,
        "stay_probability": 0.98,
        "warnings": [],
    }
    return ResultInfo(**{**facts, **changes})


def write_result(
    path: Path, probability: np.ndarray, columns: np.ndarray | None = None, done: np.ndarray | None = None, **changes
) -> Path:
    """A result file from probabilities (T, 11, h, w), float, sum 1 over the classes."""
    import h5py

    n = len(probability)
    in_255ths = (probability * 255).round().astype(np.uint8)
    with h5py.File(path, "w") as file:
        file["depth"] = probability.argmax(axis=1).astype(np.uint8)
        file["confidence"] = in_255ths.max(axis=1)
        file["probability"] = in_255ths
        file["done"] = np.ones(n, bool) if done is None else done
        file["columns"] = np.zeros(0, COLUMN_DTYPE) if columns is None else columns
        write_info(file, result_info(n_frames=n, **changes), __version__)
    return path


def tiny_probability() -> np.ndarray:
    """4 frames of 6 × 10: vacuum everywhere, and at map pixel (y 2, x 3) class 1, 2, 3, 4 in frames 0 to 3."""
    probability = np.zeros((4, 11, 6, 10))
    probability[:, 0] = 1
    for frame in range(4):
        probability[frame, :, 2, 3] = 0
        probability[frame, frame + 1, 2, 3] = 0.8
        probability[frame, 0, 2, 3] = 0.2
    return probability


def tiny_columns() -> np.ndarray:
    """One cerium column, number 7, at source pixel (6.5, 4.5), with HMM counts 1, 1, 3, 3."""
    columns = np.zeros(4, COLUMN_DTYPE)
    columns["frame"] = range(4)
    columns["column"], columns["element"] = 7, b"Ce"
    columns["x_px"], columns["y_px"] = 6.5, 4.5
    columns["count"], columns["hmm_count"] = [1, 2, 3, 4], [1, 1, 3, 3]
    columns["confidence"] = 0.8
    return columns


def write_model(path: Path) -> Path:
    """A model file that has a card and nothing else."""
    import json
    import struct

    header = json.dumps({"__metadata__": {"card": model_card().model_dump_json()}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
    return path
