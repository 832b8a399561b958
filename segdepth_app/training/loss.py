"""Loss, learning rate and averaging of weights: pure functions the training module wires together."""

from math import cos, pi

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from segdepth_app.config import TrainConfig

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


def ordinal_labels(n_classes: int, width_atoms: float) -> Float[Tensor, "n_classes n_classes"]:
    """Soft labels, one row for each true class: a count's share falls as e^(-|difference| / width), and rows add to 1.

    Class 0 keeps a row of its own, and no count gives it a share: an empty pixel is not nearly an atom. A width of
    0 gives hard labels.

    Reference: Díaz and Marathe, Soft Labels for Ordinal Regression (2019), eq. 2 with the absolute difference.
    """
    labels = torch.eye(n_classes)
    if width_atoms > 0:
        counts = torch.arange(1, n_classes, dtype=torch.float64)
        distance = (counts[:, None] - counts[None, :]).abs()
        labels[1:, 1:] = torch.softmax(-distance / width_atoms, dim=1).float()
    return labels


def weighted_ordinal_loss(
    logits: Float[Tensor, "b c h w"],
    depth: Int[Tensor, "b h w"],
    weight: Float[Tensor, "b h w"],
    *,
    width_atoms: float,
) -> Float[Tensor, ""]:
    """Cross-entropy with soft labels over the counts (`ordinal_labels`), weighted as `weighted_cross_entropy` is.

    A miss by one atom costs less than one by many. The lowest it can become is the labels' own entropy, not 0.
    """
    soft = ordinal_labels(logits.shape[1], width_atoms).to(logits.device)[depth].movedim(-1, 1)
    each = functional.cross_entropy(logits.float(), soft, reduction="none")
    return (each * weight).sum() / weight.sum()


def segmentation_loss(
    logits: Float[Tensor, "b c h w"], depth: Int[Tensor, "b h w"], weight: Float[Tensor, "b h w"], config: TrainConfig
) -> Float[Tensor, ""]:
    """The loss that a training's settings ask for."""
    if config.loss == "ordinal":
        return weighted_ordinal_loss(logits, depth, weight, width_atoms=config.ordinal_width_atoms)
    return weighted_cross_entropy(logits, depth, weight)


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
