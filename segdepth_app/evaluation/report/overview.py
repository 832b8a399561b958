"""All evaluations of a report together: what was judged, their figures beside the paper's, and the sweep of doses."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from segdepth_app.evaluation import panels
from segdepth_app.evaluation.drawing import TWO_COLUMNS, drawable, sheet, styled
from segdepth_app.evaluation.records import HEADLINES, PAPER, PAPER_DOSE_E_PER_PX
from segdepth_app.evaluation.report.definitions import definition
from segdepth_app.evaluation.report.pictures import Drawing
from segdepth_app.evaluation.report.sources import JudgedSource
from segdepth_app.evaluation.report.table import Column, Row, Table

PAPER_KEY = "paper"
PAPER_REMARK = (
    f"The row “{PAPER_KEY}” is Leibovich et al., Table I, 64 base channels, λ = {PAPER_DOSE_E_PER_PX:g} electrons per "
    "5.3 pm pixel, on the paper's own test set, whose image spread is not published: it is no measurement of ours, and "
    "is comparable only where optics, image spread, specimens and dose are alike."
)
SWEPT = (
    "pixel_accuracy",
    "centre_accuracy",
    "hallucination_rate",
    "column_accuracy",
    "column_within_one",
    "column_ece",
)


def judged(sources: Sequence[JudgedSource]) -> Table:
    """Which model was judged on what, one row for each evaluation."""
    columns = (
        Column("evaluation", "evaluation"),
        Column("model", "model"),
        Column("dataset", "dataset"),
        Column("split", "split"),
        Column("n_images", "images"),
        Column("n_specimens", "specimens"),
        Column("n_columns", "columns"),
        Column("c1_low", "C1 from", "nm"),
        Column("c1_high", "C1 to", "nm"),
        Column("spread_low", "image spread from", "pm"),
        Column("spread_high", "to", "pm"),
        Column("seed", "noise seed"),
        Column("created", "judged (UTC)"),
    )
    return Table("judged", "What was judged on what", columns, tuple(_judged_row(source) for source in sources))


def _judged_row(source: JudgedSource) -> Row:
    said = source.evaluation.provenance
    c1, spread = said.get("c1_range_nm", (None, None)), said.get("image_spread_range_pm", (None, None))
    return {
        "evaluation": source.key,
        "model": source.evaluation.model_name,
        "dataset": source.evaluation.dataset_name,
        "split": said["dataset"].get("split"),
        **{name: said.get(name) for name in ("n_images", "n_specimens", "n_columns", "seed")},
        "created": source.evaluation.created.removesuffix("+00:00").replace("T", " "),
        "c1_low": c1[0],
        "c1_high": c1[1],
        "spread_low": spread[0],
        "spread_high": spread[1],
    }


def summary(sources: Sequence[JudgedSource]) -> Table:
    """Every headline figure, one row for each evaluation and dose, and the paper's."""
    rows: list[Row] = [
        {
            "evaluation": PAPER_KEY,
            "model": "64 channels",
            "dataset": "the paper's own",
            "dose": PAPER_DOSE_E_PER_PX,
            **PAPER,
        }
    ]
    for source in sources:
        per_area = source.evaluation.provenance.get("doses_e_per_a2", {})
        for dose, figures in source.evaluation.doses.items():
            row: dict[str, Any] = {
                "evaluation": source.key,
                "model": source.evaluation.model_name,
                "dataset": source.evaluation.dataset_name,
                "dose": float(figures["dose_e_per_px"]),
                "per_area": per_area.get(dose),
            }
            for name in HEADLINES:
                low, high = (figures.get("intervals") or {}).get(name) or (None, None)
                row |= {name: figures.get(name), f"{name}_low": low, f"{name}_high": high}
            rows.append(row)
    columns = (
        Column("evaluation", "evaluation"),
        Column("model", "model"),
        Column("dataset", "dataset"),
        Column("dose", "λ", "e/px"),
        Column("per_area", "dose", "e/Å²"),
        *(Column(name, definition(name).label, definition(name).unit, definition(name).digits) for name in HEADLINES),
    )
    return Table("summary", "Figures of merit", columns, tuple(rows))


def sweeps(sources: Sequence[JudgedSource]) -> list[Drawing]:
    """The figures against dose, where any evaluation has several doses, or several evaluations have different ones."""
    doses = {figures["dose_e_per_px"] for source in sources for figures in source.evaluation.doses.values()}
    if len(doses) < 2:
        return []
    caption = (
        "Figures of merit against dose; vertical bars: 95 % intervals, where there are any. Cross: the paper, on its "
        "own test set."
    )
    return [Drawing("dose-sweep", caption, partial(_sweep, sources))]


@styled
def _sweep(sources: Sequence[JudgedSource]) -> Figure:
    labels = {
        source.key: f"{source.key} {source.evaluation.model_name} on {source.evaluation.dataset_name}"
        for source in sources
    }
    below = 0.14 * -(-len(labels) // 2)
    names = {Path(source.evaluation.provenance["dataset"]["path"]).stem for source in sources}
    figure, axes = sheet(
        f"Dose sweep on {', '.join(sorted(names))}",
        width=TWO_COLUMNS,
        height=4.0 + below,
        rows=2,
        cols=3,
        margins=(0.55, 0.45 + below, 0.1, 0.1),
        gaps=(0.65, 0.5),
    )
    for place, name in zip(axes.flat, SWEPT, strict=True):
        curves = {labels[source.key]: _points(source, name) for source in sources}
        panels.sweep(place, curves, definition(name).label)
        if name in PAPER:
            place.plot(PAPER_DOSE_E_PER_PX, PAPER[name], "x", color="black", markersize=5)
        place.yaxis.set_major_locator(MaxNLocator(5, steps=(1, 2, 5, 10)))
        if name in ("hallucination_rate", "column_ece"):
            place.set_ylim(bottom=0)
        else:
            place.set_ylim(top=1)
    handles, _ = axes[0, 0].get_legend_handles_labels()
    figure.legend(
        handles,
        [drawable(label) for label in labels.values()],
        loc="lower left",
        ncols=2,
        bbox_to_anchor=(0.05 / TWO_COLUMNS, 0.0),
    )
    return figure


def _points(source: JudgedSource, name: str) -> list[tuple[float, float, Any]]:
    return [
        (figures["dose_e_per_px"], figures[name], (figures.get("intervals") or {}).get(name))
        for figures in source.evaluation.doses.values()
        if figures.get(name) is not None
    ]
