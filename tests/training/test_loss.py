"""Loss, learning rate and running average, against plain loops and by hand."""

from math import exp, log

import numpy as np
import pytest
import torch
from torch import nn

from segdepth_app.config import TrainConfig
from segdepth_app.training.loss import (
    average_decay,
    learning_rate,
    ordinal_labels,
    segmentation_loss,
    update_average,
    weighted_cross_entropy,
    weighted_ordinal_loss,
)


def problem(seed: int = 0, scale: float = 1.0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Random logits of 11 classes, truth with every class in it, and weights, 2 × 6 × 4 pixels."""
    rng = np.random.default_rng(seed)
    depth = rng.permutation(np.arange(48) % 11).reshape(2, 6, 4)
    logits, weight = rng.normal(size=(2, 11, 6, 4)) * scale, rng.uniform(0.1, 1, (2, 6, 4))
    return torch.from_numpy(logits), torch.from_numpy(depth), torch.from_numpy(weight)


def soft_label(true: int, other: int, width: float) -> float:
    """Share of class `other` where `true` is right: a sum of exponentials over the counts, and nothing for class 0."""
    if 0 in (true, other):
        return float(true == other)
    return exp(-abs(true - other) / width) / sum(exp(-abs(true - n) / width) for n in range(1, 11))


def ordinal_by_hand(logits: torch.Tensor, depth: torch.Tensor, weight: torch.Tensor, width: float) -> float:
    """The ordinal loss as a loop over pixels and classes, in Python's own numbers."""
    total = 0.0
    for b, y, x in np.ndindex(*depth.shape):
        values = logits[b, :, y, x].tolist()
        highest = max(values)
        norm = highest + log(sum(exp(v - highest) for v in values))
        soft = [soft_label(int(depth[b, y, x]), n, width) for n in range(11)]
        total += float(weight[b, y, x]) * sum(share * (norm - v) for share, v in zip(soft, values, strict=True))
    return total / float(weight.sum())


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


@pytest.mark.parametrize("width", [0.2, 0.5, 1.0, 5.0])
def test_ordinal_labels_fall_with_the_difference_and_leave_the_background_alone(width):
    """Against the closed form, entry by entry; float32 holds seven digits."""
    labels = ordinal_labels(11, width).numpy()
    expected = [[soft_label(true, other, width) for other in range(11)] for true in range(11)]
    np.testing.assert_allclose(labels, expected, rtol=2e-6, atol=1e-30)
    assert labels[5, 6] / labels[5, 5] == pytest.approx(exp(-1 / width), rel=1e-5)


@pytest.mark.parametrize("width", [0.3, 0.5, 2.0])
def test_the_ordinal_loss_is_the_weighted_mean_over_soft_labels(width):
    """Against a loop over pixels and classes."""
    logits, depth, weight = problem()
    loss = weighted_ordinal_loss(logits, depth, weight, width_atoms=width)
    assert loss.item() == pytest.approx(ordinal_by_hand(logits, depth, weight, width), rel=1e-5)  # float32


@pytest.mark.parametrize("width", [0.0, 0.03])
def test_without_width_the_ordinal_loss_is_the_cross_entropy(width):
    """At 0.03 atoms the nearest count has a share of e^-33."""
    logits, depth, weight = problem(1)
    loss = weighted_ordinal_loss(logits, depth, weight, width_atoms=width)
    assert loss.item() == pytest.approx(weighted_cross_entropy(logits, depth, weight).item(), rel=1e-6)


def test_the_gradient_of_the_ordinal_loss_is_probability_minus_label():
    """Closed form: weight / total weight × (softmax − soft label); 1e-7 is float32 rounding."""
    logits, depth, weight = problem(2)
    logits.requires_grad_()
    weighted_ordinal_loss(logits, depth, weight, width_atoms=0.7).backward()
    labels = torch.tensor([[soft_label(true, n, 0.7) for n in range(11)] for true in range(11)], dtype=torch.float64)
    soft = labels[depth].movedim(-1, 1)
    expected = (torch.softmax(logits.detach(), dim=1) - soft) * (weight / weight.sum())[:, None]
    torch.testing.assert_close(logits.grad, expected, rtol=0, atol=1e-7)


def test_the_ordinal_loss_holds_in_bf16():
    """Logits of ±200 in bf16 give what Python's own numbers give for the same logits, and gradients stay finite."""
    logits, depth, weight = problem(3, scale=60.0)
    low = logits.bfloat16().requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = weighted_ordinal_loss(low, depth, weight.float(), width_atoms=0.5)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(ordinal_by_hand(low.detach().double(), depth, weight, 0.5), rel=1e-5)
    (gradient,) = torch.autograd.grad(loss, low)
    assert torch.isfinite(gradient).all()


@pytest.mark.parametrize(("said", "truth"), [(6, 5), (9, 5), (1, 0), (0, 1)])
def test_a_near_miss_costs_less_than_a_far_one_but_nothing_is_near_to_vacuum(said, truth):
    """A sure answer with a logit of 20 is charged 20 × the share that its label does not give it."""
    logits = torch.zeros(1, 11, 1, 1)
    logits[0, said] = 20.0
    loss = weighted_ordinal_loss(logits, torch.full((1, 1, 1), truth), torch.ones(1, 1, 1), width_atoms=1.0)
    assert loss.item() == pytest.approx(20 * (1 - soft_label(truth, said, 1.0)), abs=1e-4)


@pytest.mark.parametrize("loss", ["cross-entropy", "ordinal"])
def test_the_settings_choose_the_loss(loss, tmp_path):
    config = TrainConfig(dataset=tmp_path / "d.h5", out=tmp_path, loss=loss, ordinal_width_atoms=0.8)
    width = 0.8 if loss == "ordinal" else 1e-3  # hard labels
    found = segmentation_loss(*problem(4), config)
    assert found.item() == pytest.approx(ordinal_by_hand(*problem(4), width), rel=1e-5)


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
