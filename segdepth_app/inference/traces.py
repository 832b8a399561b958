"""Hidden-Markov smoothing of a column's count through time (forward–backward and Viterbi).

A column keeps its count from frame to frame with `stay_probability`; otherwise it changes, to a count d atoms
away with a weight of 1/d², so that single steps are the likeliest and any change remains possible.

The network's output is a posterior that already holds how often each count occurred in training. What a
hidden-Markov model takes is a likelihood: posterior / prior, up to a factor. The prior is used once, for the
first frame, so a series of one frame gives back the network's own posterior.

Shapes: probabilities (T, N, C) of T frames, N columns, C classes; everything is done for all columns at once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np
import numpy.typing as npt

FLOOR = 1e-6
"""Smallest probability: no single frame may rule a count out for good."""

VACANCY_SHARE = 0.03
"""Share of empty sites among all lattice sites of training specimens: 1 % inside rough ones, 4 % of shuffled ones."""

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating]


@dataclass(frozen=True)
class Smoothed:
    """What a whole series says of its columns."""

    path: npt.NDArray[np.uint8]  # (T, N), the likeliest sequence of counts (Viterbi)
    posterior: Values  # (T, N, C), given all frames
    log_likelihood: Floats  # (N,), of all frames, up to the factors left out of the likelihood

    def taken(self, columns: npt.NDArray[np.intp]) -> "Smoothed":
        """Some of the columns."""
        return Smoothed(self.path[:, columns], self.posterior[:, columns], self.log_likelihood[columns])

    @property
    def confidence(self) -> Values:
        """Posterior of the path's count, (T, N)."""
        return np.take_along_axis(self.posterior, self.path[..., None].astype(np.intp), axis=2)[..., 0]


def column_prior(class_prior: npt.ArrayLike) -> Floats:
    """What the network expects at the place of a column: the counts of the card's class prior, and a few vacancies.

    The card's share of class 0 counts all the background between columns. At a lattice site the network sees from the
    neighbours that a column should stand there; divided by the background's share, every doubtful vacancy would
    become a column. (On 61 vacancies of rough and shuffled specimens: 38 % recognised with that share, 79 % with
    this one, at the same accuracy of all others.)
    """
    counts = np.maximum(np.asarray(class_prior, float)[1:], FLOOR)
    return np.concatenate([[VACANCY_SHARE], (1 - VACANCY_SHARE) * counts / counts.sum()])


def transition_matrix(stay_probability: float, n_classes: int) -> Floats:
    """(C, C), rows sum to 1: from a count (row) to a count in the next frame."""
    classes = np.arange(n_classes)
    distance = np.abs(classes[:, None] - classes).astype(float)
    away = np.where(distance > 0, 1 / np.maximum(distance, 1) ** 2, 0)
    return np.eye(n_classes) * stay_probability + away / away.sum(axis=1, keepdims=True) * (1 - stay_probability)


def smooth(probabilities: npt.ArrayLike, *, prior: npt.ArrayLike, stay_probability: float) -> Smoothed:
    """Smooths the posteriors of single frames, (T, N, C), along time."""
    values = np.asarray(probabilities, float)
    if values.ndim != 3 or not len(values):
        raise ValueError(f"Expected probabilities of shape (T, N, C) with T > 0, got {values.shape}.")
    start = np.asarray(prior, float)
    evidence = np.log(np.maximum(values, FLOOR) / start)
    step = transition_matrix(stay_probability, values.shape[2])
    posterior, log_likelihood = forward_backward(evidence, start, step)
    return Smoothed(_viterbi(evidence, start, step), posterior, log_likelihood)


STAY_GRID = (0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995)
"""Chances that are compared when a rate is fitted."""


def fitted_stay(probabilities: npt.ArrayLike, *, prior: npt.ArrayLike) -> float:
    """The chance to keep a count, of STAY_GRID, that makes the posteriors of single frames (T, N, C) likeliest."""
    start = np.asarray(prior, float)
    evidence = np.log(np.maximum(np.asarray(probabilities, float), FLOOR) / start)
    fits = [_forward(evidence, start, transition_matrix(stay, len(start)))[2].sum() for stay in STAY_GRID]
    return STAY_GRID[int(np.argmax(fits))]


