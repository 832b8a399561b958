"""Comparing a table of columns, and their events, with a truth: `frame,column,element,x_px,y_px,atoms`.

A true column counts as found where a column stands within half the shortest Ce–O distance; a true column without one is
called 0. Everything is judged in frames that both tables have.

A true event is found where the column has an event of the same direction within EVENT_REACH frames; each event finds
one at most, and those that find none are false. An event is clear where the column keeps its count for CLEAR_STAY
frames before and after: of others, the noise of single frames may leave nothing to see.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file

TRUTH_DTYPE = np.dtype(
    [("frame", "u4"), ("column", "u4"), ("element", "S2"), ("x_px", "f4"), ("y_px", "f4"), ("atoms", "u1")]
)
REACH_PM = 67.0
EVENT_REACH = 2
CLEAR_STAY = 3


def read_truth(path: str | Path) -> np.ndarray:
    """The truth of a series, TRUTH_DTYPE. Raises: InputError where the file is something else."""
    path = existing_file(path, "Truth table")
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = [tuple(row[name] for name in TRUTH_DTYPE.names or ()) for row in csv.DictReader(stream)]
        return np.array(
            [(int(t), int(c), element.encode(), float(x), float(y), int(n)) for t, c, element, x, y, n in rows],
            TRUTH_DTYPE,
        )
    except (KeyError, ValueError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} is no truth table ({error}).", f"Its columns must be {','.join(TRUTH_DTYPE.names or ())}."
        ) from error


def over_time(table: np.ndarray, value: str, frames: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One row per column (of its first frame), and its values (n, len(frames)); NaN where a frame lacks it."""
    ids, first = np.unique(table["column"], return_index=True)
    values = np.full((len(ids), len(frames)), np.nan)
    row = np.searchsorted(ids, table["column"])
    place = np.searchsorted(frames, table["frame"])
    known = np.isin(table["frame"], frames)
    values[row[known], place[known]] = table[value][known]
    return table[first], values


def score_columns(
    table: np.ndarray, truth: np.ndarray, pixel_size_pm: float, events: np.ndarray | None = None
) -> dict[str, Any]:
    """Accuracy frame by frame and after smoothing, of all true columns and of those that switch; events, where given.

    `table` is results.COLUMN_DTYPE, `truth` TRUTH_DTYPE, `events` results.EVENT_DTYPE. Shares of nothing are None.
    `column_accuracy_hmm_strict` also takes each frame in which a column stands where there is none for an error.
    """
    frames = np.unique(truth["frame"])
    if len(table):
        frames = np.intersect1d(table["frame"], frames)
    true_rows, atoms = over_time(truth, "atoms", frames)
    found_rows, counts = over_time(table, "count", frames)
    _, smoothed = over_time(table, "hmm_count", frames)
    partner = match(true_rows, found_rows, pixel_size_pm)
    has = partner >= 0
    called, hmm = np.zeros_like(atoms), np.zeros_like(atoms)
    called[has], hmm[has] = counts[partner[has]], smoothed[partner[has]]
    real = (atoms > 0).any(axis=1)
    switching = (atoms != atoms[:, :1]).any(axis=1)
    element_right = found_rows["element"][partner[has & real]] == true_rows["element"][has & real]
    extra = np.setdiff1d(np.arange(len(found_rows)), partner[has & real])
    n_wrong_extra = int((smoothed[extra] > 0).sum())
    scores: dict[str, Any] = {
        "frames": len(frames),
        "columns": int(real.sum()),
        "columns_found": int((has & real).sum()),
        "columns_not_in_truth": len(extra),
        "element_accuracy": _share(element_right),
        "location_error_pm": _location_error(true_rows, found_rows, partner, has & real, pixel_size_pm),
        "column_accuracy": _share((called == atoms)[real]),
        "column_within_one": _share((np.abs(called - atoms) <= 1)[real]),
        "column_accuracy_hmm": _share((hmm == atoms)[real]),
        "column_within_one_hmm": _share((np.abs(hmm - atoms) <= 1)[real]),
        "column_accuracy_hmm_strict": _ratio((hmm == atoms)[real].sum(), real.sum() * len(frames) + n_wrong_extra),
        "switching_columns": int(switching.sum()),
        "switching_accuracy": _share((called == atoms)[switching]),
        "switching_accuracy_hmm": _share((hmm == atoms)[switching]),
    }
    if events is not None:
        owner = dict(zip(found_rows["column"][partner[has]].tolist(), np.flatnonzero(has).tolist(), strict=True))
        scores |= score_events(events, [owner.get(int(column), -1) for column in events["column"]], atoms, frames)
    return scores


