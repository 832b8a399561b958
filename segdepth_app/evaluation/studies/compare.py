"""Compare: every model on every dataset at every dose, all headline figures in one table."""

from segdepth_app.evaluation.records import PAPER_TABLE
from segdepth_app.evaluation.studies.figures_of import (
    HEADINGS,
    NAMED,
    at_dose,
    headline_cells,
    interval,
    missing_notes,
    named_row,
    paper_row,
)
from segdepth_app.evaluation.studies.kinds import Done, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import curve, plot, table


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table, the paper's models below, and the column accuracy as bars at each dose."""
    judged = done.judged()
    rows = [
        named_row(item, dose) | headline_cells(at_dose(item, dose)) for item in judged for dose in done.config.doses
    ]
    rows += [paper_row(row) for row in PAPER_TABLE if row.table == "Table I"]
    plots = [_bars(done, dose) for dose in done.config.doses] if judged else []
    return Outcome(
        tables=[table("headlines", "Models beside each other", NAMED | HEADINGS, rows)],
        plots=plots,
        notes=missing_notes(judged),
    )


def _bars(done: Done, dose: float) -> dict:
    names = [dataset.name for dataset in done.setup.datasets]
    curves = []
    for model in done.setup.models:
        figures = {item.dataset.name: at_dose(item, dose) for item in done.judged() if item.model == model}
        found = [figures.get(name, {}) for name in names]
        curves.append(
            curve(
                model.name,
                names,
                [item.get("column_accuracy") for item in found],
                intervals=[interval(item, "column_accuracy") for item in found],
            )
        )
    title = f"Columns called right at λ = {dose:g} e/px"
    return plot(f"columns_{dose:g}", title, x="Dataset", y="Column accuracy", curves=curves, low=0, high=1)
