"""What an ideal observer found, as figures: means over columns with their standard errors.

The sampling unit is the specimen, whose columns share thickness and optics: a standard error is that of a mean over
clusters, √(S/(S-1) Σ_s (Σ_i (p_i - mean))²) / n, and None with fewer than two specimens (Cochran, Sampling
Techniques (1977), sec. 6.3, for the ratio of two totals).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segdepth_app.config import N_CLASSES
from segdepth_app.evaluation.observer.observe import OBSERVERS, REACHES, Columns, Observed, Pairs
from segdepth_app.evaluation.records import dose_key
from segdepth_app.specimen.table import SYMBOLS

QUANTILES = {"low_tenth": 0.1, "median": 0.5, "high_tenth": 0.9}

Floats = npt.NDArray[np.float64]


def figures(observed: Observed, doses_e_per_px: Sequence[float]) -> dict[str, Any]:
    """{"input_pixel_pm", "doses": {key: {"steps_by_element", "columns_by_element"}}}, ready for JSON."""
    doses = {
        dose_key(dose): {
            "steps_by_element": _steps(observed.pairs, row),
            "columns_by_element": _columns(observed.columns, row),
        }
        for row, dose in enumerate(doses_e_per_px)
    }
    return {"input_pixel_pm": round(observed.input_pixel_pm, 6), "factor": observed.factor, "doses": doses}


def _steps(pairs: Pairs, dose: int) -> dict[str, list[dict[str, Any]]]:
    """For each element the steps 0 to 9; accuracy None where no column stands there."""
    element, lower, specimen = (np.array(v, int) for v in (pairs.element, pairs.lower, pairs.specimen))
    accuracy = np.array(pairs.accuracy).reshape(len(element), -1, len(REACHES))
    columns = specimen * 2**16 + np.array(pairs.column, int)
    found = {}
    for z in np.unique(element):
        entries = []
        for step in range(N_CLASSES - 1):
            chosen = (element == z) & (lower == step)
            entry: dict[str, Any] = {"lower": step, "n_pairs": int(chosen.sum())}
            entry["n_columns"] = len(np.unique(columns[chosen]))
            for number, reach in enumerate(REACHES):
                values = accuracy[chosen, dose, number] if chosen.any() else np.zeros(0)
                name = "" if reach == "local" else f"_{reach}"
                entry |= with_error(f"accuracy{name}", values, specimen[chosen])
                if reach == "local":
                    entry |= {
                        key: float(np.quantile(values, q)) if len(values) else None for key, q in QUANTILES.items()
                    }
            entries.append(entry)
        found[_symbol(z)] = entries
    return found


def _columns(columns: Columns, dose: int) -> dict[str, dict[str, Any]]:
    """For each element the accuracy and ±1 accuracy of either observer, over all counts as they occur."""
    element, specimen = np.array(columns.element, int), np.array(columns.specimen, int)
    right, near = (
        np.array(values).reshape(len(element), -1, len(OBSERVERS)) for values in (columns.right, columns.within_one)
    )
    found = {}
    for z in np.unique(element):
        chosen = element == z
        entry: dict[str, Any] = {"n": int(chosen.sum())}
        for number, observer in enumerate(OBSERVERS):
            entry |= with_error(f"accuracy_{observer}", right[chosen, dose, number], specimen[chosen])
            entry[f"within_one_{observer}"] = float(near[chosen, dose, number].mean())
        found[_symbol(z)] = entry
    return found


def with_error(name: str, values: Floats, clusters: npt.NDArray[np.integer]) -> dict[str, float | None]:
    """{name: mean, name_error: standard error}, None where there is nothing to take it from."""
    if not len(values):
        return {name: None, f"{name}_error": None}
    return {name: float(values.mean()), f"{name}_error": clustered_error(values, clusters)}


def clustered_error(values: Floats, clusters: npt.NDArray[np.integer]) -> float | None:
    """Standard error of the mean of values (n,) that come in clusters; None with fewer than two."""
    _, place = np.unique(clusters, return_inverse=True)
    totals = np.bincount(place, values - values.mean())
    n = len(totals)
    if n < 2:
        return None
    return float(np.sqrt(n / (n - 1) * (totals**2).sum()) / len(values))


def _symbol(z: int) -> str:
    return SYMBOLS.get(int(z), f"Z={z}")
