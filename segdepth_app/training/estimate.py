"""The job `estimate`: takes a few real steps with the settings of a training and says what the whole would take.

Writes nothing. The answer carries seconds_per_step, steps_per_epoch, epochs (at most), seconds_per_epoch (with
its validation), seconds (of all epochs), peak_bytes, crop_px, precision, device and device_note.
"""

import statistics
import tempfile
import time
from math import ceil
from pathlib import Path
from typing import Any

import lightning
import torch

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import is_out_of_memory
from segdepth_app.microscope.device import pick_device
from segdepth_app.reporting import Reporter
from segdepth_app.training.batches import TrainBatches
from segdepth_app.training.faults import out_of_memory
from segdepth_app.training.folder import versions
from segdepth_app.training.metrics import Tally
from segdepth_app.training.module import DepthModule, ImageGroups, log_probabilities
from segdepth_app.training.place import Place
from segdepth_app.training.sources import first_network, open_sources, validation_groups
from segdepth_app.training.team import find_team
from segdepth_app.training.trainer import (
    batch_makers,
    make_trainer,
    quiet_lightning,
    torch_threads,
    usable_cpus,
    usable_precision,
)
from segdepth_app.training.where import device_name, peak_bytes, why_no_gpu

WARM_UP, STEPS = 2, 5
"""The first steps allocate memory and choose algorithms; they are not counted."""


def run(config: TrainConfig, reporter: Reporter) -> None:
    """Answers request 0 with the figures above. Raises: InputError for unusable settings or data; Cancelled."""
    device = pick_device(config.device)
    team = find_team(config, device)
    whole_batch = config.batch_size
    # of several devices one is measured, with its share of every batch
    share = {"precision": usable_precision(config.precision, device), "batch_size": ceil(whole_batch / team.size)}
    config = config.model_copy(update=share)
    with Dataset(config.dataset) as dataset, torch_threads(config.threads or usable_cpus()):
        train, validation = open_sources(dataset, config)
        steps_per_epoch = config.steps_per_epoch or ceil(len(train) / whole_batch)
        place = Place()
        module = DepthModule(first_network(config), config, place, steps_per_epoch)
        reporter.started(device=str(device), versions=versions())
        batches = TrainBatches(train, config, place, WARM_UP + STEPS, n_makers=batch_makers(device))
        try:
            seconds_per_step = _seconds_per_step(module, batches, device, reporter)
        except Exception as error:
            if is_out_of_memory(error):
                raise out_of_memory(config, train.crop_edge(config.crop_px), device, 1) from error
            raise
        validation_seconds = _validation_seconds(module, validation_groups(validation, config), device)
    seconds_per_epoch = steps_per_epoch * seconds_per_step + validation_seconds
    reporter.answer(
        0,
        seconds_per_step=seconds_per_step,
        steps_per_epoch=steps_per_epoch,
        epochs=config.max_epochs,
        seconds_per_epoch=seconds_per_epoch,
        seconds=config.max_epochs * seconds_per_epoch,
        peak_bytes=peak_bytes(device),
        crop_px=train.crop_edge(config.crop_px),
        precision=config.precision,
        device=device_name(device) + (f" × {team.size}" if team.size > 1 else ""),
        device_note=why_no_gpu(device, config.device),
    )


class _Stopwatch(lightning.Callback):
    """Notes when each step ended, batch included."""

    def __init__(self, reporter: Reporter) -> None:
        self.reporter, self.ends = reporter, list[float]()

    def on_train_batch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Counts the step as a training does."""
        assert isinstance(pl_module, DepthModule)
        pl_module.count_step()
        _wait_for(pl_module.device)
        self.ends.append(time.perf_counter())
        self.reporter.progress(len(self.ends), WARM_UP + STEPS, "steps")
        self.reporter.raise_if_cancelled()


def _seconds_per_step(module: DepthModule, batches: TrainBatches, device: torch.device, reporter: Reporter) -> float:
    """Median of a few steps of the real loop."""
    watch = _Stopwatch(reporter)
    with quiet_lightning(), tempfile.TemporaryDirectory() as folder:
        trainer = make_trainer(
            module.config,
            device,
            [watch],
            folder=Path(folder),
            max_steps=WARM_UP + STEPS,
            limit_val_batches=0,
        )
        trainer.fit(module, train_dataloaders=batches)
    module.to(device)
    return statistics.median(b - a for a, b in zip(watch.ends[WARM_UP - 1 :], watch.ends[WARM_UP:], strict=False))


def _validation_seconds(module: DepthModule, images: ImageGroups, device: torch.device) -> float:
    """Time of an epoch's validation, from its first group; the first call is not counted."""
    network, group = module.average.eval(), images.groups[0]
    log_probabilities(network, group)
    begin = time.perf_counter()
    tally = Tally()
    for log_probability, truth in zip(log_probabilities(network, group), group, strict=True):
        tally.add(log_probability, truth)
    _wait_for(device)
    return (time.perf_counter() - begin) * len(images)


def _wait_for(device: torch.device) -> None:
    """Until the device has done what it was asked to."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
