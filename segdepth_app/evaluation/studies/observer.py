"""Ideal observer: how near a model is to the best that any observer can do with these electrons.

Beside the evaluations there is one step per dataset: observer/DATASET.json holds what the ideal observer reaches
there (evaluation.observer), at the input pixel of every model of the study.
"""

import json

from segdepth_app import __version__
from segdepth_app.datasets.contrast import ContrastScale, contrast_scale
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.bench import input_grid
from segdepth_app.evaluation.observer.observe import RADIUS, WHOLE, observe
from segdepth_app.evaluation.observer.summary import figures
from segdepth_app.evaluation.studies.kinds import Context, Done, Outcome, Setup, Source, Step
from segdepth_app.evaluation.studies.observer_outcome import FORMAT, Record, observer_name, outcome_of
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, read_card
from segdepth_app.paths import written_whole
from segdepth_app.units import PM_PER_ANGSTROM

FOLDER = "observer"
WEIGHT = 20
"""A minute or two, whatever the number of doses."""


def plan(setup: Setup) -> list[Step]:
    """The evaluations, and an ideal observer for each dataset."""
    return [*setup.evaluations(), *(_observation(setup, dataset) for dataset in setup.datasets)]


def outcome(done: Done) -> Outcome:
    """Bound and models, step by step and column by column, at each dose."""
    return outcome_of(done)


def _observation(setup: Setup, dataset: Source) -> Step:
    def run(context: Context) -> None:
        record = observation(context, dataset, [read_card(model.path) for model in setup.models])
        with written_whole(context.place) as temporary:
            temporary.write_text(json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False), encoding="utf-8")

    return Step(
        name=observer_name(dataset),
        label=f"Ideal observer of {dataset.name}",
        what="observe",
        place=f"{FOLDER}/{dataset.name}.json",
        run=run,
        uses=(dataset, *setup.models),
        weight=WEIGHT,
    )


def observation(context: Context, source: Source, cards: list[ModelCard]) -> Record:
    """What is written to the observer's file.

    Raises: DatasetError where no model fits the dataset, or its specimens cannot be made again.
    """
    config = context.config
    with Dataset(source.path) as dataset:
        factor_of = _factors(dataset, cards)
        found = observe(
            dataset,
            config.split,
            doses_e_per_px=config.doses,
            factors=sorted(set(factor_of.values())),
            seed=config.seed,
            device=pick_device(config.device),
            reporter=context.reporter,
        )
        return {
            "format": FORMAT,
            "version": __version__,
            "dataset": str(source.path),
            "split": config.split,
            "seed": config.seed,
            "radius_pm": RADIUS * PM_PER_ANGSTROM,
            "whole_pm": WHOLE * PM_PER_ANGSTROM,
            "n_specimens": len({number for item in found for number in item.columns.specimen}),
            "contrast_is_told": contrast_scale(dataset) != ContrastScale(),
            "phonons_are_replaced": bool((dataset.index["n_phonons"] > 1).any()),
            "inputs": [figures(item, config.doses) for item in found],
        }


def _factors(dataset: Dataset, cards: list[ModelCard]) -> dict[str, int]:
    """Stored pixels per input pixel of each model that fits. Raises: DatasetError where none does."""
    found = {}
    reason = DatasetError(f"No model of the study reads {dataset.path}.")
    for card in cards:
        try:
            found[card.name] = input_grid(dataset, card).factor
        except DatasetError as error:
            reason = error
    if not found:
        raise reason
    return found
