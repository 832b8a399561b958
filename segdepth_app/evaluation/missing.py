"""Why a figure of an evaluation is null, in words: nothing is missing without one."""

from collections.abc import Mapping
from typing import Any

from segdepth_app.evaluation.definitions import PULL, not_given
from segdepth_app.evaluation.intervals import FEWEST_SPECIMENS

WHY_MISSING = {
    "pixel_accuracy": "no pixels were judged",
    "centre_accuracy": "no pixel lies near a column that holds atoms",
    "detection_rate": "no pixel belongs to a column",
    "hallucination_rate": "no pixel was called a column",
    "column_accuracy": "no columns",
    "column_within_one": "no columns",
    "column_mae": "no columns",
    "column_rps": "no columns",
    "vacancy_accuracy": "no empty sites in the dataset",
    "pixel_average_precision": "it needs both pixels of columns and of background",
    "column_average_precision": "it needs both empty sites and columns that hold atoms",
    "pixel_ece": "no pixels were judged",
    "column_ece": "no columns",
}


def missing_figures(figures: Mapping[str, Any]) -> list[str]:
    """Why figures of one dose are null, one sentence each."""
    notes = [not_given(name, why) for name, why in WHY_MISSING.items() if figures[name] is None]
    if figures["deviating"]["pull"] is None:
        notes.append(not_given(PULL, "no column stands 1 to 3 atoms off its surroundings"))
    if figures["n_unjudged"]:
        notes.append(f"{figures['n_unjudged']} columns have no pixel of their own and were left out.")
    if figures["n_columns"]:
        notes += _missing_classes(figures)
    return notes


def _missing_classes(figures: Mapping[str, Any]) -> list[str]:
    present = [depth for depth, item in figures["by_depth"].items() if item["n"]]
    if len(present) == 1:
        return [
            f"Every column holds {_atoms(present)}: a network that always says so is always right, so the columns' "
            "figures tell little, and no step between two counts can be judged."
        ]
    absent = [depth for depth in figures["by_depth"] if depth not in present]
    notes = [f"No column holds {_atoms(absent)}: figures of such columns are not given."] if absent else []
    steps = [f"{step['lower']} ↔ {step['lower'] + 1}" for step in figures["steps"] if step["accuracy"] is None]
    if steps:
        notes.append(f"Steps with columns on one side alone, or none, are not given: {', '.join(steps)}.")
    return notes


def _atoms(depths: list[str]) -> str:
    *most, last = depths
    named = f"{', '.join(most)} or {last}" if most else last
    return f"{named} {'atom' if named == '1' else 'atoms'}"


def missing_intervals(doses: Mapping[str, Mapping[str, Any]], n_bootstrap: int) -> list[str]:
    """Why intervals are null, one sentence for all doses; none where all are there."""
    if not n_bootstrap:
        return ["There are no intervals: no resamplings were asked for."]
    if all(interval is None for figures in doses.values() for interval in figures["intervals"].values()):
        return [f"There are no intervals: they need at least {FEWEST_SPECIMENS} specimens."]
    if any(_lacks_intervals(figures) for figures in doses.values()):
        return [f"Groups to which fewer than {FEWEST_SPECIMENS} specimens contribute have no interval."]
    return []


def _lacks_intervals(value: Any) -> bool:
    """Whether a group that has columns has no interval."""
    if isinstance(value, Mapping):
        lacks = value.get("interval", ()) is None and value.get("accuracy") is not None
        return lacks or any(_lacks_intervals(item) for item in value.values())
    return isinstance(value, list) and any(_lacks_intervals(item) for item in value)
