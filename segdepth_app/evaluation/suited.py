"""Is a dataset of a crystal that the model knows? What it was not trained on it cannot count."""

from collections.abc import Iterable

import numpy as np

from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.models.card import ModelCard
from segdepth_app.specimen.table import SYMBOLS


def elements_of(dataset: Dataset, rows: np.ndarray) -> list[str]:
    """Symbols of the elements that columns of these images hold, heaviest first."""
    specimens = np.unique(dataset.index["specimen"][rows])
    numbers = {int(z) for specimen in specimens for z in np.unique(dataset.columns(int(specimen))["element"])}
    return [SYMBOLS.get(z, f"Z={z}") for z in sorted(numbers, reverse=True)]


def crystal_notes(dataset: Dataset, card: ModelCard, rows: np.ndarray) -> list[str]:
    """What to say first of an evaluation on columns that the model was not trained on; nothing where it was.

    Raises: DatasetError where it was trained on none of the elements.
    """
    present = elements_of(dataset, rows)
    foreign = [symbol for symbol in present if symbol not in card.elements]
    if not foreign:
        return []
    if len(foreign) == len(present):
        raise DatasetError(
            f"{dataset.path} holds columns of {_listed(present)}; the model {card.name} was trained on "
            f"{_listed(card.elements)} alone.",
            "Choose a dataset of the model's crystal, or train a model on this one.",
        )
    return [
        f"ANOTHER CRYSTAL: the model was trained on {_listed(card.elements)}, the dataset also holds columns of "
        f"{_listed(foreign)}. They are judged like the others; by_element tells them apart."
    ]


def _listed(symbols: Iterable[str]) -> str:
    *most, last = symbols
    return f"{', '.join(most)} and {last}" if most else last
