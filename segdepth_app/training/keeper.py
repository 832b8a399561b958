"""The callback that keeps a run: checkpoints, metrics, early stopping, and the user's commands.

Checkpoints are Lightning's, plus `place` (where the training stands); they hold tensors and plain numbers
only, so `weights_only=True` loads them. A kill loses at most the epoch under way.
"""

import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import lightning
import torch

from segdepth_app.errors import ModelError
from segdepth_app.paths import written_whole
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.denoise import is_first_judged
from segdepth_app.training.folder import RunFolder
from segdepth_app.training.metrics import Tally
from segdepth_app.training.module import DepthModule, ImageGroups, log_probabilities
from segdepth_app.training.place import Place
from segdepth_app.training.team import agreed, sum_over_team


class Ended(Exception):
    """The user's command, carried out of Lightning's loops."""

    def __init__(self, command: Command) -> None:
        super().__init__(command)
        self.command = command


class Keeper(lightning.Callback):
    """Writes what must survive, tells the reporter, and obeys stop, pause and cancel between steps."""

    def __init__(
        self, folder: RunFolder, reporter: Reporter, save_model: Callable[[DepthModule, dict[str, float]], None]
    ) -> None:
        self.folder, self.reporter, self.save_model = folder, reporter, save_model
        self.fault: BaseException | None = None
        self.scaler_state: dict[str, Any] = {}  # of a checkpoint with 16-bit arithmetic
        self._on_terminate = signal.getsignal(signal.SIGTERM)
        self._clock = time.monotonic()
        self._reported = 0.0

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Starts the clock."""
        self._clock = time.monotonic()
        self.folder.set_status(state="running", epoch=_module(pl_module).place.epoch)

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Takes SIGTERM back from Lightning, which would talk to the other ranks in the middle of a step."""
        with suppress(ValueError, TypeError):  # not the main thread, or a handler that Python does not know
            signal.signal(signal.SIGTERM, self._on_terminate)
        if self.scaler_state:
            trainer.precision_plugin.load_state_dict(self.scaler_state)

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Counts and reports the step, then obeys a command."""
        module = _module(pl_module)
        if (batch_idx + 1) % module.n_parts:
            return
        module.count_step()
        place = module.place
        now = time.monotonic()
        spent, self._clock = now - self._clock, now
        place.seconds += spent
        place.epoch_seconds += spent
        if now - self._reported > 0.1:
            self._reported = now
            self.reporter.progress(module.steps_done, module.n_steps, "steps")
        command = agreed(self.reporter.command() or self.folder.asked, module.device)
        if command is None or place.step == module.steps_per_epoch:
            return  # at an epoch's end its validation comes first
        if command is Command.PAUSE:
            self.save(trainer, self.folder.last_checkpoint, place)
        raise Ended(command)

    def on_validation_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """An epoch is over: notes its figures, keeps the best, and stops when patience is at its end."""
        module = _module(pl_module)
        place = module.place
        if trainer.state.fn != "fit":
            return
        now = time.monotonic()
        place.seconds += now - self._clock
        seconds = place.epoch_seconds + now - self._clock
        self._clock = now
        shares = Tally.of_sums(sum_over_team(module.tally.sums(), module.device)).shares()
        row = {
            "epoch": float(place.epoch + 1),
            "train_loss": place.loss_sum / place.step,
            "learning_rate": module.rate,
            "seconds": round(seconds, 3),
            **shares,
        }
        is_best = shares["val_loss"] < place.best_loss or is_first_judged(module.config, place.epoch)
        place.epoch, place.step, place.loss_sum, place.epoch_seconds = place.epoch + 1, 0, 0.0, 0.0
        if is_best:
            place.best_loss, place.best_epoch = shares["val_loss"], place.epoch
        row["best_epoch"] = float(place.best_epoch)
        place.rows.append(row)
        if is_best:
            self.save(trainer, self.folder.best_checkpoint, place)
            self.save_model(module, shares)
        self.save(trainer, self.folder.last_checkpoint, place)
        self._tell(module, row)
        if place.epoch - place.best_epoch >= module.config.patience_epochs or place.epoch >= module.config.max_epochs:
            trainer.should_stop = True
        elif (command := agreed(self.reporter.command() or self.folder.asked, module.device)) is not None:
            raise Ended(command)

    def _tell(self, module: DepthModule, row: dict[str, float]) -> None:
        place = module.place
        self.folder.add_metrics(row)
        self.folder.set_status(epoch=place.epoch, best={"epoch": place.best_epoch, "val_loss": place.best_loss})
        self.folder.log(" ".join(f"{name}={value:.5g}" for name, value in row.items()))
        self.reporter.progress(module.steps_done, module.n_steps, "steps")
        self.reporter.epoch(**{name: value for name, value in row.items() if name != "pixel_accuracy"})

    def is_best_now(self, module: DepthModule, images: ImageGroups) -> bool:
        """Judges the averaged network in the middle of an epoch; keeps it where it is the best so far."""
        place = module.place
        if place.epoch and not place.step:
            return False
        tally = Tally()
        for group in images:
            for log_probability, truth in zip(log_probabilities(module.average, group), group, strict=True):
                tally.add(log_probability, truth)
        shares = tally.shares()
        if shares["val_loss"] >= place.best_loss:
            return False
        place.best_loss, place.best_epoch = shares["val_loss"], place.epoch + 1
        self.save_model(module, shares)
        self.folder.set_status(best={"epoch": place.best_epoch, "val_loss": place.best_loss})
        return True

    def save(self, trainer: lightning.Trainer, path: Path, place: Place) -> None:
        """Writes a checkpoint, whole or not at all; ranks that do not lead take part and write nothing."""
        if not trainer.is_global_zero:
            trainer.save_checkpoint(path)
            return
        with written_whole(path) as temporary:
            trainer.save_checkpoint(temporary)
        self.reporter.checkpoint(path)

    def on_save_checkpoint(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Adds where the training stands."""
        checkpoint["place"] = asdict(_module(pl_module).place)

    def on_exception(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, exception: BaseException
    ) -> None:
        """Remembers what went wrong: Lightning turns some of it into an exit."""
        self.fault = exception


