"""Columns through time: from what single frames and sums of frames say to counts, transition rate and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.columns import Sites, columns_table
from segdepth_app.inference.results import COLUMN_DTYPE, EVENT_DTYPE
from segdepth_app.inference.traces import column_prior, smooth
from segdepth_app.models.card import ModelCard

Floats = npt.NDArray[np.floating]


class Placing(Protocol):
    """Where result pixels lie in the source (series.grid.Grid)."""

    def to_source(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Result pixels → source pixels."""


@dataclass(frozen=True)
class Tracked:
    """What a whole series says of its columns."""

    table: np.ndarray
    """COLUMN_DTYPE, by frame and column."""
    events: np.ndarray
    """EVENT_DTYPE, by frame."""
    stay_probability: float
    stay_source: str
    """typed or fitted."""
    warnings: tuple[str, ...] = ()


def track(
    sites: Sites,
    frames: npt.ArrayLike,
    pooled: Floats,
    sums: Mapping[tuple[int, int], Floats],
    *,
    card: ModelCard,
    stay_probability: float | None,
    grid: Placing,
) -> Tracked:
    """Counts and events of all sites that ever hold an atom.

    `frames` (T,) are the numbers of the frames that are done, `pooled` (T, N, 11) their probabilities at the sites
    (columns.pool), and `sums` those of windows (windows.windows) of frames added up, (N, 11) each.
    """
    stay = 0.98 if stay_probability is None else stay_probability
    source = "fitted" if stay_probability is None else "typed"
    if not len(sites) or not len(pooled):
        return Tracked(np.zeros(0, COLUMN_DTYPE), np.zeros(0, EVENT_DTYPE), stay, source)
    smoothed = smooth(pooled, prior=column_prior(card.class_prior), stay_probability=stay)
    kept = np.flatnonzero((smoothed.path > 0).any(axis=0))
    table = columns_table(sites.taken(kept), frames, pooled[:, kept], smoothed.taken(kept), grid=grid)
    return Tracked(table, np.zeros(0, EVENT_DTYPE), stay, source)
