"""The Lightning module: it wires batches, loss, optimiser and the running average of weights together.

Where a training stands (epoch, step) is kept here and not in Lightning's loops, so that a resumed run
goes on with exactly the batch that comes next. Everything validated and saved is the averaged network.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import Batch, CropSource, WholeImage
from segdepth_app.errors import SegDepthError
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.training.denoise import begin_epoch, needs_clean, steps_of_stage, training_loss
from segdepth_app.training.loss import average_decay, learning_rate, update_average
from segdepth_app.training.metrics import Tally

VALIDATION_SIDE_BY_SIDE = 4
ADAM_BETAS = (0.9, 0.99)


@dataclass
class Place:
    """Where a training stands: plain numbers, kept in every checkpoint."""

    epoch: int = 0  # epochs finished
    step: int = 0  # steps finished in the epoch under way
    loss_sum: float = 0.0  # of those steps
    seconds: float = 0.0  # spent in training, over all resumptions
    epoch_seconds: float = 0.0  # spent in the epoch under way
    best_loss: float = float("inf")
    best_epoch: int = 0
    rows: list[dict[str, float]] = field(default_factory=list)  # metrics of the finished epochs


class TrainBatches:
    """The batches of the epoch under way, from where it stands; Lightning iterates it once per epoch."""

    def __init__(self, source: CropSource, config: TrainConfig, place: Place, n_steps: int) -> None:
        self.source, self.config, self.place, self.n_steps = source, config, place, n_steps

    def __iter__(self) -> Iterator[Batch]:
        config = self.config
        epoch = self.place.epoch
        for step in range(self.place.step, self.n_steps):
            batch = self.source.batch(
                seed=config.seed,
                epoch=epoch,
                step=step,
                size=config.batch_size,
                crop_px=config.crop_px,
                dose_range=(config.dose_low_e_per_px, config.dose_high_e_per_px),
                with_clean=needs_clean(config, epoch),
            )
            arrays = (None if array is None else torch.from_numpy(array) for array in batch)
            yield Batch(*arrays)  # type: ignore[arg-type]


class DepthModule(lightning.LightningModule):
    """Trains `network`; `average` follows it and is what gets validated and saved."""

    def __init__(self, network: DepthNetwork, config: TrainConfig, place: Place, n_steps: int) -> None:
        super().__init__()
        self.network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = deepcopy(self.network).requires_grad_(False)
        self.config = config
        self.place = place
        self.steps_per_epoch = n_steps
        self.n_steps = n_steps * config.max_epochs
        self.tally = Tally()
        self.optimizer_state: dict[str, Any] | None = None

    @property
    def steps_done(self) -> int:
        """Optimiser steps since the training began, over all resumptions."""
        return self.place.epoch * self.steps_per_epoch + self.place.step

    @property
    def rate(self) -> float:
        """The learning rate of the step to come."""
        return learning_rate(*self._steps_of_stage(), self.config.learning_rate)

    def _steps_of_stage(self) -> tuple[int, int]:
        return steps_of_stage(self.config, self.steps_done, self.steps_per_epoch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """AdamW, going on from a checkpoint's state where there is one."""
        optimizer = torch.optim.AdamW(
            self.network.parameters(),
            lr=self.config.learning_rate,
            betas=ADAM_BETAS,
            weight_decay=self.config.weight_decay,
        )
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer

    def on_train_epoch_start(self) -> None:
        """Hands a finished denoiser over to the segmenter's training."""
        begin_epoch(self.network, self.average, self.config, self.place.epoch)

    def on_train_batch_start(self, batch: Batch, batch_idx: int) -> None:
        """Sets the learning rate, which follows from the step alone."""
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = self.rate

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Loss of one batch. Raises: SegDepthError where it is not a number any more."""
        image = batch.image.contiguous(memory_format=torch.channels_last)  # type: ignore[attr-defined]
        loss = training_loss(self.network, batch._replace(image=image), self.config, self.place.epoch)  # type: ignore[arg-type]
        value = float(loss.detach())
        if not np.isfinite(value):
            raise SegDepthError(
                f"The training diverged in epoch {self.place.epoch + 1}, step {self.place.step + 1}: "
                f"the loss is {value}.",
                "Lower the learning rate (a third of it is a good try). The best model so far is kept.",
            )
        self.place.loss_sum += value
        return loss

    def count_step(self) -> None:
        """Lets the average follow, and counts the step; the keeper calls it before it writes anything."""
        update_average(self.average, self.network, average_decay(*self._steps_of_stage()))
        self.place.step += 1

    def on_validation_epoch_start(self) -> None:
        """Starts counting anew."""
        self.average.eval()
        self.tally = Tally()

    def validation_step(self, images: list[WholeImage], batch_idx: int) -> None:
        """Counts a few images side by side."""
        for log_probability, truth in zip(log_probabilities(self.average, images), images, strict=True):
            self.tally.add(log_probability, truth)


def log_probabilities(network: DepthNetwork, images: list[WholeImage]) -> np.ndarray:
    """Logarithms of the class probabilities of a few images of one size, float32 (n, 11, h, w)."""
    device = next(network.parameters()).device
    with torch.inference_mode():
        stack = torch.from_numpy(np.stack([image.image for image in images]))[:, None]
        doses = torch.tensor([image.log_dose for image in images])
        logits = network(stack.to(device).contiguous(memory_format=torch.channels_last), doses.to(device))
        return torch.log_softmax(logits.float(), dim=1).cpu().numpy()


class ImageGroups:
    """Whole images in groups that go through the network together. (Lightning takes a list for many loaders.)"""

    def __init__(self, images: Iterable[WholeImage], size: int = VALIDATION_SIDE_BY_SIDE) -> None:
        everything = list(images)
        self.groups = [everything[start : start + size] for start in range(0, len(everything), size)]

    def __iter__(self) -> Iterator[list[WholeImage]]:
        return iter(self.groups)

    def __len__(self) -> int:
        return len(self.groups)
