"""Choosing where torch computes."""

import torch

from segdepth_app.errors import InputError


def pick_device(name: str) -> torch.device:
    """The device called auto, cpu or cuda. Raises: InputError for cuda where there is none."""
    if name == "cuda" and not torch.cuda.is_available():
        raise InputError("No CUDA device is available.", "Choose the device auto or cpu.")
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)
