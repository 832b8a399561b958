"""All evaluations in one table: a line for each dose of each, and which figure is the best of its rivals. No Qt."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdepth_app.evaluation.records import Evaluation
from segdepth_app.gui.evaluate.figures import FIGURES, why_missing
from segdepth_app.gui.evaluate.wording import when

WORDS = ("Model", "Dataset", "Split", "λ, e/px", "Images", "Evaluated")
HEADERS = (*WORDS, *(figure.heading for figure in FIGURES))


@dataclass(frozen=True)
class Line:
    """One dose of one evaluation."""

    folder: Path
    dose: str
    words: tuple[str, ...]
    sort_words: tuple[Any, ...]
    """What the words are sorted by: λ and images as numbers, the time as ISO 8601."""
    values: tuple[float | None, ...]
    """In the order of FIGURES."""
    reasons: tuple[str, ...]
    """Why a value is missing; empty where it is there."""
    best: frozenset[int]
    """Places of the values that no other line of the same dataset, split, images and dose beats."""
    rivals: int
    """Lines it may be compared with, itself among them."""


def lines(evaluations: Iterable[Evaluation]) -> list[Line]:
    """Every dose of every evaluation, in their order."""
    pairs = [(item, dose) for item in evaluations for dose in item.doses]
    groups: dict[tuple[object, ...], list[dict[str, Any]]] = {}
    for item, dose in pairs:
        groups.setdefault(_group(item, dose), []).append(item.doses[dose])
    return [_line(item, dose, groups[_group(item, dose)]) for item, dose in pairs]


def _group(evaluation: Evaluation, dose: str) -> tuple[object, ...]:
    said = evaluation.provenance
    return said["dataset"].get("path"), said["dataset"].get("split"), said.get("n_images"), dose


def _line(evaluation: Evaluation, dose: str, rivals: list[dict[str, Any]]) -> Line:
    said, figures = evaluation.provenance, evaluation.doses[dose]
    split, n_images = str(said["dataset"].get("split", "")), said.get("n_images") or 0
    words = (evaluation.model_name, evaluation.dataset_name, split, dose, f"{n_images:,}", when(evaluation))
    values = tuple(figures.get(figure.name) for figure in FIGURES)
    reasons = tuple(
        "" if value is not None else why_missing(evaluation, dose, figure.name)
        for value, figure in zip(values, FIGURES, strict=True)
    )
    best = frozenset(place for place, value in enumerate(values) if _is_best(value, place, rivals))
    order = (*words[:3], float(figures["dose_e_per_px"]), n_images, evaluation.created)
    return Line(evaluation.folder, dose, words, order, values, reasons, best, len(rivals))


def _is_best(value: float | None, place: int, rivals: list[dict[str, Any]]) -> bool:
    others = [other[FIGURES[place].name] for other in rivals if other.get(FIGURES[place].name) is not None]
    if value is None or len(set(others)) < 2:
        return False  # nothing to be better than
    return value == (min if FIGURES[place].lower_is_better else max)(others)
