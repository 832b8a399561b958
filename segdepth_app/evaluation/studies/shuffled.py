"""Evidence against prior: does a model read single columns, or fill them in from their neighbours?

Asked on specimens whose columns deviate from what their surroundings suggest: rough and terraced ones with a plane
to deviate from, shuffled ones whose surroundings say nothing. What is measured is described in
evaluation.deviation; evaluations of an older version have it for all specimens with a plane together.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from segdepth_app.evaluation.studies.figures_of import (
    HEADINGS,
    NAMED,
    at_dose,
    look,
    missing_notes,
    named_row,
    series_label,
)
from segdepth_app.evaluation.studies.kinds import Done, Judged, Outcome, Setup, Step
from segdepth_app.evaluation.studies.parts import Value, curve, plot, table, with_interval

BY_NEED = ("columns", "leaning", "neighbourhoods")
"""Verdicts from the best to the worst."""
KIND = {"kind": "Specimens", "reference": "Surroundings from"}
EVIDENCE = {
    "verdict": "Verdict",  # first: a narrow window shows no more
    "column_accuracy": HEADINGS["column_accuracy"],
    "n_deviating": "Deviating columns",
    "right": "Deviating, called right",
    "as_plane": "Deviating, called as surroundings",
    "n_straight": "Straight columns",
    "called_deviating": "Straight, called deviating",
    "n_vacancies": "Vacancies",
    "vacancies_right": "Vacancies called empty",
    "vacancies_filled_in": "Vacancies filled in",
    "pull": "Pull (share of the deviation taken back)",
    "neighbour_weight": "Weight of the neighbours",
}
BY_DEVIATION = {
    "deviation": "Deviation (atoms)",
    "n": "Columns",
    "right": "Called right",
    "as_plane": "Called as surroundings",
    "otherwise": "Called otherwise",
}
PLOTTED = {"right": "called right", "as_plane": "called as their surroundings suggest"}


class Evidence(NamedTuple):
    """What one evaluation says of one kind of specimen at one dose."""

    judged: Judged
    dose_e_per_px: float
    kind: str
    figures: dict[str, Any]

    @property
    def label(self) -> str:
        """Test set and kind of specimen, once where they are the same word."""
        name = self.judged.dataset.name
        return name if self.kind in name or self.kind == "all" else f"{name}, {self.kind}"


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """The evidence in one table, by deviation in another, plots by deviation, and in words what each model does."""
    judged = done.judged()
    found = [item for one in judged for dose in done.config.doses for item in evidence(one, dose)]
    tables = [
        table("evidence", "Evidence against prior", NAMED | KIND | EVIDENCE, [_row(item) for item in found]),
        table(
            "by_deviation",
            "Columns by how far they stand off their surroundings",
            NAMED | KIND | BY_DEVIATION,
            [row for item in found for row in _deviation_rows(item)],
        ),
    ]
    return Outcome(
        tables=tables,
        plots=list(_plots(done, found)),
        notes=[*(in_words(model.name, found) for model in done.setup.models), *missing_notes(judged)]
        if found
        else missing_notes(judged),
    )


def evidence(judged: Judged, dose: float) -> Iterator[Evidence]:
    """One for every kind of specimen; where the evaluation has them only together, one named `all`."""
    figures = at_dose(judged, dose)
    by_kind = look(figures, "deviating_by_kind") or {"all": look(figures, "deviating")}
    for kind, values in by_kind.items():
        if values:
            yield Evidence(judged, dose, kind, values)


def _named(item: Evidence) -> dict[str, Value]:
    named = named_row(item.judged, item.dose_e_per_px)
    return named | {"kind": item.kind, "reference": look(item.figures, "reference") or "plane"}


def _row(item: Evidence) -> dict[str, Value]:
    figures, at = item.figures, at_dose(item.judged, item.dose_e_per_px)
    whole = at.get("column_accuracy") if item.kind == "all" else look(at, "by_kind", item.kind, "accuracy")
    ends = (
        look(at, "intervals", "column_accuracy") if item.kind == "all" else look(at, "by_kind", item.kind, "interval")
    )
    return (
        _named(item)
        | with_interval("column_accuracy", whole, ends)
        | {
            "n_deviating": look(figures, "all", "n"),
            "right": look(figures, "all", "right"),
            "as_plane": look(figures, "all", "as_plane"),
            "n_straight": look(figures, "straight", "n"),
            "called_deviating": look(figures, "straight", "called_deviating"),
            "n_vacancies": look(figures, "vacancies", "n"),
            "vacancies_right": look(figures, "vacancies", "right"),
            "vacancies_filled_in": look(figures, "vacancies", "filled_in"),
            "pull": look(figures, "pull"),
            "neighbour_weight": look(figures, "neighbour_weight"),
            "verdict": look(figures, "verdict_heading"),
        }
    )


def _deviation_rows(item: Evidence) -> list[dict[str, Value]]:
    return [
        _named(item) | {"deviation": int(delta), **{key: values.get(key) for key in list(BY_DEVIATION)[1:]}}
        for delta, values in (look(item.figures, "by_deviation") or {}).items()
    ]


def _plots(done: Done, found: list[Evidence]) -> Iterator[dict[str, Any]]:
    """For each test set and kind: columns called right, and called as the surroundings, by deviation."""
    groups: dict[str, list[Evidence]] = {}
    for item in found:
        groups.setdefault(item.label, []).append(item)
    for number, (label, members) in enumerate(groups.items(), start=1):
        for key, words in PLOTTED.items():
            curves = []
            for item in members:
                by_delta = look(item.figures, "by_deviation") or {}
                name = series_label(done, item.judged.model.name, dose_e_per_px=item.dose_e_per_px)
                shares = [look(by_delta, delta, key) for delta in by_delta]
                curves.append(curve(name, [delta.replace("-", "−") for delta in by_delta], shares))
            yield plot(
                f"deviating_{key}_{number}",
                f"{label}: deviating columns {words}",
                x="Deviation from the surroundings (atoms)",
                y=f"Share {words}",
                curves=curves,
                low=0,
                high=1,
            )


def in_words(model: str, found: list[Evidence]) -> str:
    """What a model does, by the worst verdict on any test set, with that one's reason."""
    mine = [item for item in found if item.judged.model.name == model]
    told = [item for item in mine if look(item.figures, "verdict") in BY_NEED]
    if not told:
        reasons = [look(item.figures, "verdict_text") for item in mine]
        reason = next((text for text in reasons if text), "It has not been judged yet.")
        return f"{model}: Cannot tell whether it reads columns. {reason}"
    worst = max(told, key=lambda item: BY_NEED.index(item.figures["verdict"]))
    where = f"{worst.label} at λ = {worst.dose_e_per_px:g}"
    heading, text = worst.figures["verdict_heading"], worst.figures["verdict_text"]
    return f"{model}: {heading} ({where}). {text}"
