"""Columns in time, as a network would see them that expects at every place something else than what is there.

It is a Bayesian whose expectation of a column, normal around true count + bias, is the same in every frame and sum;
a sum of w frames shows the count with a noise of s/√w.
"""

from dataclasses import dataclass

import numpy as np

from segdepth_app.inference.windows import windows

CLASSES = np.arange(11)


@dataclass(frozen=True)
class Scene:
    """What a network says of columns, and the truth."""

    truth: np.ndarray  # (T, N)
    frames: np.ndarray  # (T, N, 11)
    sums: dict[tuple[int, int], np.ndarray]  # (N, 11)


def said(seen: np.ndarray, noise: float, expected: np.ndarray, doubt: float) -> np.ndarray:
    """The Bayesian's probabilities (…, 11) of a column that looks like `seen`, where he expected `expected`."""
    log = -0.5 * ((seen[..., None] - CLASSES) / noise) ** 2 - 0.5 * ((expected[..., None] - CLASSES) / doubt) ** 2
    values = np.exp(log - log.max(axis=-1, keepdims=True))
    return (values / values.sum(axis=-1, keepdims=True)).astype(np.float32)


def scene(truth: np.ndarray, rng: np.random.Generator, *, noise: float, bias: float, doubt: float, longest: int = 32):
    """A Scene of counts (T, N); `bias` is that of all columns, up or down at random."""
    shown = truth + noise * rng.normal(size=truth.shape)
    expected = np.round(truth.mean(axis=0)) + bias * rng.choice([-1, 1], truth.shape[1])
    sums = {
        (start, stop): said(shown[start:stop].mean(axis=0), noise / np.sqrt(stop - start), expected, doubt)
        for start, stop in windows(len(truth), longest)
    }
    return Scene(truth, said(shown, noise, np.broadcast_to(expected, truth.shape), doubt), sums)


def switching(n_frames: int, n_columns: int, share: float, stay: float, rng: np.random.Generator) -> np.ndarray:
    """Counts (T, N) from 3 to 7; a share of the columns goes back and forth between two counts, 1 apart."""
    low = rng.integers(3, 7, n_columns)
    moving = rng.random(n_columns) < share
    flips = (rng.random((n_frames, n_columns)) > stay) & moving
    flips[0] = False
    return low + np.cumsum(flips, axis=0) % 2
