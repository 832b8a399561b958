"""Gradient analysis: on which input pixels an estimate depends, and how far away they are (Fig. 8 of the paper).

The saliency of depth class d at an output pixel is |∂P(d)/∂x| over all input pixels x (Leibovich et al., eq. 7;
vacuum = 1, P after the temperature). Its *spread* is the radius around that pixel within which half, or nine tenths,
of Σ|g| lie, its root mean square distance, and the share inside the column's own label disc. A spread is that of the
true depth's class: its gradient is among the largest, and it exists at every place.

Places are centres of columns of each element, and points in the vacuum, in several specimens; at each, the network
sees several draws of noise. Draws are averaged, and the standard error is that of the mean over places. The
image ends somewhere, so a spread comparable to its half width is too small; `furthest_pm` says where it ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from segdepth_app.config import N_CLASSES
from segdepth_app.datasets.batches import binned_mean, noisy
from segdepth_app.datasets.contrast import contrast_scale
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import SegDepthError
from segdepth_app.evaluation.bench import Grid, input_grid
from segdepth_app.evaluation.gradient_places import VACUUM, Place, choose_places, usable_shape
from segdepth_app.models.gradient import depth_gradients, pixel_gradient
from segdepth_app.models.model_file import LoadedModel
from segdepth_app.reporting import Reporter

N_DRAWS = 2
"""A gradient is a forward and a backward pass of a whole image. With three kinds of places there are 36 for each
dose, and two times 11 for the pictures: seconds for `fast`, minutes for `paper` on a CPU."""
PICTURE_HALF_PM = 1200.0
"""Pictures show so much on every side."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spread:
    """How far a dependency reaches."""

    half_pm: float
    """Radius that holds half of Σ|g|."""
    ninety_pm: float
    rms_pm: float
    in_disc: float
    """Share within the label disc of the place."""
    strength: float
    """Σ|g|."""


SPREADS = tuple(Spread.__dataclass_fields__)


def spread_of(
    saliency: npt.ArrayLike, *, centre: tuple[float, float], pixel_pm: float, disc_pm: float
) -> Spread | None:
    """Spread of a map (H, W) about `centre` (row, column), integers being pixel centres; None where it is 0 everywhere.

    A radius is the distance of the pixel that completes the share.
    """
    weight = np.asarray(saliency, np.float64)
    total = float(weight.sum())
    if not total > 0:
        return None
    y, x = np.indices(weight.shape)
    distance = np.hypot(y - centre[0], x - centre[1]).ravel() * pixel_pm
    order = np.argsort(distance, kind="stable")
    sorted_distance, share = distance[order], np.cumsum(weight.ravel()[order]) / total
    # rounding must not ask for a pixel more
    half, ninety = (float(sorted_distance[np.searchsorted(share, part - 1e-9)]) for part in (0.5, 0.9))
    return Spread(
        half_pm=half,
        ninety_pm=ninety,
        rms_pm=float(np.sqrt((weight.ravel() * distance**2).sum() / total)),
        in_disc=float(weight.ravel()[distance <= disc_pm].sum() / total),
        strength=total,
    )


@dataclass(frozen=True)
class Measured:
    """Spreads of one model on one dataset, and the maps for pictures."""

    rows: list[dict[str, Any]]
    """For each dose and kind of place: mean and standard error of every figure of Spread, n_places, counts."""
    pictures: npt.NDArray[np.float32]  # (doses, shown places, 11, h, w): saliency at output pixels, about the place
    shown: list[Place]
    probabilities: Floats  # (doses, shown places, 11)
    furthest_pm: float
    """From the places to the nearest edge of their images, the median."""


def measure(
    dataset: Dataset,
    model: LoadedModel,
    split: str,
    *,
    doses_e_per_px: Sequence[float],
    seed: int,
    reporter: Reporter,
    device: str = "cpu",
) -> Measured:
    """Gradients of a model at places of the dataset, at each dose.

    Raises: DatasetError where the dataset does not fit the model, or has no place; Cancelled.
    """
    grid = input_grid(dataset, model.card)
    bench = _Bench(dataset, model, grid, seed, device)
    places = choose_places(dataset, model, grid, split, np.random.default_rng([seed, 1]))
    shown = _shown(places)
    spreads: dict[tuple[float, Place], list[Spread]] = {}
    pictures, probabilities = [], []
    total, done = len(doses_e_per_px) * (len(places) + len(shown)), 0
    for dose in doses_e_per_px:
        for place in places:
            reporter.raise_if_cancelled()
            found = [bench.spread(place, dose, draw) for draw in range(N_DRAWS)]
            spreads[dose, place] = [item for item in found if item is not None]
            done += 1
            reporter.progress(done, total, "gradients")
        for place in shown:
            reporter.raise_if_cancelled()
            maps, values = bench.pictures(place, dose)
            pictures.append(maps)
            probabilities.append(values)
            done += 1
            reporter.progress(done, total, "gradients")
    shape = (len(doses_e_per_px), len(shown))
    return Measured(
        rows=_rows(spreads, doses_e_per_px, places),
        pictures=np.stack(pictures).reshape(*shape, *pictures[0].shape),
        shown=shown,
        probabilities=np.stack(probabilities).reshape(*shape, N_CLASSES),
        furthest_pm=float(np.median([bench.edge_pm(place) for place in places])),
    )


