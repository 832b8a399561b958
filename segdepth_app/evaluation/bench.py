"""A model set before a dataset: every image with its noise and its truth, and the network's answer.

Noise is drawn from the seed, the image and the dose, so an evaluation can be repeated to the last digit.
Counts ~ Poisson(λ b² c) where c is the clean mean over the b × b reference pixels of one network input
pixel: the sum of b × b Poisson counts, exactly. Images are shown whole, padded to what the network needs.

The next images are read and get their noise in a thread of their own while the network works on the one before.
On the processor a pass takes one image: larger batches save little and round otherwise. On an accelerator as many
as fit go together; their results may differ from single ones by rounding, but are the same in every run.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TypeVar

import numpy as np
import torch

from segdepth_app.datasets.batches import binned_mean, noisy
from segdepth_app.datasets.contrast import ContrastScale, contrast_scale
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, is_out_of_memory
from segdepth_app.evaluation.truth import SpecimenTruth, specimen_truth
from segdepth_app.models.card import ModelCard
from segdepth_app.models.model_file import LoadedModel
from segdepth_app.reporting import Reporter

PIXEL_TOLERANCE = 0.01
PIXELS_PER_PASS = 2**21
"""Input pixels of one pass on an accelerator: two paper fields, 56 of the fast network's."""
IMAGES_AHEAD = 2

Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True)
class Grid:
    """How stored pixels become the network's input and output pixels."""

    factor: int  # stored pixels per input pixel, each way
    input_shape: tuple[int, int]
    input_binning: int  # reference pixels per input pixel
    output_shape: tuple[int, int]
    output_binning: int


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


@dataclass(frozen=True)
class Shot:
    """One image of the dataset at one dose."""

    row: int
    number: int
    """Of the dose."""
    dose_e_per_px: float
    image: np.ndarray
    """float32 (H, W), what the network is shown: counts over those expected in vacuum."""
    truth: SpecimenTruth
    specimen: int
    split: str
    c1_nm: float
    image_spread_pm: float


