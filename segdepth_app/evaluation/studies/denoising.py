"""Denoising (Table II of the paper): segment outright, denoise first, or learn both together."""

from typing import Any

from segdepth_app.evaluation.records import PAPER_TABLE
from segdepth_app.evaluation.studies.figures_of import (
    HEADINGS,
    NAMED,
    at_dose,
    headline_cells,
    interval,
    missing_notes,
    model_facts,
    named_row,
    paper_row,
    series_label,
)
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table

WORDS = {
    "none": "segmentation alone",
    "separate": "denoising, then segmentation",
    "joint": "denoising and segmentation, joint",
}
PAPER_ROWS = tuple(row for row in PAPER_TABLE if row.table == "Table II")
PLOTTED = (*PAPER_ROWS[0].figures, "column_accuracy", "column_within_one")


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table by variant, the paper's below it, and bars for each dose."""
    judged = sorted(done.judged(), key=lambda item: list(WORDS).index(variant(item)))
    rows = [
        _variant_cell(variant(item)) | named_row(item, dose) | headline_cells(at_dose(item, dose))
        for item in judged
        for dose in done.config.doses
    ]
    rows += [_variant_cell(row.denoiser) | paper_row(row) for row in PAPER_ROWS]
    return Outcome(
        tables=[table("denoising", "Denoising", {"variant": "Variant"} | NAMED | HEADINGS, rows)],
        plots=[_bars(done, judged, dose) for dose in done.config.doses] if judged else [],
        notes=missing_notes(judged),
    )


def variant(item: Judged) -> str:
    """none, separate or joint."""
    return str(model_facts(item, "network", "denoiser") or "none")


def _variant_cell(denoiser: str) -> dict[str, Value]:
    return {"variant": WORDS[denoiser]}


def _bars(done: Done, judged: list[Judged], dose: float) -> dict[str, Any]:
    curves = []
    for item in judged:
        figures = at_dose(item, dose)
        curves.append(
            curve(
                series_label(done, item.model.name, WORDS[variant(item)], dataset=item.dataset),
                [HEADINGS[name] for name in PLOTTED],
                [figures.get(name) for name in PLOTTED],
                intervals=[interval(figures, name) for name in PLOTTED],
            )
        )
    for row in PAPER_ROWS:
        words = [HEADINGS[name] for name in row.figures]
        curves.append(curve(f"paper, {WORDS[row.denoiser]}", words, list(row.figures.values()), role="paper"))
    title = f"Denoising at λ = {dose:g} e/px"
    return plot(f"denoising_{dose:g}", title, x="Figure of merit", y="Share", curves=curves, low=0, high=1)
