"""Counting electrons. An ideal detector; λ is the mean count per pixel where the image is 1."""

import numpy as np


def count_electrons(image: np.ndarray, *, dose_e_per_px: float, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts of an image with vacuum = 1, same shape; uint8 where they fit, else uint16.

    Leibovich et al., eq. 1 (there divided by λ).
    """
    counts = rng.poisson(np.maximum(image, 0).astype(np.float64) * dose_e_per_px)
    return counts.astype(np.uint8 if counts.max(initial=0) < 256 else np.uint16)
