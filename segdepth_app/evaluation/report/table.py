"""A table of the report: the same rows become HTML and CSV.

HTML shows numbers rounded and keeps the whole number in `<data value="…">`; CSV has the whole number. A number with
a 95 % interval has it in the row under `KEY_low` and `KEY_high`: beside it in HTML, in columns of their own in CSV.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segdepth_app.csv_file import write_table
from segdepth_app.evaluation.report.markup import Html, element, joined

Value = str | int | float | None
Row = Mapping[str, Value]
MISSING = "–"


@dataclass(frozen=True)
class Column:
    """One column: the key in the rows, the heading without its unit, the unit, and the digits shown."""

    key: str
    heading: str
    unit: str = ""
    digits: int | None = None
    """Behind the decimal point; None: what the row says under `digits`, or four that say something."""

    @property
    def title(self) -> str:
        """Heading with unit."""
        return f"{self.heading} ({self.unit})" if self.unit else self.heading


@dataclass(frozen=True)
class Table:
    """Rows under columns; `empty` says why there are none."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    empty: str = ""

    def without(self, *keys: str) -> "Table":
        """The same table with these columns left out, for a place that says them already."""
        return replace(self, columns=tuple(column for column in self.columns if column.key not in keys))

    def where(self, **values: Value) -> "Table":
        """The rows that have these values, without their columns."""
        rows = tuple(row for row in self.rows if all(row[key] == value for key, value in values.items()))
        return replace(self, rows=rows).without(*values)

    @property
    def intervals(self) -> frozenset[str]:
        """Keys of the columns that have an interval in some row."""
        keys = (column.key for column in self.columns)
        return frozenset(key for key in keys if any(row.get(f"{key}_low") is not None for row in self.rows))


def as_csv(table: Table, path: Path) -> None:
    """UTF-8 with one header line (units in it); numbers with all their digits, what is missing is empty."""
    known = table.intervals
    header = [title for column in table.columns for title in _titles(column, known)]
    keys = [key for column in table.columns for key in _keys(column, known)]
    write_table(path, header, ([_plain(row.get(key)) for key in keys] for row in table.rows))


def _keys(column: Column, known: frozenset[str]) -> list[str]:
    ends = ("low", "high") if column.key in known else ()
    return [column.key, *(f"{column.key}_{end}" for end in ends)]


def _titles(column: Column, known: frozenset[str]) -> list[str]:
    ends = ("95 % low", "95 % high") if column.key in known else ()
    unit = f" ({column.unit})" if column.unit else ""
    return [column.title, *(f"{column.heading}, {end}{unit}" for end in ends)]


def _plain(value: Value) -> str:
    if value is None:
        return ""
    return repr(value) if isinstance(value, float) else str(value)


def as_html(table: Table) -> Html:
    """The table with its title; where there are no rows, the reason."""
    if not table.rows:
        reason = table.empty or "Nothing is given."
        return element("p", element("b", f"{table.title}: "), reason, class_="missing")
    known = table.intervals
    head = element("tr", *(_heading(column, table) for column in table.columns))
    body = joined(
        element("tr", *(_cell(column, row, column.key in known) for column in table.columns)) for row in table.rows
    )
    parts = (element("caption", table.title), element("thead", head), element("tbody", body))
    return element("div", element("table", *parts), class_=f"wide {table.name}")


def _heading(column: Column, table: Table) -> Html:
    is_text = any(isinstance(row.get(column.key), str) for row in table.rows)
    return element("th", column.title, scope="col", class_="text" if is_text else None)


def _cell(column: Column, row: Row, with_interval: bool) -> Html:
    value = row.get(column.key)
    if isinstance(value, str):
        return element("td", value, class_="text")
    given = row.get("digits") if column.digits is None else column.digits
    digits = given if isinstance(given, int) else None
    content: list[Any] = [number(value, digits)]
    if with_interval:
        low, high = (row.get(f"{column.key}_{end}") for end in ("low", "high"))
        if low is not None and high is not None:
            parts = number(low, digits), " to ", number(high, digits)
            content.append(element("span", *parts, class_="interval"))
    return element("td", *content)


def number(value: Value, digits: int | None = None) -> Html:
    """A number as it is shown, with all its digits behind it; a dash for None."""
    if value is None:
        return Html(MISSING)
    return element("data", shown(value, digits), value=_plain(value))


def shown(value: Value, digits: int | None = None) -> str:
    """A number rounded for reading."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:z.4g}" if digits is None else f"{value:z.{digits}f}"


def concatenated(tables: Sequence[Table]) -> Table:
    """Tables of the same columns as one."""
    return replace(tables[0], rows=tuple(row for table in tables for row in table.rows))
