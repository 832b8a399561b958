"""Figures of merit read from evaluations, whatever version wrote them: what is not there is None."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from segdepth_app.evaluation.definitions import DEFINITIONS, in_words
from segdepth_app.evaluation.paper import PaperRow
from segdepth_app.evaluation.records import HEADLINES, PAPER_DOSE_E_PER_PX, dose_key
from segdepth_app.evaluation.studies.kinds import Done, Judged, Source
from segdepth_app.evaluation.studies.parts import Value, with_interval

HEADINGS = {name: DEFINITIONS[name].heading for name in HEADLINES}
"""Headings of the headline figures."""

AT_DOSE = re.compile(r"λ = (?P<dose>[^:]+): (?P<rest>.*)")
"""How an evaluation writes a note about one dose."""


def look(values: Any, *path: str) -> Any:
    """values[path[0]][path[1]]…; None as soon as something is missing."""
    for key in path:
        if not isinstance(values, Mapping) or key not in values:
            return None
        values = values[key]
    return values


def at_dose(judged: Judged, dose_e_per_px: float) -> dict[str, Any]:
    """All figures of one dose; empty where it was not judged."""
    return judged.evaluation.doses.get(dose_key(dose_e_per_px), {})


def interval(figures: Mapping[str, Any], name: str) -> Sequence[float] | None:
    """The 95 % interval of a headline figure, where there is one."""
    return look(figures, "intervals", name)


def headline_cells(figures: Mapping[str, Any]) -> dict[str, Value]:
    """All headline figures of a dose with their intervals, as cells of a table's row."""
    cells: dict[str, Value] = {}
    for name in HEADLINES:
        cells |= with_interval(name, figures.get(name), interval(figures, name))
    return cells


def named_row(judged: Judged, dose_e_per_px: float) -> dict[str, Value]:
    """The cells that say what a row is about: model, dataset, dose per pixel and per area."""
    per_area = look(judged.evaluation.provenance, "doses_e_per_a2", dose_key(dose_e_per_px))
    return {
        "model": judged.model.name,
        "dataset": judged.dataset.name,
        "dose_e_per_px": dose_e_per_px,
        "dose_e_per_a2": per_area,
    }


def paper_row(row: PaperRow) -> dict[str, Value]:
    """A row of the paper's tables, named and measured as printed there."""
    named: dict[str, Value] = {
        "model": f"paper, {row.label}",
        "dataset": f"paper, {row.table}",
        "dose_e_per_px": PAPER_DOSE_E_PER_PX,
    }
    return named | row.figures


NAMED = {"model": "Model", "dataset": "Dataset", "dose_e_per_px": "Dose (e/px)", "dose_e_per_a2": "Dose (e/Å²)"}
"""Columns of `named_row`."""


def series_label(done: Done, *parts: str, dataset: Source | None = None, dose_e_per_px: float | None = None) -> str:
    """Label of a curve: the parts, and dataset and dose where the study has several."""
    words = [part for part in parts if part]
    if dataset is not None and len(done.setup.datasets) > 1:
        words.append(dataset.name)
    if dose_e_per_px is not None and len(done.config.doses) > 1:
        words.append(f"λ = {dose_e_per_px:g}")
    return ", ".join(words)


def model_facts(judged: Judged, *path: str) -> Any:
    """What the evaluation says of the model: look(…, "network", "width")."""
    return look(judged.evaluation.provenance, "model", *path)


def trained_doses(judged: Judged) -> tuple[float, float] | None:
    """Lowest and highest dose that the model was trained at, in electrons per reference pixel."""
    doses = model_facts(judged, "trained_doses_e_per_px")
    return (float(doses[0]), float(doses[1])) if doses else None


def missing_notes(judged: Sequence[Judged]) -> list[str]:
    """Why figures of these evaluations are missing, in their own words; what holds at several doses stands once."""
    notes = []
    for item in judged:
        doses: dict[str, list[str]] = {}
        for note in item.evaluation.notes:
            found = AT_DOSE.fullmatch(note)
            at = doses.setdefault(found["rest"] if found else note, [])
            at += [found["dose"]] if found else []
        subject = f"{item.model.name} on {item.dataset.name}"
        for rest, at in doses.items():
            where = f", λ = {', '.join(at)}" if at else ""
            notes.append(f"{subject}{where}: {in_words(rest)}")
    return notes