def load_checkpoint(path: Path, module: DepthModule) -> dict[str, Any]:
    """Puts a module where a checkpoint left off; gives the state of 16-bit arithmetic's scaler, where it had one.

    Raises: ModelError where the file is missing, damaged or of another network.
    """
    checkpoint = load_weights(path, module)
    try:
        place = Place(**checkpoint["place"])
        module.optimizer_state = checkpoint["optimizer_states"][0]
    except (KeyError, IndexError, TypeError) as error:
        raise ModelError(f"{path} does not say where its training stood.", "Start a new run.") from error
    vars(module.place).update(vars(place))
    scaler: dict[str, Any] = checkpoint.get("MixedPrecision", {})
    return scaler


def load_weights(path: Path, module: DepthModule) -> dict[str, Any]:
    """Puts a checkpoint's weights into a module and gives the whole checkpoint.

    Raises: ModelError where the file is missing, damaged or of another network.
    """
    try:
        checkpoint: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        module.load_state_dict(checkpoint["state_dict"])
    except FileNotFoundError as error:
        raise ModelError(f"No checkpoint to go on from: {path}.", "Start a new run.") from error
    except Exception as error:
        # torch.load raises whatever its readers stumble over
        raise ModelError(f"{path} is damaged or of another network.", "Start a new run.") from error
    return checkpoint


def _module(pl_module: lightning.LightningModule) -> DepthModule:
    if not isinstance(pl_module, DepthModule):
        raise TypeError(f"Expected a DepthModule, got {type(pl_module).__name__}.")
    return pl_module
