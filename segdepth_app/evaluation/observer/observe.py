"""The ideal observer of a dataset: what its electrons allow, step by step and column by column.

Method. A dataset's specimens are simulated again (specimens.py), with single columns of 0 to 10 atoms and all else
as it was. An observer who is told everything but one column's count (all other columns, all positions, the optics,
gain and offset) looks at the counts within a radius of that column and decides
- between n and n + 1 atoms, equally likely (`steps`): likelihood.pair_accuracy;
- between 0 to 10 atoms (`columns`), for two observers: one who holds all counts equally likely, and one who is also
  told what the smooth plane around the column says, and how often columns of that element stray from it in this
  specimen. Likelihood times prior, the best call there is.

Real observers know less, so these figures bound them from above, with two reservations. A network that sees more
than the window gains nothing by it as to the column itself (beyond RADIUS lies less than 1 % of what an atom changes),
but it may guess the count from the neighbours' counts: on smooth wedges that alone may beat the first observer, and
only the second one accounts for it. And the figures are means over the pairs that were simulated.

Assumptions. Counts are independent Poisson numbers with mean λ b² × (clean image) at an input pixel of b × b
reference pixels: exactly the noise that models are trained and judged with. The detector's MTF acts on the mean image
(microscope.mtf), so it is in; an unknown gain and offset is told. Frozen phonons are replaced by damped potentials. A
pair n, n + 1 is taken of columns whose own count is at most NEAR atoms off the pair's (of all columns in shuffled
specimens), so that the surroundings are those in which such columns stand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import torch

from segdepth_app.config import N_CLASSES, LabelConfig, SimulateConfig
from segdepth_app.datasets.labels import disc_radius_pm
from segdepth_app.datasets.simulate_one import Scene
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.evaluation.observer.likelihood import Floats, calls, pair_accuracy
from segdepth_app.evaluation.observer.specimens import (
    APART,
    SAME_IMAGE,
    changed,
    chosen_columns,
    images_of,
    input_images,
    scenes,
    settings_of,
    windows,
)
from segdepth_app.reporting import Reporter
from segdepth_app.units import PM_PER_ANGSTROM

RADIUS = 2.5
"""Å. Holds more than 99 % of what an atom more changes, at C1 up to 9 nm and 25 pm image spread (2 Å: 98 %)."""
WHOLE = APART / 2
"""Å. The widest window that is still a column's own."""
REACHES = ("disc", "local", "whole")
"""Windows of the pairs: the column's own label disc, RADIUS, WHOLE."""
NEAR = 1
N_DRAWS = 40
MOST_SPECIMENS, MOST_IMAGES = 12, 5
"""A specimen takes 11 exit waves, 5 s on one core with 5 images; a dozen bring about 200 columns, of which each step
of each element gets some dozens: a standard error below 0.01, a quarter of what the model's own figures have."""
DARKEST = 1e-6
OBSERVERS = ("flat", "told_plane")


@dataclass
class Pairs:
    """One row for each pair of images n, n + 1 of a column."""

    specimen: list[int] = field(default_factory=list)
    column: list[int] = field(default_factory=list)
    element: list[int] = field(default_factory=list)
    lower: list[int] = field(default_factory=list)
    accuracy: list[Floats] = field(default_factory=list)  # (doses, REACHES)


@dataclass
class Columns:
    """One row for each image of a column."""

    specimen: list[int] = field(default_factory=list)
    element: list[int] = field(default_factory=list)
    count: list[int] = field(default_factory=list)
    right: list[Floats] = field(default_factory=list)  # (doses, OBSERVERS), shares of draws
    within_one: list[Floats] = field(default_factory=list)


@dataclass
class Observed:
    """What was found at one size of input pixel."""

    factor: int
    """Stored pixels per input pixel, each way."""
    input_pixel_pm: float
    pairs: Pairs = field(default_factory=Pairs)
    columns: Columns = field(default_factory=Columns)


def observe(
    dataset: Dataset,
    split: str,
    *,
    doses_e_per_px: Sequence[float],
    factors: Sequence[int],
    seed: int,
    device: torch.device,
    reporter: Reporter,
    most_specimens: int = MOST_SPECIMENS,
    labels: LabelConfig | None = None,
) -> list[Observed]:
    """The ideal observer at each size of input pixel (`factors`: stored pixels per input pixel).

    Raises: DatasetError where the split is empty or the specimens cannot be made again; Cancelled.
    """
    config = settings_of(dataset)
    numbers = _spread_out(np.unique(dataset.index["specimen"][dataset.images_of(split)]), most_specimens)
    if not len(numbers):
        raise DatasetError(f"{dataset.path} has no images in its {split} split.", "Choose another split, or all.")
    found = [Observed(factor, dataset.stored_pixel_pm * factor) for factor in factors]
    for done, (number, scene) in enumerate(scenes(dataset, config, numbers.tolist())):
        rng = np.random.default_rng([seed, number])
        scene = _with_images(scene)
        if not done:
            _check_images(dataset, number, scene, config, device)
        rows = chosen_columns(scene, reach=WHOLE, rng=rng)
        images = []
        for count in range(N_CLASSES):
            reporter.raise_if_cancelled()
            images.append(images_of(scene, config, [changed(scene, rows, count)], device)[0])
            reporter.progress(done * (N_CLASSES + 1) + count + 1, len(numbers) * (N_CLASSES + 1), "exit waves")
        levels = np.array(doses_e_per_px) * dataset.binning**2
        work = _Bench(number, scene, dataset.columns(number), rows, levels, labels or LabelConfig())
        for item in found:
            work.judge(np.stack(images), item, rng, reporter)
        reporter.progress((done + 1) * (N_CLASSES + 1), len(numbers) * (N_CLASSES + 1), "exit waves")
    return found


