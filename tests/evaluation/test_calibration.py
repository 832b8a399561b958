"""Reliability bins and the calibration error, against a plain loop."""

import numpy as np
import pytest
import torch
from scipy.special import softmax as scipy_softmax
from torchmetrics.classification import MulticlassCalibrationError

from segdepth_app.evaluation.calibration import N_BINS, Reliability, ReliabilityPair, ece_of_sums, softmax


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


@pytest.mark.parametrize("sharpness", [0.5, 2.0, 8.0])
def test_the_calibration_error_equals_that_of_torchmetrics(sharpness):
    rng = np.random.default_rng(9)
    probability = scipy_softmax(rng.normal(0, sharpness, (4000, 11)), axis=1)
    truth = rng.integers(0, 11, 4000)
    other = MulticlassCalibrationError(num_classes=11, n_bins=N_BINS, norm="l1")
    tally = Reliability()
    tally.add(probability.max(axis=1), probability.argmax(axis=1) == truth)

    # its sums are float32, and its bins are open below instead of above
    assert tally.ece() == pytest.approx(
        float(other(torch.from_numpy(probability).float(), torch.from_numpy(truth))), abs=2e-6
    )


def test_sums_of_parts_give_the_error_of_the_whole():
    """What the intervals resample: weights 2, 0 and 1 on three specimens are the first one twice and the last."""
    rng = np.random.default_rng(3)
    parts = [(rng.uniform(0.1, 1, 200), rng.uniform(size=200) < 0.6) for _ in range(3)]
    pair, whole = ReliabilityPair(), Reliability()
    sums = [pair.add(confidence, confidence, right) for confidence, right in parts]
    for number in (0, 0, 2):
        whole.add(*parts[number])

    assert ece_of_sums(2 * sums[0] + sums[2]) == pytest.approx(whole.ece(), abs=1e-12)
    np.testing.assert_array_equal(pair.after.table(), pair.before.table())


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
    right = honest.argmax(axis=0) == truth
    pair.add(softmax(3 * honest).max(axis=0), softmax(3 * honest, 3.0).max(axis=0), right)

    assert pair.before.ece() > 0.2
    # about 10 bins of 2,000 calls: 0.5/√2000 = 0.011
    assert pair.after.ece() < 0.015
