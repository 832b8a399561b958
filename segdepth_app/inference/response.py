"""How a network's expected count in single frames answers to a column that gains or loses an atom.

A network that is unsure leans on what it expects at that place from the neighbours, and it expects the same in every
frame. So its expected count e_t of frame t (Σ n p_t(n)) lies off the true count by the same amount in every frame, and
moves by less than 1 when the column changes by 1:

    e_t = mean + slope · (n_t - mean count) + noise,     noise ~ N(0, noise²).

The noise follows from successive differences (von Neumann), which changes hardly touch. The slope is that of a
Bayesian who weighs his expectation (variance τ²) against what the frame shows (variance s²): slope = noise / s.
Posterior variances give s, for 1/V = 1/τ² + w/s² holds for the sum of w frames: 1/s² = 1/V_2 - 1/V_1.

Shapes: T frames, N columns, C classes.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SHARED = 1.2
"""Posteriors also hold doubts that all frames share (defocus, spread), so that s looks larger than it is: by about this
factor on simulated series, where the true slope is known (means at 1.83 e/px: O 0.6, Ce 0.8)."""
SLOPE_RANGE = (0.5, 1.0)
LEAST_NOISE = 0.08
"""Atoms; the expected count of a column that is sure has other errors than noise."""
FAINT = 0.7
"""Columns with a smaller expected count are mostly vacancies, whose posteriors say little of atoms that come."""
FEWEST = 4
"""Columns from which a mean is taken, and differences that the usual noise of a group counts for."""


@dataclass(frozen=True)
class Response:
    """Per column, (N,)."""

    mean: Floats
    slope: Floats
    noise: Floats

    def taken(self, columns: npt.NDArray[np.intp]) -> "Response":
        """Some of the columns."""
        return Response(self.mean[columns], self.slope[columns], self.noise[columns])


def expected_count(probabilities: npt.ArrayLike) -> Floats:
    """Σ n p(n) over the last axis."""
    values = np.asarray(probabilities)
    return np.asarray(values @ np.arange(values.shape[-1], dtype=values.dtype), float)


def variance(probabilities: npt.ArrayLike) -> Floats:
    """Of the count, over the last axis."""
    values = np.asarray(probabilities)
    squares = np.arange(values.shape[-1], dtype=values.dtype) ** 2
    return np.asarray(np.maximum(values @ squares - expected_count(values) ** 2, 0), float)


def measured_response(
    frames: npt.NDArray[np.floating], seen: Bools, pairs: npt.NDArray[np.floating], groups: npt.NDArray[np.integer]
) -> Response:
    """From probabilities (T, N, C) of frames, where they were `seen` (T, N), and of sums of two, (P, N, C).

    `groups` (N,) names the columns that share a slope (the elements).
    """
    count = expected_count(frames)
    mean = _mean(count, seen)
    noise2 = _noise_variance(count, seen, groups)
    one = _mean(variance(frames), seen)
    two = variance(pairs).mean(axis=0) if len(pairs) else None
    slope = np.empty_like(mean)
    for group in np.unique(groups):
        members = groups == group
        told = next(rows for rows in (members & (mean >= FAINT), members) if rows.sum() >= FEWEST or rows is members)
        slope[members] = _slope(noise2[told].mean(), one[told].mean(), None if two is None else two[told].mean())
    return Response(mean, slope, np.maximum(np.sqrt(noise2), LEAST_NOISE))


def _mean(values: Floats, seen: Bools) -> Floats:
    return np.asarray((values * seen).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))


def _noise_variance(count: Floats, seen: Bools, groups: npt.NDArray[np.integer]) -> Floats:
    """Per column, drawn towards that of its group by as much as FEWEST differences weigh."""
    both = seen[1:] & seen[:-1]
    total = (np.diff(count, axis=0) ** 2 / 2 * both).sum(axis=0)
    n = both.sum(axis=0)
    usual = np.zeros_like(total)
    for group in np.unique(groups):
        members = groups == group
        usual[members] = np.median((total / np.maximum(n, 1))[members])
    return np.asarray((total + FEWEST * usual) / (n + FEWEST))


def _slope(noise2: float, one: float, two: float | None) -> float:
    if two is None or not 0 < two < one:
        # without sums: noise² = slope² s² and 1/V = 1/τ² + 1/s² leave slope = noise² / V
        slope = noise2 / max(one, 1e-9)
    else:
        slope = SHARED * float(np.sqrt(noise2 * (1 / two - 1 / one)))
    return float(np.clip(slope, *SLOPE_RANGE))