def smooth_trace(trace: npt.ArrayLike, *, prior: npt.ArrayLike, stay_probability: float | None = None) -> Smoothed:
    """smooth() of one pixel's or column's (T, C), with N = 1; the chance to keep a count is typed or else fitted.

    Frames that were not done (NaN) stay out of the sums.
    """
    values = np.asarray(trace, float)
    known = np.isfinite(values).all(axis=1)
    # equal likelihoods say nothing: the frame takes part in time only
    values = np.where(known[:, None], values, np.asarray(prior, float))
    values = values[:, None]
    stay = fitted_stay(values, prior=prior) if stay_probability is None else stay_probability
    return smooth(values, prior=prior, stay_probability=stay)


def forward_backward(evidence: Values, start: Floats, step: Floats) -> tuple[Values, Floats]:
    """Posterior (T, N, C), in the precision of the evidence, and log likelihood (N,).

    From log likelihoods (T, N, C), chances of the first counts (C,) and of transitions (C, C).
    """
    likelihood, forward, log_likelihood = _forward(evidence, start, step)
    back, ones = step.T.astype(evidence.dtype), np.ones(len(start), evidence.dtype)
    backward = np.ones_like(likelihood[0])
    posterior = forward
    for t in reversed(range(len(likelihood) - 1)):
        backward = (likelihood[t + 1] * backward) @ back
        backward /= (backward @ ones)[:, None]
        posterior[t] *= backward
        posterior[t] /= (posterior[t] @ ones)[:, None]
    return posterior, log_likelihood


def forward_fit(evidence: Values, start: Floats, step: Floats) -> Floats:
    """The log likelihood of forward_backward() alone."""
    return _forward(evidence, start, step)[2]


def changes_between(evidence: Values, start: Floats, step: Floats) -> Iterator[tuple[int, Values]]:
    """Chances (N, C, C) of a change from one count to another between frames t - 1 and t, from the last t to 1."""
    likelihood, forward, _ = _forward(evidence, start, step)
    backward = np.ones_like(likelihood[0])
    step = step.astype(evidence.dtype)
    away = step - np.diag(np.diag(step))
    for t in reversed(range(1, len(likelihood))):
        ahead = likelihood[t] * backward
        backward = ahead @ step.T
        before = forward[t - 1] / (forward[t - 1] * backward).sum(axis=1, keepdims=True)
        yield t, before[:, :, None] * away * ahead[:, None, :]
        backward /= backward.sum(axis=1, keepdims=True)


def _forward(evidence: Values, start: Floats, step: Floats) -> tuple[Values, Values, Floats]:
    """Likelihoods with a maximum of 1, forward messages that sum to 1, and the sum of all factors' logarithms (N,)."""
    kind, n_classes = evidence.dtype, len(start)
    # over so short an axis, numpy's own maximum and sum take several times as long as these
    highest = reduce(np.maximum, (evidence[:, :, n] for n in range(n_classes)))
    likelihood = np.exp(evidence - highest[..., None])
    forward = np.empty_like(likelihood)
    log_likelihood = highest.sum(axis=0, dtype=np.float64)
    ones, first, then = np.ones(n_classes, kind), start.astype(kind), step.astype(kind)
    for t in range(len(likelihood)):
        message = likelihood[t] * (forward[t - 1] @ then if t else first)
        factor = message @ ones
        np.divide(message, factor[:, None], out=forward[t])
        log_likelihood += np.log(factor)
    return likelihood, forward, log_likelihood


def _viterbi(evidence: Floats, start: Floats, step: Floats) -> npt.NDArray[np.uint8]:
    log_step = np.log(step)
    n_frames, n_columns, n_classes = evidence.shape
    came_from = np.zeros((n_frames, n_columns, n_classes), np.uint8)
    score = evidence[0] + np.log(start)
    for t in range(1, n_frames):
        candidates = score[:, :, None] + log_step
        came_from[t] = candidates.argmax(axis=1)
        score = candidates.max(axis=1) + evidence[t]
    path = np.empty((n_frames, n_columns), np.uint8)
    path[-1] = score.argmax(axis=1)
    columns = np.arange(n_columns)
    for t in reversed(range(n_frames - 1)):
        path[t] = came_from[t + 1, columns, path[t + 1]]
    return path
