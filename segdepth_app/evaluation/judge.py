"""All tallies of one model at one dose: takes image after image, gives the figures and arrays to write.

Empty columns (vacancies, count 0) are columns too, as in training: calling one empty is right. Because they
are easy where they are many, they have a figure of their own beside the others, `vacancy_accuracy`.

Memory does not grow with images or specimens: kept are confusions, histograms and resampled sums.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from segdepth_app.config import N_CLASSES
from segdepth_app.evaluation.calibration import ReliabilityPair, ece_of_sums, softmax
from segdepth_app.evaluation.columns import (
    N_STEPS,
    STEP_SUMS,
    log_odds_occupied,
    ranked_probability_scores,
    step_accuracy,
    step_figures,
    step_sums,
)
from segdepth_app.evaluation.deviation import DeviationsByKind
from segdepth_app.evaluation.groups import ALL, GroupedTally, Key
from segdepth_app.evaluation.intervals import Interval, SpecimenBootstrap
from segdepth_app.evaluation.metrics import Bins, PixelTally, accuracy, column_shares, pixel_shares, share
from segdepth_app.evaluation.pixels import PixelCalls, finite_logits, pixel_calls
from segdepth_app.evaluation.prepared import PreparedTruth
from segdepth_app.evaluation.presence import (
    N_PRESENCE_BINS,
    average_precision,
    coarse,
    coarse_average_precision,
    presence_histogram,
)
from segdepth_app.evaluation.truth import SpecimenTruth

Sums = dict[Any, np.ndarray]


def _presence() -> np.ndarray:
    return np.zeros((N_PRESENCE_BINS, 2), np.int64)


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


@dataclass(frozen=True)
class ImageFacts:
    """What is known of an image beside its columns."""

    specimen: int
    kind: str
    split: str
    c1_nm: float
    image_spread_pm: float


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
    pixel_reliability: ReliabilityPair = field(default_factory=ReliabilityPair)
    column_reliability: ReliabilityPair = field(default_factory=ReliabilityPair)
    presence_pixels: np.ndarray = field(default_factory=_presence)
    presence_columns: np.ndarray = field(default_factory=_presence)
    deviation: DeviationsByKind = field(default_factory=DeviationsByKind)
    steps: dict[str, np.ndarray] = field(default_factory=dict)
    unjudged: int = 0
    rps_sum: float = 0.0
    bootstrap: SpecimenBootstrap = field(init=False)
    groups: GroupedTally = field(init=False)

    def __post_init__(self) -> None:
        self.bootstrap = SpecimenBootstrap(self.n_bootstrap, self.seed)
        self.groups = GroupedTally(self.bootstrap)

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
        prepared = truth.prepared
        flat = finite_logits(logits, image)
        calls = pixel_calls(flat, self.temperature)
        pooled = prepared.column_means(flat)
        facts = ImageFacts(specimen, truth.kind, split, c1_nm, image_spread_pm)
        self._add_pixels(calls, prepared, specimen)
        called, probability = self._add_columns(pooled, prepared, facts)
        self.unjudged += prepared.n_unjudged
        return Judged(prepared.columns, called, probability, calls.called.reshape(truth.depth.shape))

    def _add_pixels(self, calls: PixelCalls, truth: PreparedTruth, specimen: int) -> None:
        counts = np.bincount(truth.pixel_codes + calls.called, minlength=2 * N_CLASSES**2)
        around, centres = counts.reshape(2, N_CLASSES, N_CLASSES)
        presence = presence_histogram(calls.log_odds, truth.occupied)
        self.pixels.add_confusions(around + centres, centres)
        self.presence_pixels += presence
        right = calls.called == truth.depth
        ece_sums = self.pixel_reliability.add(calls.confidence, calls.calibrated, right)
        sums: Sums = {name: np.array(pair) for name, pair in pixel_shares(around + centres, centres).items()}
        sums.update(pixel_ece=ece_sums, pixel_average_precision=coarse(presence))
        self.bootstrap.add(specimen, sums)

    def _add_columns(
        self, pooled: np.ndarray, truth: PreparedTruth, facts: ImageFacts
    ) -> tuple[np.ndarray, np.ndarray]:
        """Called counts (n,) and calibrated probabilities (n, 11) of columns with mean logits (n, 11)."""
        count = truth.columns["count"].astype(np.int64)
        called, scaled = pooled.argmax(axis=1), pooled / self.temperature
        probability = softmax(scaled.T).T
        confidence = softmax(pooled.T).T.max(axis=1)
        ece_sums = self.column_reliability.add(confidence, probability.max(axis=1), called == count)
        presence = presence_histogram(log_odds_occupied(scaled), count > 0)
        self.presence_columns += presence
        rps = float(ranked_probability_scores(probability, count).sum())
        self.rps_sum += rps
        self.deviation.add(facts.kind, truth.reference, count, truth.plane, called, truth.around)
        whole = self._add_groups(count, called, truth, facts)
        sums: Sums = {name: np.array(pair) for name, pair in column_shares(whole).items() if pair[1]}
        if len(count):
            sums.update(column_ece=ece_sums, column_rps=np.array([rps, len(count)]))
            sums["column_average_precision"] = coarse(presence)
        self.bootstrap.add(facts.specimen, {**sums, **self._step_sums(pooled, count, truth)})
        return called, probability

    def _add_groups(self, count: np.ndarray, called: np.ndarray, truth: PreparedTruth, facts: ImageFacts) -> np.ndarray:
        """Adds the image to every group; its confusion of all columns."""
        codes = (truth.element_codes * N_CLASSES + count) * N_CLASSES + called
        n = len(truth.elements)
        matrices = np.bincount(codes, minlength=n * N_CLASSES**2).reshape(n, N_CLASSES, N_CLASSES)
        whole: np.ndarray = matrices.sum(axis=0)
        defocus, spread = self.defocus_bins.index(facts.c1_nm), self.spread_bins.index(facts.image_spread_pm)
        groups: dict[Key, np.ndarray] = {
            ALL: whole,
            ("kind", facts.kind): whole,
            ("defocus", defocus): whole,
            ("spread", spread): whole,
        }
        if facts.split:
            groups["split", facts.split] = whole
        elements: dict[Key, np.ndarray] = {}
        for element, matrix in zip(truth.elements, matrices, strict=True):
            elements["element", element] = matrix
            groups["element_defocus", element, defocus] = matrix
        self.groups.add(facts.specimen, {**groups, **elements}, by_depth=(ALL, *elements))
        return whole

    def _step_sums(self, pooled: np.ndarray, count: np.ndarray, truth: PreparedTruth) -> Sums:
        sums: Sums = {}
        for code, element in enumerate(truth.elements):
            chosen = truth.element_codes == code
            mine = step_sums(pooled[chosen], count[chosen])
            self.steps[element] = self.steps.get(element, 0) + mine
            # a name for each step, since what counts is how many specimens have columns on either side of it
            has_both = mine[:, 0].astype(bool) | mine[:, 2].astype(bool)
            for lower in np.flatnonzero(has_both).tolist():
                sums["step", element, lower] = mine[lower]
                sums["step", lower] = sums.get(("step", lower), 0) + mine[lower]
        return sums

    def figures(self) -> dict[str, Any]:
        """Everything metrics.json says of this dose."""
        columns = self.groups.of(*ALL)
        n = int(columns.sum())
        headlines = {
            **self.pixels.figures(),
            **{name: share(part, whole) for name, (part, whole) in column_shares(columns).items()},
            "column_rps": share(self.rps_sum, n),
            "pixel_average_precision": _or_none(average_precision(self.presence_pixels)),
            "column_average_precision": _or_none(average_precision(self.presence_columns)),
            "pixel_ece": self.pixel_reliability.after.ece(),
            "column_ece": self.column_reliability.after.ece(),
        }
        shuffled = accuracy(self.groups.of("kind", "shuffled"))
        return {
            "dose_e_per_px": self.dose_e_per_px,
            "temperature": self.temperature,
            "n_pixels": int(self.pixels.pixels.sum()),
            "n_columns": n,
            "n_vacancies": int(columns[0].sum()),
            "n_unjudged": self.unjudged,
            **headlines,
            "intervals": {name: self._interval(name, value) for name, value in headlines.items()},
            "pixel_ece_uncalibrated": self.pixel_reliability.before.ece(),
            "column_ece_uncalibrated": self.column_reliability.before.ece(),
            **self._grouped_figures(),
            "deviating": self.deviation.together().figures(shuffled),
            "deviating_by_kind": self.deviation.figures(),
        }

    def _grouped_figures(self) -> dict[str, Any]:
        groups, elements = self.groups, self.groups.labels("element")
        all_steps = sum(self.steps.values(), np.zeros((N_STEPS, len(STEP_SUMS))))
        return {
            "by_depth": groups.by_depth(*ALL),
            "by_element": groups.by_label("element"),
            "by_element_and_depth": {name: groups.by_depth("element", name) for name in elements},
            "by_kind": groups.by_label("kind"),
            "by_split": groups.by_label("split"),
            "by_defocus_nm": groups.by_bin(self.defocus_bins, "defocus"),
            "by_element_and_defocus_nm": {
                name: groups.by_bin(self.defocus_bins, "element_defocus", name) for name in elements
            },
            "by_image_spread_pm": groups.by_bin(self.spread_bins, "spread"),
            "steps": self._step_figures(all_steps),
            "steps_by_element": {name: self._step_figures(self.steps[name], name) for name in elements},
        }

    def _step_figures(self, sums: np.ndarray, *element: str) -> list[dict[str, Any]]:
        return [
            {**figures, "interval": self.bootstrap.interval(("step", *element, figures["lower"]), step_accuracy)}
            for figures in step_figures(sums)
        ]

    def _interval(self, name: str, value: float | None) -> Interval:
        if value is None:
            return None
        if name.endswith("_ece"):
            # scatter alone raises a sum of absolute gaps, and resampling scatters once more
            return self.bootstrap.interval(name, ece_of_sums, around=value)
        if name.endswith("_average_precision"):
            return self.bootstrap.interval(name, coarse_average_precision, around=value)
        return self.bootstrap.interval(name)

    def arrays(self) -> dict[str, np.ndarray]:
        """Confusions int64 (11, 11), reliabilities float64 (before/after, calls/confidence/right, bins), presence."""
        return {
            "confusion_pixels": self.pixels.pixels,
            "confusion_centres": self.pixels.centres,
            "confusion_columns": self.groups.of(*ALL),
            "reliability_pixels": self.pixel_reliability.table(),
            "reliability_columns": self.column_reliability.table(),
            "presence_pixels": self.presence_pixels,
            "presence_columns": self.presence_columns,
        }


def _or_none(value: np.ndarray) -> float | None:
    return float(value) if np.isfinite(value) else None