class _Bench:
    """A model before the images of a dataset."""

    def __init__(self, dataset: Dataset, model: LoadedModel, grid: Grid, seed: int, device: str) -> None:
        self.dataset, self.model, self.grid, self.seed, self.device = dataset, model, grid, seed, device
        self.ratio = grid.output_binning // grid.input_binning
        self.pixel_pm = dataset.pixel_size_pm * grid.input_binning
        self.shape = usable_shape(dataset, model, grid)

    def noisy(self, image: int, dose: float, draw: int) -> torch.Tensor:
        """A draw of the image (1, 1, H, W) as the network sees it."""
        height, width = self.shape
        factor = self.grid.factor
        clean = binned_mean(self.dataset.image(image)[: height * factor, : width * factor], factor)
        rng = np.random.default_rng([self.seed, image, round(dose * 1e6), draw])
        made = noisy(clean, dose * self.grid.input_binning**2, rng)
        made = contrast_scale(self.dataset).applied(made[None], rng)[0]
        return torch.from_numpy(made).to(self.device)[None, None]

    def told(self, dose: float) -> tuple[float, float]:
        """What the network is told about the dose, and the temperature there."""
        return self.model.condition(dose, self.dataset.pixel_size_pm)

    def centre(self, place: Place) -> tuple[float, float]:
        """The place on the input's grid."""
        row, column = ((value + 0.5) * self.ratio - 0.5 for value in place.output)
        return row, column

    def spread(self, place: Place, dose: float, draw: int) -> Spread | None:
        """Of the true depth's class."""
        image = self.noisy(place.image, dose, draw)
        gradient, _, _ = pixel_gradient(self.model.network, image, *self.told(dose), place.output, place.count)
        saliency = _finite(gradient[0, 0].abs(), self.model)
        return spread_of(saliency, centre=self.centre(place), pixel_pm=self.pixel_pm, disc_pm=place.disc_pm)

    def pictures(self, place: Place, dose: float) -> tuple[npt.NDArray[np.float32], Floats]:
        """Saliency of every depth at output pixels (11, h, w) about the place, and P (11,), of the first draw."""
        image = self.noisy(place.image, dose, 0)
        gradients, probabilities = depth_gradients(self.model.network, image, *self.told(dose), place.output)
        saliency = _finite(gradients.abs(), self.model)
        n, height, width = saliency.shape
        blocks = saliency.reshape(n, height // self.ratio, self.ratio, width // self.ratio, self.ratio).sum((2, 4))
        half = round(PICTURE_HALF_PM / (self.pixel_pm * self.ratio))
        around = np.pad(blocks, ((0, 0), (half, half), (half, half)), constant_values=0)
        row, column = place.output
        cut = around[:, row : row + 2 * half + 1, column : column + 2 * half + 1]
        return cut.astype(np.float32), probabilities.double().cpu().numpy()

    def edge_pm(self, place: Place) -> float:
        """From the place to the nearest edge."""
        return self.pixel_pm * min(
            min(at + 0.5, edge - at - 0.5) for at, edge in zip(self.centre(place), self.shape, strict=True)
        )


def _finite(values: torch.Tensor, model: LoadedModel) -> Floats:
    if not torch.isfinite(values).all():
        raise SegDepthError(f"The model {model.card.name} gives gradients that are not finite.", "Train it again.")
    return np.asarray(values.double().cpu().numpy())


def _shown(places: Sequence[Place]) -> list[Place]:
    """The places of the pictures: a column of a heavy element, and one in vacuum where there is any."""
    # the paper's picture has a heavy column
    heavy = max((place for place in places if place.what != VACUUM), key=lambda place: place.disc_pm)
    return [heavy, *[place for place in places if place.what == VACUUM][:1]]


def _rows(
    spreads: dict[tuple[float, Place], list[Spread]], doses: Sequence[float], places: Sequence[Place]
) -> list[dict[str, Any]]:
    rows = []
    for dose in doses:
        for what in dict.fromkeys(place.what for place in places):
            chosen = [place for place in places if place.what == what and spreads[dose, place]]
            row: dict[str, Any] = {
                "dose_e_per_px": dose,
                "what": what,
                "n_places": len(chosen),
                "n_draws": N_DRAWS,
                "counts": sorted(place.count for place in chosen),
            }
            for name in SPREADS:
                means = [float(np.mean([getattr(item, name) for item in spreads[dose, place]])) for place in chosen]
                row[name] = float(np.mean(means)) if means else None
                row[f"{name}_error"] = float(np.std(means, ddof=1) / np.sqrt(len(means))) if len(means) > 1 else None
            rows.append(row)
    return rows
