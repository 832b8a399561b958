"""What of a frame's counts tells that a column gained or lost an atom: one linear filter per column.

Where a single frame leaves a network unsure, its expected count leans on what it expects there, and by how much differs
from column to column. The mean of many frames it reads well. There, the gradient of ln p(n + 1) - ln p(n - 1) with
respect to the image is the filter with which an observer who knew the images of n and n ± 1 atoms would weigh counts
(up to a factor: for Poisson counts, Δc / c), whatever else he expects. On simulated ceria at 1.83 electrons per pixel
of 5.3 pm, an atom of O moves what the filter sees by 0.95 standard deviations of its noise, in all columns alike; it
moves the network's expected count by 0.85 of its own, and by anything from 0.3 to 1.3 from column to column.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from segdepth_app.inference.columns import Sites
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.tiling import pad_to, window_start
from segdepth_app.models.gradient import odds_gradients

if TYPE_CHECKING:
    from scipy.sparse import csr_array

REACH_PM = 180.0
"""Radius of a filter: farther off, what other columns do is more than what this one does (best of 80 to 260)."""
CONTEXT = 4
"""Edge of the window that the network is shown, in radii of the filter."""
STEADY_FRAMES = 8
"""The network is told the dose of so many frames: enough to read the mean, too few to be certain (2 to 32 do alike)."""
MEAN_FRAMES = 128
"""Frames, spread over the series, whose mean it reads."""
WHOLE = 0.8
"""Share of its squared signal that a filter must keep where only part of its pixels lies in all frames."""
BATCH = 16

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Images:
    """The images of a series, as the network is shown them, to be read once more."""

    predictor: Predictor
    pixel_size_pm: float
    image_dose_e_per_px: float
    read: Callable[[int], Tensor]
    """Number of a frame → its input (h, w)."""

    def signals(
        self,
        sites: Sites,
        frames: npt.NDArray[np.integer],
        *,
        discs: npt.NDArray[np.int32],
        always: Bools,
        step: Callable[[], None],
    ) -> npt.NDArray[np.float64]:
        """What the filters of the sites see in each of the frames, (T, N); NaN of sites without a filter.

        `discs` and `always` (pixels that all frames show) are maps of the result. `step` is called after each frame.
        Raises: SeriesError where a frame cannot be read any more.
        """
        told = self.predictor.condition(self.image_dose_e_per_px * STEADY_FRAMES, self.pixel_size_pm)
        filters = column_filters(self.predictor, self._mean(frames), sites, discs, always, told)
        found = np.empty((len(frames), len(sites)))
        for row, frame in zip(found, frames, strict=True):
            row[:] = filters @ self.read(int(frame)).numpy().ravel()
            step()
        # a filter without weights is none
        found[:, np.diff(filters.indptr) == 0] = np.nan
        return found

    def _mean(self, frames: npt.NDArray[np.integer]) -> Tensor:
        chosen = frames[np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MEAN_FRAMES)).round().astype(int))]
        total = torch.zeros_like(self.read(int(chosen[0])), dtype=torch.float64)
        for frame in chosen:
            total += self.read(int(frame))
        return (total / len(chosen)).float()


def column_filters(
    predictor: Predictor,
    mean: Tensor,
    sites: Sites,
    discs: npt.NDArray[np.int32],
    always: Bools,
    told: tuple[float, float],
) -> "csr_array":
    """Weights (N, h · w) on the pixels of an input; of noise alone, each filter sees the same spread.

    `mean` (h, w) is the mean of inputs; `told` are condition and temperature of Predictor.condition().
    """
    from scipy.sparse import csr_array

    card = predictor.card
    ratio = card.output_binning // card.binning
    shown = np.repeat(np.repeat(always, ratio, axis=0), ratio, axis=1)
    reach = REACH_PM / card.input_pixel_pm
    windows = _Windows.of(predictor, mean, int(np.ceil(CONTEXT * reach)))
    parts = []
    for start in range(0, len(sites), BATCH):
        numbers = np.arange(start, min(start + BATCH, len(sites)))
        corners = [windows.corner(sites.x[n] * ratio, sites.y[n] * ratio) for n in numbers]
        gradients = _gradients(predictor, windows, corners, [discs == n for n in numbers], told)
        for n, (top, left), gradient in zip(numbers, corners, gradients, strict=True):
            # the centre of a result pixel lies between those of its input pixels
            centre = (np.array([sites.y[n], sites.x[n]]) + 0.5) * ratio - 0.5
            parts.append(_filter(gradient, (top, left), centre, reach, mean.numpy(), shown))
    counts = [len(pixels) for pixels, _ in parts]
    pixels, weights = (np.concatenate(part) for part in zip(*parts, strict=True))
    return csr_array((weights, pixels, np.concatenate([[0], np.cumsum(counts)])), shape=(len(sites), mean.numel()))


@dataclass(frozen=True)
class _Windows:
    """Windows of equal size in a padded image, (1, 1, H, W), on the grid of the network's pooling blocks."""

    padded: Tensor
    multiple: int
    edge: int

    @classmethod
    def of(cls, predictor: Predictor, image: Tensor, least: int) -> "_Windows":
        multiple = predictor.network.multiple
        return cls(pad_to(image[None, None], multiple), multiple, -(-least // multiple) * multiple)

    def corner(self, x: float, y: float) -> tuple[int, int]:
        """Top and left of the window around a pixel."""
        top, left = (
            window_start(round(float(at)), size, self.edge, self.multiple)
            for at, size in ((y, self.padded.shape[-2]), (x, self.padded.shape[-1]))
        )
        return top, left

    def at(self, corners: list[tuple[int, int]]) -> Tensor:
        """The windows, (B, 1, edge, edge), or less where the image is smaller."""
        return torch.cat([self.padded[..., y : y + self.edge, x : x + self.edge] for y, x in corners])


def _gradients(
    predictor: Predictor,
    windows: _Windows,
    corners: list[tuple[int, int]],
    plateaus: list[Bools],
    told: tuple[float, float],
) -> npt.NDArray[np.float32]:
    """∂(ln p(n + 1) - ln p(n - 1)) / ∂image of the windows, (B, edge, edge)."""
    ratio = predictor.card.output_binning // predictor.card.binning
    images = windows.at(corners)
    height, width = images.shape[-2] // ratio, images.shape[-1] // ratio
    masks = np.zeros((len(images), height, width), bool)
    for mask, plateau, (top, left) in zip(masks, plateaus, corners, strict=True):
        part = plateau[top // ratio : top // ratio + height, left // ratio : left // ratio + width]
        mask[: part.shape[0], : part.shape[1]] = part
    found = odds_gradients(
        predictor.network, images.to(predictor.device), *told, torch.from_numpy(masks).to(predictor.device)
    )
    return np.asarray(found.cpu().numpy())


def _filter(
    gradient: npt.NDArray[np.float32],
    corner: tuple[int, int],
    centre: Floats,
    reach: float,
    mean: npt.NDArray[np.float32],
    shown: Bools,
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
    """Pixels and weights of one column; none where too much of them lies outside a frame."""
    (top, left), (height, width) = corner, mean.shape
    y, x = np.mgrid[top : min(top + gradient.shape[0], height), left : min(left + gradient.shape[1], width)]
    near = np.hypot(y - centre[0], x - centre[1]) <= reach
    y, x = y[near], x[near]
    weights = gradient[y - top, x - left].astype(float)
    power = weights**2 * np.maximum(mean[y, x], 0)
    kept = shown[y, x]
    if not np.isfinite(power).all() or power.sum() <= 0 or power[kept].sum() < WHOLE * power.sum():
        return np.zeros(0, np.intp), np.zeros(0, np.float32)
    weights /= np.sqrt(power[kept].sum())
    return (y * width + x)[kept], weights[kept].astype(np.float32)
