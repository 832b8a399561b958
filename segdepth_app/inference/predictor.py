"""From an image at the file's pixel size to probabilities of the classes 0 to 10 at the model's output pixel.

Image, vacuum = 1 → area averages at the model's input pixel → padded (edge values) to the network's multiple →
logits, whole or in tiles → divided by the temperature of the dose → probabilities.

Input pixels are `input_scale` source pixels wide, output pixels `output_scale`, both counted from the upper left
corner (units.binned_from_px). The dose λ is in electrons per pixel of the file, in vacuum.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from segdepth_app.errors import SegDepthError, SeriesError
from segdepth_app.models.card import ModelCard
from segdepth_app.models.model_file import LoadedModel
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.series.calibration import check_sampling
from segdepth_app.series.resample import area_resample

COARSEST_SHARE = 1.9
"""Files may have pixels up to this times the model's input pixel; between the columns nothing is left beyond."""
TILE_VALUES = 2**26
"""Largest feature map (channels × pixels) of the first level: 256 MB in float32."""
SMALLEST_TILE_PX = 256

Floats = npt.NDArray[np.float32]


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


def halo_px(network: DepthNetwork) -> int:
    """Distance in input pixels beyond which nothing reaches an output, rounded up to the network's multiple.

    At level l (pixels of 2**l) a double convolution reaches 2 · 2**l, halving 2**l, bilinear doubling 2**l
    (transposed doubling less). A denoiser in front reaches as far again, but for the head.
    """
    levels = network.config.scales
    down = sum(3 * 2**level for level in range(levels)) + 2 * 2**levels
    up = sum(3 * 2**level for level in range(levels))
    head = sum(3 * 2**level for level in range(1, (network.output_binning // network.input_binning).bit_length()))
    denoiser = 0 if network.config.denoiser == "none" else down + up
    return -(-(denoiser + down + up + head) // network.multiple) * network.multiple


def tile_edge_px(network: DepthNetwork) -> int:
    """Largest edge that is computed in one piece, a multiple of the network's."""
    edge = int(sqrt(TILE_VALUES / network.config.width))
    return max(edge, smallest_tile_px(network)) // network.multiple * network.multiple


def smallest_tile_px(network: DepthNetwork) -> int:
    """Smallest edge of a tile; a quarter of it must hold a halo."""
    return max(SMALLEST_TILE_PX, 4 * network.multiple)


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
    """Applies one model. Deterministic; on CUDA it halves the tile once when memory runs out."""

    def __init__(self, loaded_model: LoadedModel, device: str | torch.device = "cpu", *, mirror: bool = False) -> None:
        self._model = loaded_model
        self.card = loaded_model.card
        self.device = torch.device(device)
        self.network = loaded_model.network.to(self.device).eval()
        self.mirror = mirror
        self.tile = tile_edge_px(self.network)
        self._halved = False

    def predict(self, image: Floats, *, pixel_size_pm: float, dose_e_per_px: float) -> Floats:
        """Probabilities float32 (11, h, w) of one image (H, W), vacuum = 1, at the file's pixel size.

        Raises: SegDepthError where the network gives no finite numbers; SeriesError for pixels that do not fit.
        """
        logs = self.log_probabilities(image[None], pixel_size_pm=pixel_size_pm, dose_e_per_px=dose_e_per_px)
        return np.exp(logs[0])

    def log_probabilities(self, images: Floats, *, pixel_size_pm: float, dose_e_per_px: float) -> Floats:
        """ln of the probabilities, float32 (B, 11, h, w), of images (B, H, W)."""
        check_pixel_size(self.card, pixel_size_pm)
        inputs = torch.from_numpy(np.stack([self.input_image(image, pixel_size_pm) for image in images]))
        with torch.inference_mode():
            logs = self._log_softmax(inputs, pixel_size_pm, dose_e_per_px)
            if self.mirror:
                flipped = self._log_softmax(inputs.flip(-1), pixel_size_pm, dose_e_per_px).flip(-1)
                logs = torch.logaddexp(logs, flipped) - np.log(2)
        if not torch.isfinite(logs).all():
            raise SegDepthError(
                f"The model {self.card.name} gives values that are not finite for this image.",
                "The image may hold broken pixels, or the model may be damaged; try another of either.",
            )
        return logs.numpy()

    def input_image(self, image: Floats, pixel_size_pm: float) -> Floats:
        """The image at the model's input pixel, cut to whole output pixels."""
        small = area_resample(image, pixel_size_pm, self.card.input_pixel_pm)
        ratio = self.card.output_binning // self.card.binning
        height, width = (n // ratio * ratio for n in small.shape)
        if not height or not width:
            raise SeriesError(
                f"A frame of {image.shape[0]} × {image.shape[1]} px at {pixel_size_pm:.4g} pm is smaller than one "
                f"output pixel of the model ({self.card.output_pixel_pm:.4g} pm).",
                "Check the pixel size.",
            )
        return small[:height, :width]

    def condition(self, dose_e_per_px: float, pixel_size_pm: float) -> tuple[float, float]:
        """What the network is told, ln(e/Å² / 100), and the temperature. The dose is held in the trained range."""
        return self._model.condition(dose_e_per_px, pixel_size_pm)

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
        condition = torch.full((len(inputs),), told, device=self.device)
        halo = min(halo_px(self.network), self.tile // 4 // self.network.multiple * self.network.multiple)
        result: Tensor | None = None
        for tile in tiles(padded.shape[-2], padded.shape[-1], edge=self.tile, halo=halo):
            piece = padded[..., tile.y0 : tile.y1, tile.x0 : tile.x1].to(self.device)
            logits = self.network(piece, condition).float().cpu()
            if result is None:
                shape = (*logits.shape[:2], padded.shape[-2] // ratio, padded.shape[-1] // ratio)
                result = torch.empty(shape)
            y0, y1, x0, x1 = (n // ratio for n in (tile.core_y0, tile.core_y1, tile.core_x0, tile.core_x1))
            top, left = tile.y0 // ratio, tile.x0 // ratio
            result[..., y0:y1, x0:x1] = logits[..., y0 - top : y1 - top, x0 - left : x1 - left]
        assert result is not None
        return result[..., : height // ratio, : width // ratio]


def pad_to(images: Tensor, multiple: int) -> Tensor:
    """Images (B, 1, H, W) with edge values added at the right and below, up to multiples."""
    height, width = images.shape[-2:]
    return functional.pad(images, (0, -width % multiple, 0, -height % multiple), mode="replicate")


@dataclass(frozen=True)
class Tile:
    """What is computed (y0:y1, x0:x1) and the core of it that is kept."""

    y0: int
    y1: int
    x0: int
    x1: int
    core_y0: int
    core_y1: int
    core_x0: int
    core_x1: int


def tiles(height: int, width: int, *, edge: int, halo: int) -> Iterator[Tile]:
    """Tiles of at most `edge` whose cores cover the image once; halo and edge multiples of the network's.

    Starts are multiples as well, so that the network's pooling blocks lie where they lie in the whole image.
    """
    for core_y0, core_y1 in _spans(height, edge, halo):
        for core_x0, core_x1 in _spans(width, edge, halo):
            y0, y1 = max(core_y0 - halo, 0), min(core_y1 + halo, height)
            x0, x1 = max(core_x0 - halo, 0), min(core_x1 + halo, width)
            yield Tile(y0, y1, x0, x1, core_y0, core_y1, core_x0, core_x1)


def _spans(length: int, edge: int, halo: int) -> list[tuple[int, int]]:
    if length <= edge:
        return [(0, length)]
    core = edge - 2 * halo
    return [(start, min(start + core, length)) for start in range(0, length, core)]
