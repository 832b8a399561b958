"""95 % intervals of figures, by resampling the specimens (Poisson bootstrap) while they stream past.

The images of a specimen share its columns, so they are no independent cases: whole specimens are resampled. In each
resampling a specimen counts a number of times drawn from Poisson(1), which is the ordinary bootstrap in the limit of
many specimens and needs neither their number nor a second look at them (Hanley and MacGibbon 2006; Chamandy et al.
2012). Kept are sums for each resampling; memory grows with resamplings × sums, not with images or specimens.

The draws of a specimen come from (seed, specimen), so they are the same at every dose, for every model and in
whatever order the specimens come. An interval runs from the 2.5th to the 97.5th percentile of the resampled
figures. With few specimens it is too narrow rather than too wide; below FEWEST_SPECIMENS there is none.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

import numpy as np

FEWEST_SPECIMENS = 5
LEVEL = (2.5, 97.5)
MOST_UNDEFINED = 0.05
"""Share of resamplings that may lack a figure's denominator; beyond, the interval would be one of chosen cases."""
BATCH = 32
"""Specimens whose sums wait until they are multiplied with their draws in one go."""
STREAM = 0x5EED
"""Keeps the draws apart from other uses of the seed."""

Interval = list[float] | None
Figure = Callable[[np.ndarray], np.ndarray]
"""Sums (..., k) → figure (...); NaN or infinite where there is no denominator."""


def ratio(sums: np.ndarray) -> np.ndarray:
    """First sum over the second."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(sums[..., 0] / sums[..., 1])


def draws(seed: int, specimen: int, n: int) -> np.ndarray:
    """How often a specimen counts in each of n resamplings, (n,)."""
    return np.random.default_rng([seed, STREAM, specimen]).poisson(1.0, n)


@dataclass
class SpecimenBootstrap:
    """Resampled sums under any names."""

    n: int
    seed: int
    _slots: dict[Hashable, slice] = field(default_factory=dict, init=False)
    _specimens: dict[Hashable, set[int]] = field(default_factory=dict, init=False)  # up to FEWEST_SPECIMENS
    _totals: np.ndarray = field(init=False)  # (sums, resamplings)
    _current: tuple[int, dict[Hashable, np.ndarray]] | None = field(default=None, init=False)
    _waiting: list[tuple[int, dict[Hashable, np.ndarray]]] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        self._totals = np.zeros((0, self.n))

    def add(self, specimen: int, sums: Mapping[Hashable, np.ndarray]) -> None:
        """Sums of one image of a specimen, each of any shape, always the same under one name."""
        if not self.n:
            return
        if self._current is None or self._current[0] != specimen:
            self._close_specimen()
            self._current = (specimen, {})
        mine = self._current[1]
        for name, values in sums.items():
            if name in mine:
                mine[name] += values
            else:
                mine[name] = np.array(values, np.float64)

    def interval(self, name: Hashable, figure: Figure = ratio, *, around: float | None = None) -> Interval:
        """[low, high] of a figure of the sums `name`; None with too few specimens or denominators.

        `around`: the resampled figures are shifted to this mean first; for figures that resampling biases.
        """
        self._close_specimen()
        self._multiply()
        if len(self._specimens.get(name, ())) < FEWEST_SPECIMENS:
            return None
        values = figure(self._totals[self._slots[name]].T)
        usable = values[np.isfinite(values)]
        if len(usable) < (1 - MOST_UNDEFINED) * self.n:
            return None
        if around is not None:
            usable = np.clip(usable + (around - usable.mean()), 0, 1)
        low, high = np.percentile(usable, LEVEL)
        return [float(low), float(high)]

    def _close_specimen(self) -> None:
        if self._current is not None:
            self._waiting.append(self._current)
            self._current = None
        if len(self._waiting) >= BATCH:
            self._multiply()

    def _multiply(self) -> None:
        if not self._waiting:
            return
        for specimen, sums in self._waiting:
            for name, values in sums.items():
                self._note(specimen, name, values.size)
        table = np.zeros((len(self._waiting), self._size))
        for row, (_, sums) in zip(table, self._waiting, strict=True):
            for name, values in sums.items():
                row[self._slots[name]] = values.ravel()
        times = np.stack([draws(self.seed, specimen, self.n) for specimen, _ in self._waiting])
        grown = table.T @ times.astype(np.float64)
        grown[: len(self._totals)] += self._totals
        self._totals = grown
        self._waiting = []

    def _note(self, specimen: int, name: Hashable, size: int) -> None:
        if name not in self._slots:
            self._slots[name] = slice(self._size, self._size + size)
        seen = self._specimens.setdefault(name, set())
        if len(seen) < FEWEST_SPECIMENS:
            seen.add(specimen)

    @property
    def _size(self) -> int:
        return max((slot.stop for slot in self._slots.values()), default=0)
