"""Model size (Table I of the paper): every headline figure against the number of a network's parameters."""

from functools import cache
from typing import Any

import torch

from segdepth_app.config import NetworkConfig
from segdepth_app.evaluation.records import HEADLINES, PAPER_TABLE
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
from segdepth_app.models.networks import build_network, count_parameters

SIZE = {"network": "Network", "width": "Base channels", "parameters": "Parameters"}
PAPER_ROWS = tuple(row for row in PAPER_TABLE if row.table == "Table I")


def plan(setup: Setup) -> list[Step]:
    """Every model is judged on every dataset."""
    return setup.evaluations()


def outcome(done: Done) -> Outcome:
    """One table by size, the paper's below it, and a plot of each figure against the parameters."""
    judged = sorted(done.judged(), key=lambda item: model_facts(item, "parameters") or 0)
    rows = [
        _size(item) | named_row(item, dose) | headline_cells(at_dose(item, dose))
        for item in judged
        for dose in done.config.doses
    ]
    rows += [_paper_size(row.width) | paper_row(row) for row in PAPER_ROWS]
    named = {"model": NAMED["model"]} | SIZE | NAMED
    return Outcome(
        tables=[table("model_size", "Models by size", named | HEADINGS, rows)],
        plots=[_plot(done, judged, name) for name in HEADLINES] if judged else [],
        notes=missing_notes(judged),
    )


@cache
def paper_parameters(width: int) -> int:
    """Parameters of the paper's network with that many base channels."""
    with torch.device("meta"):
        return count_parameters(build_network(NetworkConfig(kind="paper", width=width, scales=6, dose_input=False)))


def _size(item: Judged) -> dict[str, Value]:
    network = model_facts(item, "network") or {}
    return {
        "network": network.get("kind"),
        "width": network.get("width"),
        "parameters": model_facts(item, "parameters"),
    }


def _paper_size(width: int) -> dict[str, Value]:
    return {"network": "paper", "width": width, "parameters": paper_parameters(width)}


def _plot(done: Done, judged: list[Judged], name: str) -> dict[str, Any]:
    """One figure against the parameters: a curve for each kind of network, dataset and dose."""
    groups: dict[str, list[tuple[Judged, dict[str, Any]]]] = {}
    for item in judged:
        for dose in done.config.doses:
            network = f"{model_facts(item, 'network', 'kind')} network"
            label = series_label(done, network, dataset=item.dataset, dose_e_per_px=dose)
            groups.setdefault(label, []).append((item, at_dose(item, dose)))
    curves = [
        curve(
            label,
            [model_facts(item, "parameters") for item, _ in members],
            [figures.get(name) for _, figures in members],
            intervals=[interval(figures, name) for _, figures in members],
        )
        for label, members in groups.items()
    ]
    printed = [(paper_parameters(row.width), row.figures[name]) for row in PAPER_ROWS if name in row.figures]
    if printed:
        sizes, values = zip(*printed, strict=True)
        curves.append(curve("paper, Table I", sizes, values, role="paper"))
    heading = HEADINGS.get(name, name)
    return plot(f"size_{name}", f"{heading} by model size", x="Parameters", y=heading, curves=curves, log=True)
