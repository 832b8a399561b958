"""The files of a study's outcome: tables as CSV, plots and pictures as PNG, SVG and PDF."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from segdepth_app import csv_file
from segdepth_app.evaluation.studies.draw import FORMATS, plot_figure, save_figure
from segdepth_app.evaluation.studies.kinds import Outcome
from segdepth_app.evaluation.study_records import FIGURES, TABLES

ENDS = {"low": "95 % from", "high": "95 % to"}


def write_tables(folder: Path, outcome: Outcome) -> list[Path]:
    """tables/NAME.csv for each table."""
    (folder / TABLES).mkdir(exist_ok=True)
    return [write_csv(folder / TABLES / f"{table['name']}.csv", table) for table in outcome.tables]


def write_figures(folder: Path, outcome: Outcome, caption: str, formats: Sequence[str] = FORMATS) -> list[Path]:
    """figures/NAME.png, .svg and .pdf of each plot and picture; `caption` says what made them."""
    (folder / FIGURES).mkdir(exist_ok=True)
    files = []
    for plot in outcome.plots:
        files += save_figure(plot_figure(plot, caption), folder / FIGURES, plot["name"], formats)
    for picture in outcome.pictures:
        files += save_figure(picture.draw(), folder / FIGURES, picture.name, formats)
    return files


def write_csv(path: Path, table: dict[str, Any]) -> Path:
    """A table of study_records as CSV: UTF-8, intervals in columns of their own, an empty cell for what is missing."""
    columns = headings(table)
    rows = (["" if row.get(key) is None else row[key] for key in columns] for row in table["rows"])
    return csv_file.write_csv(path, columns.values(), rows)


def headings(table: dict[str, Any]) -> dict[str, str]:
    """Key and heading of each column of the file; a figure's interval follows it where any row has one."""
    found = {}
    for column in table["columns"]:
        key, title = column["key"], column["title"]
        found[key] = title
        if any(row.get(f"{key}_low") is not None for row in table["rows"]):
            found |= {f"{key}_{end}": f"{title}, {text}" for end, text in ENDS.items()}
    return found
