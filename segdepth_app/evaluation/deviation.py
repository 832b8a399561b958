"""Does the network read columns, or does it fill them in from their neighbours?

A column stands δ = count - plane atoms off what its surroundings suggest. A network that reads the column calls its
count; one that has learned "row index = depth" calls the plane. So of the columns with δ = ±1, ±2, ±3: how many are
called right, and how many as the plane says; of the straight ones (δ = 0), how many are called something else; and of
the vacancies (no atoms where the plane has some), how many are called empty, and how many filled in as the plane says.

The plane is that of the smooth wedge the specimen was made from (field `plane` of the column table), or, where there
is none, as in shuffled specimens, one fitted to the neighbours (evaluation.neighbours). These numbers sum it up:

pull              Σ (count - called) δ / Σ δ² over |δ| ≤ 3, the share of δ that the calls take back: 0 for a reader
                  with errors that ignore the plane, 1 for a copy of the plane
own_weight,       the coefficients of true count and surroundings (the plane; the neighbours' mean where there is none)
neighbour_weight  where the called count is regressed on both. They are what counts on shuffled specimens: there an
                  unsure reader's calls lean towards the mean of all columns, as fitted planes do, and the pull would
                  take that for copying
vacancies.pull    Σ called · plane / Σ plane² over vacancies: the share of the missing atoms that is filled in
"""

from dataclasses import dataclass, field

import numpy as np

from segdepth_app.evaluation.metrics import share
from segdepth_app.evaluation.neighbours import NO_REFERENCE
from segdepth_app.evaluation.prepared import NEIGHBOURS, PLANE
from segdepth_app.evaluation.verdict import verdict

FARTHEST = 3
DEVIATIONS = (-3, -2, -1, 1, 2, 3)
SINGULAR = 1e-9


def _by_delta() -> np.ndarray:
    return np.zeros((3, 2 * FARTHEST + 1), np.int64)


def _three() -> np.ndarray:
    return np.zeros(3, np.int64)


def _squares() -> np.ndarray:
    return np.zeros((4, 4))


@dataclass
class DeviationTally:
    """Calls, right calls and calls as the reference, by δ and of vacancies; sums behind the three numbers."""

    reference: str = PLANE
    counts: np.ndarray = field(default_factory=_by_delta)  # [calls / right / as plane, δ + 3]
    taken_back: float = 0.0
    squares: float = 0.0
    vacancies: np.ndarray = field(default_factory=_three)
    filled_in: float = 0.0
    missing: float = 0.0
    products: np.ndarray = field(default_factory=_squares)  # of (1, count, surroundings, called)

    def add(self, count: np.ndarray, plane: np.ndarray, called: np.ndarray, around: np.ndarray | None = None) -> None:
        """Columns (n,): true count, count the reference suggests or NO_REFERENCE, called count, surroundings.

        `around` is what the calls are regressed on beside the count; the plane where it is not given.
        """
        known = plane != NO_REFERENCE
        around = (plane if around is None else around)[known]
        count, plane, called = (values[known].astype(np.int64) for values in (count, plane, called))
        delta = count - plane
        right, as_plane = called == count, called == plane
        near = np.abs(delta) <= FARTHEST
        for row, chosen in zip(self.counts, (near, near & right, near & as_plane), strict=True):
            row += np.bincount(delta[chosen] + FARTHEST, minlength=len(row))
        self.taken_back += float(((count - called) * delta)[near].sum())
        self.squares += float((delta[near] ** 2).sum())
        vacant = (count == 0) & (plane > 0)
        self.vacancies += (vacant.sum(), right[vacant].sum(), as_plane[vacant].sum())
        self.filled_in += float((called * plane)[vacant].sum())
        self.missing += float((plane[vacant] ** 2).sum())
        terms = np.stack([np.ones(len(count)), count, around, called])
        self.products += terms @ terms.T

    def plus(self, other: "DeviationTally") -> "DeviationTally":
        """Both together; they must have the same reference."""
        if self.reference != other.reference:
            raise ValueError("Tallies against different references cannot be added.")
        names = ("counts", "taken_back", "squares", "vacancies", "filled_in", "missing", "products")
        return DeviationTally(self.reference, *(getattr(self, name) + getattr(other, name) for name in names))

    def figures(self, shuffled_accuracy: float | None = None) -> dict[str, object]:
        """Shares by δ, of all deviating, of the straight and of the empty columns, the sums, a verdict in words."""
        by_delta = {delta: self.counts[:, delta + FARTHEST] for delta in (0, *DEVIATIONS)}
        n, right, _ = by_delta[0]
        own_weight, neighbour_weight = self.weights() or (None, None)
        figures: dict[str, object] = {
            "reference": self.reference,
            "by_deviation": {f"{delta:+d}": _shares(by_delta[delta], "as_plane") for delta in DEVIATIONS},
            "all": _shares(self.counts.sum(axis=1) - by_delta[0], "as_plane"),
            "straight": {"n": int(n), "right": share(right, n), "called_deviating": share(n - right, n)},
            "vacancies": {**_shares(self.vacancies, "filled_in"), "pull": share(self.filled_in, self.missing)},
            "pull": share(self.taken_back, self.squares),
            "own_weight": own_weight,
            "neighbour_weight": neighbour_weight,
        }
        return {**figures, **verdict(figures, shuffled_accuracy)}

    def weights(self) -> tuple[float, float] | None:
        """Coefficients of true count and surroundings; None where these do not vary apart from one another."""
        n = self.products[0, 0]
        if not n:
            return None
        mean = self.products[0, 1:] / n
        spread = self.products[1:, 1:] / n - np.outer(mean, mean)
        both = np.linalg.det(spread[:2, :2])
        if both <= SINGULAR * max(1.0, spread[0, 0] * spread[1, 1]):
            return None
        own, neighbours = np.linalg.solve(spread[:2, :2], spread[:2, 2])
        return float(own), float(neighbours)


@dataclass
class DeviationsByKind:
    """One tally for every kind of specimen and reference."""

    tallies: dict[tuple[str, str], DeviationTally] = field(default_factory=dict)

    def add(
        self,
        kind: str,
        reference: str,
        count: np.ndarray,
        plane: np.ndarray,
        called: np.ndarray,
        around: np.ndarray | None = None,
    ) -> None:
        """Columns (n,) of one specimen, as for DeviationTally.add."""
        tally = self.tallies.setdefault((kind, reference), DeviationTally(reference))
        tally.add(count, plane, called, around)

    def together(self) -> DeviationTally:
        """All specimens with a plane; where there are none, those judged by their neighbours."""
        known = {reference for _, reference in self.tallies}
        reference = NEIGHBOURS if known == {NEIGHBOURS} else PLANE
        total = DeviationTally(reference)
        for (_, against), tally in self.tallies.items():
            if against == reference:
                total = total.plus(tally)
        return total

    def figures(self) -> dict[str, dict[str, object]]:
        """figures() of every kind; a kind with and without planes stands twice."""
        named = {}
        for (kind, reference), tally in sorted(self.tallies.items()):
            twice = reference == NEIGHBOURS and (kind, PLANE) in self.tallies
            named[f"{kind} ({reference})" if twice else kind] = tally.figures()
        return named


def _shares(tally: np.ndarray, as_plane_name: str) -> dict[str, float | int | None]:
    n, right, as_plane = (int(value) for value in tally)
    return {
        "n": n,
        "right": share(right, n),
        as_plane_name: share(as_plane, n),
        "otherwise": share(n - right - as_plane, n),
    }
