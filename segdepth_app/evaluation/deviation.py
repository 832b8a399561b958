"""Does the network read columns, or does it fill them in from their neighbours?

A column stands δ = count - plane atoms off the smooth wedge around it (fields `plane` and `deviation` of
the column table). A network that reads the column calls its count; one that has learned "row index =
depth" calls the plane. So of the columns with δ = ±1, ±2, ±3: how many are called right, and how many as
the plane says; and of the straight ones (δ = 0), how many are called something else.

The *pull* says it in one number: the share of δ that the calls take back,
Σ (count - called) δ / Σ δ², 0 for a reader with errors that ignore the plane, 1 for a copy of the plane.

Shuffled specimens have no plane and are left out; their plain accuracy stands beside it.
"""

from dataclasses import dataclass, field

import numpy as np

from segdepth_app.evaluation.metrics import share

DEVIATIONS = (-3, -2, -1, 1, 2, 3)
FEWEST_COLUMNS = 30
PULL_OF_A_READER = 0.2
PULL_OF_A_COPY = 0.5
STRAIGHT_ACCURACY_TO_JUDGE = 0.3

HEADINGS = {
    "columns": "Reads columns",
    "leaning": "Reads columns, but leans on their neighbours",
    "neighbourhoods": "Reads neighbourhoods: fills columns in",
    "unclear": "Cannot tell whether it reads columns",
}


def _counts() -> dict[int, np.ndarray]:
    return {delta: np.zeros(3, np.int64) for delta in (0, *DEVIATIONS)}


@dataclass
class DeviationTally:
    """Calls, right calls and calls as the plane, by δ."""

    counts: dict[int, np.ndarray] = field(default_factory=_counts)
    taken_back: float = 0.0
    squares: float = 0.0

    def add(self, count: np.ndarray, plane: np.ndarray, called: np.ndarray) -> None:
        """Columns (n,): true count, count of the smooth wedge, called count."""
        count, plane, called = (values.astype(np.int64) for values in (count, plane, called))
        delta = count - plane
        for value, tally in self.counts.items():
            chosen = delta == value
            right = called[chosen] == count[chosen]
            as_plane = called[chosen] == plane[chosen]
            tally += (chosen.sum(), right.sum(), as_plane.sum())
        judged = (delta != 0) & (np.abs(delta) <= max(DEVIATIONS))
        self.taken_back += float(((count - called) * delta)[judged].sum())
        self.squares += float((delta[judged] ** 2).sum())

    def figures(self, shuffled_accuracy: float | None = None) -> dict[str, object]:
        """Shares by δ, of all deviating and of the straight columns, the pull, and a verdict in words."""
        total = sum(self.counts[delta] for delta in DEVIATIONS)
        n, right, _ = self.counts[0]
        figures: dict[str, object] = {
            "by_deviation": {f"{delta:+d}": _shares(self.counts[delta]) for delta in DEVIATIONS},
            "all": _shares(np.asarray(total)),
            "straight": {"n": int(n), "right": share(right, n), "called_deviating": share(n - right, n)},
            "pull": share(self.taken_back, self.squares),
        }
        kind, text = verdict(figures, shuffled_accuracy)
        return {**figures, "verdict": kind, "verdict_heading": HEADINGS[kind], "verdict_text": text}


def _shares(tally: np.ndarray) -> dict[str, float | int | None]:
    n, right, as_plane = (int(value) for value in tally)
    return {
        "n": n,
        "right": share(right, n),
        "as_plane": share(as_plane, n),
        "otherwise": share(n - right - as_plane, n),
    }


def verdict(figures: dict, shuffled_accuracy: float | None = None) -> tuple[str, str]:
    """A key of HEADINGS, and the reason in plain words with its numbers."""
    deviating, straight, pull = figures["all"], figures["straight"], figures["pull"]
    if deviating["n"] < FEWEST_COLUMNS:
        return "unclear", (
            f"This needs {FEWEST_COLUMNS} columns that stand 1 to 3 atoms off their surroundings; the dataset has "
            f"{deviating['n']}. Judge on one with rough specimens."
        )
    text = (
        f"Of {deviating['n']} columns 1 to 3 atoms off their surroundings {deviating['right']:.0%} are called right "
        f"and {deviating['as_plane']:.0%} as their surroundings suggest; the calls take back {pull:.0%} of the "
        "difference."
    )
    if straight["n"]:
        text += f" Of straight columns {straight['called_deviating']:.0%} are called deviating."
    if shuffled_accuracy is not None:
        text += f" On shuffled depths {shuffled_accuracy:.0%} are called right."
    if straight["n"] and straight["right"] < STRAIGHT_ACCURACY_TO_JUDGE:
        return "unclear", f"Even columns in line with their surroundings are mostly called wrong. {text}"
    if pull < PULL_OF_A_READER:
        return "columns", text
    return ("leaning" if pull < PULL_OF_A_COPY else "neighbourhoods"), text
