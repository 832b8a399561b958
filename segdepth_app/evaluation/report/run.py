"""The job `report`: everything known of evaluations and studies as one page, figures and tables.

report.html      the page, with everything in it
figures/*        the page's figures, in the formats asked for
tables/*.csv     every number of the page, and those behind its figures
provenance.json  what made them: the sources' own provenance, in full
"""

import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import ReportConfig
from segdepth_app.errors import ResultError
from segdepth_app.evaluation.drawing import rendered
from segdepth_app.evaluation.report import overview, rows, sections, studies
from segdepth_app.evaluation.report.folder import (
    FIGURES,
    REPORT_FILE,
    TABLES,
    empty_or_report,
    write_provenance,
    written_whole,
)
from segdepth_app.evaluation.report.markup import Html, element, picture
from segdepth_app.evaluation.report.page import page
from segdepth_app.evaluation.report.pictures import Drawing, drawings
from segdepth_app.evaluation.report.sources import JudgedSource, Sources, StudySource, read_sources
from segdepth_app.evaluation.report.table import Table, as_csv, concatenated
from segdepth_app.reporting import Reporter

SCREEN_SCALE = 1.35
"""Figures are drawn for paper; on a screen they stand a little larger."""


def run(config: ReportConfig, reporter: Reporter) -> None:
    """Writes the report into `config.out`.

    Raises: ResultError where a source is neither evaluation nor study; InputError where the folder cannot be used.
    """
    sources = read_sources(config.sources)
    out = empty_or_report(config.out)
    reporter.started(device="cpu", folder=str(out))
    with written_whole(out) as folder:
        Writer(config, sources, folder, reporter).write()
    reporter.artifact(config.out / REPORT_FILE)


