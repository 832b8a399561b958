"""Where a training runs and what it takes: names of devices, why there is no GPU, peak memory."""

import os
import sys
from contextlib import suppress
from pathlib import Path

import torch

from segdepth_app.machine import processor_name


def device_name(device: torch.device) -> str:
    """The device as its maker calls it."""
    return (
        torch.cuda.get_device_name(device) if device.type == "cuda" else f"{processor_name()}, {os.cpu_count()} cores"
    )


def why_no_gpu(device: torch.device, wanted: str) -> str:
    """Why the training does not use a GPU, in one sentence; empty where it does."""
    if device.type == "cuda":
        return ""
    if wanted == "cpu":
        return "The settings ask for the processor."
    if torch.version.cuda is None:
        return "This PyTorch is a build for processors only; “Check this installation” in the Help menu says more."
    return "PyTorch finds no GPU it can use; “Check this installation” in the Help menu says why."


def peak_bytes(device: torch.device) -> int:
    """The most memory this process has held: the GPU's where it uses one, else the computer's; 0 where unknown."""
    if device.type == "cuda":
        return int(torch.cuda.max_memory_reserved(device))
    if sys.platform == "win32":
        return _peak_on_windows()
    with suppress(OSError):  # Linux: what follows would count the parent's peak too, from before the exec
        lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    import resource

    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest if sys.platform == "darwin" else highest * 1024


def _peak_on_windows() -> int:
    import ctypes
    from ctypes import wintypes

    class Counters(ctypes.Structure):
        _fields_ = (
            ("cb", wintypes.DWORD),
            ("PageFaultCount", wintypes.DWORD),
            *(
                (name, ctypes.c_size_t)
                for name in (
                    "PeakWorkingSetSize",
                    "WorkingSetSize",
                    "QuotaPeakPagedPoolUsage",
                    "QuotaPagedPoolUsage",
                    "QuotaPeakNonPagedPoolUsage",
                    "QuotaNonPagedPoolUsage",
                    "PagefileUsage",
                    "PeakPagefileUsage",
                )
            ),
        )

    counters = Counters()
    counters.cb = ctypes.sizeof(counters)
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    kernel.GetCurrentProcess.restype = wintypes.HANDLE
    ask = kernel.K32GetProcessMemoryInfo
    ask.argtypes = (wintypes.HANDLE, ctypes.c_void_p, wintypes.DWORD)
    found = ask(kernel.GetCurrentProcess(), ctypes.byref(counters), counters.cb)
    return int(counters.PeakWorkingSetSize) if found else 0
