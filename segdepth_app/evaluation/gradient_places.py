"""Places of gradient analysis: centres of columns of each element, and points in the vacuum."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.datasets.labels import disc_radius_pm, nearest_columns, pixel_positions
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.bench import Grid
from segdepth_app.evaluation.run import chosen_images
from segdepth_app.models.model_file import LoadedModel
from segdepth_app.specimen.table import SYMBOLS

VACUUM = "vacuum"
N_PLACES = 6
"""Of each element and in vacuum: several counts, and a standard error."""
VACUUM_REACH_PM = 400.0
"""A vacuum place is so far from every column."""


@dataclass(frozen=True)
class Place:
    """Where gradients are taken."""

    image: int
    what: str
    """An element's symbol, or VACUUM."""
    count: int
    output: tuple[int, int]  # row, column of the output pixel
    disc_pm: float


def usable_shape(dataset: Dataset, model: LoadedModel, grid: Grid) -> tuple[int, int]:
    """Rows and columns of the input that the network takes without padding.

    Raises: DatasetError where there are none.
    """
    multiple = int(model.network.multiple)
    height, width = (edge // multiple * multiple for edge in grid.input_shape)
    if not height or not width:
        raise DatasetError(
            f"Images of {dataset.path} are too small for the model {model.card.name}: it needs {multiple} px each way.",
            "Choose a dataset of larger images.",
        )
    return height, width


def choose_places(
    dataset: Dataset, model: LoadedModel, grid: Grid, split: str, rng: np.random.Generator
) -> list[Place]:
    """Up to N_PLACES of each element and in vacuum, in different images as far as there are enough.

    Of an image's candidates one is drawn from the quarter that is nearest to its middle.
    Raises: DatasetError where there is no column.
    """
    ratio = grid.output_binning // grid.input_binning
    height, width = (edge // ratio for edge in usable_shape(dataset, model, grid))
    found: list[Place] = []
    for image in np.resize(chosen_images(dataset, split, N_PLACES), N_PLACES):
        found += _in_image(dataset, int(image), model, grid.output_binning, (height, width), rng)
    if not any(place.what != VACUUM for place in found):
        raise DatasetError(f"{dataset.path} has no columns in its {split} split.", "Choose another dataset or split.")
    return list(dict.fromkeys(found))


def _in_image(
    dataset: Dataset, image: int, model: LoadedModel, binning: int, shape: tuple[int, int], rng: np.random.Generator
) -> list[Place]:
    """One place of each kind that the image has."""
    columns = dataset.columns(int(dataset.index["specimen"][image]))
    columns = columns[columns["count"] > 0]
    pixel_pm, labels = dataset.pixel_size_pm, model.card.labels
    at = np.rint(pixel_positions(columns, pixel_size_pm=pixel_pm, binning=binning)).astype(int)
    inside = np.all((at >= 0) & (at < np.array(shape)), axis=1)
    found = []
    for z in np.unique(columns["element"]).tolist():
        rows = np.flatnonzero(inside & (columns["element"] == z))
        chosen = _inner(at[rows], shape, rng)
        if chosen is not None:
            row = rows[chosen]
            output = int(at[row, 0]), int(at[row, 1])
            symbol, disc = SYMBOLS.get(z, f"Z={z}"), disc_radius_pm(z, labels)
            found.append(Place(image, symbol, int(columns["count"][row]), output, disc))
    _, distance = nearest_columns(
        columns, shape=shape, pixel_size_pm=pixel_pm, binning=binning, reach_pm=VACUUM_REACH_PM
    )
    empty = np.argwhere(np.isinf(distance))
    chosen = _inner(empty, shape, rng)
    if chosen is not None:
        output = int(empty[chosen, 0]), int(empty[chosen, 1])
        found.append(Place(image, VACUUM, 0, output, labels.heavy_radius_pm))
    return found


def _inner(at: npt.NDArray[np.integer], shape: tuple[int, int], rng: np.random.Generator) -> int | None:
    """Index of one of the quarter of places (n, 2) nearest to the middle; none of none."""
    if not len(at):
        return None
    offset = np.hypot(*(at - np.array(shape) / 2).T)
    nearest = np.argsort(offset, kind="stable")[: max(1, len(at) // 4)]
    return int(rng.choice(nearest))
