"""A small picture of an image file of an evaluation. No Qt."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

EDGE_PX = 256
"""Images are summed down to about so many pixels: noise is what one sees else."""


class Thumbnail(NamedTuple):
    """Pixels float32 (h, w), and the values to show as black and white."""

    pixels: np.ndarray
    low: float
    high: float


def read_thumbnail(path: Path) -> Thumbnail | None:
    """Of a TIFF with one image; None where it cannot be read."""
    import tifffile

    try:
        image = np.asarray(tifffile.imread(path), np.float32)
        if image.ndim != 2:
            return None
    except (OSError, ValueError, IndexError, KeyError):  # tifffile's own error is a ValueError
        return None
    factor = max(min(image.shape) // EDGE_PX, 1)
    height, width = (size // factor * factor for size in image.shape)
    blocks = image[:height, :width].reshape(height // factor, factor, width // factor, factor)
    pixels = blocks.mean(axis=(1, 3))
    low, high = np.percentile(pixels, [0.5, 99.8])
    return Thumbnail(pixels, float(low), float(max(high, low + 1e-6)))
