"""The sections of the report, each a piece of HTML, and the tables and figures they show."""

from collections.abc import Callable, Sequence
from typing import Any

from segdepth_app.evaluation.definitions import DEFINITIONS, in_words
from segdepth_app.evaluation.report import rows
from segdepth_app.evaluation.report.definitions import TERMS
from segdepth_app.evaluation.report.facts import flattened
from segdepth_app.evaluation.report.markup import Html, bullets, element, joined, paragraphs
from segdepth_app.evaluation.report.overview import PAPER_REMARK
from segdepth_app.evaluation.report.pictures import Drawing
from segdepth_app.evaluation.report.sources import JudgedSource, StudySource
from segdepth_app.evaluation.report.table import Table, as_html, number

Draw = Callable[[Sequence[Drawing]], Html]
"""Writes figures as files and gives them back as pieces of the page."""

FOR_MACHINES = ("key", "from", "to")
"""Columns that another column says for a reader."""
IN_CSV = ("precision-recall",)
"""Tables that are too long to be read; their figure stands in the page, their numbers in the CSV file."""


def overview(judged: Table, summary: Table, sweep: Html) -> Html:
    """All evaluations beside each other and beside the paper."""
    parts = (as_html(judged), as_html(summary), element("p", PAPER_REMARK, class_="muted"), sweep)
    return _section("overview", "Overview", *parts)


def evaluation(source: JudgedSource, tables: dict[str, list[Table]], figures: dict[str, Html]) -> Html:
    """One evaluation: each dose, then what made the numbers."""
    item = source.evaluation
    doses = [_dose(source, dose, tables[dose], figures[dose]) for dose in item.doses]
    said = as_html(flattened(source.key, item.provenance))
    provenance = element("details", element("summary", "What made these numbers"), said, open="open")
    return _section(source.key, heading(source), *doses, provenance)


def heading(source: JudgedSource) -> str:
    """Short name, model and dataset."""
    item = source.evaluation
    split = item.provenance["dataset"].get("split")
    return f"{source.key}: {item.model_name} on {item.dataset_name} ({split})"


def _dose(source: JudgedSource, dose: str, tables: list[Table], figures: Html) -> Html:
    per_area = source.evaluation.provenance.get("doses_e_per_a2", {}).get(dose)
    area = () if per_area is None else (" = ", number(per_area, None), " e/Å²")
    head = element("h3", f"{source.key}, λ = {dose} e/px", *area)
    shown = [_shown(table) for table in tables]
    return joined((head, _verdict(source, dose), _notes(source, dose), shown[0], figures, *shown[1:]))


def _shown(table: Table) -> Html:
    bare = table.without("evaluation", "dose", *FOR_MACHINES)
    if table.name == "confusion" and table.rows:
        return joined(_matrix(table, what) for what in rows.MATRICES)
    if table.name in IN_CSV and table.rows:
        count, where = f"{len(table.rows):,} points, in ", f"tables/{table.name}.csv"
        return element("p", element("b", f"{table.title}: "), count, element("code", where), ".")
    return as_html(bare)


def _matrix(table: Table, what: str) -> Html:
    """A confusion matrix as one is used to see it."""
    cells = {(row["true"], row["called"]): row for row in table.rows if row["what"] == what}
    classes = list(dict.fromkeys(true for true, _ in cells))
    head = element("tr", element("th", "true \\ called"), *(element("th", called) for called in classes))
    body = [
        element("tr", element("th", true), *(_cell(cells[true, called], true == called) for called in classes))
        for true in classes
    ]
    title = element("caption", f"Confusion matrix of {what}: counts, and shares of the row")
    made = element("table", title, element("thead", head), element("tbody", *body), class_="matrix")
    return element("div", made, class_="wide")


def _cell(row: Any, right: bool) -> Html:
    share = None if row["share"] is None else element("small", number(row["share"], 3))
    return element("td", number(row["count"]), share, class_="right" if right else None)


def _verdict(source: JudgedSource, dose: str) -> Html:
    deviating = source.evaluation.doses[dose]["deviating"]
    question = "Does the model read columns, or neighbourhoods?"
    answer = element("b", f"{deviating['verdict_heading']}.")
    texts = (element("span", question, class_="muted"), answer, deviating["verdict_text"])
    kinds = source.evaluation.doses[dose].get("deviating_by_kind", {})
    by_kind = bullets(f"{kind}: {item['verdict_heading']}. {item['verdict_text']}" for kind, item in kinds.items())
    return element("div", paragraphs(texts), by_kind, class_=f"verdict {deviating['verdict']}")


def _notes(source: JudgedSource, dose: str) -> Html | None:
    """What the evaluation says is missing, and why, in the words of the tables."""
    start = f"λ = {dose}: "
    listed = [note for note in source.evaluation.notes if note.startswith(start) or not note.startswith("λ = ")]
    texts = rows.missing(source, dose) + [in_words(note.removeprefix(start)) for note in listed]
    found = bullets(texts)
    return None if found is None else joined((element("h4", "Notes"), found))


def study(source: StudySource, tables: Sequence[Table], figures: Html) -> Html:
    """One study: its steps, tables, plots and pictures, notes and what made them."""
    item = source.study
    said = flattened(source.key, {"config": item.config, "provenance": item.provenance, "created": item.created})
    state = f"State: {item.state_now}; {item.n_done} of {len(item.steps)} steps are done."
    if item.state != "done":
        state += " What is shown is not the whole study."
    notes = bullets(in_words(note) for note in item.notes)
    parts = [
        element("p", state),
        *(as_html(table) for table in tables),
        figures,
        None if notes is None else joined((element("h3", "Notes"), notes)),
        element("details", element("summary", "What made these numbers"), as_html(said), open="open"),
    ]
    return _section(source.key, study_heading(source), *parts)


def study_heading(source: StudySource) -> str:
    """Short name, kind and folder."""
    return f"{source.key}: study {source.study.kind} ({source.study.folder.name})"


def definitions() -> Html:
    """What every figure means."""
    figures = [(item.label, item.whole_text) for item in DEFINITIONS.values()]
    entries = [piece for term, text in (*figures, *TERMS) for piece in (element("dt", term), element("dd", text))]
    return _section("definitions", "Definitions", element("dl", *entries))


def _section(anchor: str, title: str, *parts: Any) -> Html:
    return element("section", element("h2", title), *parts, id=anchor)
