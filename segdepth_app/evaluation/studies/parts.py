"""Parts of an outcome: tables, plots and their curves in the form that study_records describes.

A missing value is None everywhere; whoever leaves one out says why in a note.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Literal

Role = Literal["model", "paper", "bound"]
Value = float | int | str | None


def table(name: str, title: str, columns: Mapping[str, str], rows: Sequence[Mapping[str, Value]]) -> dict[str, Any]:
    """A table; `columns` are keys with their headings (units in them). What a row lacks is None.

    A row's number under `key` has its 95 % interval under `key_low` and `key_high`, see `with_interval`.
    """
    keys = [*columns, *(f"{key}_{end}" for key in columns for end in ("low", "high"))]
    return {
        "name": name,
        "title": title,
        "columns": [{"key": key, "title": heading} for key, heading in columns.items()],
        "rows": [{key: _finite(row.get(key)) for key in keys if key in columns or key in row} for row in rows],
    }


def with_interval(key: str, value: float | None, interval: Sequence[float | None] | None) -> dict[str, Value]:
    """A row's entries for a number and, where it is known, its interval."""
    if interval is None or None in interval:
        return {key: value}
    return {key: value, f"{key}_low": interval[0], f"{key}_high": interval[1]}


def curve(
    label: str,
    x: Sequence[float | str],
    y: Sequence[float | None],
    *,
    intervals: Sequence[Sequence[float | None] | None] | None = None,
    role: Role = "model",
) -> dict[str, Any]:
    """One curve, or one set of bars where x are words; `intervals` has a pair or None for each point.

    Raises: ValueError where the lengths differ.
    """
    if len(x) != len(y) or (intervals is not None and len(intervals) != len(y)):
        raise ValueError(f"The curve {label!r} has {len(x)} places and {len(y)} values.")
    ends = [tuple(pair) if pair else (None, None) for pair in intervals or []]
    known = any(low is not None and high is not None for low, high in ends)
    return {
        "label": label,
        "role": role,
        "x": list(x),
        "y": [_finite(value) for value in y],
        "low": [_finite(low) for low, _ in ends] if known else None,
        "high": [_finite(high) for _, high in ends] if known else None,
    }


def plot(
    name: str,
    title: str,
    *,
    x: str,
    y: str,
    curves: Sequence[dict[str, Any]],
    log: bool = False,
    low: float | None = None,
    high: float | None = None,
) -> dict[str, Any]:
    """A plot; `x` and `y` are labels with units, `low` and `high` the ends of the y axis where they are fixed."""
    return {
        "name": name,
        "title": title,
        "x": {"label": x, "log": log},
        "y": {"label": y, "low": low, "high": high},
        "curves": list(curves),
    }


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
