"""Image spread: how accuracy falls as the image is blurred by vibration, on a test set whose spread varies.

An evaluation sorts its images into bins of their image spread; a curve has a point in the middle of each bin.
"""

from typing import Any

from segdepth_app.evaluation.studies.figures_of import (
    HEADINGS,
    NAMED,
    at_dose,
    look,
    missing_notes,
    model_facts,
    named_row,
)
from segdepth_app.evaluation.studies.figures_of import series_label as label_of
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table, with_interval

FIGURES = {
    "accuracy": HEADINGS["column_accuracy"],
    "within_one": HEADINGS["column_within_one"],
    "mae": HEADINGS["column_mae"],
}
COLUMNS = {
    "spread_low_pm": "Image spread from (pm)",
    "spread_high_pm": "Image spread to (pm)",
    "n_columns": "Columns judged",
    **FIGURES,
    "trained_low_pm": "Trained from (pm)",
    "trained_high_pm": "Trained to (pm)",
}


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table by bins, and plots with a curve for each model and dose."""
    judged = done.judged()
    rows = [row for item in judged for dose in done.config.doses for row in _rows(item, dose)]
    notes = missing_notes(judged)
    for item in judged:
        if all(len(_bins(item, dose)) < 2 for dose in done.config.doses):
            notes.append(f"{item.dataset.name} has one image spread only: a study of it needs several.")
    return Outcome(
        tables=[table("spread", "By image spread", NAMED | COLUMNS, rows)],
        plots=[_plot(done, judged, name) for name in FIGURES] if judged else [],
        notes=notes,
    )


def _bins(item: Judged, dose: float) -> list[dict[str, Any]]:
    """The bins that hold columns."""
    return [bin_ for bin_ in at_dose(item, dose).get("by_image_spread_pm") or [] if bin_.get("n")]


def _rows(item: Judged, dose: float) -> list[dict[str, Value]]:
    low, high = model_facts(item, "trained_image_spread_pm") or (None, None)
    return [
        named_row(item, dose)
        | {"spread_low_pm": bin_["low"], "spread_high_pm": bin_["high"], "n_columns": bin_["n"]}
        | with_interval("accuracy", bin_["accuracy"], look(bin_, "interval"))
        | {"within_one": bin_["within_one"], "mae": bin_["mae"]}
        | {"trained_low_pm": low, "trained_high_pm": high}
        for bin_ in _bins(item, dose)
    ]


def _plot(done: Done, judged: list[Judged], name: str) -> dict[str, Any]:
    curves = []
    for item in judged:
        for dose in done.config.doses:
            bins = _bins(item, dose)
            intervals = [look(bin_, "interval") for bin_ in bins] if name == "accuracy" else None
            curves.append(
                curve(
                    label_of(done, item.model.name, dataset=item.dataset, dose_e_per_px=dose),
                    [(bin_["low"] + bin_["high"]) / 2 for bin_ in bins],
                    [bin_[name] for bin_ in bins],
                    intervals=intervals,
                )
            )
    heading = FIGURES[name]
    top = None if name == "mae" else 1
    title = f"{heading} by image spread"
    return plot(f"spread_{name}", title, x="Image spread (pm)", y=heading, curves=curves, low=0, high=top)
