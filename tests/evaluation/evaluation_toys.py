"""Toy datasets whose images say the counts outright, and networks whose habits are known."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from segdepth_app.config import LabelConfig, NetworkConfig, OpticsConfig
from segdepth_app.datasets.store import IMAGE_DTYPE, SPECIMEN_DTYPE, SimulatedSpecimen, write_dataset
from segdepth_app.models.card import ModelCard
from segdepth_app.models.model_file import LoadedModel, save_model
from segdepth_app.models.networks import build_network, count_parameters
from segdepth_app.specimen.table import empty_table

SPACING_PX = 8
"""Distance of columns in stored pixels of 21.2 pm."""
REFERENCE_PM = 5.3
"""Positions count from the centre of the first reference pixel."""
STEP = 0.2
"""Image = 1 + STEP × count on a column's pixels."""


def lattice(plane: np.ndarray, deviation: np.ndarray, *, pixel_pm: float = 21.2) -> np.ndarray:
    """A square lattice of Ce (even rows) and O columns; plane and deviation (rows, columns)."""
    rows, cols = np.indices(plane.shape)
    table = empty_table(plane.size)
    for name, index in (("y", rows), ("x", cols)):
        from_edge_pm = (index.ravel() + 0.5) * SPACING_PX * pixel_pm
        table[name] = (from_edge_pm - REFERENCE_PM / 2) / 100
    table["element"] = np.where(rows.ravel() % 2, 8, 58)
    table["plane"] = plane.ravel()
    table["deviation"] = deviation.ravel()
    table["count"] = (plane + deviation).ravel()
    return table


def picture(columns: np.ndarray, n: int) -> np.ndarray:
    """An image (n·SPACING, n·SPACING) whose square cell around every column is 1 + STEP × count."""
    counts = columns["count"].reshape(n, n)
    return np.repeat(np.repeat(1 + STEP * counts, SPACING_PX, 0), SPACING_PX, 1).astype(np.float16)


def specimen(number: int, columns: np.ndarray, *, n: int, split: str = "test", kind: str = "rough", images: int = 2):
    """A specimen with `images` equal images, whose defocus and image spread differ."""
    row = np.zeros(1, SPECIMEN_DTYPE)[0]
    row["id"], row["split"], row["kind"], row["surface"] = number, split, kind, "flat"
    index = np.zeros(images, IMAGE_DTYPE)
    index["specimen"] = number
    index["c1_nm"] = 2.5 + np.arange(images)
    index["image_spread_pm"] = 22 + 10 * np.arange(images)
    return SimulatedSpecimen(row, columns, np.stack([picture(columns, n)] * images), index)


def write_toy(path: Path, specimens: list[SimulatedSpecimen], *, binning: int = 4, pixel_size_pm: float = 5.3) -> Path:
    """A dataset file of toy specimens."""
    config = {"preset": "toy", "seed": 7, "grid": {"pixel_size_pm": pixel_size_pm, "binning": binning}}
    write_dataset(path, iter(specimens), config=config, image_shape=specimens[0].images.shape[1:])
    return path


def wedge_with_deviations(n: int, rng: np.random.Generator) -> np.ndarray:
    """A wedge of 4 to 7 atoms with isolated columns ±1, ±2, ±3 atoms off it."""
    plane = np.repeat(np.linspace(4, 7, n).round().astype(int)[:, None], n, 1)
    deviation = np.zeros((n, n), int)
    for y in range(1, n - 1, 3):
        for x in range(1, n - 1, 3):
            deviation[y, x] = rng.choice([-3, -2, -1, 1, 2, 3])
    return lattice(plane, deviation)


def card(**changes) -> ModelCard:
    """A model card of a tiny fast network."""
    network = NetworkConfig(kind="fast", width=4, scales=1)
    values = {
        "name": "toy",
        "version": "0",
        "network": network,
        "parameters": count_parameters(build_network(network)),
        "pixel_size_pm": 5.3,
        "binning": 4,
        "output_binning": 4,
        "dose_low_e_per_px": 1,
        "dose_high_e_per_px": 8,
        "labels": LabelConfig(),
        "optics": OpticsConfig(),
        "training_set": {},
        "training": {},
        "temperatures": {"2.5": 2.0},
        "class_prior": (1 / 11,) * 11,
    }
    return ModelCard(**{**values, **changes})


def save_toy_model(path: Path, **changes) -> Path:
    """A tiny network with random weights from a fixed seed."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        model_card = card(**changes)
        return save_model(path, build_network(model_card.network), model_card)


class Reader(nn.Module):
    """Calls at each pixel the count that the image says there."""

    multiple = 4

    def forward(self, image: torch.Tensor, _log_dose: torch.Tensor) -> torch.Tensor:
        """Logits (B, 11, H, W): highest at the nearest count."""
        counts = (image - 1) / STEP
        return -4 * (counts - torch.arange(11.0).view(1, 11, 1, 1)) ** 2


class NeighbourCopier(Reader):
    """Calls at each pixel the median of the eight columns around; never looks at the column itself."""

    def forward(self, image: torch.Tensor, log_dose: torch.Tensor) -> torch.Tensor:
        """Logits of the neighbours' median."""
        steps = (-SPACING_PX, 0, SPACING_PX)
        around = [torch.roll(image, (y, x), (2, 3)) for y in steps for x in steps if (y, x) != (0, 0)]
        return super().forward(torch.stack(around).median(dim=0).values, log_dose)


def loaded(network: nn.Module, **changes) -> LoadedModel:
    """A known habit as a loaded model."""
    return LoadedModel(network, card(**changes))
