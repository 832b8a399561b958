"""From an image at the file's pixel size to probabilities of the classes 0 to 10 at the model's output pixel.

Image, vacuum = 1 → averages on the model's input grid (series/grid.py: turned with the crystal, moved with the
drift) → padded (edge values) to the network's multiple → logits, whole or in tiles → divided by the temperature of
the dose → probabilities on the output grid, `ratio` × `ratio` pixels of the input grid each.

The dose λ is in electrons per pixel of the file, in vacuum.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import SegDepthError, SeriesError
from segdepth_app.inference.tiling import halo_px, pad_to, smallest_tile_px, tile_edge_px, tiles
from segdepth_app.models.card import ModelCard
from segdepth_app.models.model_file import LoadedModel
from segdepth_app.series.calibration import check_sampling
from segdepth_app.series.grid import Grid, grid_for, sample

COARSEST_SHARE = 1.9
"""Files may have pixels up to this times the model's input pixel; between the columns nothing is left beyond."""

Floats = npt.NDArray[np.float32]
Shifts = npt.NDArray[np.floating] | None


def reference_dose(dose_e_per_px: float, pixel_size_pm: float, card: ModelCard) -> float:
    """Electrons per pixel of the file → electrons per reference pixel of the model."""
    return dose_e_per_px * (card.pixel_size_pm / pixel_size_pm) ** 2


def check_pixel_size(card: ModelCard, pixel_size_pm: float) -> None:
    """Raises: SeriesError where the pixels are too coarse for the model, or for any."""
    check_sampling(pixel_size_pm, card.input_pixel_pm)
    if pixel_size_pm > COARSEST_SHARE * card.input_pixel_pm:
        raise SeriesError(
            f"The series has {pixel_size_pm:.4g} pm per pixel; the model {card.name} works at "
            f"{card.input_pixel_pm:.4g} pm and takes at most {COARSEST_SHARE * card.input_pixel_pm:.4g} pm.",
            "Record at a higher magnification, choose another model, or correct --pixel-size-pm.",
        )


def fitness_warnings(card: ModelCard, *, pixel_size_pm: float, dose_e_per_px: float) -> list[str]:
    """What the model was not trained for, one sentence each."""
    warnings = []
    if pixel_size_pm > 1.03 * card.input_pixel_pm:
        warnings.append(
            f"The pixels ({pixel_size_pm:.4g} pm) are coarser than the model's input ({card.input_pixel_pm:.4g} pm); "
            "they are interpolated, and the model never saw such noise."
        )
    dose = reference_dose(dose_e_per_px, pixel_size_pm, card)
    low, high = card.dose_low_e_per_px, card.dose_high_e_per_px
    # a typed dose has few digits
    if not 0.99 * low <= dose <= 1.01 * high:
        warnings.append(
            f"The dose is {dose:.3g} electrons per pixel of {card.pixel_size_pm:.3g} pm; the model was trained from "
            f"{low:.3g} to {high:.3g}. It is told the nearest of these, and its confidence is not calibrated here."
        )
    return warnings


@dataclass(frozen=True)
class Geometry:
    """How the grids of a series and a model lie to each other."""

    input_scale: float
    """Source pixels per input pixel."""
    output_scale: float
    """Source pixels per output pixel."""
    ratio: int
    """Input pixels per output pixel."""


def geometry(card: ModelCard, pixel_size_pm: float) -> Geometry:
    """The grids for a file's pixel size."""
    # nine digits: 21.2 / 5.3 shall be 4
    return Geometry(
        round(card.input_pixel_pm / pixel_size_pm, 9),
        round(card.output_pixel_pm / pixel_size_pm, 9),
        card.output_binning // card.binning,
    )


