"""Training batches with continuous noise: random crops of clean images, fresh Poisson counts every time.

Every batch is a function of (seed, epoch, step) alone, so a resumed training sees what an uninterrupted
one would have seen.

Units: dose λ in electrons per reference pixel in vacuum. A network whose input pixel is b reference
pixels wide sees counts ~ Poisson(λ b² c) of the mean image c, divided by λ b²: vacuum is about 1. A dataset of
data that are no counts adds a random gain and offset (datasets.contrast).
Axes:  images (B, 1, H, W); labels (B, h, w) at the network's output pixel, h = H · input / output binning.
"""

from collections.abc import Iterator
from math import exp, log
from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.contrast import contrast_scale
from segdepth_app.datasets.labels import centre_mask, plateau_map, ring_maps
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError
from segdepth_app.units import dose_per_area

MEMORY_LIMIT_BYTES = 2 * 1024**3
"""Splits whose float16 images are larger are read from the file, crop by crop."""

DOSE_UNIT_E_PER_A2 = 100.0
"""The dose a network is told is the logarithm of the dose over this."""

Floats = npt.NDArray[np.float32]


class Batch(NamedTuple):
    """One batch as arrays; the training turns them into tensors of the same names."""

    image: Floats  # (B, 1, H, W), vacuum about 1
    log_dose: Floats  # (B,)
    depth: npt.NDArray[np.int64]  # (B, h, w), classes 0 to 10
    weight: Floats  # (B, h, w)
    clean: Floats | None = None  # (B, 1, H, W), `image` without its noise, where it was asked for


class WholeImage(NamedTuple):
    """One image of a split as the network sees it, with its truth, for validation."""

    image: Floats  # (H, W), noisy, vacuum about 1
    log_dose: float
    depth: npt.NDArray[np.uint8]  # (h, w)
    weight: Floats  # (h, w)
    centre: npt.NDArray[np.bool_]  # (h, w), within the disc of a column
    discs: npt.NDArray[np.int32]  # (h, w), row of the column whose plateau a pixel lies on, or -1
    counts: npt.NDArray[np.int8]  # (n_columns,)


def log_dose(dose_e_per_px: npt.ArrayLike, pixel_size_pm: float) -> Floats:
    """What a network is told about the dose: ln(electrons per Å² / 100)."""
    per_area = np.asarray(dose_e_per_px, dtype=np.float64) * dose_per_area(1.0, pixel_size_pm)
    return np.log(per_area / DOSE_UNIT_E_PER_A2).astype(np.float32)


def noisy(clean: Floats, expected_vacuum_counts: npt.ArrayLike, rng: np.random.Generator) -> Floats:
    """Poisson counts of a clean image, over the counts expected in vacuum; the latter broadcast."""
    level = np.asarray(expected_vacuum_counts, dtype=np.float64)
    counts = rng.poisson(np.maximum(clean, 0) * level)
    return (counts / level).astype(np.float32)


