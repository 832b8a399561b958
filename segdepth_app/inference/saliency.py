"""Which input pixels the estimate at one output pixel depends on.

Saliency = |∂P(d at the output pixel) / ∂(input pixel)|, P after the temperature, input with vacuum = 1
(Leibovich et al., eq. 7). The map lies on the model's input grid, over the whole frame. It is
computed on a window around the pixel; outside it is 0, and so is the true one: the window is wider
than the network's reach wherever that is affordable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

import numpy as np
import numpy.typing as npt
import torch

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.tiling import pad_to
from segdepth_app.models.gradient import pixel_gradient
from segdepth_app.series.grid import Grid

WINDOW_OUTPUT_PX = 256


@dataclass(frozen=True)
class Saliency:
    """A saliency map and what it belongs to."""

    map: npt.NDArray[np.float32]  # (h, w), input pixels of the model, whole frame
    grid: Grid
    """How the map lies on the frame."""
    depth: int
    probability: float
    """P(depth) at the pixel."""

    @property
    def scale(self) -> float:
        """Source pixels per map pixel."""
        return self.grid.scale


def saliency_map(
    predictor: Predictor,
    image: npt.NDArray[np.float32],
    *,
    pixel_size_pm: float,
    dose_e_per_px: float,
    x_px: float,
    y_px: float,
    depth: int | None = None,
    rotation_deg: float = 0.0,
    shift: Sequence[float] = (0.0, 0.0),
) -> Saliency:
    """Saliency at a source pixel of one frame (H, W), vacuum = 1; `depth` None takes the likeliest class.

    `rotation_deg` and `shift` (dy, dx) as in Predictor.inputs.

    Raises: InputError where the pixel lies outside the frame, or the class is none.
    """
    _check(image.shape, x_px, y_px, depth)
    moved = np.array([shift], dtype=float)
    whole = predictor.inputs(image[None], pixel_size_pm=pixel_size_pm, rotation_deg=rotation_deg, shifts=moved)[0]
    grid = predictor.input_grid(image.shape[0], image.shape[1], pixel_size_pm, rotation_deg)
    ratio = predictor.card.output_binning // predictor.card.binning
    x, y = grid.coarser(ratio).to_grid(x_px, y_px)
    row, column = (min(max(floor(v + 0.5), 0), n // ratio - 1) for v, n in ((y, grid.height), (x, grid.width)))
    padded = pad_to(whole[None, None], predictor.network.multiple)
    top, left = (
        _window_start(position * ratio, size, WINDOW_OUTPUT_PX * ratio, predictor.network.multiple)
        for position, size in ((row, padded.shape[-2]), (column, padded.shape[-1]))
    )
    edge = WINDOW_OUTPUT_PX * ratio
    window = padded[..., top : top + edge, left : left + edge].to(predictor.device)
    told, temperature = predictor.condition(dose_e_per_px, pixel_size_pm)
    place = (row - top // ratio, column - left // ratio)
    gradient, depth, probability = pixel_gradient(predictor.network, window, told, temperature, place, depth)
    if not torch.isfinite(gradient).all():
        raise SegDepthError(
            f"The model {predictor.card.name} gives values that are not finite for this image.",
            "The image may hold broken pixels, or the model may be damaged; try another of either.",
        )
    full = np.zeros(padded.shape[-2:], np.float32)
    full[top : top + edge, left : left + edge] = gradient.abs()[0, 0].cpu().numpy()
    return Saliency(full[: grid.height, : grid.width], grid, depth, probability)


def _window_start(centre: int, size: int, edge: int, multiple: int) -> int:
    """Where a window of `edge` begins, a multiple, as central as the picture allows."""
    start = (centre - edge // 2) // multiple * multiple
    return max(0, min(start, -(-(size - edge) // multiple) * multiple))


def _check(shape: tuple[int, ...], x_px: float, y_px: float, depth: int | None) -> None:
    height, width = shape
    if not (0 <= x_px <= width - 1 and 0 <= y_px <= height - 1):
        raise InputError(
            f"Pixel {x_px:g},{y_px:g} lies outside the frame.",
            f"x runs from 0 to {width - 1}, y from 0 to {height - 1}.",
        )
    if depth is not None and not 0 <= depth < N_CLASSES:
        raise InputError(f"There is no depth class {depth}.", f"Choose 0 to {N_CLASSES - 1}.")
