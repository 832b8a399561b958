"""The answer of a network to atoms, measured on one whose answer is known in closed form."""

import numpy as np
import pytest
from tracking_toys import said

from segdepth_app.inference.response import SHARED, expected_count, measured_response, variance

DOUBT, NOISE = 1.5, 1.0
GAIN = DOUBT**2 / (DOUBT**2 + NOISE**2)
"""Weight of what is seen against what was expected: 0.69."""


def observed(n_frames, n_columns, rng, truth=5.0):
    shown = truth + NOISE * rng.normal(size=(n_frames, n_columns))
    expected = np.full(shown.shape, 5.0)
    pairs = shown[: n_frames // 2 * 2].reshape(-1, 2, n_columns).mean(axis=1)
    return said(shown, NOISE, expected, DOUBT), said(pairs, NOISE / np.sqrt(2), expected[: len(pairs)], DOUBT)


def test_slope_and_noise_of_a_bayesian():
    """Expected count = gain · shown + …: its noise is gain · NOISE, its slope the gain (times SHARED, by intent)."""
    frames, pairs = observed(400, 12, np.random.default_rng(0))

    found = measured_response(frames, np.ones((400, 12), bool), pairs, np.full(12, 8))

    # 12 × 400 differences: 1 % of the noise; integers instead of a continuum: 2 % of the slope
    np.testing.assert_allclose(found.noise, GAIN * NOISE, rtol=0.12)
    np.testing.assert_allclose(found.slope, SHARED * GAIN, rtol=0.05)
    np.testing.assert_allclose(found.mean, 5, atol=0.15)


def test_without_sums_the_slope_is_the_gain():
    frames, pairs = observed(400, 12, np.random.default_rng(1))

    found = measured_response(frames, np.ones((400, 12), bool), pairs[:0], np.full(12, 8))

    np.testing.assert_allclose(found.slope, GAIN, rtol=0.05)


def test_changes_leave_the_noise_alone():
    """Ten atoms there and back add 2 of 400 differences, 3² / 2 each, to a sum of 400 · 0.48."""
    truth = np.full((400, 1), 5.0)
    truth[150:250] = 6
    frames, pairs = observed(400, 12, np.random.default_rng(2), truth)

    found = measured_response(frames, np.ones((400, 12), bool), pairs, np.full(12, 8))

    assert frames[..., 0].shape == (400, 12)
    np.testing.assert_allclose(found.noise, GAIN * NOISE, rtol=0.12)


def test_mean_and_variance_of_the_count():
    p = np.array([0.5, 0.25, 0, 0.25])

    assert expected_count(p) == pytest.approx(1.0)
    assert variance(p) == pytest.approx(0.25 + 0.25 * 9 - 1)
