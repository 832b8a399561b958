"""The job `train`: trains a network on a dataset and leaves a run folder with a model file.

Stop ends early and keeps the best model, pause keeps a checkpoint to resume from, cancel moves the run
to the trash folder. Where several processes train together (training.team) each of them runs this; rank 0 writes.
"""

import gc
from math import ceil

import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import CropSource
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, SegDepthError, is_out_of_memory
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.networks import DepthNetwork
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training import identity
from segdepth_app.training.batches import TrainBatches
from segdepth_app.training.faults import disk_fault, halving_sentence, out_of_memory
from segdepth_app.training.finish import ModelWriter
from segdepth_app.training.folder import NoFolder, RunFolder, environment, versions, write_json
from segdepth_app.training.keeper import Ended, Keeper, load_checkpoint, load_weights
from segdepth_app.training.module import DepthModule, ImageGroups
from segdepth_app.training.place import Place
from segdepth_app.training.shared_norm import share_norms
from segdepth_app.training.sources import first_network, open_sources, validation_groups
from segdepth_app.training.team import Team, find_team, followers, wait_for_team
from segdepth_app.training.trainer import (
    batch_makers,
    make_trainer,
    quiet_lightning,
    torch_threads,
    usable_cpus,
    usable_precision,
)


def run(config: TrainConfig, reporter: Reporter) -> str:
    """Trains as `config` says; gives how it ended: done, stopped or paused.

    Raises: InputError for unusable settings or data; Cancelled; SegDepthError where the training diverges, or where
    memory or disk do not suffice.
    """
    device = pick_device(config.device)
    return _run(config, reporter, device, find_team(config, device))


def follow(config: TrainConfig, team: Team) -> None:
    """The same in a process that rank 0 has started."""
    _run(config, Reporter(), pick_device(config.device), team)


