"""Noisy pictures: which dose is refused, at which contrast counts are shown, and on which scale. No widgets."""

from collections.abc import Mapping
from itertools import product
from math import sqrt
from typing import Any

FIRST_DOSE = "2.5"
NOISE_SIGMAS = 2.0


def dose_complaint(text: str) -> str:
    """Why a dose is refused; nothing where it is taken."""
    try:
        dose = float(text)
    except ValueError:
        return "This should be a number."
    return "" if 0 < dose <= 1e6 else "This should be above 0 and up to 1,000,000."


def with_noise(levels: tuple[float, float], counts_in_vacuum: float) -> tuple[float, float]:
    """Black and white for counts: the clean picture's, and two standard deviations of its Poisson noise beyond."""
    low, high = levels
    return (
        max(low - NOISE_SIGMAS * sqrt(max(low, 0) / counts_in_vacuum), 0.0),
        high + NOISE_SIGMAS * sqrt(max(high, 0) / counts_in_vacuum),
    )


def on_scale(levels: tuple[float, float], contrast: Mapping[str, Any] | None) -> tuple[float, float]:
    """Black and white for data that are no counts: the same for every gain and offset that can be drawn."""
    if contrast is None:
        return levels
    ends = [
        gain * level + offset
        for gain, offset, level in product(contrast["gain_range"], contrast["offset_range"], levels)
    ]
    return min(ends), max(ends)


def scale_text(contrast: Mapping[str, Any] | None) -> str:
    """What was done to the counts, in words; nothing where they are shown as they are."""
    if contrast is None:
        return ""
    gain, offset = contrast["gain"], contrast["offset"]
    return f"counts × {gain:.3g} {'-' if offset < 0 else '+'} {abs(offset):.3g} (drawn anew for each crop in training)"
