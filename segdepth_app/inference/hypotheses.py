"""Counts through time: single frames tell when a column changes and by how much, sums of frames tell from which count.

A hypothesis is a mean count of the column over the series, a slope and a rate of change. Under it the frames'
expected counts (response.py) become likelihoods of counts, and a hidden-Markov model gives posteriors and a path.
Whether the path stands at the right height its frames cannot tell, for they all share one bias; the sums can
(sums.py). Hypotheses are weighed by both, and the posteriors of all are added up.

The rates of change are a mixture: most columns of a series never change, a few change often. How many there are of
each is fitted; a typed rate is the only one.

Shapes: T frames, N columns, C classes, S slopes, H mean counts, R rates. Weights are logarithms.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.response import Response
from segdepth_app.inference.sums import Sums
from segdepth_app.inference.traces import changes_between, forward_backward, forward_fit, transition_matrix

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.float32]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

OFFSETS = np.arange(-2, 2.01, 0.25)
"""Mean counts that are tried, from the one that the largest sums say."""
STAYS = (0.9995, 0.98, 0.95)
"""Chances to keep the count that are mixed: columns that stand still, and two kinds that change."""
PSEUDO_SHARE = 0.2
"""Share of columns that each rate is taken to have had before: a few columns that change shall not be overruled."""
FIT_STEPS = 60
SLOPES, SLOPE_SHARES = (0.7, 1.0, 1.4), (0.25, 0.5, 0.25)
"""Slopes that are tried, by the usual one of the element, and how common they are."""
USUAL = 1
SLOPE_SPREAD = 0.2
"""Relative standard deviation of the slope from count to count."""
RESTLESS = 0.02
"""Columns that change with at least this chance are tried with all slopes."""
FARTHEST = 12.0
"""Largest squared deviation in units of the noise: one frame, however far off, shall force no change and back."""
HOPELESS = 16.0
"""Mean counts that the frames like so much less than another, in ln, no sum can help: it says 9 at most."""
LEAST_WEIGHT = 1e-3
"""Hypotheses of less weight are left out of the posteriors."""
CHUNK_VALUES = 2**23
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

    def with_slopes(self, factor: float) -> "Observed":
        """The same columns, where they answer so much more to atoms."""
        response = self.response
        return replace(self, response=Response(response.mean, response.slope * factor, response.noise))


@dataclass(frozen=True)
class Outcome:
    """What all hypotheses together say."""

    counts: Floats  # (T, N, C)
    changes: Floats  # (T, N, C, C): from one count to another between frame t - 1 and t


def log_likelihood(observed: Observed, means: Floats, columns: Ints) -> Values:
    """ln of the frames' likelihood (T, M, C) where `columns` (M,) have the mean counts `means` (M,)."""
    response = observed.response.taken(columns)
    moved = response.slope[:, None] * (np.arange(len(observed.prior)) - means[:, None])
    spread = np.sqrt(response.noise[:, None] ** 2 + (SLOPE_SPREAD * moved) ** 2)
    # in single precision: half the time, and likelihoods need no more
    scale, centre, level = (
        value.astype(np.float32) for value in (1 / spread, (response.mean[:, None] + moved) / spread, -np.log(spread))
    )
    values = observed.count[:, columns, None].astype(np.float32) * scale
    values -= centre
    np.square(values, out=values)
    np.minimum(values, np.float32(FARTHEST), out=values)
    values *= np.float32(-0.5)
    values += level
    values[~observed.seen[:, columns]] = 0
    return values


def weigh(observed: Observed, stays: tuple[float, ...]) -> Floats:
    """ln weight of every hypothesis, (N, S, H, R), before any is preferred.

    Other slopes than the usual one are tried where something may have changed; what stands still has none.
    """
    parts = [_weigh(observed.taken(columns), stays) for columns in observed.chunks()]
    weights = np.full((observed.count.shape[1], len(SLOPES), len(OFFSETS), len(stays)), -np.inf)
    weights[:, USUAL] = np.concatenate([part for part, _ in parts]) + np.log(SLOPE_SHARES[USUAL])
    restless = np.flatnonzero(np.concatenate([moving for _, moving in parts]))
    few = observed.taken(restless)
    for s, (factor, share) in enumerate(zip(SLOPES, SLOPE_SHARES, strict=True)):
        if s != USUAL:
            for columns in few.chunks():
                part, _ = _weigh(few.taken(columns).with_slopes(factor), stays)
                weights[restless[columns], s] = part + np.log(share)
    return weights


