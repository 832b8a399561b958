"""Every number of an evaluation as rows of tables; what the evaluation does not hold gives no rows and a reason.

Each row begins with `evaluation` (its short name in the report) and `dose` (λ, e/px), so that tables of several
evaluations can be put together into one file.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from segdepth_app.errors import ResultError
from segdepth_app.evaluation.records import HEADLINES, PrecisionRecall, precision_recall
from segdepth_app.evaluation.report.definitions import SHOWN, definition, paper_value
from segdepth_app.evaluation.report.sources import JudgedSource
from segdepth_app.evaluation.report.table import Column, Row, Table

Figures = Mapping[str, Any]
IDENTITY = (Column("evaluation", "evaluation"), Column("dose", "λ", "e/px"))
SUMMARY = (
    Column("n", "columns"),
    Column("accuracy", "accuracy", digits=3),
    Column("within_one", "within ±1", digits=3),
    Column("mae", "mean error", "atoms", 3),
)
OLDER_REASON = "This evaluation is of an older version; evaluate the model again."
OLDER = f"Not given. {OLDER_REASON}"
NEWER = (*HEADLINES, "intervals", "by_split", "by_element_and_defocus_nm", "deviating_by_kind")
"""What an evaluation of the first version lacks, in whole or in part."""
MATRICES = ("pixels", "centres", "columns")


def headlines(source: JudgedSource, dose: str) -> Table:
    """The figures of merit beside the paper's, with their definitions' names."""
    figures = source.evaluation.doses[dose]
    rows = []
    for name in SHOWN:
        item = definition(name)
        interval = (figures.get("intervals") or {}).get(name)
        values = {"figure": item.heading, "key": name, "digits": item.digits, "paper": paper_value(name)}
        rows.append({**values, **_with_interval("value", figures.get(name), interval)})
    columns = (
        Column("figure", "figure"),
        Column("key", "key in metrics.json"),
        Column("value", "value"),
        Column("paper", "paper"),
    )
    return _table(source, dose, "headlines", "Figures of merit", columns, rows)


def missing(source: JudgedSource, dose: str) -> list[str]:
    """What of the headline figures and groups is absent and no note of the evaluation speaks of, one sentence."""
    figures = source.evaluation.doses[dose]
    names = [definition(name).label for name in NEWER if name not in figures]
    return [f"Not given: {', '.join(names)}. {OLDER_REASON}"] if names else []


def by_depth(source: JudgedSource, dose: str) -> Table:
    """By true depth, of all columns and of each element's."""
    figures = source.evaluation.doses[dose]
    groups = {"all": figures["by_depth"], **figures["by_element_and_depth"]}
    rows = [
        {"element": element, "depth": int(depth), **_summary(item)}
        for element, depths in groups.items()
        for depth, item in depths.items()
    ]
    columns = (Column("element", "element"), Column("depth", "true depth", "atoms"), *SUMMARY)
    return _table(source, dose, "by-depth", "Columns by true depth and element", columns, rows)


GROUPS = {
    "by_element": "element",
    "by_kind": "kind of specimen",
    "by_split": "split",
}
BINS = {"by_defocus_nm": "defocus C1, nm", "by_image_spread_pm": "image spread, pm"}


def by_group(source: JudgedSource, dose: str) -> Table:
    """By element, kind, split, and bins of defocus and image spread."""
    figures = source.evaluation.doses[dose]
    rows: list[dict[str, Any]] = []
    for name, heading in GROUPS.items():
        rows += [{"group": heading, "is": label, **_summary(item)} for label, item in figures.get(name, {}).items()]
    for name, heading in BINS.items():
        rows += [_bin_row(heading, item) for item in figures.get(name, ())]
    for element, bins in figures.get("by_element_and_defocus_nm", {}).items():
        rows += [_bin_row(f"{element}, {BINS['by_defocus_nm']}", item) for item in bins]
    columns = (
        Column("group", "group"),
        Column("is", "value"),
        Column("from", "from"),
        Column("to", "to"),
        *SUMMARY,
    )
    return _table(source, dose, "by-group", "Columns by element, kind, split, defocus and spread", columns, rows)


