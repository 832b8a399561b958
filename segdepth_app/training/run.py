"""The job `train`: trains a network on a dataset and leaves a run folder with a model file.

Stop ends early and keeps the best model, pause keeps a checkpoint to resume from, cancel moves the run
to the trash folder.
"""

import os
from math import ceil

import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import CropSource
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, SegDepthError
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.finish import ModelWriter
from segdepth_app.training.folder import RunFolder, environment, versions
from segdepth_app.training.keeper import Ended, Keeper, load_checkpoint, load_weights
from segdepth_app.training.module import DepthModule, ImageGroups, Place, TrainBatches
from segdepth_app.training.sources import first_network, open_sources, validation_groups
from segdepth_app.training.trainer import make_trainer, quiet_lightning, torch_threads, usable_precision


def run(config: TrainConfig, reporter: Reporter) -> str:
    """Trains as `config` says; gives how it ended: done, stopped or paused.

    Raises: InputError for unusable settings or data; Cancelled; SegDepthError where the training diverges.
    """
    device = pick_device(config.device)
    precision = usable_precision(config.precision, device)
    threads = config.threads or os.cpu_count() or 1
    with Dataset(config.dataset) as dataset, torch_threads(threads):
        sources = open_sources(dataset, config)
        network = first_network(config)
        folder = RunFolder(config.out)
        folder.open(config, environment(str(device), threads))
        state = "failed"
        try:
            reporter.started(device=str(device), folder=str(config.out), versions=versions())
            if precision != config.precision:
                reporter.warning("This processor has no fast bf16 arithmetic; the training takes 32 bits.")
            state = _train(
                config.model_copy(update={"precision": precision}), reporter, folder, network, sources, device
            )
        except Cancelled:
            folder.close("stopped")
            folder.discard()
            raise
        except SegDepthError as error:
            folder.log(f"{error}")
            raise
        except OSError as error:
            folder.log_fault("A file could not be written.")
            raise SegDepthError(
                f"The training stopped because {config.out} cannot be written: {error.strerror or error}.",
                "Make room there, then resume the run.",
            ) from error
        except BaseException:
            folder.log_fault("The training failed.")
            raise
        finally:
            folder.close(state)
    return state


def _train(
    config: TrainConfig,
    reporter: Reporter,
    folder: RunFolder,
    network: DepthNetwork,
    sources: tuple[CropSource, CropSource],
    device: torch.device,
) -> str:
    """The training proper; gives the run's last state."""
    train, validation = sources
    edge = train.crop_edge(config.crop_px)
    if edge != config.crop_px:
        reporter.warning(f"Crops are {edge} px instead of {config.crop_px} px, to suit the images and the network.")
    place = Place()
    module = DepthModule(network, config, place, config.steps_per_epoch or ceil(len(train) / config.batch_size))
    if config.resume:
        load_checkpoint(folder.last_checkpoint, module)
        folder.rewrite_metrics(place.rows)
        folder.log(f"Resumed after epoch {place.epoch}, step {place.step}.")
    images = validation_groups(validation, config)
    writer = ModelWriter(config, folder, train, validation, str(device))
    keeper = Keeper(folder, reporter, writer.save)
    command = None
    if not _is_over(module):
        command = fit(module, keeper, TrainBatches(train, config, place, module.steps_per_epoch), images, device)
    if command is Command.CANCEL:
        raise Cancelled("The training was discarded.")
    if command is Command.PAUSE:
        return "paused"
    module.to(device).eval()
    if command is not Command.STOP or not keeper.is_best_now(module, images):
        load_weights(folder.best_checkpoint, module)
    writer.finish(module.average, place, reporter)
    return "stopped" if command is Command.STOP else "done"


def _is_over(module: DepthModule) -> bool:
    place, config = module.place, module.config
    return place.epoch >= config.max_epochs or place.epoch - place.best_epoch >= config.patience_epochs


def fit(
    module: DepthModule, keeper: Keeper, batches: TrainBatches, images: ImageGroups, device: torch.device
) -> Command | None:
    """Runs Lightning's loops to their end, or to the user's command."""
    with quiet_lightning():
        trainer = make_trainer(module.config, device, [keeper], folder=keeper.folder.path)
        try:
            trainer.fit(module, train_dataloaders=batches, val_dataloaders=images)
        except Ended as ended:
            return ended.command
        except SystemExit:
            # Lightning answers Ctrl-C with an exit of its own
            if isinstance(keeper.fault, KeyboardInterrupt):
                raise keeper.fault from None
            raise
    return None
