"""All tallies of one model at one dose: takes image after image, gives the figures and arrays to write.

Empty columns (vacancies, count 0) are columns too, as in training: calling one empty is right. Because they
are easy where they are many, they have a figure of their own beside the others, `vacancy_accuracy`.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from segdepth_app.datasets.labels import pool_discs
from segdepth_app.evaluation.calibration import ReliabilityPair, softmax
from segdepth_app.evaluation.deviation import DeviationTally
from segdepth_app.evaluation.metrics import (
    BinnedTally,
    Bins,
    GroupedTally,
    PixelTally,
    accuracy,
    by_depth,
    mean_absolute_error,
    share,
    within_one,
)
from segdepth_app.evaluation.truth import SpecimenTruth
from segdepth_app.specimen.table import SYMBOLS


@dataclass(frozen=True)
class Judged:
    """What one image was called."""

    columns: np.ndarray
    """Rows of the column table that were judged, (n,)."""
    called: np.ndarray
    """Count each was called, (n,)."""
    probability: np.ndarray
    """Calibrated, pooled over each column, (n, 11)."""
    depth: np.ndarray
    """Called class of every pixel, uint8 (h, w)."""

    @property
    def confidence(self) -> np.ndarray:
        """Of each column's call, (n,)."""
        return np.asarray(self.probability.max(axis=1, initial=0))

    @property
    def n_right(self) -> int:
        """Columns called right."""
        return int((self.called == self.columns["count"]).sum())


@dataclass
class Judge:
    """Judges depth maps at one dose, with one softmax temperature."""

    dose_e_per_px: float
    temperature: float
    defocus_bins: Bins
    spread_bins: Bins
    seed: int = 1
    n_bootstrap: int = 1000
    pixels: PixelTally = field(default_factory=PixelTally)
    elements: GroupedTally = field(default_factory=GroupedTally)
    kinds: GroupedTally = field(default_factory=GroupedTally)
    pixel_reliability: ReliabilityPair = field(default_factory=ReliabilityPair)
    column_reliability: ReliabilityPair = field(default_factory=ReliabilityPair)
    deviation: DeviationTally = field(default_factory=DeviationTally)
    defocus: BinnedTally = field(init=False)
    spread: BinnedTally = field(init=False)
    unjudged: int = 0

    def __post_init__(self) -> None:
        self.defocus = BinnedTally(self.defocus_bins)
        self.spread = BinnedTally(self.spread_bins)

    def add(
        self,
        logits: np.ndarray | torch.Tensor,
        truth: SpecimenTruth,
        *,
        c1_nm: float,
        image_spread_pm: float,
        specimen: int = 0,
        split: str = "",
        image: int | None = None,
    ) -> Judged:
        """One image: logits float32 (11, h, w) on the grid of the truth, on any device; returns what was called.

        `specimen` is what intervals resample, `split` the one it belongs to, `image` its number for messages.
        Raises: ModelError where a logit is not finite.
        """
        logits = logits if isinstance(logits, np.ndarray) else logits.cpu().numpy()
        self.pixels.add(truth.depth, logits.argmax(axis=0), truth.at_centre)
        self.pixel_reliability.add(logits, truth.depth, self.temperature)
        pooled = pool_discs(logits, truth.discs, len(truth.inside))[truth.inside]
        judged = ~np.isnan(pooled[:, 0])
        self.unjudged += int((~judged).sum())
        self._add_columns(truth.columns[judged], pooled[judged], truth.kind, c1_nm, image_spread_pm)
        probability = softmax(pooled[judged].T, self.temperature).T
        return Judged(
            truth.columns[judged], probability.argmax(axis=1), probability, logits.argmax(axis=0).astype(np.uint8)
        )

    def _add_columns(
        self, columns: np.ndarray, pooled: np.ndarray, kind: str, c1_nm: float, image_spread_pm: float
    ) -> None:
        count, called = columns["count"], pooled.argmax(axis=1)
        self.column_reliability.add(pooled.T, count, self.temperature)
        for z in np.unique(columns["element"]):
            chosen = columns["element"] == z
            self.elements.add(count[chosen], called[chosen], SYMBOLS.get(int(z), f"Z={z}"))
        self.kinds.add(count, called, kind)
        if kind != "shuffled":
            self.deviation.add(count, columns["plane"], called)
        self.defocus.add(count, called, c1_nm)
        self.spread.add(count, called, image_spread_pm)

    def figures(self) -> dict[str, Any]:
        """Everything metrics.json says of this dose."""
        columns = self._all_columns()
        shuffled = accuracy(self.kinds.of("shuffled"))
        return {
            "dose_e_per_px": self.dose_e_per_px,
            "temperature": self.temperature,
            "n_pixels": int(self.pixels.pixels.sum()),
            "n_columns": int(columns.sum()),
            "n_vacancies": int(columns[0].sum()),
            "n_unjudged": self.unjudged,
            **self.pixels.figures(),
            "column_accuracy": accuracy(columns),
            "column_within_one": within_one(columns),
            "column_mae": mean_absolute_error(columns),
            "vacancy_accuracy": share(columns[0, 0], columns[0].sum()),
            "pixel_ece": self.pixel_reliability.after.ece(),
            "column_ece": self.column_reliability.after.ece(),
            "pixel_ece_uncalibrated": self.pixel_reliability.before.ece(),
            "column_ece_uncalibrated": self.column_reliability.before.ece(),
            "by_depth": by_depth(columns),
            "by_element": self.elements.figures(),
            "by_element_and_depth": {name: by_depth(m) for name, m in sorted(self.elements.matrices.items())},
            "by_kind": self.kinds.figures(),
            "by_defocus_nm": self.defocus.figures(),
            "by_image_spread_pm": self.spread.figures(),
            "deviating": self.deviation.figures(shuffled),
        }

    def arrays(self) -> dict[str, np.ndarray]:
        """Confusions int64 (11, 11), reliabilities float64 (before/after, calls/confidence/right, bins)."""
        return {
            "confusion_pixels": self.pixels.pixels,
            "confusion_centres": self.pixels.centres,
            "confusion_columns": self._all_columns(),
            "reliability_pixels": _pair(self.pixel_reliability),
            "reliability_columns": _pair(self.column_reliability),
        }

    def _all_columns(self) -> np.ndarray:
        return sum(self.kinds.matrices.values(), np.zeros((11, 11), np.int64))


def _pair(pair: ReliabilityPair) -> np.ndarray:
    return np.stack([pair.before.table(), pair.after.table()])
