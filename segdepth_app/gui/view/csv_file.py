"""Tables that the window itself writes: traces of markers, events that are shown. No Qt."""

import csv
from collections.abc import Iterable
from pathlib import Path

from segdepth_app.paths import writable_target, written_whole


def write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """Header and rows; the file is whole or not there. Raises: InputError where it cannot be written."""
    with (
        written_whole(writable_target(path)) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)