def _bin_row(heading: str, item: Figures) -> dict[str, Any]:
    low, high = float(item["low"]), float(item["high"])
    return {"group": heading, "is": f"{low:g} to {high:g}", "from": low, "to": high, **_summary(item)}


def steps(source: JudgedSource, dose: str) -> Table:
    """How well n and n + 1 atoms are told apart."""
    figures = source.evaluation.doses[dose]
    groups = {"all": figures.get("steps", ()), **figures.get("steps_by_element", {})}
    rows = [
        {"element": element, **item, **_with_interval("accuracy", item["accuracy"], item.get("interval"))}
        for element, items in groups.items()
        for item in items
    ]
    columns = (
        Column("element", "element"),
        Column("lower", "n", "atoms"),
        Column("n_lower", "columns with n"),
        Column("n_upper", "columns with n + 1"),
        Column("accuracy", "step accuracy", digits=3),
    )
    return _table(source, dose, "steps", "Steps n | n + 1", columns, rows, OLDER)


def deviating(source: JudgedSource, dose: str) -> Table:
    """Columns off their surroundings by δ, of all specimens and of each kind; straight ones have δ = 0."""
    figures = source.evaluation.doses[dose]
    groups = {"all": figures["deviating"], **figures.get("deviating_by_kind", {})}
    rows = [row for kind, item in groups.items() for row in _deviating_rows(kind, item)]
    columns = (
        Column("kind", "kind of specimen"),
        Column("reference", "surroundings are"),
        Column("delta", "δ", "atoms"),
        Column("n", "columns"),
        Column("right", "called right", digits=3),
        Column("as_plane", "called as the surroundings", digits=3),
        Column("otherwise", "called otherwise", digits=3),
        Column("pull", "pull", digits=3),
        Column("own_weight", "weight of the column", digits=3),
        Column("neighbour_weight", "of its neighbours", digits=3),
    )
    return _table(source, dose, "deviating", "Deviating columns", columns, rows)


def _deviating_rows(kind: str, figures: Figures) -> Iterable[dict[str, Any]]:
    base = {"kind": kind, "reference": figures.get("reference") or "plane"}
    for delta, item in figures["by_deviation"].items():
        yield {**base, "delta": delta.replace("-", "−"), **item}
    straight = figures["straight"]
    sums = {name: figures.get(name) for name in ("pull", "own_weight", "neighbour_weight")}
    yield {**base, "delta": "±1 to ±3", **figures["all"], **sums}
    yield {**base, "delta": "0", **straight, "otherwise": straight["called_deviating"]}


def vacancies(source: JudgedSource, dose: str) -> Table:
    """Missing columns: seen as empty, or filled in as their surroundings suggest."""
    figures = source.evaluation.doses[dose]
    groups = {"all": figures["deviating"], **figures.get("deviating_by_kind", {})}
    rows = [{"kind": kind, **item["vacancies"]} for kind, item in groups.items() if item.get("vacancies")]
    columns = (
        Column("kind", "kind of specimen"),
        Column("n", "vacancies"),
        Column("right", "called empty", digits=3),
        Column("filled_in", "filled in", digits=3),
        Column("otherwise", "called otherwise", digits=3),
        Column("pull", "missing atoms filled in", digits=3),
    )
    return _table(source, dose, "vacancies", "Vacancies", columns, rows, OLDER)


def confusions(source: JudgedSource, dose: str) -> Table:
    """Every cell of the three matrices: count, and its share of the row."""
    arrays = source.evaluation.arrays(dose)
    rows = []
    for what in MATRICES:
        matrix = arrays[f"confusion_{what}"]
        totals = matrix.sum(axis=1)
        for true, called in np.ndindex(*matrix.shape):
            count = int(matrix[true, called])
            share = count / int(totals[true]) if totals[true] else None
            rows.append({"what": what, "true": true, "called": called, "count": count, "share": share})
    columns = (
        Column("what", "of"),
        Column("true", "true", "atoms"),
        Column("called", "called", "atoms"),
        Column("count", "count"),
        Column("share", "share of the row", digits=4),
    )
    return _table(source, dose, "confusion", "Confusion matrices", columns, rows)


