"""What can befall a training from outside: memory and disk. Each is told in a sentence of its own."""

import torch

from segdepth_app.config import TrainConfig
from segdepth_app.errors import SegDepthError

GIB = 2**30


class OutOfMemory(SegDepthError):
    """A step does not fit into memory."""

    kind = "memory"


def halving_sentence(config: TrainConfig, crop_px: int, device: torch.device) -> str:
    """What the user is told when a batch is halved."""
    half = (config.batch_size + 1) // 2
    return (
        f"The {_memory_of(device)} ran out of memory with {config.batch_size} crops of {crop_px} px. From here on "
        f"each step takes them in two halves of {half}; the result hardly changes, a step takes a little longer."
    )


def out_of_memory(config: TrainConfig, crop_px: int, device: torch.device, n_parts: int) -> OutOfMemory:
    """The end of a training that does not fit."""
    at_a_time = -(-config.batch_size // n_parts)
    share = f" (a step's {config.batch_size} in {n_parts} parts)" if n_parts > 1 else ""
    crops = "1 crop" if at_a_time == 1 else f"{at_a_time} crops"
    return OutOfMemory(
        f"The {_memory_of(device)} ran out of memory with {crops} of {crop_px} px at a time{share}{_in_use(device)}.",
        "Take smaller crops or batches, a narrower network, or close other programs.",
    )


def disk_fault(error: BaseException) -> str:
    """Why a file could not be written, or nothing where that was not the fault."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    # safetensors has an exception of its own for the system's
    text = str(error)
    return "No space left on device" if "No space left" in text or "os error 28" in text else ""


def _memory_of(device: torch.device) -> str:
    return "graphics card" if device.type == "cuda" else "computer"


def _in_use(device: torch.device) -> str:
    if device.type != "cuda":
        return ""
    free, total = torch.cuda.mem_get_info(device)
    return f"; {(total - free) / GIB:.1f} of {total / GIB:.1f} GiB are in use"
