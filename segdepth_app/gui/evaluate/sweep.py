"""A figure against the dose, over the doses of one evaluation or of several. No Qt."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from segdepth_app.evaluation.records import PAPER_DOSE_E_PER_PX, PAPER_TABLE, Evaluation
from segdepth_app.gui.evaluate.figures import FIGURES, interval_of
from segdepth_app.gui.evaluate.wording import label

METRICS = {figure.name: figure.heading for figure in FIGURES}
FIRST = "column_accuracy"


@dataclass(frozen=True)
class Curve:
    """One evaluation's figure over its doses, rising; `low` and `high` are its intervals, None where there is none."""

    folder: Path
    label: str
    doses: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]


@dataclass(frozen=True)
class Point:
    """A figure of the paper."""

    label: str
    dose: float
    value: float


def curve(evaluation: Evaluation, metric: str) -> Curve:
    """The doses at which the figure is there."""
    points: list[tuple[float, float, float | None, float | None]] = []
    for figures in evaluation.doses.values():
        value = figures.get(metric)
        if value is not None:
            ends = interval_of(figures, metric) or (None, None)
            points.append((float(figures["dose_e_per_px"]), float(value), *ends))
    points.sort(key=lambda point: point[0])
    return Curve(
        evaluation.folder,
        label(evaluation),
        doses=tuple(point[0] for point in points),
        values=tuple(point[1] for point in points),
        low=tuple(point[2] for point in points),
        high=tuple(point[3] for point in points),
    )


def paper_points(metric: str) -> list[Point]:
    """The networks of the paper's Table I, where it has the figure."""
    return [
        Point(f"paper, {row.label}", PAPER_DOSE_E_PER_PX, row.figures[metric])
        for row in PAPER_TABLE
        if row.table == "Table I" and metric in row.figures
    ]


def companions(evaluations: Iterable[Evaluation], shown: Evaluation, most: int) -> list[Path]:
    """What is drawn at first: the evaluation on show and the newest others of the same dataset and split."""
    others = [item for item in evaluations if item.folder != shown.folder and _judged(item) == _judged(shown)]
    return [shown.folder, *(item.folder for item in others[: most - 1])]


def _judged(evaluation: Evaluation) -> tuple[object, ...]:
    dataset = evaluation.provenance["dataset"]
    return dataset.get("path"), dataset.get("split")


def table(curves: Sequence[Curve], metric: str) -> list[list[str]]:
    """The curves in numbers: a line for each evaluation and dose."""
    lines = [["Evaluation", "λ, e/px", METRICS[metric], "95 % low", "95 % high"]]
    for item in curves:
        for dose, value, low, high in zip(item.doses, item.values, item.low, item.high, strict=True):
            ends = ("" if end is None else f"{end:.6g}" for end in (low, high))
            lines.append([item.label, f"{dose:g}", f"{value:.6g}", *ends])
    return lines
