"""Lightning's trainer as we use it: quiet, without files of its own, in the arithmetic the hardware has."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lightning
import torch

from segdepth_app.config import TrainConfig

CLIP_GRADIENT_NORM = 1.0
LIGHTNING_LOGGERS = ("lightning.pytorch", "lightning.fabric", "lightning.pytorch.utilities.rank_zero")
PRECISIONS = {"32": "32-true", "bf16": "bf16-mixed"}


def make_trainer(
    config: TrainConfig, device: torch.device, callbacks: list[lightning.Callback], *, folder: Path, **more: Any
) -> lightning.Trainer:
    """A trainer without progress bar, logger or checkpoints: all of that is the callbacks' work."""
    return lightning.Trainer(
        accelerator="gpu" if device.type == "cuda" else "cpu",
        devices=1,
        precision=PRECISIONS[config.precision],  # type: ignore[arg-type]
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


def usable_precision(wanted: str, device: torch.device) -> str:
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