class Writer:
    """Writes one report into an empty folder."""

    def __init__(self, config: ReportConfig, sources: Sources, folder: Path, reporter: Reporter) -> None:
        self.config, self.sources, self.folder, self.reporter = config, sources, folder, reporter
        self.done = self.total = 0
        self.tables: dict[str, list[Table]] = {}
        for name in (FIGURES, TABLES):
            (folder / name).mkdir()

    def write(self) -> None:
        """Figures and tables as they come, then the page, then what made it."""
        judged, studied = self.sources.evaluations, self.sources.studies
        figures = {source.key: _per_dose(source, drawings) for source in judged}
        sweep = overview.sweeps(judged)
        plots = {source.key: studies.plots(source) for source in studied}
        self.total = len(sweep) + sum(map(len, plots.values()))
        self.total += sum(len(items) for doses in figures.values() for items in doses.values())

        contents, body = [], []
        if judged:
            contents.append(("overview", "Overview"))
            body.append(self._overview(sweep))
        for judge in judged:
            contents.append((judge.key, sections.heading(judge)))
            body.append(self._evaluation(judge, figures[judge.key]))
        # one file for each kind of table, with the rows of all evaluations and doses
        self._write_tables([concatenated(tables) for tables in self.tables.values()])
        for study in studied:
            contents.append((study.key, sections.study_heading(study)))
            body.append(self._study(study, plots[study.key]))
        contents.append(("definitions", "Definitions"))
        created = datetime.now(UTC).isoformat(timespec="seconds")
        made = element("p", f"Made by SegDepth {__version__} on {created}.", class_="muted")
        text = page(self._title(), contents, [made, *body, sections.definitions()])
        (self.folder / REPORT_FILE).write_text(text, encoding="utf-8")
        self.reporter.raise_if_cancelled()
        write_provenance(self.folder, self._provenance(created))

    def _title(self) -> str:
        if self.config.title:
            return self.config.title
        names = [source.evaluation.title for source in self.sources.evaluations]
        names += [f"study {source.study.kind}" for source in self.sources.studies]
        names = list(dict.fromkeys(names))
        shown = "; ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        return f"SegDepth report: {shown}"

    def _overview(self, sweep: Sequence[Drawing]) -> Html:
        tables = overview.judged(self.sources.evaluations), overview.summary(self.sources.evaluations)
        self._write_tables(tables)
        return sections.overview(*tables, self._drawn(sweep))

    def _evaluation(self, source: JudgedSource, figures: dict[str, list[Drawing]]) -> Html:
        tables = _per_dose(source, tables_at)
        for table in (table for items in tables.values() for table in items if table.rows):
            self.tables.setdefault(table.name, []).append(table)
        return sections.evaluation(source, tables, {dose: self._drawn(items) for dose, items in figures.items()})

    def _study(self, source: StudySource, plots: Sequence[Drawing]) -> Html:
        tables = _guarded(source.study.folder, lambda: studies.tables(source))
        points = _guarded(source.study.folder, lambda: studies.plot_tables(source))
        self._write_tables([*tables, *points])
        pieces = [self._drawn(plots), *self._pictures(source)]
        return sections.study(source, tables, element("div", *pieces, class_="figures"))

    def _pictures(self, source: StudySource) -> list[Html]:
        found = []
        for name, caption, files in studies.pictures(source, self.config.formats):
            for form, path in files.items():
                if form in self.config.formats:
                    shutil.copyfile(path, self.folder / FIGURES / f"{name}.{form}")
            if "png" in files:
                found.append(picture(files["png"].read_bytes(), "png", caption, caption))
            else:
                found.append(
                    element("p", f"{caption} The picture is missing from the study's folder.", class_="missing")
                )
        return found

    def _drawn(self, items: Sequence[Drawing]) -> Html:
        return element("div", *(self._figure(item) for item in items), class_="figures")

    def _figure(self, item: Drawing) -> Html:
        """One figure in every format; outlines go into the page, sharp at any size."""
        self.reporter.raise_if_cancelled()
        figure = item.draw()
        name = studies.safe_name(item.name)
        shown = b""
        for form in dict.fromkeys((*self.config.formats, "svg")):
            data = rendered(figure, form)
            shown = data if form == "svg" else shown
            if form in self.config.formats:
                (self.folder / FIGURES / f"{name}.{form}").write_bytes(data)
        self.done += 1
        self.reporter.progress(self.done, self.total, "figures")
        return picture(shown, "svg", item.caption, item.caption, width_in=figure.get_figwidth() * SCREEN_SCALE)

    def _write_tables(self, tables: Sequence[Table]) -> None:
        for table in tables:
            if table.rows:
                as_csv(table, self.folder / TABLES / f"{table.name}.csv")

    def _provenance(self, created: str) -> dict[str, Any]:
        evaluations = {
            source.key: {
                "folder": str(source.evaluation.folder),
                "provenance": source.evaluation.provenance,
                "notes": source.evaluation.notes,
            }
            for source in self.sources.evaluations
        }
        studied = {
            source.key: {
                "folder": str(source.study.folder),
                "kind": source.study.kind,
                "config": source.study.config,
                "provenance": source.study.provenance,
                "notes": source.study.notes,
            }
            for source in self.sources.studies
        }
        return {"version": __version__, "created": created, "evaluations": evaluations, "studies": studied}


def tables_at(source: JudgedSource, dose: str) -> list[Table]:
    """All tables of one dose; arrays that cannot be read leave a table empty, with the reason."""
    made = []
    for build in rows.TABLES:
        try:
            made.append(build(source, dose))
        except ResultError as error:
            made.append(Table(build.__name__, build.__name__.capitalize(), (), (), str(error)))
    return made


def _per_dose(source: JudgedSource, build: Any) -> dict[str, Any]:
    """build(source, dose) for each dose. Raises: ResultError where metrics.json lacks what every version has."""
    folder = source.evaluation.folder
    return {dose: _guarded(folder, lambda dose=dose: build(source, dose)) for dose in source.evaluation.doses}


def _guarded(folder: Path, build: Any) -> Any:
    try:
        return build()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ResultError(f"The record in {folder} is incomplete ({error}).", "Evaluate, or study, again.") from error
