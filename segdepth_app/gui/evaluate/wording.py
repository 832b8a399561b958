"""An evaluation in words, as the tab shows it. No Qt."""

from datetime import datetime
from pathlib import Path
from typing import Any

from segdepth_app.evaluation.definitions import PULL, in_words, not_given
from segdepth_app.evaluation.records import Evaluation, Example
from segdepth_app.gui.evaluate.figures import NONE, number
from segdepth_app.gui.texts import signed
from segdepth_app.specimen.table import SYMBOLS

MATRIX_HELP = "Click a cell of the columns' matrix, or go to one with the arrow keys and press Enter, to see examples."
NO_EXAMPLES_HERE = "Examples are kept of columns: choose columns above."


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
    notes = [in_words(note.removeprefix(start)) for note in evaluation.notes if note.startswith(start)]
    # the verdict says in full why there is no pull
    return [note for note in notes if not note.startswith(not_given(PULL))]


def label(evaluation: Evaluation) -> str:
    """Model and dataset, and the split where it is not the usual one."""
    split = evaluation.provenance["dataset"].get("split", "test")
    return evaluation.title if split == "test" else f"{evaluation.title}, {split}"


def list_entry(evaluation: Evaluation) -> str:
    """Two lines for the list of evaluations."""
    dose, figures = next(iter(evaluation.doses.items()))
    accuracy = number(figures.get("column_accuracy"), 3)
    others = len(evaluation.doses) - 1
    more = f" (+{others})" if others else ""
    return f"{label(evaluation)}\ncolumns {accuracy} at λ {dose}{more} · {when(evaluation)}"


def reliability_remark(figures: dict[str, Any], what: str, before: str, after: str) -> str:
    """ECE of `pixel` or `column`, with the marks of the curves before and after temperature."""
    raw = number(figures.get(f"{what}_ece_uncalibrated"), 4)
    scaled = number(figures.get(f"{what}_ece"), 4)
    temperature = number(figures.get("temperature"), 3)
    return f"ECE {before} {raw} raw, {after} {scaled} at temperature {temperature}"


def precision_remark(figures: dict[str, Any], what: str) -> str:
    """Average precision of `pixel` or `column`."""
    positive, negative = ("column pixels", "background") if what == "pixel" else ("occupied sites", "empty ones")
    value = number(figures.get(f"{what}_average_precision"), 4)
    return f"P(n > 0), {positive} against {negative}: average precision {value}"


def cell_text(true: int, called: int, count: int, row_total: int, unit: str) -> str:
    """What a cell of the confusion matrix says."""
    share = percent(count / row_total if row_total else None)
    return f"true {true}, called {called}: {count:,} {unit}, {share} of the row"


def examples_heading(true: int, called: int, shown: int, count: int) -> str:
    """What the examples beside the matrix are."""
    verb = "called right" if true == called else f"called {called}"
    return f"Columns of {true}, {verb}: {shown} of {count:,}"


def example_caption(example: Example) -> str:
    """Where an example is and how it was taken, in two lines."""
    element = SYMBOLS.get(example.element, f"Z {example.element}")
    return (
        f"{element} at {example.x_px:.0f}, {example.y_px:.0f} px · image {example.image_row} · "
        f"specimen {example.specimen} ({example.kind})\n"
        f"confidence {example.confidence:.2f} · defocus {signed(example.c1_nm, '+.2g')} nm · "
        f"spread {example.image_spread_pm:.0f} pm"
    )


def when(evaluation: Evaluation) -> str:
    """When it was made, in the time of this computer."""
    try:
        return f"{datetime.fromisoformat(evaluation.created).astimezone():%d %b %H:%M}"
    except ValueError:
        return evaluation.created


def _range(limits: list[float]) -> str:
    low, high = limits
    return f"{low:.3g}" if low == high else f"{low:.3g}–{high:.3g}"
