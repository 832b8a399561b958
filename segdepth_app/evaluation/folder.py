"""Writes the evaluation folder: metrics.json, arrays.npz and figures, whole or not at all.

Everything is written into a hidden folder beside the target, which takes its place at the end: a folder with
metrics.json is a complete evaluation.
"""

import json
import math
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.evaluation.calibration import edges
from segdepth_app.evaluation.judge import Judge
from segdepth_app.evaluation.missing import missing_figures, missing_intervals
from segdepth_app.evaluation.presence import presence_edges
from segdepth_app.evaluation.records import ARRAYS_FILE, FORMAT, METRICS_FILE, WORST_FOLDER, dose_key
from segdepth_app.paths import writable_target

More = Callable[[Path, dict[str, Any]], None]
"""Writes files of its own into the folder it is given and may add to the record of metrics.json."""

OURS = (METRICS_FILE, "*.png", "*.npz", WORST_FOLDER)
"""What an older evaluation leaves; everything else in its folder is someone's own, and stays."""


def empty_or_evaluation(path: Path) -> Path:
    """The folder to write, new, empty or an older evaluation. Raises: InputError for anything else."""
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file.", "Name a folder for the evaluation.")
    if path.is_dir() and any(path.iterdir()) and not (path / METRICS_FILE).exists():
        raise InputError(f"{path} holds other files.", "Name a new or empty folder for the evaluation.")
    writable_target(path / METRICS_FILE if path.is_dir() else path)
    return path


def write_evaluation(
    out: Path,
    judges: list[Judge],
    provenance: dict[str, Any],
    more: Sequence[More] = (),
    notes: Sequence[str] = (),
) -> None:
    """All files of one evaluation; an older one in the same folder is replaced.

    `more` write files of their own and may change the record, in turn, before it is written; `notes` stand first
    among the record's.
    """
    from segdepth_app.evaluation.figures import draw_figures

    # where a link points to, so that what is written lies on the same disk and the link stays
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.part-{os.getpid()}")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir()
        record = _record(judges, provenance, notes)
        arrays = _stacked(judges)
        np.savez_compressed(temporary / ARRAYS_FILE, allow_pickle=False, **arrays)
        for write in more:
            write(temporary, record)
        record = without_nan(record)
        draw_figures(temporary, record, arrays)
        text = json.dumps(record, indent=1, allow_nan=False, ensure_ascii=False)
        (temporary / METRICS_FILE).write_text(text, encoding="utf-8")
        _move_into_place(temporary, out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _move_into_place(temporary: Path, out: Path) -> None:
    if not out.exists():
        temporary.rename(out)
        return
    # two renames, so that a kill hardly ever finds the folder half changed
    older = out.with_name(f".{out.name}.older-{os.getpid()}")
    out.rename(older)
    try:
        temporary.rename(out)
    except OSError:
        older.rename(out)
        raise
    for item in older.iterdir():
        if not any(item.match(pattern) for pattern in OURS):
            item.rename(out / item.name)
    shutil.rmtree(older, ignore_errors=True)


def _record(judges: list[Judge], provenance: dict[str, Any], notes: Sequence[str]) -> dict[str, Any]:
    said = list(notes)
    doses = {}
    for judge in judges:
        key = dose_key(judge.dose_e_per_px)
        doses[key] = without_nan(judge.figures())
        said += [f"λ = {key}: {note}" for note in missing_figures(doses[key])]
    said += missing_intervals(doses, judges[0].n_bootstrap)
    provenance = {**provenance, "n_columns": doses[dose_key(judges[0].dose_e_per_px)]["n_columns"]}
    return {"format": FORMAT, "doses": doses, "provenance": provenance, "notes": said}


def without_nan(value: Any) -> Any:
    """The same figures with every number that is not finite as None, and numpy's numbers as Python's."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _stacked(judges: list[Judge]) -> dict[str, np.ndarray]:
    """Arrays with the dose as first axis, `doses_e_per_px` (D,) and the edges of bins."""
    arrays = [judge.arrays() for judge in judges]
    stacked = {name: np.stack([item[name] for item in arrays]) for name in arrays[0]}
    return {
        "doses_e_per_px": np.array([judge.dose_e_per_px for judge in judges]),
        "reliability_edges": edges(),
        "presence_edges": presence_edges(),
        **stacked,
    }
