"""Tables and figures of a study, from its record and its figures folder."""

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from segdepth_app.evaluation.report.pictures import Drawing
from segdepth_app.evaluation.report.sources import StudySource
from segdepth_app.evaluation.report.table import Column, Table
from segdepth_app.evaluation.studies.draw import plot_figure
from segdepth_app.evaluation.study_records import FIGURES

STEPS = (
    Column("label", "step"),
    Column("what", "kind"),
    Column("state", "state"),
    Column("place", "where"),
    Column("seconds", "took", "s", 1),
)


def tables(source: StudySource) -> list[Table]:
    """The study's own tables, the numbers of its plots, and its steps."""
    study = source.study
    made = [
        Table(
            f"{source.key}_{safe_name(table['name'])}",
            table["title"],
            tuple(Column(column["key"], column["title"]) for column in table["columns"]),
            tuple(table["rows"]),
        )
        for table in study.tables
    ]
    steps = Table(f"{source.key}_steps", "Steps", STEPS, study.steps_now)
    return [*made, steps]


def plot_tables(source: StudySource) -> list[Table]:
    """The points of each plot; for CSV files only, the plot shows them."""
    return [_points(source.key, plot) for plot in source.study.plots]


def _points(key: str, plot: Mapping[str, Any]) -> Table:
    rows = []
    for curve in plot["curves"]:
        lows, highs = (curve[end] or [None] * len(curve["x"]) for end in ("low", "high"))
        for x, y, low, high in zip(curve["x"], curve["y"], lows, highs, strict=True):
            rows.append({"curve": curve["label"], "role": curve["role"], "x": x, "y": y, "y_low": low, "y_high": high})
    columns = (
        Column("curve", "curve"),
        Column("role", "role"),
        Column("x", plot["x"]["label"]),
        Column("y", plot["y"]["label"]),
    )
    return Table(f"{key}_plot_{safe_name(plot['name'])}", plot["title"], columns, tuple(rows))


def plots(source: StudySource) -> list[Drawing]:
    """Each plot, drawn anew from its numbers."""
    study = source.study
    caption = f"{source.key}: study {study.kind}"
    return [
        Drawing(
            f"{source.key}_{safe_name(plot['name'])}",
            plot["title"],
            partial(plot_figure, plot, caption),
        )
        for plot in study.plots
    ]


def pictures(source: StudySource, formats: Sequence[str]) -> list[tuple[str, str, dict[str, Path]]]:
    """Name, caption and the files by format of each picture that the study has drawn."""
    folder = source.study.folder / FIGURES
    found = []
    for picture in source.study.pictures:
        name = safe_name(picture["name"])
        files = {form: folder / f"{name}.{form}" for form in dict.fromkeys(("png", *formats))}
        present = {form: path for form, path in files.items() if path.is_file()}
        found.append((f"{source.key}_{name}", f"{picture['title']}. {picture['text']}", present))
    return found


def safe_name(name: str) -> str:
    """A name as part of a file's name, whatever a record says."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).strip(".") or "_"
