"""Tables as CSV, written in one way, so that all of the program's tables are read alike.

UTF-8 without a byte-order mark (it would make the first heading strange to every reader but a spreadsheet), commas
between cells, "\\n" behind each line, a point in decimal numbers whatever the language of the system. What is unknown
is an empty cell. A spreadsheet in a language with decimal commas has to be told so when it imports the file.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

import numpy as np

from segdepth_app.paths import writable_target, written_whole

LINE_END = "\n"
DIGITS = 12
"""Of numbers that were computed: more than the data have, and too few to show how a computer rounds."""

Row = Iterable[object]


def number(value: float | np.floating | None) -> str:
    """A number as a cell: a float32 in the fewest digits that read back as the same float32; empty for None."""
    if value is None:
        return ""
    return str(value) if isinstance(value, np.float32) else f"{value:.{DIGITS}g}"


def write_rows(stream: TextIO, header: Row, rows: Iterable[Row]) -> None:
    """Header and rows into a stream that was opened with newline=""."""
    writer = csv.writer(stream, lineterminator=LINE_END)
    writer.writerow(header)
    writer.writerows(rows)


def write_table(path: Path, header: Row, rows: Iterable[Row]) -> None:
    """A file of header and rows, for whoever moves it into place himself."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        write_rows(stream, header, rows)


def write_csv(path: str | Path, header: Row, rows: Iterable[Row]) -> Path:
    """A file of header and rows, whole or not there; its path. Raises: InputError where it cannot be written."""
    target = writable_target(path)
    with written_whole(target) as temporary:
        write_table(temporary, header, rows)
    return target
