"""Figures of merit as the window shows them: with intervals, the paper's, and why one is missing. No Qt."""

from dataclasses import dataclass
from typing import Any

from segdepth_app.evaluation.definitions import DEFINITIONS, in_words, not_given
from segdepth_app.evaluation.records import PAPER_DOSE_E_PER_PX, PAPER_TABLE, Evaluation

NONE = "—"


FIGURES = tuple(item for item in DEFINITIONS.values() if not item.name.endswith("_uncalibrated"))
"""Those of the tables; what there is before temperature scaling stands beside the curves of reliability."""


@dataclass(frozen=True)
class FigureRow:
    """One line of the table of figures; the helps say what a cell is, or why it is empty."""

    label: str
    value: str
    interval: str
    paper: str
    help: str
    value_help: str
    interval_help: str
    paper_help: str


def number(value: float | None, digits: int) -> str:
    """A figure with so many digits, or a dash."""
    return NONE if value is None else f"{value:z.{digits}f}"


def figure_rows(evaluation: Evaluation, dose: str) -> list[FigureRow]:
    """The table of one dose, beside the paper's column."""
    figures = evaluation.doses[dose]
    paper, paper_words = paper_figures(evaluation)
    rows = []
    for item in FIGURES:
        name, digits, sentence = item.name, item.digits, item.text
        value, printed = figures.get(name), paper.get(name)
        interval = interval_of(figures, name)
        rows.append(
            FigureRow(
                item.heading,
                number(value, digits),
                NONE if interval is None else f"{interval[0]:.{digits}f} … {interval[1]:.{digits}f}",
                number(printed, digits),
                sentence,
                sentence if value is not None else why_missing(evaluation, dose, name),
                _interval_words(evaluation, figures, name),
                paper_words if printed is not None else "The paper does not give this figure.",
            )
        )
    return rows


def interval_of(figures: dict[str, Any], name: str) -> tuple[float, float] | None:
    """The 95 % interval of a figure, where there is one."""
    interval = (figures.get("intervals") or {}).get(name)
    return (float(interval[0]), float(interval[1])) if interval else None


def why_missing(evaluation: Evaluation, dose: str, name: str) -> str:
    """Why a figure of a dose is null or not there at all."""
    if name not in evaluation.doses[dose]:
        return f"{_made_by(evaluation)} does not hold it. Evaluate again to get it."
    start = f"λ = {dose}: {not_given(name)}"
    notes = map(in_words, evaluation.notes)
    said = next((note.removeprefix(start) for note in notes if note.startswith(start)), "")
    return f"Not given: {said}" if said else "Not given."


def paper_figures(evaluation: Evaluation) -> tuple[dict[str, float], str]:
    """The paper's figures for a network like this one, and which of its networks that is.

    That of its Table I with as many channels and no denoiser; for any other network the one the paper goes on with.
    """
    network = evaluation.provenance["model"].get("network") or {}
    rows = {row.width: row for row in PAPER_TABLE if row.table == "Table I"}
    same = network.get("kind") == "paper" and network.get("denoiser", "none") == "none"
    row = rows.get(int(network.get("width") or 0) if same else 64, rows[64])
    return row.figures, (
        f"Paper: {row.table}, {row.width} channels, λ = {PAPER_DOSE_E_PER_PX:g} e/px, on its own test set, "
        "whose image spread is not published."
    )


def _interval_words(evaluation: Evaluation, figures: dict[str, Any], name: str) -> str:
    if interval_of(figures, name):
        return "95 % of resamplings of the specimens lie within."
    if "intervals" not in figures:
        return f"{_made_by(evaluation)} has no intervals. Evaluate again to get them."
    said = [note for note in evaluation.notes if "interval" in note and not note.startswith("λ = ")]
    return " ".join(said) or "No interval: it takes several specimens, and resamplings at all."


def _made_by(evaluation: Evaluation) -> str:
    return f"This evaluation, made by SegDepth {evaluation.provenance.get('version', '(unknown)')},"