def _weigh(observed: Observed, stays: tuple[float, ...]) -> tuple[Floats, Bools]:
    """ln weights (N, H, R) with the slopes as they are, and the columns that may change (N,)."""
    means = observed.means()
    c = len(observed.prior)
    start, middle = np.full(c, 1 / c), stays[len(stays) // 2]
    owners, which = np.indices(means.shape).reshape(2, -1)
    values = log_likelihood(observed, means.ravel(), owners)
    fit = forward_fit(values, start, transition_matrix(middle, c)).reshape(means.shape)
    plausible = np.flatnonzero(fit >= fit.max(axis=1, keepdims=True) - HOPELESS)
    values, owners, which = values[:, plausible], owners[plausible], which[plausible]
    weights = np.full((*means.shape, len(stays)), -np.inf)
    moves = np.zeros(weights.shape, bool)
    for r, stay in enumerate(stays):
        posterior, fits = forward_backward(values, start, transition_matrix(stay, c))
        path = posterior.argmax(axis=2)
        weights[owners, which, r] = fits + observed.sums.verdict(path, owners, observed.prior)
        moves[owners, which, r] = np.ptp(path, axis=0) > 0
    share = np.exp(weights - weights.max(axis=(1, 2), keepdims=True))
    moving = (share * moves).sum(axis=(1, 2)) >= RESTLESS * share.sum(axis=(1, 2))
    return weights, moving


def mixed(weights: Floats) -> tuple[Floats, Floats]:
    """Posterior weights (N, S, H, R) of the hypotheses, and the share of columns at each rate (R,) that fits best.

    Expectation-maximisation of the shares, each with a pseudo-count.
    """
    n, n_rates = len(weights), weights.shape[-1]
    every = (1, 2, 3)
    likelihood = np.exp(weights - weights.max(axis=every, keepdims=True))
    shares = np.full(n_rates, 1 / n_rates)
    for _ in range(FIT_STEPS):
        posterior = likelihood * shares
        posterior /= posterior.sum(axis=every, keepdims=True)
        shares = posterior.sum(axis=(0, 1, 2)) + PSEUDO_SHARE * n
        shares /= shares.sum()
    return posterior, posterior.sum(axis=(0, 1, 2)) / n


def outcomes(observed: Observed, weights: Floats, stays: tuple[float, ...]) -> Iterator[tuple[Ints, Outcome]]:
    """Posteriors, chunk by chunk of the columns, of hypotheses with posterior weights (N, S, H, R)."""
    for columns in observed.chunks():
        yield columns, _outcome(observed.taken(columns), weights[columns], stays)


def _outcome(observed: Observed, weights: Floats, stays: tuple[float, ...]) -> Outcome:
    means = observed.means()
    n_frames, n = observed.count.shape
    c = len(observed.prior)
    counts, changes = np.zeros((n_frames, n, c)), np.zeros((n_frames, n, c, c))
    kept = np.where(weights >= LEAST_WEIGHT, weights, 0)
    kept /= kept.sum(axis=(1, 2, 3), keepdims=True)
    start = np.full(c, 1 / c)
    for s, r in np.ndindex(len(SLOPES), len(stays)):
        owners, which = np.nonzero(kept[:, s, :, r])
        if not len(owners):
            continue
        values = log_likelihood(observed.with_slopes(SLOPES[s]), means[owners, which], owners)
        share = kept[owners, s, which, r]
        step = transition_matrix(stays[r], c)
        posterior, _ = forward_backward(values, start, step)
        present, first = np.unique(owners, return_index=True)
        counts[:, present] += np.add.reduceat(posterior * share[:, None], first, axis=1)
        for t, between in changes_between(values, start, step):
            changes[t, present] += np.add.reduceat(between * share[:, None, None], first, axis=0)
    return Outcome(counts, changes)
