"""Reliability bins and the calibration error, against a plain loop."""

import numpy as np
import pytest
from scipy.special import softmax as scipy_softmax

from segdepth_app.evaluation.calibration import N_BINS, Reliability, ReliabilityPair, softmax


def ece_by_loop(confidence, right):
    """Call by call and bin by bin, as the definition reads."""
    total = 0.0
    for number in range(N_BINS):
        low, high = number / N_BINS, (number + 1) / N_BINS
        last = number == N_BINS - 1
        chosen = [i for i, c in enumerate(confidence) if low <= c < high or (last and c == 1)]
        if chosen:
            mean_confidence = sum(confidence[i] for i in chosen) / len(chosen)
            share_right = sum(bool(right[i]) for i in chosen) / len(chosen)
            total += len(chosen) / len(confidence) * abs(share_right - mean_confidence)
    return total


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_calibration_error_equals_the_plain_loop(seed):
    rng = np.random.default_rng(seed)
    confidence = rng.uniform(1 / 11, 1, 500)
    right = rng.uniform(size=500) < confidence**2
    tally = Reliability()
    for part in np.array_split(np.arange(500), 7):
        tally.add(confidence[part], right[part])

    # sums in another order: 500 float64 terms
    assert tally.ece() == pytest.approx(ece_by_loop(confidence.tolist(), right.tolist()), abs=1e-12)


def test_full_confidence_counts_in_the_last_bin():
    """float32 softmax reaches exactly 1.0; such calls must not be lost."""
    tally = Reliability()
    tally.add(np.array([1.0, 1.0, 1.0, 1.0], np.float32), np.array([True, True, True, False]))

    assert tally.n[-1] == 4
    assert tally.ece() == 0.25


def test_no_calls_have_no_calibration_error():
    assert Reliability().ece() is None


def test_honest_confidence_has_almost_no_error():
    rng = np.random.default_rng(5)
    confidence = rng.uniform(0.1, 1, 200_000)
    tally = Reliability()
    tally.add(confidence, rng.uniform(size=confidence.size) < confidence)

    # 13 bins of about 15,000 calls scatter by 0.5/√15000 = 0.004 each
    assert tally.ece() < 0.006


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_softmax_agrees_with_scipy(temperature):
    logits = np.random.default_rng(2).normal(0, 20, (11, 6, 5)).astype(np.float32)

    # float32 exponentials
    np.testing.assert_allclose(softmax(logits, temperature), scipy_softmax(logits / temperature, axis=0), atol=1e-6)


def test_temperature_mends_overconfidence():
    """Logits three times too large: dividing by 3 makes them honest again."""
    rng = np.random.default_rng(4)
    honest = rng.normal(0, 1.5, (11, 20_000))
    truth = (scipy_softmax(honest, axis=0).cumsum(axis=0) > rng.uniform(size=20_000)).argmax(axis=0)
    pair = ReliabilityPair()
    pair.add(3 * honest, truth, temperature=3.0)

    assert pair.before.ece() > 0.2
    # about 10 bins of 2,000 calls: 0.5/√2000 = 0.011
    assert pair.after.ece() < 0.015