def reliability(source: JudgedSource, dose: str) -> Table:
    """Each bin of confidence, before and after temperature scaling."""
    arrays = source.evaluation.arrays(dose)
    edges = arrays["reliability_edges"]
    rows: list[dict[str, Any]] = []
    for what in ("pixels", "columns"):
        for when, (n, confidence, right) in zip(("before", "after"), arrays[f"reliability_{what}"], strict=True):
            for low, high, calls, total, hits in zip(edges[:-1], edges[1:], n, confidence, right, strict=True):
                means = {"confidence": total / calls, "accuracy": hits / calls} if calls else {}
                limits = {"low": float(low), "high": float(high), "n": int(calls)}
                rows.append({"what": what, "when": when, **limits, **{k: float(v) for k, v in means.items()}})
    columns = (
        Column("what", "of"),
        Column("when", "temperature scaling"),
        Column("low", "confidence from", digits=3),
        Column("high", "to", digits=3),
        Column("n", "calls"),
        Column("confidence", "mean confidence", digits=4),
        Column("accuracy", "accuracy", digits=4),
    )
    return _table(source, dose, "reliability", "Reliability", columns, rows)


def presence_curves(source: JudgedSource, dose: str) -> dict[str, PrecisionRecall]:
    """Precision and recall of P(n > 0), of pixels and of columns; empty where the evaluation has none."""
    arrays = source.evaluation.arrays(dose)
    curves = {
        what: precision_recall(arrays[f"presence_{what}"], arrays.get("presence_edges"))
        for what in ("pixels", "columns")
        if f"presence_{what}" in arrays
    }
    return {what: curve for what, curve in curves.items() if len(curve.recall)}


def precisions(source: JudgedSource, dose: str) -> Table:
    """The points of those curves."""
    rows: list[Row] = [
        {"what": what, "threshold": float(threshold), "precision": float(precision), "recall": float(recall)}
        for what, curve in presence_curves(source, dose).items()
        for precision, recall, threshold in zip(*curve, strict=True)
    ]
    columns = (
        Column("what", "of"),
        Column("threshold", "P(n > 0) at least"),
        Column("precision", "precision"),
        Column("recall", "recall"),
    )
    title = "Precision and recall of P(n > 0)"
    return _table(source, dose, "precision-recall", title, columns, rows, OLDER)


def worst(source: JudgedSource, dose: str) -> Table:
    """The images of which the fewest columns were called right."""
    try:
        images = source.evaluation.worst(dose)
    except ResultError as error:
        return _table(source, dose, "worst", "Worst images", WORST, (), str(error))
    rows = [{**image._asdict(), "path": f"{image.path.parent.name}/{image.path.name}"} for image in images]
    reason = "Not given: this evaluation keeps no worst images."
    return _table(source, dose, "worst", "Worst images", WORST, rows, reason)


WORST = (
    Column("path", "file"),
    Column("accuracy", "column accuracy", digits=3),
    Column("n_columns", "columns"),
    Column("image", "image of the dataset"),
    Column("specimen", "specimen"),
    Column("kind", "kind"),
    Column("c1_nm", "defocus C1", "nm", 2),
    Column("image_spread_pm", "image spread", "pm", 1),
    Column("pixel_size_pm", "pixel size", "pm", 2),
    Column("dose_e_per_px", "vacuum", "e per pixel of the file", 2),
)

TABLES: tuple[Callable[[JudgedSource, str], Table], ...] = (
    headlines,
    by_depth,
    by_group,
    steps,
    deviating,
    vacancies,
    confusions,
    reliability,
    precisions,
    worst,
)


def _summary(item: Figures) -> dict[str, Any]:
    values = {name: item[name] for name in ("n", "within_one", "mae")}
    return {**values, **_with_interval("accuracy", item["accuracy"], item.get("interval"))}


def _with_interval(key: str, value: float | None, interval: Sequence[float | None] | None) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {key: value, f"{key}_low": low, f"{key}_high": high}


def _table(
    source: JudgedSource,
    dose: str,
    name: str,
    title: str,
    columns: tuple[Column, ...],
    rows: Iterable[Row],
    empty: str = "There is nothing to show.",
) -> Table:
    start: Row = {"evaluation": source.key, "dose": float(source.evaluation.doses[dose]["dose_e_per_px"])}
    return Table(name, title, (*IDENTITY, *columns), tuple({**start, **row} for row in rows), empty)
