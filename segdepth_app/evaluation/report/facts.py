"""Settings and provenance as rows of name and value, to any depth."""

from collections.abc import Iterator, Mapping
from typing import Any

from segdepth_app.evaluation.report.table import Column, Table


def flattened(key: str, facts: Mapping[str, Any]) -> Table:
    """The facts of source `key`; names of nested ones are joined with dots."""
    rows = tuple({"source": key, "name": name, "value": value} for name, value in _leaves(facts))
    columns = (Column("source", "source"), Column("name", "what"), Column("value", "value"))
    return Table("provenance", f"Settings, seeds and files of {key}", columns, rows).without("source")


def _leaves(facts: Any, start: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(facts, Mapping) and facts:
        for name, value in facts.items():
            yield from _leaves(value, f"{start}.{name}" if start else str(name))
    elif isinstance(facts, list | tuple) and any(isinstance(item, Mapping | list | tuple) for item in facts):
        for number, value in enumerate(facts, 1):
            yield from _leaves(value, f"{start}.{number}")
    elif isinstance(facts, list | tuple):
        yield start, ", ".join(_word(item) for item in facts) or "none"
    else:
        yield start, _word(facts)


def _word(value: Any) -> str:
    """As it was written, not rounded: these are to be compared."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value or value == 0 else "none"