class Predictor:
    """Applies one model. Deterministic; on CUDA it halves the tile once when memory runs out.

    `precision` "auto" takes half precision on CUDA; logits that overflow it are computed again in float32.
    """

    def __init__(
        self,
        loaded_model: LoadedModel,
        device: str | torch.device = "cpu",
        *,
        mirror: bool = False,
        precision: str = "auto",
    ) -> None:
        self._model = loaded_model
        self.card = loaded_model.card
        self.device = torch.device(device)
        self.network = loaded_model.network.to(self.device).eval()
        if self.device.type == "cpu":
            # convolutions take up to a third less time so
            self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.mirror = mirror
        self.half = torch.float16 if precision == "auto" and self.device.type == "cuda" else None
        self.tile = tile_edge_px(self.network)
        self._halved = False

    @property
    def precision(self) -> str:
        """The arithmetic in use, for result files: float32 or float16."""
        return "float32" if self.half is None else str(self.half).removeprefix("torch.")

    def predict(
        self, image: Floats, *, pixel_size_pm: float, dose_e_per_px: float, rotation_deg: float = 0.0
    ) -> Floats:
        """Probabilities float32 (11, h, w) of one image (H, W), vacuum = 1, at the file's pixel size.

        Raises: SegDepthError where the network gives no finite numbers; SeriesError for pixels that do not fit.
        """
        logs = self.log_probabilities(
            image[None], pixel_size_pm=pixel_size_pm, dose_e_per_px=dose_e_per_px, rotation_deg=rotation_deg
        )
        return np.exp(logs[0])

    def log_probabilities(
        self,
        images: Floats,
        *,
        pixel_size_pm: float,
        dose_e_per_px: float,
        rotation_deg: float = 0.0,
        shifts: Shifts = None,
    ) -> Floats:
        """ln of the probabilities, float32 (B, 11, h, w), of images (B, H, W), on output_grid()."""
        inputs = self.inputs(images, pixel_size_pm=pixel_size_pm, rotation_deg=rotation_deg, shifts=shifts)
        return self.from_inputs(inputs, pixel_size_pm=pixel_size_pm, dose_e_per_px=dose_e_per_px)

    def inputs(
        self, images: Floats, *, pixel_size_pm: float, rotation_deg: float = 0.0, shifts: Shifts = None
    ) -> Tensor:
        """What the network is shown, float32 (B, h, w) on input_grid(), of images (B, H, W), vacuum = 1.

        `shifts` (B, 2): how far down and right each image stands of where the grid expects it, in frame pixels. The
        mean of n of these is the input of n summed frames; its dose is n times theirs.
        Raises: SeriesError for pixels that do not fit the model.
        """
        check_pixel_size(self.card, pixel_size_pm)
        grid = self.input_grid(images.shape[-2], images.shape[-1], pixel_size_pm, rotation_deg)
        moved = np.zeros((len(images), 2)) if shifts is None else shifts
        return torch.from_numpy(
            np.stack([sample(image, grid, shift) for image, shift in zip(images, moved, strict=True)])
        )

    def from_inputs(self, inputs: Tensor, *, pixel_size_pm: float, dose_e_per_px: float) -> Floats:
        """ln of the probabilities, float32 (B, 11, h', w'), of what inputs() gave.

        Raises: SegDepthError where the network gives no finite numbers.
        """
        with torch.inference_mode():
            logs = self._averaged(inputs, pixel_size_pm, dose_e_per_px)
            if self.half is not None and not torch.isfinite(logs).all():
                with self._whole_precision():
                    logs = self._averaged(inputs, pixel_size_pm, dose_e_per_px)
        if not torch.isfinite(logs).all():
            raise SegDepthError(
                f"The model {self.card.name} gives values that are not finite for this image.",
                "The image may hold broken pixels, or the model may be damaged; try another of either.",
            )
        return logs.numpy()

    def input_grid(self, height_px: int, width_px: int, pixel_size_pm: float, rotation_deg: float = 0.0) -> Grid:
        """The grid of what the network is shown: whole output pixels.

        Raises: SeriesError where the frame is smaller than one of them.
        """
        ratio = self.card.output_binning // self.card.binning
        return grid_for(height_px, width_px, pixel_size_pm, self.card.input_pixel_pm, rotation_deg, ratio)

    def output_grid(self, height_px: int, width_px: int, pixel_size_pm: float, rotation_deg: float = 0.0) -> Grid:
        """The grid of the probabilities."""
        grid = self.input_grid(height_px, width_px, pixel_size_pm, rotation_deg)
        return grid.coarser(self.card.output_binning // self.card.binning)

    def condition(self, dose_e_per_px: float, pixel_size_pm: float) -> tuple[float, float]:
        """What the network is told, ln(e/Å² / 100), and the temperature. The dose is held in the trained range."""
        return self._model.condition(dose_e_per_px, pixel_size_pm)

    def _averaged(self, inputs: Tensor, pixel_size_pm: float, dose_e_per_px: float) -> Tensor:
        """With the mirrored image, where that is wanted: x → −x of the grid, along the crystal's own axis."""
        logs = self._log_softmax(inputs, pixel_size_pm, dose_e_per_px)
        if not self.mirror:
            return logs
        flipped = self._log_softmax(inputs.flip(-1), pixel_size_pm, dose_e_per_px).flip(-1)
        return torch.logaddexp(logs, flipped) - np.log(2)

    def _log_softmax(self, inputs: Tensor, pixel_size_pm: float, dose_e_per_px: float) -> Tensor:
        told, temperature = self.condition(dose_e_per_px, pixel_size_pm)
        return functional.log_softmax(self._logits(inputs, told) / temperature, dim=1)

    def _logits(self, inputs: Tensor, told: float) -> Tensor:
        try:
            return self._in_tiles(inputs, told)
        except torch.cuda.OutOfMemoryError as error:
            torch.cuda.empty_cache()
            smallest = smallest_tile_px(self.network)
            if self._halved or self.tile <= smallest:
                raise SegDepthError(
                    f"The GPU has too little memory, even for tiles of {self.tile} px.",
                    "Close other programs that use it, or set the device to cpu.",
                ) from error
            self._halved = True
            edge = min(self.tile, max(inputs.shape[-2:]))
            self.tile = max(edge // 2 // self.network.multiple * self.network.multiple, smallest)
        return self._logits(inputs, told)

    def _in_tiles(self, inputs: Tensor, told: float) -> Tensor:
        """Logits (B, 11, h, w) on the CPU of inputs (B, H, W)."""
        height, width = inputs.shape[-2:]
        ratio = self.network.output_binning // self.network.input_binning
        padded = pad_to(inputs[:, None], self.network.multiple)
        halo = min(halo_px(self.network), self.tile // 4 // self.network.multiple * self.network.multiple)
        result = torch.empty((len(inputs), N_CLASSES, padded.shape[-2] // ratio, padded.shape[-1] // ratio))
        for tile in tiles(padded.shape[-2], padded.shape[-1], edge=self.tile, halo=halo):
            piece = padded[..., tile.y0 : tile.y1, tile.x0 : tile.x1]
            y0, y1, x0, x1 = (n // ratio for n in (tile.core_y0, tile.core_y1, tile.core_x0, tile.core_x1))
            top, left = tile.y0 // ratio, tile.x0 // ratio
            for start, part in self._passes(piece):
                logits = self._pass(part, told)
                kept = logits[..., y0 - top : y1 - top, x0 - left : x1 - left]
                result[start : start + len(part), :, y0:y1, x0:x1] = kept
        return result[..., : height // ratio, : width // ratio]

    def _passes(self, piece: Tensor) -> list[tuple[int, Tensor]]:
        """As many images at once as have no more pixels than one whole tile; one on a CPU, which gains nothing."""
        size = 1 if self.device.type == "cpu" else max(1, self.tile**2 // (piece.shape[-2] * piece.shape[-1]))
        return [(start, piece[start : start + size]) for start in range(0, len(piece), size)]

    def _pass(self, part: Tensor, told: float) -> Tensor:
        condition = torch.full((len(part),), told, device=self.device)
        with self._arithmetic():
            return self.network(part.to(self.device), condition).float().cpu()

    def _arithmetic(self) -> AbstractContextManager[Any]:
        return nullcontext() if self.half is None else torch.autocast(self.device.type, dtype=self.half)

    @contextmanager
    def _whole_precision(self) -> Iterator[None]:
        half, self.half = self.half, None
        try:
            yield
        finally:
            self.half = half
