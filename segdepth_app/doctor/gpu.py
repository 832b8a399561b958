"""Which devices torch can use, and in one sentence why there is no GPU and what to do."""

import os
import re
import warnings
from dataclasses import dataclass
from typing import Any

from segdepth_app.doctor.graphics import Graphics, look
from segdepth_app.machine import processor_name, runs_on
from segdepth_app.paths import is_frozen

TOO_OLD = re.compile(r"too old \(found version (\d+)\)")
WORKS_WITHOUT = "nothing is wrong: the processor does the same, slower"


@dataclass(frozen=True)
class Torch:
    """What torch says of itself."""

    cuda: str | None
    """CUDA version it is built for; None for processors only."""
    architectures: tuple[str, ...] = ()
    said: str = ""
    """Its complaint when it looked for a GPU."""


def devices() -> dict[str, Any]:
    """The processor, the GPUs torch can use, and the reason where there is none."""
    found: dict[str, Any] = {"cpu_cores": os.cpu_count(), "cpu": processor_name()}
    try:
        import torch
    except (ImportError, OSError) as error:
        return found | {"gpus": [], "no_gpu_because": f"torch cannot be loaded: {_one_line(str(error))}"}
    found["cpu_threads"] = torch.get_num_threads()
    found["torch_cuda"] = torch.version.cuda
    gpus, said = _cards_of(torch)
    built = Torch(torch.version.cuda, tuple(torch.cuda.get_arch_list()), said)
    # torch computes on the first one unless it is told otherwise
    if gpus and runs_on(built.architectures, tuple(gpus[0]["capability"])):
        return found | {"gpus": gpus, "no_gpu_because": None}
    graphics = look()
    found["graphics"] = {"makers": graphics.makers, "names": graphics.names, "driver": graphics.driver}
    if gpus:
        return found | {"gpus": [], "no_gpu_because": why_not_this_one(gpus[0], built)}
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    return found | {"gpus": [], "no_gpu_because": why_no_gpu(built, graphics, visible=visible, frozen=is_frozen())}


def why_no_gpu(torch: Torch, graphics: Graphics, *, visible: str | None, frozen: bool) -> str:
    """The reason, and what to do; no full stop. `visible`: CUDA_VISIBLE_DEVICES, None where it is not set."""
    others = [maker for maker in graphics.makers if maker != "NVIDIA"]
    if "NVIDIA" not in graphics.makers:
        if others:
            cards = " and ".join(others)
            return f"SegDepth computes on NVIDIA's GPUs only, and the graphics here is of {cards}; {WORKS_WITHOUT}"
        return f"no NVIDIA GPU was found; {WORKS_WITHOUT}"
    if "version mismatch" in graphics.complaint.lower():
        return "NVIDIA's driver was updated while it was in use; restart the computer"
    if graphics.driver is None:
        more = "" if torch.cuda else f", then {_get_cuda(frozen)}"
        return f"there is an NVIDIA GPU, but NVIDIA's driver does not answer; install the driver{more}"
    if torch.cuda is None:
        here = "this is the CPU variant of SegDepth" if frozen else "this torch is a build for processors only"
        return f"{here}, though there is a GPU ({', '.join(graphics.names)}); {_get_cuda(frozen)}"
    return _why_cuda_finds_none(torch, graphics.driver, visible)


def _why_cuda_finds_none(torch: Torch, driver: str, visible: str | None) -> str:
    """With a torch for CUDA and a driver that answers."""
    if visible is not None and (not visible.strip() or visible.strip().startswith("-")):
        return f'CUDA_VISIBLE_DEVICES is "{visible}" and hides every GPU; unset this environment variable'
    if found := TOO_OLD.search(torch.said):
        version = int(found[1])
        supported = f"{version // 1000}.{version % 1000 // 10}"
        return (
            f"NVIDIA's driver {driver} is too old: it knows CUDA up to {supported}, torch is built for {torch.cuda}; "
            "install a newer driver"
        )
    if visible is not None:
        return f'CUDA_VISIBLE_DEVICES is "{visible}" and names no GPU that is here; correct it, or unset it'
    said = f" (torch says: {torch.said})" if torch.said else ""
    return (
        f"torch, built for CUDA {torch.cuda}, cannot use NVIDIA's driver {driver}{said}; restart the computer, and "
        "where that does not help, install a newer driver"
    )


def why_not_this_one(gpu: dict[str, Any], torch: Torch) -> str:
    """Of a GPU that torch sees and is not built for."""
    major, minor = gpu["capability"]
    built = " ".join(torch.architectures)
    numbers = [
        (int(found[1]), int(found[2])) for text in torch.architectures if (found := re.search(r"(\d+)(\d)[af]?$", text))
    ]
    if numbers and (major, minor) < min(numbers):
        what = f"too old for this torch; {WORKS_WITHOUT}"
    else:
        what = "newer than this torch; install a newer SegDepth, or a newer torch"
    return f"{gpu['name']} has the compute capability {major}.{minor}, and torch is built for {built}: {what}"


def _cards_of(torch: Any) -> tuple[list[dict[str, Any]], str]:
    """The cards torch sees, and what it complains of; it warns where a driver is too old, and finds nothing."""
    gpus = []
    complaint = ""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            for index in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
                facts = torch.cuda.get_device_properties(index)
                capability = [facts.major, facts.minor]
                memory = round(facts.total_memory / 2**30, 1)
                gpus.append({"name": facts.name, "memory_gib": memory, "capability": capability})
        except (RuntimeError, AssertionError) as error:  # busy, fallen off the bus, in exclusive use
            gpus, complaint = [], str(error)
    said = complaint or next((str(item.message) for item in caught if "CUDA" in str(item.message)), "")
    return gpus, _one_line(said)


def _one_line(text: str) -> str:
    """Without the line of C++ that said it."""
    text = " ".join(text.split("(Triggered internally")[0].split())
    return text.removeprefix("CUDA initialization: ").rstrip(". ")


def _get_cuda(frozen: bool) -> str:
    if frozen:
        return "install the CUDA variant of SegDepth"
    return "install torch from PyTorch's CUDA index, as the README says"
