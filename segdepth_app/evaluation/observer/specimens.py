"""A dataset's specimens once more, with the counts of single columns changed.

Units: Å. Columns that are changed together lie so far apart that none reaches another's window (see APART), so that
one specimen gives many pairs of images that differ in one column each. A changed column begins and ends where the
dataset's generator would have let it: the wedge is cut from both faces, or from one. Focus stays where it was.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import torch

from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.batches import binned_mean
from segdepth_app.datasets.labels import pixel_positions
from segdepth_app.datasets.plan import PlannedSpecimen, plan_dataset
from segdepth_app.datasets.simulate_one import (
    Scene,
    draw_scene,
    focal_stack,
    scatterers_of,
    seen_by_the_beam,
    stack_image,
    within_image,
)
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.microscope.mtf import mtf_of
from segdepth_app.microscope.projection import WaveGrid
from segdepth_app.microscope.slices import exit_waves, slab_of
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.units import PM_PER_ANGSTROM

APART = 6.0
"""Least distance of columns that are changed together. Beyond 3.5 Å from a column, where another's window of 2.5 Å
begins, lies less than 0.1 % of what an atom more changes (Σ Δ²/mean; C1 up to 9 nm, image spread 25 pm)."""
SAME_IMAGE = 0.005
"""Images made again may differ by this from the stored ones, which are rounded to float16."""

Floats = npt.NDArray[np.float64]


def settings_of(dataset: Dataset) -> SimulateConfig:
    """What the dataset was made with; thermal motion as damped potentials.

    Frozen phonons would have to be averaged until their noise is far below the effect of one atom.
    Raises: DatasetError where the settings cannot be read.
    """
    try:
        config = SimulateConfig.model_validate_json(json.dumps({**dataset.config, "out": str(dataset.path)}))
    except ValueError as error:
        raise DatasetError(
            f"{dataset.path} does not say how it was made, so its specimens cannot be made again.",
            "Simulate it again with this version.",
        ) from error
    return config.model_copy(update={"optics": config.optics.model_copy(update={"thermal": "debye-waller"})})


def scenes(dataset: Dataset, config: SimulateConfig, specimens: Sequence[int]) -> Iterator[tuple[int, Scene]]:
    """Number and scene of each specimen, as it was simulated.

    Raises: DatasetError where the columns are not those in the file: another version drew them.
    """
    planned: dict[int, PlannedSpecimen] = {item.id: item for item in plan_dataset(config)}
    for number in specimens:
        if number not in planned:
            raise _cannot_be_made_again(dataset, number)
        scene = draw_scene(config, planned[number])
        columns, stored = within_image(seen_by_the_beam(scene).projected(), scene.frame), dataset.columns(number)
        same = len(columns) == len(stored) and all(
            np.array_equal(columns[name], stored[name]) for name in ("element", "count", "first", "plane")
        )
        if not same:
            raise _cannot_be_made_again(dataset, number)
        yield number, scene


def _cannot_be_made_again(dataset: Dataset, number: int) -> DatasetError:
    return DatasetError(
        f"Specimen {number} of {dataset.path} cannot be made again: version {dataset.version} made the file.",
        "Simulate the dataset again with this version.",
    )


def apart(x: Floats, y: Floats, order: npt.NDArray[np.intp], distance: float) -> npt.NDArray[np.intp]:
    """Of the rows in `order`, each that lies at least `distance` from all taken before it."""
    taken: list[int] = []
    for row in order:
        if all(np.hypot(x[row] - x[other], y[row] - y[other]) >= distance for other in taken):
            taken.append(int(row))
    return np.array(taken, np.intp)


def chosen_columns(scene: Scene, *, reach: float, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Rows of the specimen's table that are changed together, drawn at random, the elements in turn.

    Their windows of radius `reach` lie wholly in the image.
    """
    columns, frame = scene.specimen.projected(), scene.frame
    half = frame.pixel / 2
    height, width = (n * frame.stored_pixel for n in frame.shape)
    x, y = columns["x"].astype(float) + half, columns["y"].astype(float) + half
    inside = (x >= reach) & (x <= width - reach) & (y >= reach) & (y <= height - reach)
    queues = [
        rng.permutation(np.flatnonzero(inside & (columns["element"] == z))) for z in np.unique(columns["element"])
    ]
    longest = max((len(queue) for queue in queues), default=0)
    order = [queue[i] for i in range(longest) for queue in queues if i < len(queue)]
    return apart(x, y, np.array(order, np.intp), APART)


