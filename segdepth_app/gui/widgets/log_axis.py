"""Round numbers on a logarithmic axis of a plot. Loaded with the tabs that plot: imports pyqtgraph."""

from math import ceil, floor, log10

import pyqtgraph as pg

LABELLED_DIGITS = (
    (1.0,),
    (1.0, 2.0, 5.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    *(tuple(1 + part / parts for part in range(9 * parts)) for parts in (2, 10, 50)),
)
"""First digits that get a number, from coarse to fine."""
FEWEST = 3


def round_numbers(low: float, high: float, fewest: int = FEWEST) -> list[float]:
    """Round numbers between 10^low and 10^high: the coarsest choice that has so many of them, else the finest."""
    found: list[float] = []
    for digits in LABELLED_DIGITS:
        decades = range(floor(low), ceil(high) + 1)
        numbers = [digit * 10.0**decade for decade in decades for digit in digits]
        found = [number for number in numbers if 10**low <= number <= 10**high]
        if len(found) >= fewest:
            break
    return found


class LogAxis(pg.AxisItem):
    """A logarithmic axis with few round numbers: 1, 2, 5 of each decade, or more within one decade."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[tuple[float, list[float]]]:  # Qt's names
        """Positions (as log10) of the numbers."""
        return [(1.0, [log10(value) for value in round_numbers(minVal, maxVal)])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # Qt's name
        """The numbers themselves."""
        return [f"{10**value:.4g}" for value in values]
