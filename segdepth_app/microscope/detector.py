"""Counting electrons, and what other detectors make of them. λ is the mean count per pixel where the image is 1.

The detector's MTF (microscope.mtf) acts on the mean image, before anything here.
"""

import numpy as np


def count_electrons(image: np.ndarray, *, dose_e_per_px: float, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts of an image with vacuum = 1, same shape, in the smallest of uint8, uint16, uint32 that holds them.

    Leibovich et al., eq. 1 (there divided by λ).
    """
    counts = rng.poisson(np.maximum(image, 0).astype(np.float64) * dose_e_per_px)
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))


def response(image: np.ndarray, *, gain: float, offset: float) -> np.ndarray:
    """gain · (image + offset), same dtype: what is kept of data that are no counts.

    `image` has its vacuum level at 1, noisy or not, and `offset` is in units of that level: it leaves
    vacuum at gain · (1 + offset).
    """
    scaled: np.ndarray = (image + np.asarray(offset, image.dtype)) * np.asarray(gain, image.dtype)
    return scaled
