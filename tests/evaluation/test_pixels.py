"""Calls and confidences of pixels against scipy and numpy."""

import numpy as np
import pytest
import torch
from scipy.special import logsumexp, softmax

from segdepth_app.errors import ModelError
from segdepth_app.evaluation.pixels import CHUNK, finite_logits, pixel_calls


@pytest.mark.parametrize("temperature", [1.0, 0.6, 2.5])
def test_calls_and_confidences_equal_scipys_softmax(temperature):
    """More pixels than a processor takes at once, the last piece smaller."""
    logits = np.random.default_rng(1).normal(0, 5, (11, 2 * CHUNK + 77)).astype(np.float32)
    calls = pixel_calls(torch.from_numpy(logits), temperature)

    exact = logits.astype(float)
    np.testing.assert_array_equal(calls.called, logits.argmax(axis=0))
    # float32 exponentials and sums of eleven
    np.testing.assert_allclose(calls.confidence, softmax(exact, axis=0).max(axis=0), rtol=2e-6)
    np.testing.assert_allclose(calls.calibrated, softmax(exact / temperature, axis=0).max(axis=0), rtol=2e-6)
    expected = logsumexp(exact[1:] / temperature, axis=0) - exact[0] / temperature
    np.testing.assert_allclose(calls.log_odds, expected, atol=1e-4)


def test_the_answer_is_left_as_it_was():
    logits = torch.randn(11, 50, generator=torch.Generator().manual_seed(1))
    before = logits.clone()
    pixel_calls(logits, 2.0)

    assert torch.equal(logits, before)


def test_of_equal_logits_the_lower_count_is_called():
    logits = torch.zeros(11, 3)
    logits[[4, 7], 1] = 2
    logits[10, 2] = 1

    assert pixel_calls(logits, 1.0).called.tolist() == [0, 4, 10]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_one_value_that_is_not_finite_is_refused_by_the_images_number(value):
    logits = np.zeros((11, 8, 8), np.float32)
    logits[3, 5, 2] = value

    with pytest.raises(ModelError, match=r"image 17 .* not finite") as caught:
        finite_logits(logits, 17)
    assert "\n" not in str(caught.value)
    with pytest.raises(ModelError, match="an image"):
        finite_logits(torch.from_numpy(logits), None)


def test_opposite_infinities_are_not_overlooked():
    logits = np.zeros((11, 8, 8), np.float32)
    logits[0, 0, 0], logits[1, 0, 0] = np.inf, -np.inf

    with pytest.raises(ModelError):
        finite_logits(logits, 1)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
def test_an_accelerator_calls_the_same():
    logits = np.random.default_rng(2).normal(0, 5, (11, 40_000)).astype(np.float32)
    here, there = (pixel_calls(torch.from_numpy(logits).to(device), 1.7) for device in ("cpu", "cuda"))

    np.testing.assert_array_equal(here.called, there.called)
    for name in ("confidence", "calibrated", "log_odds"):
        np.testing.assert_allclose(getattr(here, name), getattr(there, name), rtol=1e-5, atol=1e-4)
