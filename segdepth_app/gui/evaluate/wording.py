"""An evaluation in words and numbers, as the tab shows it. No Qt."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from segdepth_app.evaluation.records import PAPER, PAPER_DOSE_E_PER_PX, Evaluation

FIGURES = (
    ("pixel_accuracy", "Pixel accuracy", 3, "Share of all pixels called right."),
    (
        "centre_accuracy",
        "Centre accuracy",
        3,
        "Share of pixels near a column's centre (Ce 85 pm, O 64 pm) called right.",
    ),
    ("detection_rate", "Detected", 3, "Share of columns' pixels that are called a column of any depth."),
    ("hallucination_rate", "Hallucinated", 4, "Share of pixels called a column that are background."),
    (
        "column_accuracy",
        "Column accuracy",
        3,
        "Share of columns whose number of atoms is right; empty sites count.",
    ),
    ("column_within_one", "Column within ±1", 3, "Share of columns called right or one atom off."),
    ("column_mae", "Column mean error", 3, "Mean distance of the called from the true number, in atoms."),
    ("vacancy_accuracy", "Empty sites seen", 3, "Share of empty column sites that are called empty."),
    ("pixel_ece", "Pixel calibration error", 4, "Mean gap between confidence and accuracy of pixels (ECE)."),
    ("column_ece", "Column calibration error", 4, "Mean gap between confidence and accuracy of columns (ECE)."),
)

PAPER_REMARK = (
    f"Paper: 64 channels, λ = {PAPER_DOSE_E_PER_PX:g} e/px, on its own test set, whose image spread is not published."
)

DEVIATING_HELP = (
    "Columns 1 to 3 atoms off the smooth wedge around them: called right, called as the wedge would have it there, or "
    "called otherwise. The dotted line is the share of straight columns that are called right."
)

BREAKDOWNS = {
    "by_depth": "true depth and element",
    "by_defocus_nm": "defocus, nm",
    "by_image_spread_pm": "image spread, pm",
    "by_kind": "kind of specimen",
    "by_element": "element",
}

NONE = "–"


@dataclass(frozen=True)
class FigureRow:
    """One line of the table of figures."""

    label: str
    value: str
    paper: str
    help: str


@dataclass(frozen=True)
class Bars:
    """Accuracy by group: a series of heights (None: no columns) for each name, over the same labels."""

    labels: tuple[str, ...]
    series: dict[str, tuple[float | None, ...]]
    counts: tuple[int, ...]
    axis: str


def figure_rows(figures: dict[str, Any]) -> list[FigureRow]:
    """The table beside the paper's column."""
    return [
        FigureRow(label, number(figures.get(name), digits), number(PAPER.get(name), digits), sentence)
        for name, label, digits, sentence in FIGURES
    ]


def number(value: float | None, digits: int) -> str:
    """A figure with so many digits, or a dash."""
    return NONE if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share in percent, or a dash."""
    return NONE if value is None else f"{value:.0%}"


def provenance_line(evaluation: Evaluation, dose: str) -> str:
    """What was judged on what, in one line."""
    said = evaluation.provenance
    model, dataset = said["model"], said["dataset"]
    seed = "" if dataset.get("seed") is None else f", seed {dataset['seed']}"
    per_area = said["doses_e_per_a2"][dose]
    parts = (
        f"{model['name']} ({model['sha256'][:8]})",
        f"{dataset['split']} of {Path(dataset['path']).name} ({dataset['preset']}{seed})",
        f"{said['n_images']:,} images, {said['n_columns']:,} columns",
        f"λ {dose} e/px = {per_area:.3g} e/Å²",
        f"image spread {_range(said['image_spread_range_pm'])} pm",
        f"defocus {_range(said['c1_range_nm'])} nm",
        f"noise seed {said['seed']}",
        f"SegDepth {said['version']}",
    )
    return " · ".join(parts)


def notes_at(evaluation: Evaluation, dose: str) -> list[str]:
    """What the evaluation remarks about one dose, in the words of the table."""
    start = f"λ = {dose}: "
    notes = [note.removeprefix(start) for note in evaluation.notes if note.startswith(start)]
    for name, label, _, _ in FIGURES:
        notes = [note.replace(f"{name} is null", label) for note in notes]
    # the verdict says in full why there is no pull
    return [note for note in notes if not note.startswith("deviating.")]


def list_entry(evaluation: Evaluation) -> str:
    """Two lines for the list of evaluations."""
    dose, figures = next(iter(evaluation.doses.items()))
    accuracy = number(figures.get("column_accuracy"), 3)
    return f"{evaluation.title}\ncolumns {accuracy} at λ {dose} · {_when(evaluation)}"


def reliability_remark(figures: dict[str, Any], what: str, before: str, after: str) -> str:
    """ECE of `pixel` or `column`, with the marks of the curves before and after temperature."""
    raw = number(figures[f"{what}_ece_uncalibrated"], 4)
    scaled = number(figures[f"{what}_ece"], 4)
    return f"ECE {before} {raw} raw, {after} {scaled} at temperature {figures['temperature']:.3g}"


def breakdown(figures: dict[str, Any], name: str) -> Bars:
    """Column accuracy by one of BREAKDOWNS."""
    if name == "by_depth":
        elements = figures["by_element_and_depth"]
        labels = tuple(figures["by_depth"])
        series = {element: tuple(depths[label]["accuracy"] for label in labels) for element, depths in elements.items()}
        counts = tuple(figures["by_depth"][label]["n"] for label in labels)
        return Bars(labels, series, counts, "true depth, atoms")
    groups = figures[name]
    if isinstance(groups, list):
        groups = {f"{item['low']:g}–{item['high']:g}": item for item in groups}
    return Bars(
        tuple(groups),
        {
            "exact": tuple(item["accuracy"] for item in groups.values()),
            "±1": tuple(item["within_one"] for item in groups.values()),
        },
        tuple(item["n"] for item in groups.values()),
        BREAKDOWNS[name],
    )


def deviating_bars(deviating: dict[str, Any]) -> Bars:
    """Called right, as the surroundings say, and otherwise, by deviation."""
    groups = {**deviating["by_deviation"], "all": deviating["all"]}
    return Bars(
        tuple(name.replace("-", "−") for name in groups),
        {
            "right": tuple(item["right"] for item in groups.values()),
            "as the surroundings": tuple(item["as_plane"] for item in groups.values()),
            "otherwise": tuple(item["otherwise"] for item in groups.values()),
        },
        tuple(item["n"] for item in groups.values()),
        "atoms off the local plane",
    )


def cell_text(true: int, called: int, count: int, row_total: int, unit: str) -> str:
    """What a cell of the confusion matrix says."""
    share = percent(count / row_total if row_total else None)
    return f"true {true}, called {called}: {count:,} {unit}, {share} of the row"


def _range(limits: list[float]) -> str:
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}"


def _when(evaluation: Evaluation) -> str:
    try:
        return f"{datetime.fromisoformat(evaluation.created).astimezone():%d %b %H:%M}"
    except ValueError:
        return evaluation.created
