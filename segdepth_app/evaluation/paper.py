"""What the paper found, to stand beside what we measure.

Leibovich et al., "Atomic Depth Estimation From Noisy Electron Microscopy Data Via Deep Learning", Tables I and II,
at 2.5 electrons per 5.3 pm pixel, on the paper's own test set, whose image spread is not published. Figures as
printed: Table II repeats the 64-channel network of Table I with one digit less of its pixelwise accuracy.
"""

from typing import Literal, NamedTuple

PAPER_DOSE_E_PER_PX = 2.5


class PaperRow(NamedTuple):
    """One row of a table of the paper."""

    table: Literal["Table I", "Table II"]
    label: str
    width: int
    """Base channels."""
    denoiser: Literal["none", "separate", "joint"]
    figures: dict[str, float]
    """By their names in metrics.json."""


def _row(
    table: Literal["Table I", "Table II"],
    label: str,
    width: int,
    denoiser: Literal["none", "separate", "joint"],
    *printed: float,
) -> PaperRow:
    names = ("pixel_accuracy", "centre_accuracy", "detection_rate", "hallucination_rate")
    return PaperRow(table, label, width, denoiser, dict(zip(names, printed, strict=True)))


PAPER_TABLE = (
    _row("Table I", "16 channels", 16, "none", 0.931, 0.812, 0.955, 0.0725),
    _row("Table I", "32 channels", 32, "none", 0.932, 0.842, 0.944, 0.0358),
    _row("Table I", "64 channels", 64, "none", 0.939, 0.847, 0.956, 0.0233),
    _row("Table I", "96 channels", 96, "none", 0.936, 0.83, 0.943, 0.0362),
    _row("Table I", "130 channels", 130, "none", 0.888, 0.699, 0.939, 0.0175),
    _row("Table II", "segmentation alone", 64, "none", 0.93, 0.847, 0.956, 0.0233),
    _row("Table II", "denoising, then segmentation", 64, "separate", 0.867, 0.765, 0.946, 0.1235),
    _row("Table II", "denoising and segmentation, joint", 64, "joint", 0.862, 0.704, 0.936, 0.1738),
)

PAPER = PAPER_TABLE[2].figures
"""The network the paper goes on with: Table I, 64 base channels."""
