"""Counts through time: single frames tell when a column changes and by how much, sums of frames tell from which count.

A hypothesis is a mean count of the column over the series, and a rate of change. Under it the frames' expected counts
(response.py) become likelihoods of counts, and a hidden-Markov model gives posteriors and a path. Whether the path
stands at the right height its frames cannot tell, for they all share one bias; the sums can (sums.py). Hypotheses are
weighed by both, and the posteriors of all are added up.

The rates of change are a mixture: most columns of a series never change, a few change often. How many there are of
each is fitted; a typed rate is the only one.

Shapes: T frames, N columns, C classes, H mean counts, R rates. Weights are logarithms.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.response import Response
from segdepth_app.inference.sums import Sums
from segdepth_app.inference.traces import changes_between, forward_backward, forward_fit, transition_matrix

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

OFFSETS = np.arange(-2, 2.01, 0.25)
"""Mean counts that are tried, from the one that the largest sums say."""
STAYS = (0.9995, 0.98, 0.95)
"""Chances to keep the count that are mixed: columns that stand still, and two kinds that change."""
PSEUDO_SHARE = 0.2
"""Share of columns that each rate is taken to have had before: a few columns that change shall not be overruled."""
FIT_STEPS = 60
SLOPE_SPREAD = 0.25
"""Relative standard deviation of the slope from column to column and from count to count."""
FARTHEST = 16.0
"""Largest squared deviation in units of the noise: a broken frame shall force no change."""
HOPELESS = 16.0
"""Mean counts that the frames like so much less than another, in ln, no sum can help: it says 9 at most."""
LEAST_WEIGHT = 1e-3
"""Hypotheses of less weight are left out of the posteriors."""
CHUNK_VALUES = 2**22
"""Likelihoods that are held at once."""


@dataclass(frozen=True)
class Observed:
    """All that is known of the columns."""

    count: Floats  # (T, N), expected counts of single frames
    seen: Bools  # (T, N)
    response: Response
    sums: Sums
    prior: Floats  # (C,)

    def taken(self, columns: Ints) -> "Observed":
        """Some of the columns."""
        return Observed(
            self.count[:, columns],
            self.seen[:, columns],
            self.response.taken(columns),
            self.sums.taken(columns),
            self.prior,
        )

    def chunks(self) -> Iterator[Ints]:
        """Columns, so many at once that memory stays bounded."""
        n_frames, n_columns = self.count.shape
        size = max(CHUNK_VALUES // (n_frames * len(OFFSETS) * len(self.prior)), 1)
        for start in range(0, n_columns, size):
            yield np.arange(start, min(start + size, n_columns))

    def means(self) -> Floats:
        """Mean counts that are tried, (N, H)."""
        said = np.nan_to_num(self.sums.mean_count())
        # columns that stand still have a whole count; 4 steps of OFFSETS are one atom
        return np.clip(np.rint(said * 4) / 4, 0, len(self.prior) - 1)[:, None] + OFFSETS


@dataclass(frozen=True)
class Outcome:
    """What all hypotheses together say."""

    counts: Floats  # (T, N, C)
    changes: Floats  # (T, N, C, C): from one count to another between frame t - 1 and t


def log_likelihood(observed: Observed, means: Floats, columns: Ints) -> Floats:
    """ln of the frames' likelihood (T, M, C) where `columns` (M,) have the mean counts `means` (M,)."""
    response = observed.response.taken(columns)
    away = np.arange(len(observed.prior)) - means[:, None]
    moved = response.slope[:, None] * away
    spread = np.sqrt(response.noise[:, None] ** 2 + (SLOPE_SPREAD * moved) ** 2)
    deviation = (observed.count[:, columns, None] - response.mean[:, None] - moved) / spread
    values = -0.5 * np.minimum(deviation**2, FARTHEST) - np.log(spread)
    return np.where(observed.seen[:, columns, None], values, 0)


def weigh(observed: Observed, stays: tuple[float, ...]) -> Floats:
    """ln weight of every hypothesis, (N, H, R), before any is preferred."""
    found = [_weigh(observed.taken(columns), stays) for columns in observed.chunks()]
    return np.concatenate(found)


def _weigh(observed: Observed, stays: tuple[float, ...]) -> Floats:
    means = observed.means()
    c = len(observed.prior)
    start, middle = np.full(c, 1 / c), stays[len(stays) // 2]
    owners, which = np.indices(means.shape).reshape(2, -1)
    values = log_likelihood(observed, means.ravel(), owners)
    fit = forward_fit(values, start, transition_matrix(middle, c)).reshape(means.shape)
    plausible = np.flatnonzero(fit >= fit.max(axis=1, keepdims=True) - HOPELESS)
    values, owners, which = values[:, plausible], owners[plausible], which[plausible]
    weights = np.full((*means.shape, len(stays)), -np.inf)
    for r, stay in enumerate(stays):
        posterior, fits = forward_backward(values, start, transition_matrix(stay, c))
        weights[owners, which, r] = fits + observed.sums.verdict(posterior.argmax(axis=2), owners, observed.prior)
    return weights


def mixed(weights: Floats) -> tuple[Floats, Floats]:
    """Posterior weights (N, H, R) of the hypotheses, and the share of columns at each rate (R,) that fits best.

    Expectation-maximisation of the shares, each with a pseudo-count.
    """
    n, _, n_rates = weights.shape
    likelihood = np.exp(weights - weights.max(axis=(1, 2), keepdims=True))
    shares = np.full(n_rates, 1 / n_rates)
    for _ in range(FIT_STEPS):
        posterior = likelihood * shares
        posterior /= posterior.sum(axis=(1, 2), keepdims=True)
        shares = posterior.sum(axis=(0, 1)) + PSEUDO_SHARE * n
        shares /= shares.sum()
    return posterior, posterior.sum(axis=(0, 1)) / n


def outcomes(observed: Observed, weights: Floats, stays: tuple[float, ...]) -> Iterator[tuple[Ints, Outcome]]:
    """Posteriors, chunk by chunk of the columns, of hypotheses with posterior weights (N, H, R)."""
    for columns in observed.chunks():
        yield columns, _outcome(observed.taken(columns), weights[columns], stays)


def _outcome(observed: Observed, weights: Floats, stays: tuple[float, ...]) -> Outcome:
    means = observed.means()
    n_frames, n = observed.count.shape
    c = len(observed.prior)
    counts, changes = np.zeros((n_frames, n, c)), np.zeros((n_frames, n, c, c))
    kept = np.where(weights >= LEAST_WEIGHT, weights, 0)
    kept /= kept.sum(axis=(1, 2), keepdims=True)
    for r, stay in enumerate(stays):
        owners, which = np.nonzero(kept[:, :, r])
        if not len(owners):
            continue
        values = log_likelihood(observed, means[owners, which], owners)
        share = kept[owners, which, r]
        start, step = np.full(c, 1 / c), transition_matrix(stay, c)
        posterior, _ = forward_backward(values, start, step)
        present, first = np.unique(owners, return_index=True)
        counts[:, present] += np.add.reduceat(posterior * share[:, None], first, axis=1)
        for t, between in changes_between(values, start, step):
            changes[t, present] += np.add.reduceat(between * share[:, None, None], first, axis=0)
    return Outcome(counts, changes)
