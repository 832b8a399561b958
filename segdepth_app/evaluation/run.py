"""The job `evaluate`: one model, one split of a dataset, one or more doses.

Noise is drawn from the seed, the image and the dose, so an evaluation can be repeated to the last digit.
Counts ~ Poisson(λ b² c) where c is the clean mean over the b × b reference pixels of one network input
pixel: the sum of b × b Poisson counts, exactly. Images are judged whole, padded to what the network needs.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segdepth_app import __version__
from segdepth_app.config import EvaluateConfig
from segdepth_app.datasets.batches import binned_mean, log_dose, noisy
from segdepth_app.datasets.contrast import contrast_scale
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.folder import empty_or_evaluation, write_evaluation
from segdepth_app.evaluation.judge import Judge
from segdepth_app.evaluation.metrics import Bins
from segdepth_app.evaluation.suited import crystal_notes
from segdepth_app.evaluation.truth import SpecimenTruth, specimen_truth
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, find_model
from segdepth_app.models.model_file import LoadedModel, load_model
from segdepth_app.paths import sha256_of
from segdepth_app.reporting import Reporter
from segdepth_app.units import dose_per_area

PIXEL_TOLERANCE = 0.01
DEFOCUS_BIN_NM = 1.0
SPREAD_BIN_PM = 5.0


@dataclass(frozen=True)
class Grid:
    """How stored pixels become the network's input and output pixels."""

    factor: int  # stored pixels per input pixel, each way
    input_shape: tuple[int, int]
    input_binning: int  # reference pixels per input pixel
    output_shape: tuple[int, int]
    output_binning: int


def run(config: EvaluateConfig, reporter: Reporter) -> None:
    """Judges the model and writes metrics.json, arrays.npz and figures into `config.out`.

    Raises: InputError where the model, the dataset or the folder cannot be used.
    """
    began = time.monotonic()
    path = find_model(config.model)
    out = empty_or_evaluation(config.out)
    device = str(pick_device(config.device))
    with Dataset(config.dataset) as dataset:
        model = load_model(path, device)
        grid = input_grid(dataset, model.card)
        rows = chosen_images(dataset, config.split, config.max_images)
        notes = crystal_notes(dataset, model.card, rows)
        reporter.started(device=device, folder=str(out))
        judges = make_judges(config, dataset, model.card, rows)
        judge_images(Bench(dataset, model, grid, device, config.seed), rows, judges, reporter)
        provenance = _provenance(config, dataset, model.card, path, rows)
        provenance.update(device=device, seconds=round(time.monotonic() - began, 1))
    write_evaluation(out, judges, provenance, notes=notes)
    for file in sorted(out.iterdir()):
        reporter.artifact(file)


