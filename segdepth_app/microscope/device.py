"""Choosing where torch computes."""

import torch

from segdepth_app.errors import InputError
from segdepth_app.machine import runs_on


def pick_device(name: str) -> torch.device:
    """The device called auto, cpu or cuda; auto is a GPU only where there is one that this torch is built for.

    Raises: InputError for cuda where there is none.
    """
    if name == "cpu":
        return torch.device("cpu")
    there = torch.cuda.is_available()
    fits = there and runs_on(torch.cuda.get_arch_list(), torch.cuda.get_device_capability())
    if name == "cuda" and not there:
        raise InputError("No CUDA device is available.", "Choose the device auto or cpu.")
    if name == "cuda" and not fits:
        raise InputError(
            f"This torch is not built for the GPU here, {torch.cuda.get_device_name()}.",
            "Choose the device auto or cpu.",
        )
    return torch.device("cuda" if fits else "cpu")
