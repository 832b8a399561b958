"""What one image's logits say pixel by pixel: called classes, their confidence before and after temperature scaling.

The passes over 11 classes run where the logits are (processor or accelerator), in float32; what is counted
afterwards is counted once for each pixel. Of the probabilities only what is used is computed: the largest is
1 / Σ exp(l - max l), and ln P(n > 0)/P(0) needs no probability at all, so it is exact where P(n > 0) rounds to 1.
"""

from dataclasses import dataclass

import numpy as np
import torch

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import ModelError

CHUNK = 8192
"""Pixels that a processor takes at once: what is computed of them stays in its cache, which makes it 3 times faster."""


@dataclass(frozen=True)
class PixelCalls:
    """Of every pixel, flattened (h·w,)."""

    called: np.ndarray  # uint8
    confidence: np.ndarray  # float32, at temperature 1
    calibrated: np.ndarray  # float32, at the given temperature
    log_odds: np.ndarray  # float32, ln P(n > 0)/P(0) at the given temperature


def pixel_calls(logits: torch.Tensor, temperature: float) -> PixelCalls:
    """Of flattened maps float32 (11, h·w) without values that are not finite; of equal logits the first is called."""
    chunks = logits.split(CHUNK, dim=1) if logits.device.type == "cpu" else (logits,)
    called, floats = zip(*(_calls(chunk, temperature) for chunk in chunks), strict=True)
    return PixelCalls(torch.cat(called).cpu().numpy(), *torch.cat(floats, dim=1).cpu().numpy())


def _calls(logits: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Called classes (n,), and confidence, calibrated confidence and log-odds (3, n)."""
    top = logits.amax(dim=0)
    weights = torch.arange(N_CLASSES, 0, -1, dtype=torch.uint8, device=logits.device)
    called = N_CLASSES - ((logits == top) * weights[:, None]).amax(dim=0)
    below = logits - top
    exponential = below.exp()
    confidence = 1 / exponential.sum(dim=0)
    if temperature != 1:
        exponential = below.div_(temperature).exp()
    others = exponential[1:].sum(dim=0)
    calibrated = 1 / (others + exponential[0])
    # where every other class underflows its logarithm is -inf, which falls into the outermost bin
    return called, torch.stack([confidence, calibrated, others.log() - below[0]])


def finite_logits(logits: np.ndarray | torch.Tensor, image: int | None) -> torch.Tensor:
    """Logits (11, h, w) as float32 with flattened maps (11, h·w). Raises: ModelError where one is not finite."""
    tensor = torch.as_tensor(logits).reshape(N_CLASSES, -1).float()
    # any NaN or infinity stays one in the sum, which is a single quick pass
    if not bool(torch.isfinite(tensor.sum(dtype=torch.float32))):
        which = "an image" if image is None else f"image {image} of the dataset"
        raise ModelError(
            f"The network answers {which} with values that are not finite.",
            "Its weights are damaged or its training diverged; choose another model.",
        )
    return tensor
