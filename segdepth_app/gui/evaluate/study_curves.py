"""What of a study's plot is drawn where: points, bands, ranges. No Qt.

Axes: a logarithmic x is drawn at log10(x); words stand at 0, 1, 2, … in their order. Missing values are left out, and a
curve has a gap there.
"""

from dataclasses import dataclass
from math import log10
from typing import Any

import numpy as np

LONE_DECADES = 0.5
"""Shown to both sides of a single point on a logarithmic axis."""


@dataclass(frozen=True)
class Points:
    """A curve's points that are there (N of its places), as drawn."""

    index: np.ndarray
    """Which of the curve's places each is."""
    rank: np.ndarray
    """The same, counted along x: a number that is left out is a gap."""
    x: np.ndarray
    y: np.ndarray
    low: np.ndarray
    """Lower end of the interval; y where there is none."""
    high: np.ndarray

    @property
    def joined(self) -> np.ndarray:
        """Whether each is joined to the next (N,): not over a gap."""
        return np.append(np.diff(self.rank) == 1, False).astype(np.int32)

    @property
    def has_intervals(self) -> bool:
        """Whether any point has an interval."""
        return bool((self.high > self.low).any())

    def runs(self) -> list[np.ndarray]:
        """Positions (into the N) of points that hang together."""
        if not len(self.index):
            return []
        return np.split(np.arange(len(self.index)), np.flatnonzero(np.diff(self.rank) != 1) + 1)


def words_of(plot: dict[str, Any]) -> list[str]:
    """The words along x, each once; empty where x are numbers."""
    found = [value for curve in plot["curves"] for value in curve["x"]]
    return list(dict.fromkeys(found)) if any(isinstance(value, str) for value in found) else []


def points(curve: dict[str, Any], *, log: bool = False, words: list[str] | None = None) -> Points:
    """The points of a curve that can be drawn."""
    places = {word: float(number) for number, word in enumerate(words or [])}
    x = [places.get(value) if words else _drawn_at(value, log) for value in curve["x"]]
    along = sorted((at, index) for index, at in enumerate(x) if at is not None)
    rows = []
    for rank, (at, index) in enumerate(along):
        y = curve["y"][index]
        if y is None:
            continue
        low, high = (side[index] if side else None for side in (curve.get("low"), curve.get("high")))
        ends = (y, y) if low is None or high is None else (low, high)
        rows.append((index, rank, at, y, *ends))
    indices, ranks, *drawn = np.array(rows, float).reshape(-1, 6).T
    return Points(indices.astype(int), ranks.astype(int), *drawn)


def _drawn_at(value: float | None, log: bool) -> float | None:
    if value is None or (log and value <= 0):
        return None
    return log10(value) if log else float(value)


def x_range(drawn: list[Points], n_words: int, *, log: bool = False) -> tuple[float, float]:
    """Both ends of the x axis."""
    if n_words:
        return -0.6, n_words - 0.4
    values = np.concatenate([one.x for one in drawn]) if drawn else np.empty(0)
    if log and len(values) and values.min() == values.max():
        return float(values[0]) - LONE_DECADES, float(values[0]) + LONE_DECADES
    return _widened(values, share=0.04, least=0.3)


def y_range(plot: dict[str, Any], drawn: list[Points], *, from_zero: bool) -> tuple[float, float]:
    """Both ends of the y axis: as the study fixed them, else with room for the points and their intervals."""
    values = np.concatenate([part for one in drawn for part in (one.low, one.high)]) if drawn else np.empty(0)
    if from_zero:
        values = np.append(values, 0.0)
    low, high = _widened(values, share=0.06, least=0.05)
    if from_zero:
        low, high = (0.0 if values.min() >= 0 else low), (0.0 if values.max() <= 0 else high)
        high = high if high > low else low + 1.0
    fixed = plot["y"]
    return (low if fixed.get("low") is None else fixed["low"]), (high if fixed.get("high") is None else fixed["high"])


def _widened(values: np.ndarray, *, share: float, least: float) -> tuple[float, float]:
    if not len(values):
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    room = share * (high - low) or least * max(abs(high), 1e-9 if high else 1.0)
    return low - room, high + room


def short(value: float) -> str:
    """A round number of a logarithmic axis: 0.05, 2, 500, 20k, 5M."""
    for least, size, unit in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k")):
        if value >= least * (1 - 1e-9):
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def wrapped(word: str, n_characters: int, n_lines: int = 3) -> str:
    """A word on several lines, broken after blanks and hyphens; what has no room ends in dots."""
    lines = [""]
    for part in word.replace("-", "-\x00").replace("_", "_\x00").replace(" ", " \x00").split("\x00"):
        if lines[-1] and len((lines[-1] + part).rstrip()) > n_characters:
            lines.append("")
        lines[-1] += part
    lines = [line.strip() for line in lines]
    if len(lines) > n_lines:
        lines = [*lines[: n_lines - 1], f"{lines[n_lines - 1]}…"]
    most = max(n_characters, 3)
    return "\n".join(line if len(line) <= most else f"{line[: most - 1]}…" for line in lines)
