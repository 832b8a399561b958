"""Is there a column at all? Histograms of P(n > 0), from which precision and recall are read.

The bins are even in log-odds, ln P/(1 - P), for that is where a network is sure: most of the pixels lie nearer to 0 or
1 than an even bin is wide. Calls within a bin count as tied; 32 bins to a unit of log-odds leave the average precision
right to about 1e-3.
"""

import numpy as np

REACH = 16.0
"""Log-odds of the outermost edges; what is beyond counts in the outermost bins."""
BINS_PER_UNIT = 32
N_PRESENCE_BINS = int(2 * REACH * BINS_PER_UNIT)
COARSENING = 16
"""Bins that the bootstrap joins into one."""


def presence_edges() -> np.ndarray:
    """Edges of the bins in P(n > 0), (bins + 1,), from 0 to 1."""
    edges = 1 / (1 + np.exp(-np.linspace(-REACH, REACH, N_PRESENCE_BINS + 1)))
    edges[0], edges[-1] = 0, 1
    return edges


def presence_histogram(log_odds: np.ndarray, occupied: np.ndarray) -> np.ndarray:
    """Counts int64 (bins, 2) of [empty, occupied] cases by their ln P(n > 0)/P(0)."""
    index = np.clip((log_odds.ravel() + REACH) * BINS_PER_UNIT, 0, N_PRESENCE_BINS - 1).astype(np.int64)
    index += N_PRESENCE_BINS * occupied.ravel()
    counts = np.bincount(index, minlength=2 * N_PRESENCE_BINS)
    return counts.reshape(2, N_PRESENCE_BINS).T


def coarse(histogram: np.ndarray) -> np.ndarray:
    """The histogram (bins, 2) with COARSENING bins joined into one."""
    return np.asarray(histogram.reshape(-1, COARSENING, 2).sum(axis=1))


def average_precision(histogram: np.ndarray) -> np.ndarray:
    """Σ (R_k - R_{k-1}) P_k over falling thresholds, for histograms (..., bins, 2); NaN where a class is empty.

    With occupied cases alone every threshold would give 1, which says nothing.
    """
    counts = np.asarray(histogram, np.float64)[..., ::-1, :]
    empty, occupied = counts[..., 0].cumsum(axis=-1), counts[..., 1].cumsum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = np.where(occupied + empty > 0, occupied / (occupied + empty), 0)
        share = counts[..., 1] / occupied[..., -1:]
        figure = (share * precision).sum(axis=-1)
    return np.where((empty[..., -1] > 0) & (occupied[..., -1] > 0), figure, np.nan)


def coarse_average_precision(sums: np.ndarray) -> np.ndarray:
    """average_precision of flattened coarse histograms (..., bins × 2)."""
    return average_precision(sums.reshape(*sums.shape[:-1], -1, 2))
