"""Loss, learning rate and running average, against plain loops and by hand."""

from math import exp, log

import numpy as np
import pytest
import torch
from torch import nn

from segdepth_app.training.loss import average_decay, learning_rate, update_average, weighted_cross_entropy


def test_the_loss_is_the_weighted_mean_of_minus_log_probability():
    """Against a loop over pixels (eq. 6 of the paper)."""
    rng = np.random.default_rng(0)
    logits, depth, weight = rng.normal(size=(2, 5, 3, 4)), rng.integers(0, 5, (2, 3, 4)), rng.uniform(0.1, 1, (2, 3, 4))
    total = 0.0
    for b, y, x in np.ndindex(2, 3, 4):
        values = logits[b, :, y, x]
        total += weight[b, y, x] * (log(sum(exp(v) for v in values)) - values[depth[b, y, x]])
    loss = weighted_cross_entropy(torch.from_numpy(logits), torch.from_numpy(depth), torch.from_numpy(weight))
    assert loss.item() == pytest.approx(total / weight.sum(), rel=1e-5)  # float32


def test_pixels_without_weight_do_not_count():
    logits = torch.zeros(1, 11, 1, 2)
    logits[0, :, 0, 1] = torch.arange(11) * 100.0
    loss = weighted_cross_entropy(logits, torch.zeros(1, 1, 2, dtype=torch.long), torch.tensor([[[1.0, 0.0]]]))
    assert loss.item() == pytest.approx(log(11))


@pytest.mark.parametrize(
    ("step", "rate"),
    [(0, 0.1), (9, 1.0), (10, 1.0), (105, 0.505), (200, 0.01), (500, 0.01)],  # 5 % of 200 are 10 steps of warm-up
)
def test_the_learning_rate_warms_up_and_falls_as_a_cosine(step, rate):
    assert learning_rate(step, 200, 1.0) == pytest.approx(rate)


def test_the_average_forgets_geometrically():
    """After n steps towards a constant c: c (1 - decay^n); batch statistics too, and counters are copied."""
    average, network = (nn.BatchNorm1d(1) for _ in range(2))
    with torch.no_grad():
        average.weight.zero_()
        network.weight.fill_(2.0)
        network.running_mean.fill_(4.0)
        network.num_batches_tracked.fill_(7)
    for _ in range(3):
        update_average(average, network, 0.9)
    assert average.weight.item() == pytest.approx(2 * (1 - 0.9**3), rel=1e-6)
    assert average.running_mean.item() == pytest.approx(4 * (1 - 0.9**3), rel=1e-6)
    assert average.num_batches_tracked.item() == 7


@pytest.mark.parametrize(("step", "decay"), [(0, 0.1), (8, 0.5), (100_000, 0.99)])
def test_the_average_is_short_at_first_and_a_fiftieth_of_the_training_later(step, decay):
    assert average_decay(step, 5000) == pytest.approx(decay)
