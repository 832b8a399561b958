"""Cutting images into tiles that overlap, so that the network sees the same around every kept pixel."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import sqrt

from torch import Tensor
from torch.nn import functional

from segdepth_app.models.networks import DepthNetwork

TILE_VALUES = 2**26
"""Largest feature map (channels × pixels) of the first level: 256 MB in float32."""
SMALLEST_TILE_PX = 256


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
