"""Comparing a table of columns with a truth: `frame,column,element,x_px,y_px,atoms`.

A true column counts as found where a column stands within half the shortest Ce–O distance; a true column without one is
called 0. Everything is judged in frames that both tables have.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file

TRUTH_DTYPE = np.dtype(
    [("frame", "u4"), ("column", "u4"), ("element", "S2"), ("x_px", "f4"), ("y_px", "f4"), ("atoms", "u1")]
)
REACH_PM = 67.0


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


def score_columns(table: np.ndarray, truth: np.ndarray, pixel_size_pm: float) -> dict[str, Any]:
    """Accuracy frame by frame and after smoothing, of all true columns and of those that switch.

    `table` is results.COLUMN_DTYPE, `truth` TRUTH_DTYPE. Shares of nothing are None.
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
    return {
        "frames": len(frames),
        "columns": int(real.sum()),
        "columns_found": int((has & real).sum()),
        "columns_not_in_truth": len(extra),
        "element_accuracy": _share(element_right),
        "column_accuracy": _share((called == atoms)[real]),
        "column_within_one": _share((np.abs(called - atoms) <= 1)[real]),
        "column_accuracy_hmm": _share((hmm == atoms)[real]),
        "column_within_one_hmm": _share((np.abs(hmm - atoms) <= 1)[real]),
        "switching_columns": int(switching.sum()),
        "switching_accuracy": _share((called == atoms)[switching]),
        "switching_accuracy_hmm": _share((hmm == atoms)[switching]),
    }


def match(true_rows: np.ndarray, found_rows: np.ndarray, pixel_size_pm: float) -> np.ndarray:
    """Row of the found column at each true one, -1 where there is none, (n,)."""
    if not len(found_rows):
        return np.full(len(true_rows), -1)
    distance = np.hypot(
        true_rows["x_px"][:, None] - found_rows["x_px"], true_rows["y_px"][:, None] - found_rows["y_px"]
    )
    nearest = distance.argmin(axis=1)
    return np.where(distance.min(axis=1) * pixel_size_pm <= REACH_PM, nearest, -1)


def _share(right: np.ndarray) -> float | None:
    return float(right.mean()) if right.size else None
