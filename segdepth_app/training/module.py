"""The Lightning module: it wires batches, loss, optimiser and the running average of weights together.

Where a training stands (epoch, step) is kept here and not in Lightning's loops, so that a resumed run
goes on with exactly the batch that comes next. Everything validated and saved is the averaged network.
"""

from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import WholeImage
from segdepth_app.errors import SegDepthError, is_out_of_memory
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.training.batches import Part
from segdepth_app.training.denoise import begin_epoch, steps_of_stage, training_loss
from segdepth_app.training.loss import average_decay, update_average
from segdepth_app.training.metrics import Tally
from segdepth_app.training.place import Place
from segdepth_app.training.schedule import scheduled_rate
from segdepth_app.training.team import mean_over_team

VALIDATION_SIDE_BY_SIDE = 4
ADAM_BETAS = (0.9, 0.99)


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
        self.n_parts = 1
        """In how many parts, one after the other, a batch goes through the network."""

    @property
    def steps_done(self) -> int:
        """Optimiser steps since the training began, over all resumptions."""
        return self.place.epoch * self.steps_per_epoch + self.place.step

    @property
    def rate(self) -> float:
        """The learning rate of the step to come."""
        # what was validated while the denoiser learnt alone says nothing of the segmenter
        losses = [row["val_loss"] for row in self.place.rows[self.config.denoising_epochs :]]
        return scheduled_rate(self.config, *self._steps_of_stage(), losses)

    def _steps_of_stage(self) -> tuple[int, int]:
        return steps_of_stage(self.config, self.steps_done, self.steps_per_epoch)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam or AdamW, going on from a checkpoint's state where there is one."""
        kind = torch.optim.Adam if self.config.optimizer == "adam" else torch.optim.AdamW
        optimizer = kind(
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

    def on_train_batch_start(self, part: Part, batch_idx: int) -> None:
        """Sets the learning rate, which follows from the step alone."""
        for group in self.optimizers().param_groups:  # type: ignore[union-attr]
            group["lr"] = self.rate

    def training_step(self, part: Part, batch_idx: int) -> Tensor:
        """Loss of a batch or its part. Raises: SegDepthError where it is not a number any more."""
        image = part.batch.image.contiguous(memory_format=torch.channels_last)  # type: ignore[attr-defined]
        loss = training_loss(self.network, part.batch._replace(image=image), self.config, self.place.epoch)  # type: ignore[arg-type]
        if part.share != 1:
            loss = loss * part.share
        value = float(mean_over_team(loss.detach()))
        if not np.isfinite(value):
            raise self._diverged(value)
        self.place.loss_sum += value / self.n_parts
        return loss

    def _diverged(self, value: float) -> SegDepthError:
        place = self.place
        kept = "The best model so far is kept." if place.best_epoch else "There is no model yet."
        return SegDepthError(
            f"The training diverged in epoch {place.epoch + 1}, step {place.step + 1}: the loss is {value}.",
            f"Lower the learning rate (a third of it is a good try). {kept}",
        )

    def count_step(self) -> None:
        """Lets the average follow, and counts the step; the keeper calls it before it writes anything."""
        update_average(self.average, self.network, average_decay(*self._steps_of_stage()))
        self.place.step += 1

    def on_validation_epoch_start(self) -> None:
        """Starts counting anew."""
        self.average.eval()
        self.tally = Tally()

    def validation_step(self, images: list[WholeImage], batch_idx: int) -> None:
        """Counts a few images side by side; a rank of a team may have none."""
        if not images:
            return
        for log_probability, truth in zip(log_probabilities(self.average, images), images, strict=True):
            self.tally.add(log_probability, truth)


def log_probabilities(network: DepthNetwork, images: list[WholeImage]) -> np.ndarray:
    """Logarithms of the class probabilities of a few images of one size, float32 (n, 11, h, w).

    Where they do not fit into memory side by side, they go through the network one after the other.
    """
    try:
        return _log_probabilities(network, images)
    except Exception as error:
        if len(images) == 1 or not is_out_of_memory(error):
            raise
    return np.concatenate([_log_probabilities(network, [image]) for image in images])


def _log_probabilities(network: DepthNetwork, images: list[WholeImage]) -> np.ndarray:
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

    def of_rank(self, rank: int, size: int) -> "ImageGroups":
        """The groups of one process of a team; one without images where there are too few."""
        mine = ImageGroups(())
        mine.groups = self.groups[rank::size] or [[]]
        return mine
