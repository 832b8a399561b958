"""Reliability: is a call made with confidence 0.8 right in 80 % of cases?

The confidence of a call is the largest of its 11 probabilities. Bins are even on [0, 1]; the last one
is closed, for float32 softmax reaches exactly 1. The expected calibration error is the mean gap between
accuracy and mean confidence of a bin, weighted by the calls in it (Guo et al. 2017).
"""

from dataclasses import dataclass, field

import numpy as np

N_BINS = 15


@dataclass
class Reliability:
    """Calls, summed confidence and right calls per bin of confidence."""

    n: np.ndarray = field(default_factory=lambda: np.zeros(N_BINS, np.int64))
    confidence: np.ndarray = field(default_factory=lambda: np.zeros(N_BINS))
    right: np.ndarray = field(default_factory=lambda: np.zeros(N_BINS, np.int64))

    def add(self, confidence: np.ndarray, right: np.ndarray) -> None:
        """Calls: confidence in [0, 1] and whether each was right, of the same shape."""
        values = confidence.astype(np.float64).ravel()
        index = np.minimum((values * N_BINS).astype(np.int64), N_BINS - 1)
        wrong, fine = np.bincount(index + N_BINS * right.ravel(), minlength=2 * N_BINS).reshape(2, N_BINS)
        self.n += wrong + fine
        self.confidence += np.bincount(index, weights=values, minlength=N_BINS)
        self.right += fine

    def plus(self, other: "Reliability") -> "Reliability":
        """Both together."""
        return Reliability(self.n + other.n, self.confidence + other.confidence, self.right + other.right)

    def sums(self) -> np.ndarray:
        """What ece_of_sums needs, (bins + 1,): right calls less summed confidence, and the calls."""
        return np.append(self.right - self.confidence, self.n.sum())

    def ece(self) -> float | None:
        """Expected calibration error; None without any call."""
        total = self.n.sum()
        return float(np.abs(self.right - self.confidence).sum() / total) if total else None

    def table(self) -> np.ndarray:
        """float64 (3, bins): calls, summed confidence, right calls."""
        return np.stack([self.n, self.confidence, self.right]).astype(np.float64)


def ece_of_sums(sums: np.ndarray) -> np.ndarray:
    """Expected calibration error of Reliability.sums (..., bins + 1); not finite without any call."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.abs(sums[..., :-1]).sum(axis=-1) / sums[..., -1])


def edges() -> np.ndarray:
    """Edges of the bins, (bins + 1,)."""
    return np.linspace(0, 1, N_BINS + 1)


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities along the first axis."""
    scaled = logits / temperature
    exponential = np.exp(scaled - scaled.max(axis=0, keepdims=True))
    return exponential / exponential.sum(axis=0, keepdims=True)


@dataclass
class ReliabilityPair:
    """The same calls before (temperature 1) and after temperature scaling."""

    before: Reliability = field(default_factory=Reliability)
    after: Reliability = field(default_factory=Reliability)

    def add(self, confidence: np.ndarray, calibrated: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Calls: confidence before and after, and whether each was right; Reliability.sums() of them, after."""
        self.before.add(confidence, right)
        mine = Reliability()
        mine.add(calibrated, right)
        self.after = self.after.plus(mine)
        return mine.sums()

    def table(self) -> np.ndarray:
        """float64 (before/after, calls/summed confidence/right calls, bins)."""
        return np.stack([self.before.table(), self.after.table()])
