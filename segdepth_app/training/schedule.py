"""The learning rate of every step, from how far the training is and what the validation said: nothing to keep."""

from collections.abc import Sequence

from segdepth_app.config import TrainConfig
from segdepth_app.training.loss import FINAL_SHARE, learning_rate

PLATEAU_FACTOR = 0.5


def scheduled_rate(config: TrainConfig, step: int, n_steps: int, losses: Sequence[float]) -> float:
    """Learning rate of step `step` (from 0) of `n_steps`, after epochs with these validation losses."""
    if config.schedule == "plateau":
        return plateau_rate(losses, highest=config.learning_rate, patience=config.plateau_epochs)
    if config.schedule == "constant":
        return config.learning_rate
    return learning_rate(step, n_steps, config.learning_rate)


def plateau_rate(losses: Sequence[float], *, highest: float, patience: int) -> float:
    """`highest`, halved each time `patience` epochs in a row brought no lower loss; at least 1 % of it."""
    rate, best, without = highest, float("inf"), 0
    for loss in losses:
        if loss < best:
            best, without = loss, 0
            continue
        without += 1
        if without == patience:
            rate, without = max(rate * PLATEAU_FACTOR, highest * FINAL_SHARE), 0
    return rate