def score_events(events: np.ndarray, owners: Sequence[int], atoms: np.ndarray, frames: np.ndarray) -> dict[str, Any]:
    """How many true events are found, and how many found ones are false.

    `events` are results.EVENT_DTYPE, of the true columns `owners` (-1: of none), whose counts are `atoms` (n, T) in
    `frames` (T,).
    """
    free = {
        (owner, int(row["frame"]), bool(row["to"] > row["from"])) for owner, row in zip(owners, events, strict=True)
    }
    n_true = n_clear = n_found = n_clear_found = 0
    for column, place in np.argwhere(np.diff(atoms, axis=1) != 0):
        counts, after = atoms[column], place + 1
        before, behind = counts[max(after - CLEAR_STAY, 0) : after], counts[after : after + CLEAR_STAY]
        clear = min(len(before), len(behind)) == CLEAR_STAY and np.ptp(before) == np.ptp(behind) == 0
        rises = bool(counts[after] > counts[place])
        near = [
            (frame, key)
            for key in free
            if key[0] == column and key[2] == rises and abs((frame := key[1]) - int(frames[after])) <= EVENT_REACH
        ]
        if near:  # the earliest: true events come in order, and later ones may need the later
            free.remove(min(near)[1])
        n_true, n_clear = n_true + 1, n_clear + clear
        n_found, n_clear_found = n_found + bool(near), n_clear_found + (clear and bool(near))
    occupied = int((atoms > 0).any(axis=1).sum()) * len(frames)
    return {
        "events": n_true,
        "events_clear": int(n_clear),
        "events_listed": len(events),
        "events_found": n_found,
        "events_found_share": _ratio(n_found, n_true),
        "events_clear_found_share": _ratio(n_clear_found, n_clear),
        "false_events_per_100_column_frames": _ratio(100 * (len(events) - n_found), occupied),
    }


def _location_error(
    true_rows: np.ndarray, found_rows: np.ndarray, partner: np.ndarray, used: np.ndarray, pixel_size_pm: float
) -> float | None:
    """Root of the mean squared distance of found columns from the true ones, in pm."""
    if not used.any():
        return None
    found = found_rows[partner[used]]
    squared = sum((true_rows[name][used] - found[name]) ** 2 for name in ("x_px", "y_px"))
    return float(np.sqrt(np.mean(squared)) * pixel_size_pm)


def match(true_rows: np.ndarray, found_rows: np.ndarray, pixel_size_pm: float) -> np.ndarray:
    """Row of the found column at each true one, -1 where there is none, (n,)."""
    if not len(found_rows):
        return np.full(len(true_rows), -1)
    distance = np.hypot(
        true_rows["x_px"][:, None] - found_rows["x_px"], true_rows["y_px"][:, None] - found_rows["y_px"]
    )
    nearest = distance.argmin(axis=1)
    return np.where(distance.min(axis=1) * pixel_size_pm <= REACH_PM, nearest, -1)


def _ratio(part: float, whole: float) -> float | None:
    return float(part / whole) if whole else None


def _share(right: np.ndarray) -> float | None:
    return float(right.mean()) if right.size else None
