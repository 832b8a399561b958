"""Changes of columns through time: which are shown, and what they add up to. No Qt.

Events are records of results.EVENT_DTYPE; `frame` is the first with the new count, from 0.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.csv_file import write_csv
from segdepth_app.inference.result_info import EVENTS_HEADER, event_texts


@dataclass(frozen=True)
class EventFilter:
    """Which events are shown."""

    lowest: float = 0.0
    """Lowest probability, 0 to 1."""
    only_marked: bool = False
    """Only those of the selected marker, column or rectangle."""


@dataclass(frozen=True)
class StateCounts:
    """For each count 0 to 10: columns that have it now, and changes to and away from it."""

    now: tuple[int, ...]
    reached: tuple[int, ...]
    left: tuple[int, ...]


def shown(events: np.ndarray, lowest: float, columns: Iterable[int] | None) -> np.ndarray:
    """The events of these columns (None: of all) with at least this probability, in their order."""
    chosen = events["probability"] >= lowest
    if columns is not None:
        chosen &= np.isin(events["column"], list(columns))
    return events[chosen]


def state_counts(events: np.ndarray, counts_now: np.ndarray) -> StateCounts:
    """`counts_now`: the counts of the columns in the frame shown, from the whole series."""

    def tally(values: np.ndarray) -> tuple[int, ...]:
        return tuple(int(n) for n in np.bincount(values.astype(int), minlength=N_CLASSES)[:N_CLASSES])

    return StateCounts(tally(counts_now), tally(events["to"]), tally(events["from"]))


def summary(events: np.ndarray, n_all: int) -> str:
    """`12 of 40 events: 5 up, 7 down`."""
    up = int((events["to"] > events["from"]).sum())
    if not n_all:
        return "No column changed."
    return f"{len(events)} of {n_all} events: {up} up, {len(events) - up} down"


def write_events(path: Path, events: np.ndarray, frame_time_s: float | None, pixel_size_pm: float | None) -> int:
    """A CSV of the events; how many. Frames count from 0; what is unknown stays empty."""
    write_csv(path, EVENTS_HEADER, (event_texts(event, pixel_size_pm, frame_time_s) for event in events))
    return len(events)
