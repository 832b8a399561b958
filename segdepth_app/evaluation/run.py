"""The job `evaluate`: one model, one split of a dataset, one or more doses.

How images get their noise and go through the network is told in bench.py. Everything is tallied image by image;
memory does not grow with their number.
"""

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import EvaluateConfig
from segdepth_app.datasets.parts import parts_folder
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.bench import Answering, Bench, Shot, input_grid
from segdepth_app.evaluation.examples import ExampleKeeper
from segdepth_app.evaluation.folder import empty_or_evaluation, write_evaluation
from segdepth_app.evaluation.judge import Judge, Judged
from segdepth_app.evaluation.metrics import Bins
from segdepth_app.evaluation.suited import crystal_notes
from segdepth_app.evaluation.worst import WorstKeeper
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import sha256_of
from segdepth_app.reporting import Reporter
from segdepth_app.units import dose_per_area

DEFOCUS_BIN_NM = 1.0
SPREAD_BIN_PM = 5.0


class Keeper(Protocol):
    """Keeps something of what comes by."""

    def add(self, shot: Shot, judged: Judged) -> None:
        """One image at one dose, and what was called."""


def run(config: EvaluateConfig, reporter: Reporter) -> None:
    """Judges the model and writes metrics.json, arrays, examples, the worst images and figures into `config.out`.

    Raises: InputError where the model, the dataset or the folder cannot be used.
    """
    began = time.monotonic()
    path = find_model(config.model)
    out = empty_or_evaluation(config.out)
    device = str(pick_device(config.device))
    _refuse_unfinished(config.dataset)
    with Dataset(config.dataset) as dataset:
        model = load_model(path, device)
        bench = Bench(dataset, model, input_grid(dataset, model.card), device, config.seed)
        rows = chosen_images(dataset, config.split, config.max_images)
        notes = crystal_notes(dataset, model.card, rows)
        reporter.started(device=device, folder=str(out))
        judges = make_judges(config, dataset, model.card, rows)
        doses = [judge.dose_e_per_px for judge in judges]
        examples = ExampleKeeper(bench, doses, config.n_examples)
        worst = WorstKeeper(bench, doses, config.n_worst)
        judge_images(bench, rows, judges, reporter, (examples, worst))
        provenance = _provenance(config, dataset, model.card, path, rows)
        provenance.update(device=device, seconds=round(time.monotonic() - began, 1))
    write_evaluation(out, judges, provenance, more=(examples.write, worst.write), notes=notes)
    for file in sorted(item for item in out.rglob("*") if item.is_file()):
        reporter.artifact(file)


def _refuse_unfinished(path: Path) -> None:
    if not path.exists() and parts_folder(path).is_dir():
        raise DatasetError(
            f"{path} is still in the making: only parts of it are there.",
            "Wait until its simulation has ended, or start it again; it goes on where it stopped.",
        )


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


def judge_images(
    bench: Bench, rows: np.ndarray, judges: list[Judge], reporter: Reporter, keepers: Sequence[Keeper] = ()
) -> None:
    """Every image at every dose; only tallies stay, and what the keepers choose."""
    done, total = 0, len(rows) * len(judges)
    answering = Answering(bench, reporter)
    with closing(bench.shots(rows, [judge.dose_e_per_px for judge in judges])) as shots:
        for shot, logits in answering(shots):
            judged = judges[shot.number].add(
                logits,
                shot.truth,
                c1_nm=shot.c1_nm,
                image_spread_pm=shot.image_spread_pm,
                specimen=shot.specimen,
                split=shot.split,
                image=shot.row,
            )
            for keeper in keepers:
                keeper.add(shot, judged)
            done += 1
            reporter.progress(done, total, "images")


def make_judges(config: EvaluateConfig, dataset: Dataset, card: ModelCard, rows: np.ndarray) -> list[Judge]:
    """An empty judge for every dose, each dose once."""
    index = dataset.index[rows]
    return [
        Judge(
            dose_e_per_px=dose,
            temperature=card.temperature(card.held_dose(dose, dataset.pixel_size_pm)),
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
