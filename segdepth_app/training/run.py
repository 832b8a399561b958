"""The job `train`: trains a network on a dataset and leaves a run folder with a model file.

Stop ends early and keeps the best model, pause keeps a checkpoint to resume from, cancel moves the run
to the trash folder.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil
from typing import Literal

import lightning
import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.batches import CropSource, middle_dose
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import Cancelled, ModelError, SegDepthError
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import find_model, read_card
from segdepth_app.models.model_file import network_with_weights
from segdepth_app.models.networks import DepthNetwork, build_network
from segdepth_app.reporting import Command, Reporter
from segdepth_app.training.finish import ModelWriter
from segdepth_app.training.folder import RunFolder, environment, versions
from segdepth_app.training.keeper import Ended, Keeper, load_checkpoint, load_weights
from segdepth_app.training.module import DepthModule, ImageGroups, Place, TrainBatches

VALIDATION_IMAGES = 64
CLIP_GRADIENT_NORM = 1.0
LIGHTNING_LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")


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
    dose = middle_dose(config.dose_low_e_per_px, config.dose_high_e_per_px)
    images = ImageGroups(validation.whole_images(dose_e_per_px=dose, seed=config.seed, limit=VALIDATION_IMAGES))
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
        trainer = lightning.Trainer(
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            precision="bf16-mixed" if module.config.precision == "bf16" else "32-true",
            max_epochs=-1,  # the keeper stops: epochs of a resumed run count on
            gradient_clip_val=CLIP_GRADIENT_NORM,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            callbacks=[keeper],
            default_root_dir=keeper.folder.path,
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


def open_sources(dataset: Dataset, config: TrainConfig) -> tuple[CropSource, CropSource]:
    """Training and validation images as the network sees them. Raises: DatasetError where they do not suit."""
    with torch.device("meta"):
        network = build_network(config.network)
    train, validation = (
        CropSource(
            dataset,
            split,
            labels=config.labels,
            input_binning=network.input_binning,
            output_binning=network.output_binning,
            multiple=network.multiple,
        )
        for split in ("train", "validation")
    )
    return train, validation


def first_network(config: TrainConfig) -> DepthNetwork:
    """The network to start from: fresh weights by seed, or those of `initial_model`.

    Raises: ModelError where the initial model is another network.
    """
    if config.initial_model is None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.seed)
            return build_network(config.network)
    path = find_model(config.initial_model)
    theirs = read_card(path).network
    if theirs != config.network:
        raise ModelError(
            f"{path} is a {theirs.kind} network of width {theirs.width} and {theirs.scales} scales; the settings "
            f"ask for {config.network.kind}, {config.network.width} and {config.network.scales}.",
            "Choose the same network in the settings, or another initial model.",
        )
    return network_with_weights(path, config.network)


def usable_precision(wanted: Literal["32", "bf16"], device: torch.device) -> Literal["32", "bf16"]:
    """The arithmetic to train in: bf16 only where the hardware has it, for emulated it is slower than 32 bits."""
    if wanted == "32":
        return "32"
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "32"
    return "bf16" if cpu_has_bf16() else "32"


def cpu_has_bf16() -> bool:
    """Whether the processor multiplies bf16 itself (AVX512-BF16 or AMX); not known counts as not."""
    # torch has no public question for it
    questions = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in questions)


@contextmanager
def torch_threads(n: int) -> Iterator[None]:
    """Torch with n CPU threads, and as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(n)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keeps Lightning's tips and remarks out of the output; its errors come through."""
    loggers = [logging.getLogger(name) for name in LIGHTNING_LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
