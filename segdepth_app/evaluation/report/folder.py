"""The report's folder: made whole beside its place, then moved there; an older report is replaced."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segdepth_app.errors import InputError
from segdepth_app.paths import writable_target

REPORT_FILE, PROVENANCE_FILE = "report.html", "provenance.json"
FIGURES, TABLES = "figures", "tables"
FORMAT = "segdepth-report-1"


def empty_or_report(path: Path) -> Path:
    """The folder to write: new, empty, or an older report without anything else in it.

    Raises: InputError where it is a file, holds other files, or cannot be written.
    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file.", "Name a folder for the report.")
    if path.is_dir():
        others = sorted(_files(path) - _listed(path))
        if others:
            raise InputError(f"{path} holds other files ({others[0]}).", "Name a new or empty folder for the report.")
    # its parent takes a folder of our own beside it
    path = path.resolve()
    writable_target(path.with_name(f"{path.name}.new"))
    return path


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A folder to write into; takes the place of `out` when the block ends well, and vanishes when not."""
    out = out.resolve()
    part, old = (out.with_name(f".{out.name}.{what}-{os.getpid()}") for what in ("part", "old"))
    shutil.rmtree(part, ignore_errors=True)
    try:
        part.mkdir()
        yield part
        if not out.exists():
            part.rename(out)
            return
        # its contents only: the folder itself may be where somebody stands
        old.mkdir()
        _move_all(out, old)
        try:
            _move_all(part, out)
        except OSError:
            _move_all(out, part)
            _move_all(old, out)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _move_all(source: Path, target: Path) -> None:
    for item in list(source.iterdir()):
        item.rename(target / item.name)


def write_provenance(folder: Path, facts: dict[str, Any]) -> None:
    """provenance.json: what the report was made of, and the list of its files. To be written last."""
    record = {"format": FORMAT, **facts, "files": sorted(_files(folder) | {PROVENANCE_FILE})}
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
    (folder / PROVENANCE_FILE).write_text(text, encoding="utf-8")


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


def _listed(folder: Path) -> set[str]:
    """The files that an older report says are its own; none where there is no report."""
    try:
        record = json.loads((folder / PROVENANCE_FILE).read_text(encoding="utf-8"))
        return set(record["files"]) if record["format"] == FORMAT else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()
