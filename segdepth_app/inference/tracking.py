"""Columns through time: from what single frames and sums of frames say to counts, transition rate and events."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.columns import Placing, Sites, columns_table
from segdepth_app.inference.events import Event, find_events
from segdepth_app.inference.hypotheses import STAYS, Observed, mixed, outcomes, weigh
from segdepth_app.inference.response import expected_count, measured_response
from segdepth_app.inference.results import COLUMN_DTYPE, EVENT_DTYPE
from segdepth_app.inference.sums import Sums
from segdepth_app.inference.traces import Smoothed, column_prior, fitted_stay, smooth
from segdepth_app.models.card import ModelCard

Floats = npt.NDArray[np.floating]
Bools = npt.NDArray[np.bool_]

FEWEST_FRAMES = 4
"""Below, the noise of single frames cannot be told from changes, and the network's word is taken."""


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


@dataclass(frozen=True)
class Paths:
    """Counts of all sites in all frames from 0 to the last one done, and their changes."""

    smoothed: Smoothed
    events: list[Event]
    stay_probability: float


def track(
    sites: Sites,
    frames: npt.ArrayLike,
    pooled: Floats,
    sums: Mapping[tuple[int, int], Floats],
    *,
    card: ModelCard,
    stay_probability: float | None,
    grid: Placing,
    seen: Bools | None = None,
) -> Tracked:
    """Counts and events of all sites that ever hold an atom.

    `frames` (T,) are the numbers of the frames that are done, `pooled` (T, N, 11) their probabilities at the sites
    (columns.pool), `seen` (T, N) where a frame shows a site, and `sums` the probabilities of windows
    (windows.windows) of frames added up, (N, 11) each. Without a stay probability the rate of changes is fitted.
    """
    source = "fitted" if stay_probability is None else "typed"
    numbers = np.asarray(frames, int)
    if not len(sites) or not len(numbers):
        # nothing to fit to: nothing changed
        stay = 1.0 if stay_probability is None else stay_probability
        return Tracked(np.zeros(0, COLUMN_DTYPE), np.zeros(0, EVENT_DTYPE), stay, source)
    shown = np.ones(pooled.shape[:2], bool) if seen is None else seen
    prior = column_prior(card.class_prior)
    paths = follow(numbers, pooled, shown, sums, prior=prior, groups=sites.element, stay_probability=stay_probability)
    # a candidate that all frames together never take for a column is vacuum, however often a frame doubted it
    kept = np.flatnonzero((paths.smoothed.path > 0).any(axis=0))
    done = Smoothed(paths.smoothed.path[numbers], paths.smoothed.posterior[numbers], paths.smoothed.log_likelihood)
    remaining = sites.taken(kept)
    table = columns_table(remaining, numbers, pooled[:, kept], done.taken(kept), grid=grid)
    events = _events_table(paths.events, kept, remaining, grid)
    return Tracked(table, events, paths.stay_probability, source)


def follow(
    frames: npt.NDArray[np.integer],
    pooled: Floats,
    shown: Bools,
    sums: Mapping[tuple[int, int], Floats],
    *,
    prior: npt.NDArray[np.float64],
    groups: npt.NDArray[np.integer],
    stay_probability: float | None,
) -> Paths:
    """track() without table and sites; `groups` (N,) are those of columns that answer alike (the elements)."""
    n_frames = int(frames[-1]) + 1
    values = np.tile(prior.astype(pooled.dtype), (n_frames, pooled.shape[1], 1))
    seen = np.zeros(values.shape[:2], bool)
    values[frames], seen[frames] = pooled, shown
    values[~seen] = prior
    if len(frames) < FEWEST_FRAMES:
        stay = fitted_stay(values, prior=prior) if stay_probability is None else stay_probability
        return Paths(smooth(values, prior=prior, stay_probability=stay), [], stay)
    levels = Sums.of(values, seen, sums)
    response = measured_response(values, seen, levels.pairs, groups)
    observed = Observed(expected_count(values), seen, response, levels, prior)
    stays = STAYS if stay_probability is None else (stay_probability,)
    evidence = weigh(observed, stays)
    weights, shares = mixed(evidence)
    posterior = np.empty(values.shape)
    events: list[Event] = []
    for columns, outcome in outcomes(observed, weights, stays):
        posterior[:, columns] = outcome.counts
        found = find_events(outcome.changes)
        events += [event._replace(column=int(columns[event.column])) for event in found]
    path = posterior.argmax(axis=2).astype(np.uint8)
    fit = evidence.max(axis=(1, 2, 3))
    smoothed = Smoothed(path, posterior, fit)
    return Paths(smoothed, sorted(events, key=lambda event: (event.frame, event.column)), float(shares @ stays))


def _events_table(events: list[Event], kept: npt.NDArray[np.intp], sites: Sites, grid: Placing) -> np.ndarray:
    """EVENT_DTYPE of the events of the sites that were kept; columns are numbered as in the table."""
    number = {int(old): new for new, old in enumerate(kept)}
    rows = [event for event in events if event.column in number]
    table = np.zeros(len(rows), EVENT_DTYPE)
    column = np.array([number[event.column] for event in rows], int)
    x_px, y_px = grid.to_source(np.asarray(sites.x, float), np.asarray(sites.y, float))
    table["column"], table["element"] = column, np.array(sites.symbols(), "S2")[column]
    table["x_px"], table["y_px"] = x_px[column], y_px[column]
    for name in ("frame", "probability"):
        table[name] = [getattr(event, name) for event in rows]
    table["from"], table["to"] = [event.before for event in rows], [event.after for event in rows]
    return table
