"""From measured positions, each with its own error, to the likeliest path.

The specimen walks at random from frame to frame, and every measurement has an error of known size: the best estimate
of the path is then the Kalman filter's with Rauch, Tung and Striebel's smoothing (AIAA J. 3 (1965) 1445). How far it
walks is fitted to the series itself (maximum likelihood): a specimen that stands still comes out still, one that moves
much further than the errors keeps what was measured. Frames without a measurement get what the others say.
"""

import numpy as np
from scipy.optimize import minimize_scalar


def steadied(measured: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The path (T,) through positions (T,) with error variances (T,); infinite where there is no measurement."""
    known = np.isfinite(variance)
    if known.sum() < 2:
        return np.full(len(measured), measured[known][0] if known.any() else 0.0)
    error = float(np.median(variance[known]))
    # from a hundredth of the errors' variance a frame, which is standing still, to the whole way in one step
    most = max(float(np.ptp(measured[known])) ** 2, error)
    bounds = (np.log(1e-4 * error), np.log(10 * most))
    found = minimize_scalar(lambda q: -_filtered(measured, variance, np.exp(q))[0], bounds=bounds, method="bounded")
    return _smoothed(measured, variance, float(np.exp(found.x)))


def _filtered(measured: np.ndarray, variance: np.ndarray, walk: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Log likelihood; mean and variance (T,) of the position given what was measured up to each frame."""
    first = int(np.flatnonzero(np.isfinite(variance))[0])
    mean, spread, likelihood = float(measured[first]), float(variance[first]), 0.0
    means, spreads = np.full(len(measured), mean), np.full(len(measured), spread)
    for index in range(first + 1, len(measured)):
        spread += walk
        if np.isfinite(variance[index]):
            total = spread + variance[index]
            surprise = measured[index] - mean
            likelihood -= 0.5 * (np.log(total) + surprise**2 / total)
            mean += spread / total * surprise
            spread *= variance[index] / total
        means[index], spreads[index] = mean, spread
    return likelihood, means, spreads


def _smoothed(measured: np.ndarray, variance: np.ndarray, walk: float) -> np.ndarray:
    _, mean, spread = _filtered(measured, variance, walk)
    first = int(np.flatnonzero(np.isfinite(variance))[0])
    path = mean.copy()
    for index in range(len(measured) - 2, first - 1, -1):
        share = spread[index] / (spread[index] + walk)
        path[index] = mean[index] + share * (path[index + 1] - mean[index])
    path[:first] = path[first]
    return path