def _run(config: TrainConfig, reporter: Reporter, device: torch.device, team: Team) -> str:
    precision = usable_precision(config.precision, device)
    identity.check_present(config)
    threads = config.threads or max(1, usable_cpus() // (1 if team.is_started else team.per_node))
    with Dataset(config.dataset) as dataset, torch_threads(threads):
        sources = open_sources(dataset, config)
        network = first_network(config)
        settled = config.model_copy(update={"precision": precision})
        if not team.leads:
            return _train(settled, reporter, NoFolder(config.out), network, sources, device, team)
        this = identity.identify(dataset, config.out)
        identity.check_same(this, config)
        folder = RunFolder(config.out)
        folder.open(config, environment(_shown(device, team), threads))
        state = "failed"
        try:
            write_json(folder.path / identity.FILE, identity.as_json(this))
            reporter.started(device=_shown(device, team), folder=str(config.out), versions=versions())
            if precision != config.precision:
                name = {"16": "16-bit"}.get(config.precision, config.precision)
                reporter.warning(f"This processor has no fast {name} arithmetic; the training takes 32 bits.")
            state = _train(settled, reporter, folder, network, sources, device, team)
        except Exception as error:
            _tell(error, folder)
            raise
        except BaseException:
            folder.log_fault("The training failed.")
            raise
        finally:
            folder.close(state)
    return state


def _tell(error: Exception, folder: RunFolder) -> None:
    """Leaves the folder as the fault demands. Raises: SegDepthError where the disk was at fault."""
    if isinstance(error, Cancelled):
        folder.close("stopped")
        folder.discard()
    elif isinstance(error, SegDepthError):
        folder.log(f"{error}")
    elif reason := disk_fault(error):
        folder.log_fault("A file could not be written.")
        then = "resume the run" if folder.last_checkpoint.exists() else "start a new run"
        raise SegDepthError(
            f"The training stopped because {folder.path} cannot be written: {reason}.", f"Make room there, then {then}."
        ) from error
    else:
        folder.log_fault("The training failed.")


def _train(
    config: TrainConfig,
    reporter: Reporter,
    folder: RunFolder,
    network: DepthNetwork,
    sources: tuple[CropSource, CropSource],
    device: torch.device,
    team: Team,
) -> str:
    """The training proper; gives the run's last state."""
    train, validation = sources
    edge = train.crop_edge(config.crop_px)
    if edge != config.crop_px:
        reporter.warning(f"Crops are {edge} px instead of {config.crop_px} px, to suit the images and the network.")
    place = Place()
    module = DepthModule(network, config, place, config.steps_per_epoch or ceil(len(train) / config.batch_size))
    scaler_state = {}
    if config.resume:
        scaler_state = load_checkpoint(folder.last_checkpoint, module)
        folder.rewrite_metrics(place.rows)
        folder.log(f"Resumed after epoch {place.epoch}, step {place.step}.")
    images = validation_groups(validation, config)
    writer = ModelWriter(config, folder, train, validation, device=_shown(device, team)) if team.leads else None
    keeper = Keeper(folder, reporter, writer.save if writer else _save_nothing)
    keeper.scaler_state = scaler_state
    command = None
    if not _is_over(module):
        batches = TrainBatches(
            train, config, place, module.steps_per_epoch, team=team, n_makers=batch_makers(device, team)
        )
        with followers(follow, config, team):
            command = fit(module, keeper, batches, images, device)
    if command is Command.CANCEL:
        raise Cancelled("The training was discarded.")
    if command is Command.PAUSE:
        wait_for_team()
        return "paused"
    if writer is None:
        return "done"
    module.to(device).eval()
    if command is not Command.STOP or not keeper.is_best_now(module, images):
        load_weights(folder.best_checkpoint, module)
    writer.finish(module.average, place, reporter)
    return "stopped" if command is Command.STOP else "done"


def _save_nothing(module: DepthModule, shares: dict[str, float]) -> None:
    """Rank 0 writes the model."""


def _is_over(module: DepthModule) -> bool:
    place, config = module.place, module.config
    return place.epoch >= config.max_epochs or place.epoch - place.best_epoch >= config.patience_epochs


def _shown(device: torch.device, team: Team) -> str:
    return f"{device} × {team.size}" if team.size > 1 else str(device)


def fit(
    module: DepthModule, keeper: Keeper, batches: TrainBatches, images: ImageGroups, device: torch.device
) -> Command | None:
    """Runs Lightning's loops to their end, or to the user's command; a batch that does not fit is halved once.

    Raises: OutOfMemory where half a batch does not fit either, or where others share the batch.
    """
    config, crop_px = module.config, batches.source.crop_edge(module.config.crop_px)
    team = batches.team
    if team.size > 1:
        share_norms(module.network, device)
        images = images.of_rank(team.rank, team.size)
    try:
        return _fit(module, keeper, batches, images, device)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if team.size > 1 or config.batch_size < 2:
            raise out_of_memory(config, crop_px, device, team.size) from error
    # outside the except block: its traceback keeps the tensors of the failed step
    _forget_failed_step(module, device)
    module.n_parts = batches.n_parts = 2
    sentence = halving_sentence(config, crop_px, device)
    keeper.folder.log(sentence)
    keeper.reporter.warning(sentence)
    try:
        return _fit(module, keeper, batches, images, device)
    except Exception as error:
        if is_out_of_memory(error):
            raise out_of_memory(config, crop_px, device, 2) from error
        raise


def _forget_failed_step(module: DepthModule, device: torch.device) -> None:
    """Keeps the optimiser's state for the next trainer, and frees what the failed step has left."""
    optimizers = module.trainer.optimizers
    if optimizers:
        module.optimizer_state = optimizers[0].state_dict()
    module.zero_grad(set_to_none=True)
    module.trainer.optimizers = []
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()


def _fit(
    module: DepthModule, keeper: Keeper, batches: TrainBatches, images: ImageGroups, device: torch.device
) -> Command | None:
    with quiet_lightning():
        trainer = make_trainer(
            module.config,
            device,
            [keeper],
            folder=keeper.folder.path,
            team=batches.team,
            n_parts=module.n_parts,
        )
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