def told_plane_prior(columns: np.ndarray, element: int, plane: int, *, is_shuffled: bool) -> Floats:
    """Prior (11,) of a column of this element where the smooth plane says `plane`, from all columns of its specimen.

    Of the columns on the same side of the surface (plane above 0 or not): the share of vacancies, and how often the
    others stray by how much. In shuffled specimens, which have no plane, the shares of the counts.
    """
    same = columns[(columns["element"] == element) & ((columns["plane"] > 0) == (plane > 0))]
    counts, planes = same["count"].astype(int), same["plane"].astype(int)
    if is_shuffled:
        return np.asarray(np.bincount(counts, minlength=N_CLASSES) / len(counts))
    prior = np.zeros(N_CLASSES)
    would_be = (plane + counts - planes)[counts > 0]
    possible = would_be[(would_be >= 1) & (would_be < N_CLASSES)]
    if len(possible):
        prior += np.bincount(possible, minlength=N_CLASSES) / len(possible) * np.mean(counts > 0)
    prior[0] = np.mean(counts == 0)
    return np.asarray(prior / prior.sum())


def _spread_out(numbers: npt.NDArray[np.integer], most: int) -> npt.NDArray[np.integer]:
    if len(numbers) <= most:
        return numbers
    return numbers[np.unique(np.linspace(0, len(numbers) - 1, most).round().astype(int))]


def _with_images(scene: Scene) -> Scene:
    """The scene with at most MOST_IMAGES of its images, spread over its defoci."""
    kept = _spread_out(np.arange(len(scene.index)), MOST_IMAGES)
    index = scene.index[kept].copy()
    return replace(scene, index=index)


def _check_images(dataset: Dataset, number: int, scene: Scene, config: SimulateConfig, device: torch.device) -> None:
    """Raises: DatasetError where a specimen's image is not the one in the file."""
    at = np.flatnonzero((dataset.index["specimen"] == number) & (dataset.index["n_phonons"] == 1))
    if not len(at):
        return  # frozen phonons: the file's own image has their noise
    again = images_of(scene, config, [scene.specimen], device)[0, 0]
    if np.abs(again - dataset.image(int(at[0]))).max() > SAME_IMAGE * max(1.0, float(again.max())):
        raise DatasetError(
            f"Images of specimen {number} of {dataset.path} are not those of its settings: "
            f"version {dataset.version} made the file.",
            "Simulate the dataset again with this version.",
        )


class _Bench:
    """The chosen columns of one specimen."""

    def __init__(
        self,
        number: int,
        scene: Scene,
        columns: np.ndarray,
        rows: npt.NDArray[np.intp],
        levels: Floats,
        labels: LabelConfig,
    ) -> None:
        """`columns` are all that the image shows, `rows` those that were changed, in the scene's own table."""
        self.number, self.scene, self.columns, self.rows = number, scene, columns, rows
        self.levels, self.labels = levels, labels
        self.is_shuffled = scene.plan.kind == "shuffled"

    def judge(self, images: Floats, found: Observed, rng: np.random.Generator, reporter: Reporter) -> None:
        """Adds every image of every column: images (11, k, H, W), by the count of the changed columns."""
        factor = found.factor
        at_input = input_images(images, factor)
        flat = np.maximum(at_input, DARKEST).reshape(*at_input.shape[:2], -1)
        levels = self.levels * factor**2
        area = windows(self.scene, self.rows, factor=factor, reach=WHOLE)
        for row, pixels, distance in zip(self.rows, area.pixels, area.distances, strict=True):
            reporter.raise_if_cancelled()
            column = self.scene.specimen.table[row]
            element, own = int(column["element"]), int(column["count"])
            disc = disc_radius_pm(element, self.labels) / PM_PER_ANGSTROM
            n_pixels = [int(np.count_nonzero(distance <= reach)) for reach in (disc, RADIUS, WHOLE)]
            told = told_plane_prior(self.columns, element, int(column["plane"]), is_shuffled=self.is_shuffled)
            prior = np.stack([np.full(N_CLASSES, 1 / N_CLASSES), told])
            for image in range(flat.shape[1]):
                means = flat[:, image, pixels]
                for lower in self._steps(own):
                    found.pairs.specimen.append(self.number)
                    found.pairs.column.append(int(row))
                    found.pairs.element.append(element)
                    found.pairs.lower.append(lower)
                    found.pairs.accuracy.append(_pair(means[lower], means[lower + 1], levels, n_pixels))
                self._call(found.columns, means[:, : n_pixels[1]], element, own, levels, prior, rng)

    def _steps(self, own: int) -> Iterator[int]:
        for lower in range(N_CLASSES - 1):
            if self.is_shuffled or lower - NEAR <= own <= lower + 1 + NEAR:
                yield lower

    def _call(
        self,
        columns: Columns,
        means: Floats,
        element: int,
        own: int,
        levels: Floats,
        prior: Floats,
        rng: np.random.Generator,
    ) -> None:
        with np.errstate(divide="ignore"):
            log_priors = np.log(prior)
        called = np.stack(
            [calls(means * level, own, n_draws=N_DRAWS, rng=rng, log_priors=log_priors) for level in levels]
        )
        columns.specimen.append(self.number)
        columns.element.append(element)
        columns.count.append(own)
        columns.right.append((called == own).mean(axis=2))
        columns.within_one.append((np.abs(called - own) <= 1).mean(axis=2))


def _pair(a: Floats, b: Floats, levels: Floats, n_pixels: Sequence[int]) -> Floats:
    """Accuracy (doses, windows); pixels are sorted by distance, and a window is the first so many."""
    return np.array([[pair_accuracy(level * a[:n], level * b[:n]) for n in n_pixels] for level in levels])