@dataclass(frozen=True)
class Bench:
    """A model set before a dataset, ready to judge image after image."""

    dataset: Dataset
    model: LoadedModel
    grid: Grid
    device: str
    seed: int

    def __post_init__(self) -> None:
        if self.device == "cpu":
            # convolutions are up to twice as fast so
            self.model.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    @property
    def images_per_pass(self) -> int:
        """How many images go through the network together."""
        height, width = self.grid.input_shape
        return 1 if self.device == "cpu" else max(1, PIXELS_PER_PASS // (height * width))

    @cached_property
    def scale(self) -> ContrastScale:
        """The gain and offset that the dataset puts on its images."""
        return contrast_scale(self.dataset)

    @property
    def is_counts(self) -> bool:
        """Whether shown values are electron counts, not on a gain and offset of their own."""
        return self.scale == ContrastScale()

    def vacuum_counts(self, dose_e_per_px: float) -> float:
        """Electrons expected in vacuum per input pixel."""
        return dose_e_per_px * self.grid.input_binning**2

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

    def shown(self, row: int, clean: np.ndarray, dose_e_per_px: float) -> np.ndarray:
        """Image `row` with its own noise, float32 (H, W), vacuum about 1 where it is counts."""
        rng = np.random.default_rng([self.seed, row, round(dose_e_per_px * 1e6)])
        image = noisy(clean, self.vacuum_counts(dose_e_per_px), rng)
        return self.scale.applied(image[None], rng)[0]

    def shots(self, rows: np.ndarray, doses_e_per_px: list[float]) -> Generator[Shot, None, None]:
        """Every image at every dose, in turn, prepared ahead in a thread. Close it where it is not read to its end."""
        with closing(made_ahead(_ShotMaker(self, doses_e_per_px), rows.tolist(), n=IMAGES_AHEAD)) as images:
            for shots in images:
                yield from shots

    def logits(self, row: int, clean: np.ndarray, dose_e_per_px: float) -> np.ndarray:
        """The network's logits float32 (11, h, w) for image `row` with its own noise."""
        return self.answers([self.shown(row, clean, dose_e_per_px)], [dose_e_per_px])[0].cpu().numpy()

    def answers(self, images: list[np.ndarray], doses_e_per_px: list[float]) -> torch.Tensor:
        """The network's logits float32 (B, 11, h, w), on its device, of images (H, W) of one size."""
        padded = np.stack([padded_to_multiple(image, int(self.model.network.multiple)) for image in images])
        height, width = self.grid.output_shape
        with torch.inference_mode():
            tensor = torch.from_numpy(padded).to(self.device)[:, None]
            told = [self.model.condition(dose, self.dataset.pixel_size_pm)[0] for dose in doses_e_per_px]
            logits = self.model.network(tensor, torch.tensor(told, dtype=torch.float32, device=self.device))
            return logits[:, :, :height, :width].float().contiguous()


class _ShotMaker:
    """All shots of one image; images of a specimen lie together, so its truth is made once."""

    def __init__(self, bench: Bench, doses_e_per_px: list[float]) -> None:
        self.bench, self.doses = bench, doses_e_per_px
        self.specimen, self.split = -1, ""
        self.truth: SpecimenTruth | None = None

    def __call__(self, row: int) -> list[Shot]:
        bench = self.bench
        optics = bench.dataset.index[row]
        if self.truth is None or self.specimen != optics["specimen"]:
            self.specimen = int(optics["specimen"])
            self.split = bench.dataset.specimen(self.specimen)["split"].decode()
            self.truth = bench.truth(self.specimen)
            _ = self.truth.prepared  # here, while the network is busy
        truth = self.truth
        clean = bench.clean(row)
        return [
            Shot(
                row=row,
                number=number,
                dose_e_per_px=dose,
                image=bench.shown(row, clean, dose),
                truth=truth,
                specimen=self.specimen,
                split=self.split,
                c1_nm=float(optics["c1_nm"]),
                image_spread_pm=float(optics["image_spread_pm"]),
            )
            for number, dose in enumerate(self.doses)
        ]


class Answering:
    """Answers shots in passes of as many as the memory holds: where it runs out, passes are halved, once."""

    def __init__(self, bench: Bench, reporter: Reporter, size: int = 0) -> None:
        self.bench, self.reporter = bench, reporter
        self.size = size or bench.images_per_pass
        self._halved = False

    def __call__(self, shots: Iterator[Shot]) -> Iterator[tuple[Shot, torch.Tensor]]:
        """Every shot with its logits float32 (11, h, w) on the network's device."""
        while batch := list(islice(shots, self.size)):
            self.reporter.raise_if_cancelled()
            yield from zip(batch, self._answers(batch), strict=True)

    def _answers(self, batch: list[Shot]) -> Iterable[torch.Tensor]:
        try:
            return self._pass(batch)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error) or self._halved or len(batch) == 1:
                raise
        # only here is what the failed pass held free again
        torch.cuda.empty_cache()
        self._halved, self.size = True, -(-len(batch) // 2)
        self.reporter.warning(
            f"Memory ran out with {len(batch)} images at once; {self.size} go together from here on. "
            "Figures may differ by rounding from those of a run with more memory."
        )
        return torch.cat([self._pass(batch[: self.size]), self._pass(batch[self.size :])])

    def _pass(self, batch: list[Shot]) -> torch.Tensor:
        return self.bench.answers([shot.image for shot in batch], [shot.dose_e_per_px for shot in batch])


def made_ahead(make: Callable[[Item], Made], items: Iterable[Item], *, n: int) -> Generator[Made, None, None]:
    """make(item) of every item in turn; up to `n` more are being made in a thread meanwhile."""
    waiting: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="reader") as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) > n:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def padded_to_multiple(image: np.ndarray, multiple: int) -> np.ndarray:
    """The image (H, W) mirrored beyond its lower and right edge until both are multiples of `multiple`."""
    pads = [(0, -edge % multiple) for edge in image.shape]
    if not any(after for _, after in pads):
        return image
    # a mirror image cannot be wider than the image: the edge repeats instead
    fits = all(after < edge for (_, after), edge in zip(pads, image.shape, strict=True))
    return np.pad(image, pads, mode="reflect" if fits else "edge")
