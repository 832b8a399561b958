"""Counting electrons. λ is the mean count per pixel where the image is 1.

The detector's MTF (microscope.mtf) acts on the mean image, before anything here.
"""

import numpy as np


def count_electrons(image: np.ndarray, *, dose_e_per_px: float, rng: np.random.Generator) -> np.ndarray:
    """Poisson counts of an image with vacuum = 1, same shape, in the smallest of uint8, uint16, uint32 that holds them.

    Leibovich et al., eq. 1 (there divided by λ).
    """
    counts = rng.poisson(np.maximum(image, 0).astype(np.float64) * dose_e_per_px)
    return counts.astype(np.min_scalar_type(int(counts.max(initial=0))))
