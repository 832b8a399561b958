"""What a network says of sums of frames, by window, and how well a path of counts agrees with it.

A path is cut into the largest aligned windows (windows.py) in which it keeps its count n. Their evidence is
ln p(n | sum) / prior(n), less that of the count that the sum likes best. It is averaged over all frames in which the
path has this count: they count as one opinion, since a network errs alike in sums of like length. The opinions on the
different counts of a path add up. Where a window has no sum, its halves speak.

Shapes: K windows of a level, N columns, C classes, M paths.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.response import expected_count

Floats = npt.NDArray[np.float64]
Values = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.intp]

FAINTEST = 1e-4
"""Smallest probability of a sum that counts: a network is never surer than that with reason."""


@dataclass(frozen=True)
class Sums:
    """Probabilities of windows of 1, 2, 4 … frames, (K, N, C) each; NaN where there is no such sum."""

    levels: tuple[Values, ...]

    @classmethod
    def of(cls, frames: Values, seen: Bools, sums: Mapping[tuple[int, int], Values]) -> "Sums":
        """From frames (T, N, C), where they were `seen` (T, N), and aligned windows (start, stop) of them, (N, C)."""
        levels: list[Values] = [np.where(seen[..., None], frames, np.nan)]
        width = 2
        while width <= max((stop - start for start, stop in sums), default=1):
            level = np.full((len(frames) // width, *frames.shape[1:]), np.nan, frames.dtype)
            for (start, stop), values in sums.items():
                if stop - start == width and stop <= len(level) * width:
                    level[start // width] = values
            levels.append(level)
            width *= 2
        return cls(tuple(levels))

    def taken(self, columns: Ints) -> "Sums":
        """Some of the columns."""
        return Sums(tuple(level[:, columns] for level in self.levels))

    @property
    def pairs(self) -> Values:
        """Sums of two frames, (P, N, C), those that hold all columns."""
        if len(self.levels) < 2:
            return self.levels[0][:0]
        return self.levels[1][np.isfinite(self.levels[1]).all(axis=(1, 2))]

    def mean_count(self) -> Floats:
        """Expected count of each column, (N,), by its largest sums; NaN of columns that nothing shows."""
        total, weight = (np.zeros(self.levels[0].shape[1]) for _ in range(2))
        everywhere = [np.ones(level.shape[:2], bool) for level in self.levels]
        for n, used in self._largest(everywhere):
            count = np.where(used, expected_count(np.nan_to_num(self.levels[n])), 0)
            total += count.sum(axis=0) * 2**n
            weight += used.sum(axis=0) * 2**n
        with np.errstate(invalid="ignore"):
            return np.asarray(total / weight)

    def verdict(self, paths: Ints, owners: Ints, prior: Floats) -> Floats:
        """Evidence for paths (T, M) of the columns `owners` (M,), (M,); 0 where all sums like their counts best."""
        counts, still = [paths], [np.ones(paths.shape, bool)]
        for level in self.levels[1:]:
            left, right = (slice(side, 2 * len(level), 2) for side in (0, 1))
            same = counts[-1][left] == counts[-1][right]
            still.append(same & still[-1][left] & still[-1][right])
            counts.append(counts[-1][left])
        n_paths, n_classes = paths.shape[1], len(prior)
        total, weight = np.zeros(n_paths * n_classes), np.zeros(n_paths * n_classes)
        for n, used in self._largest(still, owners):
            window, path = np.nonzero(used)
            count = counts[n][window, path]
            said = self._said(n, prior)[window, owners[path], count]
            cell = path * n_classes + count
            total += 2**n * np.bincount(cell, said, len(total))
            weight += 2**n * np.bincount(cell, minlength=len(total))
        return np.asarray((total / np.maximum(weight, 1)).reshape(n_paths, n_classes).sum(axis=1))

    def _said(self, level: int, prior: Floats) -> Floats:
        """ln p / prior of every count, less that of the best one, (K, N, C)."""
        evidence = np.log(np.maximum(np.nan_to_num(self.levels[level]), FAINTEST)) - np.log(prior)
        return np.asarray(evidence - evidence.max(axis=2, keepdims=True))

    def _largest(self, allowed: list[Bools], owners: Ints | None = None) -> Iterator[tuple[int, Bools]]:
        """From the top: the windows that are allowed and have a sum, and lie in no larger one of this kind."""
        covered = np.zeros_like(allowed[-1])
        for level in reversed(range(len(self.levels))):
            there = np.isfinite(self.levels[level][..., 0])
            there = there if owners is None else there[:, owners]
            used = allowed[level] & there & ~covered
            yield level, used
            if level:
                covered_below = np.zeros_like(allowed[level - 1])
                halves = np.repeat(covered | used, 2, axis=0)
                covered_below[: len(halves)] = halves
                covered = covered_below
