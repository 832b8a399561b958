"""Noise generalisation (Fig. 9 a and b of the paper): models judged at doses they were and were not trained at.

(a) has models of several widths, (b) models trained at several doses: here the models decide, and every curve says
at what dose its model was trained. The paper gives curves but no figures, so none of its own stand beside them.
"""

from typing import Any

from segdepth_app.evaluation.studies.figures_of import (
    HEADINGS,
    NAMED,
    at_dose,
    headline_cells,
    interval,
    missing_notes,
    named_row,
    series_label,
    trained_doses,
)
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table

PLOTTED = (
    "pixel_accuracy",
    "centre_accuracy",
    "column_accuracy",
    "column_within_one",
    "detection_rate",
    "hallucination_rate",
)
TRAINED = {"trained_low_e_per_px": "Trained from (e/px)", "trained_high_e_per_px": "Trained to (e/px)"}


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table, and a plot of each figure against the dose with a curve for each model."""
    judged, doses = done.judged(), sorted(done.config.doses)
    rows = [
        named_row(item, dose) | _trained_cells(item) | headline_cells(at_dose(item, dose))
        for item in judged
        for dose in doses
    ]
    return Outcome(
        tables=[table("noise", "Models at each dose", NAMED | TRAINED | HEADINGS, rows)],
        plots=[_plot(done, judged, doses, name) for name in PLOTTED] if judged else [],
        notes=missing_notes(judged),
    )


def trained_at(item: Judged) -> str:
    """At what doses a model was trained, in words."""
    doses = trained_doses(item)
    if doses is None:
        return ""
    low, high = doses
    return f"trained at λ = {low:g}" if low == high else f"trained at λ = {low:g}–{high:g}"


def _trained_cells(item: Judged) -> dict[str, Value]:
    low, high = trained_doses(item) or (None, None)
    return {"trained_low_e_per_px": low, "trained_high_e_per_px": high}


def _plot(done: Done, judged: list[Judged], doses: list[float], name: str) -> dict[str, Any]:
    curves = []
    for item in judged:
        found = [at_dose(item, dose) for dose in doses]
        curves.append(
            curve(
                series_label(done, item.model.name, trained_at(item), dataset=item.dataset),
                doses,
                [figures.get(name) for figures in found],
                intervals=[interval(figures, name) for figures in found],
            )
        )
    heading = HEADINGS[name]
    label = "Dose λ (electrons per reference pixel in vacuum)"
    return plot(f"noise_{name}", f"{heading} by dose", x=label, y=heading, curves=curves, log=True, low=0, high=1)
