"""Ideal observer: how near a model is to the best that any observer can do with these electrons.

Beside the evaluations there is one step per dataset: observer/DATASET.json holds what the ideal observer reaches
there (evaluation.observer), at the input pixel of every model of the study.
"""

import json
from math import sqrt
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import N_CLASSES
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, ResultError
from segdepth_app.evaluation.observer.observe import RADIUS, WHOLE, observe
from segdepth_app.evaluation.observer.summary import figures
from segdepth_app.evaluation.records import dose_key
from segdepth_app.evaluation.run import input_grid
from segdepth_app.evaluation.studies.figures_of import at_dose, look, missing_notes
from segdepth_app.evaluation.studies.kinds import Context, Done, Judged, Outcome, Setup, Source, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table, with_interval
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, read_card
from segdepth_app.paths import written_whole

FORMAT = "segdepth-observer-1"
FOLDER = "observer"
SURE = 1.96

STEP_COLUMNS = {
    "dataset": "Dataset",
    "dose_e_per_px": "Dose (e/px)",
    "element": "Element",
    "step": "Step (atoms)",
    "bound": f"Ideal observer, {RADIUS:g} Å",
    "bound_disc": "Ideal observer, disc",
    "bound_whole": f"Ideal observer, {WHOLE:g} Å",
    "low_tenth": "Lowest tenth",
    "high_tenth": "Highest tenth",
    "n_columns": "Columns",
    "n_pairs": "Pairs",
}
COLUMN_COLUMNS = {
    "model": "Model",
    "dataset": "Dataset",
    "dose_e_per_px": "Dose (e/px)",
    "element": "Element",
    "accuracy": "Model",
    "within_one": "Model, ±1",
    "bound_flat": "Ideal observer, all counts alike",
    "within_one_flat": "The same, ±1",
    "bound_told_plane": "Ideal observer, told the plane",
    "n": "Columns simulated",
}

Record = dict[str, Any]


def plan(setup: Setup) -> list[Step]:
    """The evaluations, and an ideal observer for each dataset."""
    return [*setup.evaluations(), *(_observation(setup, dataset) for dataset in setup.datasets)]


def observer_name(dataset: Source) -> str:
    """Name of the step that finds a dataset's ideal observer."""
    return f"observer_{dataset.name}"


def _observation(setup: Setup, dataset: Source) -> Step:
    def run(context: Context) -> None:
        cards = [read_card(model.path) for model in setup.models]
        record = _observed(context, dataset, cards)
        with written_whole(context.place) as temporary:
            temporary.write_text(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False), encoding="utf-8")

    return Step(
        name=observer_name(dataset),
        label=f"Ideal observer of {dataset.name}",
        what="observe",
        place=f"{FOLDER}/{dataset.name}.json",
        run=run,
        uses=(dataset, *setup.models),
        weight=20,
    )


def _observed(context: Context, source: Source, cards: list[ModelCard]) -> Record:
    """Raises: DatasetError where no model fits the dataset, or its specimens cannot be made again."""
    config = context.config
    with Dataset(source.path) as dataset:
        factors = _factors(dataset, cards)
        found = observe(
            dataset,
            config.split,
            doses_e_per_px=config.doses,
            factors=sorted(factors),
            seed=config.seed,
            device=pick_device(config.device),
            reporter=context.reporter,
        )
        is_scaled = any(
            dataset.config.get("detector", {}).get(f"{what}_low")
            != dataset.config.get("detector", {}).get(f"{what}_high")
            for what in ("gain", "offset")
        )
        is_averaged = bool((dataset.index["n_phonons"] > 1).any())
    return {
        "format": FORMAT,
        "version": __version__,
        "dataset": source.name,
        "split": config.split,
        "seed": config.seed,
        "radius_pm": RADIUS * 100,
        "whole_pm": WHOLE * 100,
        "n_specimens": len({number for item in found for number in item.pairs.specimen}),
        "told_contrast": is_scaled,
        "phonons_replaced": is_averaged,
        "inputs": [figures(item, config.doses) for item in found],
    }


def _factors(dataset: Dataset, cards: list[ModelCard]) -> set[int]:
    """Stored pixels per input pixel of each model that fits. Raises: DatasetError where none does."""
    factors, reason = set(), None
    for card in cards:
        try:
            factors.add(input_grid(dataset, card).factor)
        except DatasetError as error:
            reason = error
    if not factors and reason is not None:
        raise reason
    return factors


def read_observation(text: str) -> Record:
    """The record in an observer's file. Raises: ResultError for anything else."""
    try:
        record: Record = json.loads(text)
        if record["format"] != FORMAT:
            raise ValueError("another format")
        return record
    except (ValueError, KeyError, TypeError) as error:
        raise ResultError(
            "An ideal observer's file is damaged, or of another version.", "Run the study again."
        ) from error


def outcome(done: Done) -> Outcome:
    """Bound and models, step by step and column by column, at each dose."""
    judged = done.judged()
    records = _records(done)
    plots = [
        drawn
        for dataset in done.setup.datasets
        if dataset.name in records
        for dose in done.config.doses
        for drawn in _plots(done, records[dataset.name], dataset, dose, judged)
    ]
    return Outcome(
        tables=[
            table(
                "steps",
                "One atom more or less: bound and models",
                _step_columns(done),
                _step_rows(done, records, judged),
            ),
            table("columns", "Columns: bound and models", COLUMN_COLUMNS, _column_rows(done, records, judged)),
        ],
        plots=plots,
        notes=[*_notes(done, records, judged), *missing_notes(judged)],
    )


def _records(done: Done) -> dict[str, Record]:
    places = {item.name: done.place(observer_name(item)) for item in done.setup.datasets}
    return {
        name: read_observation(place.read_text(encoding="utf-8")) for name, place in places.items() if place is not None
    }
