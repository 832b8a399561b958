"""Temperature: what was divided out of honest logits is found again."""

import numpy as np
import pytest

from segdepth_app.config import TrainConfig
from segdepth_app.training.temperature import fit_temperature, fitted_doses


@pytest.mark.parametrize("temperature", [0.6, 1.0, 2.2])
def test_the_temperature_that_was_left_out_is_found(temperature):
    """Labels drawn from softmax(z), network claims T·z: the fit gives T."""
    rng = np.random.default_rng(2)
    logits = rng.normal(scale=2, size=(20_000, 11))
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probability.cumsum(axis=1) > rng.uniform(size=(len(logits), 1))).argmax(axis=1)
    claimed = logits * temperature
    # 20,000 labels: about 1 % standard error, three of them
    assert fit_temperature(claimed, labels, np.ones(len(labels))) == pytest.approx(temperature, rel=0.03)


def test_pixels_weigh_as_told():
    """Two halves with temperatures 1 and 3; the weights choose one of them."""
    rng = np.random.default_rng(3)
    logits = rng.normal(scale=2, size=(20_000, 4))
    probability = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (probability.cumsum(axis=1) > rng.uniform(size=(len(logits), 1))).argmax(axis=1)
    second = np.arange(len(labels)) >= 10_000
    claimed = logits * np.where(second, 3, 1)[:, None]
    assert fit_temperature(claimed, labels, second + 1e-9) == pytest.approx(3, rel=0.04)
    assert fit_temperature(claimed, labels, ~second + 1e-9) == pytest.approx(1, rel=0.04)


@pytest.mark.parametrize(
    ("low", "high", "doses"),
    [(0.8, 8, [1, 2.5, 5]), (2.5, 2.5, [2.5]), (6, 9, [6, 54**0.5, 9]), (0.5, 1, [0.5, 0.5**0.5, 1])],
)
def test_temperatures_are_fitted_at_doses_of_the_training(tmp_path, low, high, doses):
    config = TrainConfig(
        dataset=tmp_path / "d.h5", out=tmp_path / "run", dose_low_e_per_px=low, dose_high_e_per_px=high
    )
    assert fitted_doses(config) == pytest.approx(doses)