def input_grid(dataset: Dataset, card: ModelCard) -> Grid:
    """The grids of the network on this dataset. Raises: DatasetError where the pixel sizes do not fit."""
    ratio = card.input_pixel_pm / dataset.stored_pixel_pm
    factor = max(1, round(ratio))
    if abs(ratio / factor - 1) > PIXEL_TOLERANCE:
        raise DatasetError(
            f"{dataset.path} stores {dataset.stored_pixel_pm:.4g} pm pixels; "
            f"the model {card.name} reads {card.input_pixel_pm:.4g} pm.",
            "Judge it on a dataset of that pixel size, or of one that divides it.",
        )
    height, width = dataset.images.shape[1:]
    step = card.output_binning // card.binning
    rows, cols = (edge // factor // step * step for edge in (height, width))
    if not rows or not cols:
        raise DatasetError(
            f"Images of {dataset.path} are {height} × {width} stored pixels, too small for the model {card.name}.",
            "Simulate larger images.",
        )
    binning = dataset.binning * factor
    return Grid(factor, (rows, cols), binning, (rows // step, cols // step), binning * step)


def chosen_images(dataset: Dataset, split: str, limit: int) -> np.ndarray:
    """Indices of the images to judge; at most `limit` of them, evenly over the split (0: all).

    Raises: DatasetError where the split is empty.
    """
    rows = dataset.images_of(split)
    if not len(rows):
        sizes = ", ".join(f"{name} {len(dataset.images_of(name))}" for name in ("train", "validation", "test"))
        raise DatasetError(
            f"{dataset.path} has no images in its {split} split ({sizes}).", "Choose another split, or all."
        )
    if limit and limit < len(rows):
        rows = rows[np.unique(np.linspace(0, len(rows) - 1, limit).round().astype(int))]
    return rows


@dataclass(frozen=True)
class Bench:
    """A model set before a dataset, ready to judge image after image."""

    dataset: Dataset
    model: LoadedModel
    grid: Grid
    device: str
    seed: int

    def truth(self, specimen: int) -> SpecimenTruth:
        """Columns and maps of a specimen at the network's output pixel."""
        return specimen_truth(
            self.dataset,
            specimen,
            shape=self.grid.output_shape,
            binning=self.grid.output_binning,
            labels=self.model.card.labels,
        )

    def clean(self, row: int) -> np.ndarray:
        """Clean image at the network's input pixel, float32 (H, W)."""
        height, width = (edge * self.grid.factor for edge in self.grid.input_shape)
        return binned_mean(self.dataset.image(row)[:height, :width], self.grid.factor)

    def logits(self, row: int, clean: np.ndarray, dose_e_per_px: float) -> np.ndarray:
        """The network's logits float32 (11, h, w) for image `row` with its own noise."""
        rng = np.random.default_rng([self.seed, row, round(dose_e_per_px * 1e6)])
        image = noisy(clean, dose_e_per_px * self.grid.input_binning**2, rng)
        image = contrast_scale(self.dataset).applied(image[None], rng)[0]
        padded = padded_to_multiple(image, int(self.model.network.multiple))
        height, width = self.grid.output_shape
        with torch.inference_mode():
            tensor = torch.from_numpy(padded).to(self.device)[None, None]
            dose = torch.from_numpy(np.atleast_1d(log_dose(dose_e_per_px, self.dataset.pixel_size_pm)))
            logits = self.model.network(tensor, dose.to(self.device))
        return logits[0, :, :height, :width].float().cpu().numpy()


def padded_to_multiple(image: np.ndarray, multiple: int) -> np.ndarray:
    """The image (H, W) mirrored beyond its lower and right edge until both are multiples of `multiple`."""
    pads = [(0, -edge % multiple) for edge in image.shape]
    # a mirror image cannot be wider than the image: the edge repeats instead
    fits = all(after < edge for (_, after), edge in zip(pads, image.shape, strict=True))
    return np.pad(image, pads, mode="reflect" if fits else "edge")


def judge_images(bench: Bench, rows: np.ndarray, judges: list[Judge], reporter: Reporter) -> None:
    """Every image at every dose; only tallies stay."""
    specimen, truth = -1, None
    for done, row in enumerate(rows):
        optics = bench.dataset.index[row]
        if truth is None or specimen != optics["specimen"]:
            specimen = int(optics["specimen"])
            truth = bench.truth(specimen)
        clean = bench.clean(int(row))
        c1, spread = float(optics["c1_nm"]), float(optics["image_spread_pm"])
        for number, judge in enumerate(judges):
            reporter.raise_if_cancelled()
            logits = bench.logits(int(row), clean, judge.dose_e_per_px)
            judge.add(
                logits,
                truth,
                c1_nm=c1,
                image_spread_pm=spread,
                specimen=specimen,
                split=bench.dataset.specimen(specimen)["split"].decode(),
                image=int(row),
            )
            reporter.progress(done * len(judges) + number + 1, len(rows) * len(judges), "images")


def make_judges(config: EvaluateConfig, dataset: Dataset, card: ModelCard, rows: np.ndarray) -> list[Judge]:
    """An empty judge for every dose, each dose once."""
    index = dataset.index[rows]
    # temperatures are by dose per pixel of the model, the doses here per pixel of the dataset
    area = (card.pixel_size_pm / dataset.pixel_size_pm) ** 2
    return [
        Judge(
            dose_e_per_px=dose,
            temperature=card.temperature(dose * area),
            defocus_bins=Bins.over(index["c1_nm"], width=DEFOCUS_BIN_NM),
            spread_bins=Bins.over(index["image_spread_pm"], width=SPREAD_BIN_PM),
            seed=config.seed,
            n_bootstrap=config.n_bootstrap,
        )
        for dose in dict.fromkeys(config.doses_e_per_px)
    ]


def _provenance(
    config: EvaluateConfig, dataset: Dataset, card: ModelCard, path: Path, rows: np.ndarray
) -> dict[str, Any]:
    index = dataset.index[rows]
    return {
        "model": {
            "name": card.name,
            "path": str(path),
            "sha256": sha256_of(path),
            "version": card.version,
            "network": card.network.model_dump(mode="json"),
            "parameters": card.parameters,
            "labels": card.labels.model_dump(mode="json"),
            "trained_doses_e_per_px": [card.dose_low_e_per_px, card.dose_high_e_per_px],
            "trained_image_spread_pm": [card.optics.image_spread_low_pm, card.optics.image_spread_high_pm],
        },
        "dataset": {
            "path": str(dataset.path),
            "preset": dataset.preset,
            "version": dataset.version,
            "seed": dataset.config.get("seed"),
            "split": config.split,
            "pixel_size_pm": dataset.pixel_size_pm,
            "binning": dataset.binning,
            "optics": dataset.config.get("optics"),
            "specimen": dataset.config.get("specimen"),
        },
        "c1_range_nm": _range(index["c1_nm"]),
        "image_spread_range_pm": _range(index["image_spread_pm"]),
        "doses_e_per_a2": {
            f"{dose:g}": dose_per_area(dose, dataset.pixel_size_pm) for dose in dict.fromkeys(config.doses_e_per_px)
        },
        "seed": config.seed,
        "max_images": config.max_images,
        "n_images": len(rows),
        "n_specimens": len(np.unique(index["specimen"])),
        "version": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _range(values: np.ndarray) -> list[float]:
    return [round(float(values.min()), 4), round(float(values.max()), 4)]
