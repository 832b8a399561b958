"""Contrast of the frames and colours of the saliency: what was found, what the user chose instead. No widgets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import numpy as np

N_BINS = 128
HISTOGRAM_PERCENTILES = (0.01, 99.99)
"""The histogram ends here: a few hot pixels must not squeeze it."""


@dataclass(frozen=True)
class SaliencyRange:
    """The lightest colour stands for `top`; None: for the highest value of each map."""

    top: float | None = None
    scaling: str = "linear"


@dataclass(frozen=True)
class Histogram:
    """How many sampled pixels have which value."""

    counts: np.ndarray
    edges: np.ndarray


@dataclass(frozen=True)
class ContrastFacts:
    """What the dialog shows."""

    histogram: Histogram | None
    low: float
    high: float
    typed: bool
    """Whether black and white are the user's."""
    n_frames: int
    """Frames the histogram is of."""
    saliency: SaliencyRange


def histogram(values: np.ndarray) -> Histogram | None:
    """Of finite values, whole numbers in bins of whole numbers; None where there are none."""
    if not values.size:
        return None
    low, high = (float(value) for value in np.percentile(values, HISTOGRAM_PERCENTILES))
    if high <= low:
        low, high = low - 0.5, high + 0.5
    if bool((values == np.rint(values)).all()):
        step = max(int(np.ceil((high - low + 1) / N_BINS)), 1)
        edges = np.arange(np.floor(low), high + 1 + step, step) - 0.5
    else:
        edges = np.linspace(low, high, N_BINS + 1)
    counts, edges = np.histogram(values, edges)
    return Histogram(counts, edges)


class ContrastPresenter:
    """The frames' contrast is found once for a series; what a user sets instead stays until it is reset."""

    def __init__(self, view: Any, samples: Callable[[], list[np.ndarray]]) -> None:
        self._view, self._samples = view, samples
        self.found: tuple[float, float] | None = None
        self.typed: tuple[float, float] | None = None
        self.saliency = SaliencyRange()

    def take_found(self, low: float, high: float) -> None:
        """Percentiles of the sampled frames."""
        self.found = (low, high)
        if self.typed is None:
            self._view.set_contrast(low, high)
        self._update()

    def open(self) -> None:
        """The dialog is wanted."""
        self._view.open_contrast(self._facts())

    def set_levels(self, low: float, high: float) -> None:
        """The user's black and white; white must lie above black."""
        if high > low:
            self.typed = (low, high)
            self._view.set_contrast(low, high)

    def reset(self) -> None:
        """Back to what was found, for the frames and the saliency."""
        self.typed = None
        if self.found:
            self._view.set_contrast(*self.found)
        self.set_saliency(SaliencyRange())
        self._update()

    def set_saliency(self, shown: SaliencyRange) -> None:
        """Colours of the saliency."""
        self.saliency = shown
        self._view.set_saliency_range(shown)

    def clear(self) -> None:
        """Another series: its own contrast. How the saliency is scaled stays."""
        self.found = self.typed = None
        self.set_saliency(replace(self.saliency, top=None))

    def state(self) -> dict[str, Any]:
        """What a session keeps."""
        return {
            "levels": list(self.typed) if self.typed else None,
            "saliency_top": self.saliency.top,
            "saliency_scaling": self.saliency.scaling,
        }

    def restore(self, kept: Mapping[str, Any]) -> None:
        """What a session kept, as far as it makes sense."""
        levels = kept.get("levels")
        top: Any = kept.get("saliency_top")
        if isinstance(levels, list) and len(levels) == 2 and all(_is_number(value) for value in levels):
            self.set_levels(*levels)
        scaling = kept.get("saliency_scaling")
        sound = float(top) if _is_number(top) and top > 0 else None
        self.set_saliency(SaliencyRange(sound, scaling if scaling in ("linear", "sqrt") else "linear"))

    def _update(self) -> None:
        if self._view.contrast_is_open():
            self._view.update_contrast(self._facts())

    def _facts(self) -> ContrastFacts:
        samples = self._samples()
        values = np.concatenate([sample.ravel() for sample in samples]) if samples else np.zeros(0)
        low, high = self.typed or self.found or (0.0, 1.0)
        return ContrastFacts(histogram(values), low, high, self.typed is not None, len(samples), self.saliency)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
