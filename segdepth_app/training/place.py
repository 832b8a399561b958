"""Where a training stands: plain numbers, kept in every checkpoint."""

from dataclasses import dataclass, field


@dataclass
class Place:
    """Epoch, step, and what was measured so far."""

    epoch: int = 0  # epochs finished
    step: int = 0  # steps finished in the epoch under way
    loss_sum: float = 0.0  # of those steps
    seconds: float = 0.0  # spent in training, over all resumptions
    epoch_seconds: float = 0.0  # spent in the epoch under way
    best_loss: float = float("inf")
    best_epoch: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)  # metrics of the finished epochs