def binned_mean(image: Floats, factor: int) -> Floats:
    """Means over factor × factor pixels of the last two axes, which must be multiples of it."""
    if factor == 1:
        return image
    *rest, height, width = image.shape
    blocks = image.reshape(*rest, height // factor, factor, width // factor, factor)
    return np.asarray(blocks.mean(axis=(-3, -1), dtype=np.float32))


class _MapGrid(TypedDict):
    shape: tuple[int, int]
    pixel_size_pm: float
    binning: int
    labels: LabelConfig


class CropSource:
    """The images of one split, cut into noisy training crops.

    Raises: DatasetError where the split is empty, too coarse for the network or too small for any crop.
    """

    def __init__(
        self,
        dataset: Dataset,
        split: str,
        *,
        labels: LabelConfig,
        input_binning: int,
        output_binning: int,
        multiple: int,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
    ) -> None:
        _check_binning(dataset, input_binning)
        self.dataset = dataset
        self.indices = dataset.images_of(split)
        if not len(self.indices):
            raise DatasetError(
                f"{dataset.path} has no images in its {split} split.",
                "Simulate more specimens, or give the split a larger share.",
            )
        self.labels = labels
        self.input_binning = input_binning
        self.output_binning = output_binning
        self.multiple = multiple
        self.pixel_size_pm = dataset.pixel_size_pm
        self.factor = input_binning // dataset.binning
        self.scale = contrast_scale(dataset)
        height, width = dataset.images.shape[1:]
        self.input_shape: tuple[int, int] = (int(height) // self.factor, int(width) // self.factor)
        if min(self.input_shape) < multiple:
            raise DatasetError(
                f"Images of {dataset.path} are {height} × {width} stored pixels; "
                f"this network needs {multiple * self.factor} or more each way.",
                "Simulate larger images, or choose a network with fewer scales.",
            )
        self._stored = self._read_all() if self._bytes() <= memory_limit_bytes else None
        self._maps = self._label_maps()

    def __len__(self) -> int:
        return len(self.indices)

    def _bytes(self) -> int:
        height, width = self.input_shape
        return 2 * len(self.indices) * height * width

    def _read_all(self) -> npt.NDArray[np.float16]:
        """All images of the split at the network's input pixel."""
        images = np.empty((len(self.indices), *self.input_shape), np.float16)
        for row, index in enumerate(self.indices):
            images[row] = binned_mean(self._trimmed(self.dataset.image(int(index))), self.factor)
        return images

    def _trimmed(self, image: Floats) -> Floats:
        return image[: self.input_shape[0] * self.factor, : self.input_shape[1] * self.factor]

    def _map_grid(self) -> _MapGrid:
        """Where label maps are drawn: the arguments of the functions in datasets.labels."""
        ratio = self.output_binning // self.input_binning
        return {
            "shape": (self.input_shape[0] // ratio, self.input_shape[1] // ratio),
            "pixel_size_pm": self.pixel_size_pm,
            "binning": self.output_binning,
            "labels": self.labels,
        }

    def _label_maps(self) -> dict[int, tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]]:
        """Depth and weight (in 255ths) of every specimen of the split, by specimen id."""
        maps = {}
        for specimen in np.unique(self.dataset.index["specimen"][self.indices]):
            depth, weight = ring_maps(self.dataset.columns(int(specimen)), **self._map_grid())
            maps[int(specimen)] = depth, np.rint(weight * 255).astype(np.uint8)
        return maps

    def clean(self, row: int) -> Floats:
        """Clean image number `row` of the split at the network's input pixel, (H, W)."""
        if self._stored is not None:
            return np.asarray(self._stored[row], np.float32)
        return binned_mean(self._trimmed(self.dataset.image(int(self.indices[row]))), self.factor)

    def specimen_of(self, row: int) -> int:
        """Specimen id of image number `row`."""
        return int(self.dataset.index["specimen"][self.indices[row]])

    def crop_edge(self, wanted_px: int) -> int:
        """The largest usable crop edge in input pixels that is at most `wanted_px`."""
        usable = min(wanted_px, *self.input_shape)
        return int(max(self.multiple, usable // self.multiple * self.multiple))

    def batch(
        self,
        *,
        seed: int,
        epoch: int,
        step: int,
        size: int,
        crop_px: int,
        dose_range: tuple[float, float],
        with_clean: bool = False,
    ) -> Batch:
        """Batch `step` of `epoch`: each image of the split comes up once before any comes up again."""
        rng = np.random.default_rng([seed, epoch, step])
        edge = self.crop_edge(crop_px)
        ratio = self.output_binning // self.input_binning
        doses = np.exp(rng.uniform(log(dose_range[0]), log(dose_range[1]), size))
        clean, depth, weight = [], [], []
        for row in self._rows(seed, epoch, step, size):
            y = int(rng.integers(0, (self.input_shape[0] - edge) // ratio + 1))
            x = int(rng.integers(0, (self.input_shape[1] - edge) // ratio + 1))
            # the lens is round: both mirror images are images of mirrored specimens
            flip = (slice(None, None, int(rng.choice([-1, 1]))), slice(None, None, int(rng.choice([-1, 1]))))
            window = (slice(y, y + edge // ratio), slice(x, x + edge // ratio))
            depth_map, weight_map = self._maps[self.specimen_of(row)]
            clean.append(self._clean_window(row, y * ratio, x * ratio, edge)[flip])
            depth.append(depth_map[window][flip])
            weight.append(weight_map[window][flip])
        mean = np.stack(clean)
        image = noisy(mean, (doses * self.input_binning**2)[:, None, None], rng)
        # both on one scale: it is drawn once for the noisy image and the clean one below it
        shown = self.scale.applied(np.concatenate([image, mean], axis=1) if with_clean else image, rng)
        return Batch(
            image=shown[:, None, :edge],
            log_dose=log_dose(doses, self.pixel_size_pm),
            depth=np.stack(depth).astype(np.int64),
            weight=np.asarray(np.stack(weight) / 255, np.float32),
            clean=shown[:, None, edge:] if with_clean else None,
        )

    def _rows(self, seed: int, epoch: int, step: int, size: int) -> npt.NDArray[np.int64]:
        """Images of batch `step`: consecutive pieces of one endless series of shuffled rounds."""
        first = step * size
        rounds = range(first // len(self), (first + size - 1) // len(self) + 1)
        order = np.concatenate([np.random.default_rng([seed, epoch, r, 1]).permutation(len(self)) for r in rounds])
        start = first - rounds[0] * len(self)
        return order[start : start + size]

    def _clean_window(self, row: int, y: int, x: int, edge: int) -> Floats:
        if self._stored is not None:
            return np.asarray(self._stored[row, y : y + edge, x : x + edge], np.float32)
        return self.clean(row)[y : y + edge, x : x + edge]

    def whole_images(self, *, dose_e_per_px: float, seed: int, limit: int = 0) -> Iterator[WholeImage]:
        """Images of the split (evenly chosen if more than `limit`), cut to the network's multiple, fixed noise."""
        rows = np.arange(len(self))
        if limit and limit < len(self):
            rows = np.unique(np.linspace(0, len(self) - 1, limit).round().astype(int))
        height, width = (edge // self.multiple * self.multiple for edge in self.input_shape)
        ratio = self.output_binning // self.input_binning
        window = (slice(0, height // ratio), slice(0, width // ratio))
        for row in rows:
            rng = np.random.default_rng([seed, int(row), round(dose_e_per_px * 1e6)])
            specimen = self.specimen_of(int(row))
            columns = self.dataset.columns(specimen)
            depth, weight = self._maps[specimen]
            clean = self.clean(int(row))[:height, :width]
            image = noisy(clean, dose_e_per_px * self.input_binning**2, rng)
            yield WholeImage(
                image=self.scale.applied(image[None], rng)[0],
                log_dose=float(log_dose(dose_e_per_px, self.pixel_size_pm)),
                depth=depth[window],
                weight=np.asarray(weight[window] / 255, np.float32),
                centre=centre_mask(columns, **self._map_grid())[window],
                discs=plateau_map(columns, **self._map_grid())[window],
                counts=columns["count"].astype(np.int8),
            )

    def class_prior(self) -> tuple[float, ...]:
        """Share of each class, as training weighs it: class 0 by loss weight, counts by columns.

        The weight on label 0 over all weight is how often the network is told "nothing here"; the rest is
        shared among counts 1 to 10 as the split's columns are.
        """
        blank = total = 0.0
        counts = np.zeros(11)
        for specimen, (depth, weight) in self._maps.items():
            blank += float(weight[depth == 0].sum(dtype=np.float64))
            total += float(weight.sum(dtype=np.float64))
            counts += np.bincount(self.dataset.columns(specimen)["count"], minlength=11)[:11]
        # half a column each keeps a count that never occurred from being impossible
        shares = (counts[1:] + 0.5) / (counts[1:] + 0.5).sum()
        return (blank / total, *(float(share * (1 - blank / total)) for share in shares))


def middle_dose(low: float, high: float) -> float:
    """The dose to validate at: the paper's 2.5 electrons per pixel, or the middle of a range without it."""
    return 2.5 if low <= 2.5 <= high else exp((log(low) + log(high)) / 2)


def _check_binning(dataset: Dataset, input_binning: int) -> None:
    if input_binning % dataset.binning:
        raise DatasetError(
            f"{dataset.path} stores {dataset.stored_pixel_pm:g} pm pixels (binning {dataset.binning}); "
            f"this network reads {dataset.pixel_size_pm * input_binning:g} pm.",
            "Simulate with binning 1 for the paper's network, or train the fast one.",
        )
