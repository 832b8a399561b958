"""Lightning's trainer as we use it: quiet, without files of its own, in the arithmetic the hardware has."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.plugins.environments import (
    ClusterEnvironment,
    LightningEnvironment,
    SLURMEnvironment,
    TorchElasticEnvironment,
)
from lightning.pytorch.strategies import DDPStrategy

from segdepth_app.config import TrainConfig
from segdepth_app.training.team import ALONE, Team

CLIP_GRADIENT_NORM = 1.0
LIGHTNING_LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed", "16": "16-mixed"}
MOST_MAKERS = 8


def make_trainer(
    config: TrainConfig,
    device: torch.device,
    callbacks: list[lightning.Callback],
    *,
    folder: Path,
    team: Team = ALONE,
    n_parts: int = 1,
    **more: Any,
) -> lightning.Trainer:
    """A trainer without progress bar, logger or checkpoints: all of that is the callbacks' work.

    `n_parts`: in how many parts each process takes its share of a batch before the optimiser's step.
    """
    if team.size > 1:
        more |= {"strategy": _strategy(config, device, team), "num_nodes": team.n_nodes}
    return lightning.Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=team.per_node,
        precision=PRECISIONS[config.precision],  # type: ignore[arg-type]
        # processors repeat anyway; on GPUs only what torch has no repeatable way for may differ
        deterministic="warn" if config.repeatable and device.type == "cuda" else None,
        benchmark=True if not config.repeatable and device.type == "cuda" else None,
        accumulate_grad_batches=n_parts,
        max_epochs=-1,  # the keeper stops: epochs of a resumed run count on
        gradient_clip_val=CLIP_GRADIENT_NORM,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
        num_sanity_val_steps=0,
        use_distributed_sampler=False,
        callbacks=callbacks,
        default_root_dir=folder,
        **more,
    )


def _strategy(config: TrainConfig, device: torch.device, team: Team) -> DDPStrategy:
    environment: ClusterEnvironment
    if "TORCHELASTIC_RUN_ID" in os.environ:
        environment = TorchElasticEnvironment()
    elif team.is_started:
        # the queue's signals become our pause; a second job goes on with --resume
        environment = SLURMEnvironment(auto_requeue=False)
    else:
        environment = LightningEnvironment()
    return DDPStrategy(
        cluster_environment=environment,
        process_group_backend=_backend(device),
        # statistics are shared and averages follow alike, so buffers are equal already
        broadcast_buffers=False,
        find_unused_parameters=config.network.denoiser != "none",
    )


def _backend(device: torch.device) -> str:
    """What the processes talk through; torch for Windows has no NCCL."""
    return "nccl" if device.type == "cuda" and torch.distributed.is_nccl_available() else "gloo"


def batch_makers(device: torch.device, team: Team = ALONE) -> int:
    """Threads that make batches ahead: one beside a processor that is busy anyway, several to feed a GPU."""
    return 1 if device.type != "cuda" else max(1, min(MOST_MAKERS, usable_cpus() // team.per_node))


def usable_cpus() -> int:
    """Cores this process may use: a queue gives it a part of the computer."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_precision(wanted: str, device: torch.device) -> str:
    """The arithmetic to train in: only what the hardware has, for emulated it is slower than 32 bits."""
    if wanted == "bf16" and device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "32"
    if wanted == "bf16":
        return "bf16" if cpu_has_bf16() else "32"
    return wanted if device.type == "cuda" else "32"


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
