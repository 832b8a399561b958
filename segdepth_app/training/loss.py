"""Loss, learning rate and averaging of weights: pure functions the training module wires together."""

from math import cos, pi

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

WARM_UP_SHARE = 0.05
FINAL_SHARE = 0.01
"""The learning rate rises over the first 5 % of the steps and ends at 1 % of its highest value."""


def weighted_cross_entropy(
    logits: Float[Tensor, "b c h w"], depth: Int[Tensor, "b h w"], weight: Float[Tensor, "b h w"]
) -> Float[Tensor, ""]:
    """Cross-entropy weighted by pixel, over the sum of weights, so that its scale does not depend on the batch.

    Reference: eq. 6 of the paper.
    """
    each = functional.cross_entropy(logits.float(), depth, reduction="none")
    return (each * weight).sum() / weight.sum()


def learning_rate(step: int, n_steps: int, highest: float) -> float:
    """Learning rate of optimiser step `step` (from 0) of `n_steps`: linear warm-up, then half a cosine."""
    warm_up = max(1, round(WARM_UP_SHARE * n_steps))
    if step < warm_up:
        return highest * (step + 1) / warm_up
    done = min((step - warm_up) / max(1, n_steps - warm_up), 1.0)
    return highest * (FINAL_SHARE + (1 - FINAL_SHARE) * (1 + cos(pi * done)) / 2)


def average_decay(step: int, n_steps: int) -> float:
    """Decay of the running average of weights: about a fiftieth of the training, shorter in its first steps."""
    longest = 1 - 1 / max(2.0, min(1000.0, n_steps / 50))
    return min(longest, (1 + step) / (10 + step))


@torch.no_grad()
def update_average(average: nn.Module, network: nn.Module, decay: float) -> None:
    """Moves the averaged weights, and the batch-norm statistics, towards the network's."""
    mine, theirs = average.state_dict(), network.state_dict()
    floats = [name for name, value in mine.items() if value.is_floating_point()]
    torch._foreach_lerp_([mine[name] for name in floats], [theirs[name] for name in floats], 1 - decay)
    for name in mine.keys() - set(floats):
        mine[name].copy_(theirs[name])
