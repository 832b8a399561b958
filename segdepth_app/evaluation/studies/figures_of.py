"""Figures of merit read from evaluations, whatever version wrote them: what is not there is None."""

from collections.abc import Mapping, Sequence
from typing import Any

from segdepth_app.evaluation.records import HEADLINES, dose_key
from segdepth_app.evaluation.studies.kinds import Judged
from segdepth_app.evaluation.studies.parts import Value, with_interval

HEADINGS = {
    "pixel_accuracy": "Pixel accuracy",
    "centre_accuracy": "Centre accuracy",
    "detection_rate": "Detection rate",
    "hallucination_rate": "Hallucination rate",
    "column_accuracy": "Column accuracy",
    "column_within_one": "Columns within ±1",
    "column_mae": "Column error (atoms)",
    "column_rps": "Column RPS",
    "pixel_ece": "Pixel ECE",
    "column_ece": "Column ECE",
}
"""Headings of the headline figures; a figure without one is headed by its name."""


FIGURES = tuple(dict.fromkeys((*HEADLINES, *HEADINGS)))
"""The headline figures in their usual order."""


def look(values: Any, *path: str) -> Any:
    """values[path[0]][path[1]]…; None as soon as something is missing."""
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    return values


def headings() -> dict[str, str]:
    """Key and heading of every headline figure."""
    return {name: HEADINGS.get(name, name.replace("_", " ")) for name in FIGURES}


def at_dose(judged: Judged, dose_e_per_px: float) -> dict[str, Any]:
    """All figures of one dose; empty where it was not judged."""
    return judged.evaluation.doses.get(dose_key(dose_e_per_px), {})


def interval(figures: Mapping[str, Any], name: str) -> Sequence[float] | None:
    """The 95 % interval of a headline figure, where there is one."""
    return look(figures, "intervals", name)


def headline_cells(figures: Mapping[str, Any]) -> dict[str, Value]:
    """All headline figures of a dose with their intervals, as cells of a table's row."""
    cells: dict[str, Value] = {}
    for name in FIGURES:
        cells |= with_interval(name, figures.get(name), interval(figures, name))
    return cells


def missing_notes(judged: Sequence[Judged]) -> list[str]:
    """Why figures of these evaluations are missing, in their own words."""
    return [f"{item.model.name} on {item.dataset.name}: {note}" for item in judged for note in item.evaluation.notes]