def changed(scene: Scene, rows: npt.NDArray[np.intp], counts: npt.ArrayLike) -> Specimen:
    """The specimen with these counts in these columns."""
    table = scene.specimen.table.copy()
    rate = _atoms_per_period(scene.specimen)
    rule = first_period_rule(scene.specimen)
    table["count"][rows] = counts
    table["first"][rows] = rule(-(-table["count"][rows].astype(int) // rate[table["site"][rows]]))
    return replace(scene.specimen, table=table)


def _atoms_per_period(specimen: Specimen) -> npt.NDArray[np.intp]:
    return np.array([sum(z == site.element for _, z in site.atoms) for site in specimen.crystal.sites], np.intp)


def first_period_rule(specimen: Specimen) -> Callable[[npt.NDArray[np.intp]], npt.NDArray[np.intp]]:
    """Periods of a column → the period of its first atom, as in this specimen: see specimen.build.

    Raises: ValueError where no rule of the generator's gives the specimen's own columns.
    """
    table = specimen.table
    periods = -(-table["count"].astype(int) // _atoms_per_period(specimen)[table["site"]])
    most = int(periods.max(initial=1))
    rules: tuple[Callable[[npt.NDArray[np.intp]], npt.NDArray[np.intp]], ...] = (
        lambda n: (most - n) // 2,  # both faces, odd remainders at the exit face
        lambda n: (most - n + 1) // 2,  # or at the entrance face
        lambda n: np.zeros_like(n),  # exit face
        lambda n: most - n,  # entrance face
    )
    for rule in rules:
        if np.array_equal(rule(periods), table["first"]):
            return rule
    raise ValueError("The columns begin in periods that no rule gives.")


def images_of(scene: Scene, config: SimulateConfig, specimens: Sequence[Specimen], device: torch.device) -> Floats:
    """Clean images (specimens, images, H, W) with the optics of the scene; vacuum = 1, as stored but not rounded."""
    own = scatterers_of(scene.index[0])
    focus = slab_of(seen_by_the_beam(scene), own, origin=scene.frame.origin)
    mtf = mtf_of(config.detector)
    made = []
    for specimen in specimens:
        slab = slab_of(seen_by_the_beam(replace(scene, specimen=specimen)), own, origin=scene.frame.origin)
        wave = exit_waves(
            [replace(slab, focus_layer=focus.focus_layer, middle=focus.middle)],
            [WaveGrid(scene.frame.wave_shape, scene.frame.field)],
            voltage_kv=float(scene.index["voltage_kv"][0]),
            device=device,
            rngs=[None],
        )[0]
        stack = focal_stack(wave, scene.frame, config.optics, scene.index)
        made.append(np.stack([stack_image(stack, row, mtf) for row in scene.index]))
    return np.stack(made).astype(np.float64)


@dataclass(frozen=True)
class Windows:
    """Pixels around columns at the network's input pixel."""

    pixels: tuple[npt.NDArray[np.intp], ...]
    """Of each column: indices into the flattened image, nearest first."""
    distances: tuple[Floats, ...]
    """Of each column: of these pixels from the column, Å."""


def windows(scene: Scene, rows: npt.NDArray[np.intp], *, factor: int, reach: float) -> Windows:
    """The pixels, factor × factor stored ones each, whose centres lie within `reach` of each column."""
    frame = scene.frame
    height, width = (n // factor for n in frame.shape)
    pixel = frame.stored_pixel * factor
    centres = pixel_positions(
        scene.specimen.projected()[rows],
        pixel_size_pm=frame.pixel * PM_PER_ANGSTROM,
        binning=frame.binning * factor,
    )
    y, x = np.mgrid[:height, :width]
    pixels, distances = [], []
    for row, column in centres:
        distance = (np.hypot(y - row, x - column) * pixel).ravel()
        order = np.argsort(distance, kind="stable")
        order = order[: int(np.count_nonzero(distance <= reach))]
        pixels.append(order)
        distances.append(distance[order])
    return Windows(tuple(pixels), tuple(distances))


def input_images(images: Floats, factor: int) -> Floats:
    """Images (..., H, W) at the network's input pixel; edges that do not fill a pixel are cut off."""
    height, width = (edge // factor * factor for edge in images.shape[-2:])
    return np.asarray(binned_mean(images[..., :height, :width].astype(np.float32), factor), np.float64)
