"""Compare: every model on every dataset at every dose, all headline figures in one table."""

from segdepth_app.evaluation.records import PAPER, PAPER_DOSE_E_PER_PX
from segdepth_app.evaluation.studies.figures_of import at_dose, headings, headline_cells, interval, missing_notes
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table

COLUMNS = {"model": "Model", "dataset": "Dataset", "dose_e_per_px": "Dose (e/px)"}


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table, the paper's model below, and the column accuracy as bars at each dose."""
    judged = done.judged()
    rows = [_row(item, dose) for item in judged for dose in done.config.doses]
    rows.append(paper_row())
    plots = [_bars(done, dose) for dose in done.config.doses] if judged else []
    return Outcome(
        tables=[table("headlines", "Models beside each other", COLUMNS | headings(), rows)],
        plots=plots,
        notes=missing_notes(judged),
    )


def _row(item: Judged, dose: float) -> dict[str, Value]:
    named: dict[str, Value] = {"model": item.model.name, "dataset": item.dataset.name, "dose_e_per_px": dose}
    return named | headline_cells(at_dose(item, dose))


def paper_row() -> dict[str, Value]:
    """The paper's network on its own test set."""
    return {"model": "paper, b = 64", "dataset": "the paper's own", "dose_e_per_px": PAPER_DOSE_E_PER_PX, **PAPER}


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
