"""Softmax temperature: how far a network's logits must be divided for its confidence to be honest.

Reference: Guo et al., On Calibration of Modern Neural Networks (2017).
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import WholeImage, middle_dose

USUAL_DOSES = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 50.0, 100.0)
AT_LEAST = 3
TEMPERATURE_LIMITS = (0.2, 5.0)
PIXELS_PER_IMAGE = 4000
"""A temperature is one number: more pixels of an image would only repeat themselves."""


def fitted_doses(config: TrainConfig) -> list[float]:
    """The doses that get a temperature: the usual ones within the training's range, at least three in any range.

    Where fewer lie in it: its ends and its middle. A fixed dose has one temperature.
    """
    low, high = config.dose_low_e_per_px, config.dose_high_e_per_px
    inside = [dose for dose in USUAL_DOSES if low <= dose <= high]
    if len(inside) < AT_LEAST and low < high:
        return sorted({low, middle_dose(low, high), high})
    return inside or [middle_dose(low, high)]


def centre_pixels(
    pairs: Iterable[tuple[npt.NDArray[np.float32], WholeImage]], rng: np.random.Generator
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Log-probabilities (n, 11), labels and weights of pixels on columns, a sample of each image."""
    values, labels, weights = [], [], []
    for log_probability, truth in pairs:
        where = np.flatnonzero((truth.discs >= 0) & (truth.weight > 0))
        if len(where) > PIXELS_PER_IMAGE:
            where = rng.choice(where, PIXELS_PER_IMAGE, replace=False)
        values.append(log_probability.reshape(len(log_probability), -1)[:, where].T)
        labels.append(truth.depth.reshape(-1)[where])
        weights.append(truth.weight.reshape(-1)[where])
    return (
        np.concatenate(values).astype(np.float64),
        np.concatenate(labels).astype(np.int64),
        np.concatenate(weights).astype(np.float64),
    )


def fit_temperature(
    log_probability: npt.NDArray[np.float64], labels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> float:
    """The temperature with the lowest weighted negative log-likelihood; 1 where there are no pixels."""
    if not len(labels):
        return 1.0

    def cost(log_temperature: float) -> float:
        scaled = log_probability / np.exp(log_temperature)
        highest = scaled.max(axis=1, keepdims=True)
        total = np.log(np.exp(scaled - highest).sum(axis=1)) + highest[:, 0]
        right = scaled[np.arange(len(labels)), labels]
        return float(((total - right) * weights).sum() / weights.sum())

    low, high = np.log(TEMPERATURE_LIMITS)
    found = minimize_scalar(cost, bounds=(low, high), method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))
