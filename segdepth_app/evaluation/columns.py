"""What pooled probabilities are worth column by column.

Ranked probability score of a column with n atoms: Σ_k (F(k) - [n ≤ k])² / 10 over k = 0 … 9, where F is the
cumulative distribution over counts; 0 for a sure and right call, 1 for a sure call ten atoms off (Epstein 1969,
normalised by the number of steps). Unlike accuracy it rewards honest probabilities and near misses.

A *step* n ↔ n + 1 asks only which of two neighbouring counts a column holds: of columns with n or n + 1 atoms, how
often the larger of P(n), P(n + 1) is the true one. It is what an ideal observer of two alternatives is compared with.
"""

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.evaluation.metrics import share

N_STEPS = N_CLASSES - 1
STEP_SUMS = ("n_lower", "right_lower", "n_upper", "right_upper")


def ranked_probability_scores(probability: np.ndarray, count: np.ndarray) -> np.ndarray:
    """Of columns (n,) with probabilities (n, 11): each in [0, 1]."""
    cumulative = probability.cumsum(axis=1)[:, :-1]
    reached = np.arange(N_STEPS) >= count[:, None]
    return np.asarray(((cumulative - reached) ** 2).sum(axis=1) / N_STEPS)


def log_odds_occupied(logits: np.ndarray) -> np.ndarray:
    """ln P(n > 0)/P(0) of logits (n, 11), already divided by the temperature: (n,)."""
    below = logits - logits.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.exp(below[:, 1:]).sum(axis=1)) - below[:, 0])


def step_sums(logits: np.ndarray, count: np.ndarray) -> np.ndarray:
    """float64 (10, 4) of STEP_SUMS for columns (n,) with logits (n, 11); equal probabilities are right by half."""
    count = count.astype(np.int64)
    # sign of P(n + 1) - P(n): temperature does not change it
    upward = np.sign(np.diff(logits, axis=1))
    sums = np.zeros((N_STEPS, len(STEP_SUMS)))
    lower, upper = np.flatnonzero(count < N_STEPS), np.flatnonzero(count > 0)
    step = count[lower]
    sums[:, 0] = np.bincount(step, minlength=N_STEPS)
    sums[:, 1] = np.bincount(step, weights=(1 - upward[lower, step]) / 2, minlength=N_STEPS)
    step = count[upper] - 1
    sums[:, 2] = np.bincount(step, minlength=N_STEPS)
    sums[:, 3] = np.bincount(step, weights=(1 + upward[upper, step]) / 2, minlength=N_STEPS)
    return sums


def step_accuracy(sums: np.ndarray) -> np.ndarray:
    """Mean of both counts' shares of right calls, of STEP_SUMS (..., 4); NaN without columns of either."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((sums[..., 1] / sums[..., 0] + sums[..., 3] / sums[..., 2]) / 2)


def step_figures(sums: np.ndarray) -> list[dict[str, float | int | None]]:
    """lower, n_lower, n_upper and accuracy of each step, of STEP_SUMS (10, 4)."""
    figures: list[dict[str, float | int | None]] = []
    for lower, (n_lower, right_lower, n_upper, right_upper) in enumerate(sums):
        below, above = share(right_lower, n_lower), share(right_upper, n_upper)
        accuracy = None if below is None or above is None else (below + above) / 2
        figures.append({"lower": lower, "n_lower": int(n_lower), "n_upper": int(n_upper), "accuracy": accuracy})
    return figures
