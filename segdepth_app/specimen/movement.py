"""Specimens whose columns change in time: a table, and the counts of every frame.

A switching column goes back and forth between two counts as a two-state Markov chain. Surface columns come
first: they are what moves on real ceria, and a site that flips 0 ↔ 1 is among them. Or the changes are given one by
one.
"""

from collections.abc import Sequence

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.specimen.readers import Change

SURFACE_SHARE = 0.25


def choose_switching(table: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows (n,) that shall switch: half from the columns nearest the surface, half from all others."""
    occupied = np.flatnonzero(table["count"] > 0)
    n = min(n, len(occupied))
    by_height = occupied[np.argsort(table["y"][occupied], kind="stable")]
    surface = by_height[: max(n, int(SURFACE_SHARE * len(by_height)))]
    at_surface = rng.choice(surface, (n + 1) // 2, replace=False)
    others = np.setdiff1d(occupied, at_surface)
    return np.concatenate([at_surface, rng.choice(others, n - len(at_surface), replace=False)])


def counts_in_time(
    table: np.ndarray,
    switching: np.ndarray,
    n_frames: int,
    rng: np.random.Generator,
    *,
    max_count: int,
    mean_stay_frames: float,
) -> np.ndarray:
    """Counts (n_frames, n_columns), int8: those of the table, but for the switching rows.

    A switching column changes by 1, or by 2 in one case of four, and never above max_count or below 0; it stays
    `mean_stay_frames` on average.
    """
    counts = np.repeat(table["count"][None, :].astype(np.int8), n_frames, axis=0)
    for row in switching:
        low = int(table["count"][row])
        step = int(rng.choice([1, 2], p=[0.75, 0.25]))
        other = low - step if low >= step and (rng.random() < 0.5 or low + step > max_count) else low + step
        if not 0 <= other <= max_count:
            other = low - 1
        leaves = rng.random(n_frames) < 1 / mean_stay_frames
        leaves[0] = False
        state = np.cumsum(leaves) % 2
        counts[:, row] = np.where(state == 0, low, other)
    return counts


def counts_after(table: np.ndarray, changes: Sequence[Change], n_frames: int) -> np.ndarray:
    """Counts (n_frames, n_columns), int8: those of the table, but for each change from its frame on.

    Raises: InputError where a change comes after the last frame.
    """
    counts = np.repeat(table["count"][None, :].astype(np.int8), n_frames, axis=0)
    for change in sorted(changes, key=lambda change: change.frame):
        if change.frame >= n_frames:
            raise InputError(
                f"A column changes in frame {change.frame}, but the series ends with frame {n_frames - 1}.",
                "Make the series longer, or leave the change out; frames are counted from 0.",
            )
        counts[change.frame :, change.row] = change.atoms
    return counts
