"""Resampling images to a model's pixel size.

Convention: integers are pixel centres, so x' = (x + 0.5)/s − 0.5 with s = to_pm/from_pm. The new image has
floor(H/s) × floor(W/s) pixels and starts at the old one's upper left corner; a rest narrower than a new
pixel, at the right and lower edge, is left off.

Coarser (s > 1): each new pixel is the exact area average over what it covers. The mean over the covered
area is kept, and averages of counts times s² are sums of counts. An integer s gives block means.
Finer (s < 1): linear interpolation between pixel centres; outside the outermost centres the edge value.
"""

from functools import lru_cache

import numpy as np

from segdepth_app.errors import SeriesError

_SAME = 1e-9


def resampled_shape(height_px: int, width_px: int, from_pm: float, to_pm: float) -> tuple[int, int]:
    """Shape of area_resample's result."""
    scale = scale_of(from_pm, to_pm)
    return _length(height_px, scale), _length(width_px, scale)


def area_resample(
    image: np.ndarray, from_pm: float, to_pm: float, offset: tuple[float, float] = (0.0, 0.0)
) -> np.ndarray:
    """The image (H, W) at another pixel size: float32 (floor(H/s), floor(W/s)), s = to_pm/from_pm.

    `offset` (down, right), less than a pixel of the image: the new image starts so far from the old one's corner.
    What it then covers beyond the edge is left out of the averages.

    Raises: SeriesError where the image is smaller than one new pixel.
    """
    if image.ndim != 2:
        raise ValueError(f"Expected an image (H, W), got shape {image.shape}.")
    scale = scale_of(from_pm, to_pm)
    image = np.asarray(image, dtype=np.float32)
    is_aligned = offset == (0.0, 0.0)
    if scale == 1 and is_aligned:
        return image
    height, width = (_length(n, scale) for n in image.shape)
    if not height or not width:
        raise SeriesError(
            f"An image of {image.shape[0]} × {image.shape[1]} px at {from_pm:.4g} pm is smaller than "
            f"one pixel of {to_pm:.4g} pm.",
            "Check the pixel size.",
        )
    if scale == round(scale) and is_aligned:
        block = int(scale)
        cut = image[: height * block, : width * block]
        return cut.reshape(height, block, width, block).mean(axis=(1, 3), dtype=np.float64).astype(np.float32)
    rows = _apply(_bands(image.shape[0], scale, offset[0]), image)
    return np.ascontiguousarray(_apply(_bands(image.shape[1], scale, offset[1]), rows.T).T)


def scale_of(from_pm: float, to_pm: float) -> float:
    """Old pixels per new pixel; a whole number where only rounding keeps it from being one."""
    if not (np.isfinite(from_pm) and np.isfinite(to_pm) and from_pm > 0 and to_pm > 0):
        raise ValueError(f"Pixel sizes must be positive; got {from_pm} and {to_pm} pm.")
    scale = to_pm / from_pm
    nearest = max(round(scale), 1)
    # 21.2/5.3 is not exactly 4 in floating point
    return float(nearest) if abs(scale - nearest) < _SAME * nearest else scale


def _length(n: int, scale: float) -> int:
    return int(np.floor(n / scale * (1 + _SAME)))


def _apply(bands: tuple[np.ndarray, np.ndarray], image: np.ndarray) -> np.ndarray:
    """Product of a banded overlap matrix with the image's rows."""
    index, weight = bands
    result = np.zeros((index.shape[1], image.shape[1]), dtype=np.float32)
    for k in range(len(index)):
        result += weight[k][:, None] * image[index[k]]
    return result


@lru_cache(maxsize=32)
def _bands(n: int, scale: float, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """The overlap matrix (new, old) of one axis as bands: old index and weight, each (K, new).

    A matrix row has at most ceil(s) + 1 entries that are not zero, side by side, so only these are kept.
    """
    m = _length(n, scale)
    if scale > 1:
        start = np.arange(m) * scale + offset
        low, high = np.maximum(start, 0), np.minimum(start + scale, n)
        first = np.floor(low).astype(int)
        index = first + np.arange(int(np.ceil(scale)) + 1)[:, None]
        overlap = np.minimum(high, index + 1) - np.maximum(low, index)
        weight = np.clip(overlap, 0, 1) / (high - low)
    else:
        centre = np.clip((np.arange(m) + 0.5) * scale - 0.5 + offset, 0, n - 1)
        first = np.floor(centre).astype(int)
        index = np.stack([first, first + 1])
        weight = np.stack([1 - (centre - first), centre - first])
    return np.minimum(index, n - 1), weight.astype(np.float32)
