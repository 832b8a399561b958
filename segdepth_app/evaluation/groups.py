"""Confusions of columns by element, specimen kind, split, defocus, …, with intervals of their accuracy.

A group is named by a tuple: its grouping and the labels within it, as ("element", "Ce") or ("defocus", 3).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.evaluation.intervals import SpecimenBootstrap
from segdepth_app.evaluation.metrics import Bins, by_depth, empty_confusion, summary

Key = tuple[str | int, ...]
ALL: Key = ("all",)
_DEPTH = "depth"


@dataclass
class GroupedTally:
    """One confusion matrix for every group, and the sums of each specimen for the intervals."""

    bootstrap: SpecimenBootstrap
    matrices: dict[Key, np.ndarray] = field(default_factory=dict)

    def add(self, specimen: int, matrices: dict[Key, np.ndarray], *, by_depth: Iterable[Key] = ()) -> None:
        """The confusions of one image; those named in `by_depth` get intervals for every true class too."""
        sums: dict[Any, np.ndarray] = {}
        for key, matrix in matrices.items():
            self.matrices.setdefault(key, empty_confusion())
            self.matrices[key] += matrix
            sums[key] = np.array([np.trace(matrix), matrix.sum()])
        for key in by_depth:
            rows = np.stack([matrices[key].diagonal(), matrices[key].sum(axis=1)], axis=1)
            sums.update({(*key, _DEPTH, depth): rows[depth] for depth in np.flatnonzero(rows[:, 1]).tolist()})
        self.bootstrap.add(specimen, sums)

    def of(self, *key: str | int) -> np.ndarray:
        """The matrix of a group; zeros if it never came."""
        return self.matrices.get(key, empty_confusion())

    def labels(self, *grouping: str | int) -> list[Any]:
        """The last labels of all groups whose name begins so, in order."""
        n = len(grouping)
        return sorted(key[n] for key in self.matrices if len(key) == n + 1 and key[:n] == grouping)  # type: ignore[type-var]

    def summary(self, *key: str | int) -> dict[str, Any]:
        """n, accuracy, within_one, mae and the accuracy's `interval`."""
        return {**summary(self.of(*key)), "interval": self.bootstrap.interval(key)}

    def by_label(self, *grouping: str | int) -> dict[str, dict[str, Any]]:
        """summary() of every group whose name begins so."""
        return {str(label): self.summary(*grouping, label) for label in self.labels(*grouping)}

    def by_depth(self, *key: str | int) -> dict[str, dict[str, Any]]:
        """Figures of every true class of a group."""
        rows: dict[str, dict[str, Any]] = {depth: dict(row) for depth, row in by_depth(self.of(*key)).items()}
        for depth in range(N_CLASSES):
            rows[str(depth)]["interval"] = self.bootstrap.interval((*key, _DEPTH, depth))
        return rows

    def by_bin(self, bins: Bins, *grouping: str | int) -> list[dict[str, Any]]:
        """low, high and summary() of every bin, groups being named by the bin's number."""
        return [
            {"low": low, "high": high, **self.summary(*grouping, number)}
            for number, (low, high) in enumerate(zip(bins.edges[:-1], bins.edges[1:], strict=True))
        ]
