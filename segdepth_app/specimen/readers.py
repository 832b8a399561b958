"""Structures from files: column tables (CSV), changes of them in time, and anything with atoms that ASE reads.

A column table has the columns element, x_px, y_px, atoms; a list of changes has frame, x_px, y_px, atoms. Positions
are in pixels of a stated size. Columns of ceria [110] get their layer from the lattice; any other table is one layer
per period.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file
from segdepth_app.specimen.ceria import CE, CERIA_110, OXYGEN, PERIOD_Y
from segdepth_app.specimen.crystal import STRAND_DTYPE, Crystal, Site, lattice_sites
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.structure import ZoneAxis, crystal_from_file, read_structure
from segdepth_app.specimen.table import empty_table

if TYPE_CHECKING:
    from ase import Atoms

FIELDS = ("element", "x_px", "y_px", "atoms")
CHANGE_FIELDS = ("frame", "x_px", "y_px", "atoms")
MAX_ATOMS = 100
LATTICE_TOLERANCE = 0.15  # of a row spacing
NEAREST_COLUMN = 1.0  # Å
T = TypeVar("T")


def read_column_table(path: str | Path, *, pixel: float) -> Specimen:
    """The specimen, thickness cut evenly from both faces; x, y in Å.

    Raises: InputError naming the file, the line and what is wrong with it.
    """
    path = existing_file(path, "Column table")
    rows = _read_rows(path, FIELDS, _parsed)
    if not rows:
        raise InputError(f"{path} has no columns in it.", "Add one line per atomic column.")
    table = empty_table(len(rows))
    table["element"], x, y, table["count"] = (np.array(values) for values in zip(*rows, strict=True))
    table["x"], table["y"] = x * pixel, y * pixel
    table["plane"] = table["count"]
    table["first"] = (int(table["count"].max()) - table["count"].astype(int)) // 2
    parity = _layer_parity(table)
    crystal = CERIA_110 if parity.any() else _one_layer(table["element"])
    sites = {
        (z, p): crystal.index_of(z, p) for z, p in set(zip(table["element"].tolist(), parity.tolist(), strict=True))
    }
    table["site"] = [sites[z, p] for z, p in zip(table["element"].tolist(), parity.tolist(), strict=True)]
    return Specimen(table, crystal)


@dataclass(frozen=True)
class Change:
    """From this frame on, the column in this row of the table has this many atoms."""

    frame: int
    row: int
    atoms: int


def read_changes(path: str | Path, table: np.ndarray, *, pixel: float) -> list[Change]:
    """Changes of columns (frame, x_px, y_px, atoms; frames from 0), in time order; each of the nearest column.

    Raises: InputError naming the file, the line and what is wrong with it.
    """
    path = existing_file(path, "List of changes")
    rows = _read_rows(path, CHANGE_FIELDS, _parsed_change)
    if not rows:
        raise InputError(f"{path} has no changes in it.", "Add one line per change, or name no such file.")
    lines: dict[tuple[int, int], int] = {}
    changes = []
    for line, frame, x, y, atoms in rows:
        distance = np.hypot(table["x"] - x * pixel, table["y"] - y * pixel)
        nearest = int(distance.argmin()) if len(table) else -1
        if nearest < 0 or distance[nearest] > NEAREST_COLUMN:
            away = f"the nearest is {distance[nearest]:.1f} Å away" if nearest >= 0 else "there is none"
            raise InputError(
                f"Line {line} of {path} names no column: none lies within {NEAREST_COLUMN:g} Å of "
                f"({x:g}, {y:g}) px; {away}.",
                "Give the position of a column of the specimen.",
            )
        if (earlier := lines.setdefault((frame, nearest), line)) != line:
            raise InputError(
                f"Lines {earlier} and {line} of {path} change the same column in frame {frame}.", "Keep one of them."
            )
        changes.append(Change(frame, nearest, atoms))
    return sorted(changes, key=lambda change: change.frame)


def _read_rows(path: Path, fields: tuple[str, ...], parsed: Callable[[dict[str, str], int, Path], T]) -> list[T]:
    """Every line of a CSV file with these columns. Raises: InputError where it is no such file."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in fields if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path} lacks the column(s) {', '.join(missing)}.",
                    f"Its first line must name {', '.join(fields)}.",
                )
            return [parsed(row, line, path) for line, row in enumerate(reader, start=2)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a readable CSV file.", "Save it as UTF-8 text.") from error


def _parsed_change(row: dict[str, str], line: int, path: Path) -> tuple[int, int, float, float, int]:
    try:
        frame, x, y, atoms = int(row["frame"]), float(row["x_px"]), float(row["y_px"]), int(row["atoms"])
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Line {line} of {path} is not a change: {', '.join(str(row.get(name)) for name in CHANGE_FIELDS)}.",
            "Expected a frame, two positions in pixels and a whole number of atoms.",
        ) from error
    _check_column(x, y, atoms, line, path)
    if frame < 0:
        raise InputError(f"Line {line} of {path} names frame {frame}.", "Frames are counted from 0.")
    return line, frame, x, y, atoms


def _check_column(x: float, y: float, atoms: int, line: int, path: Path) -> None:
    if not (np.isfinite(x) and np.isfinite(y)) or not 0 <= atoms <= MAX_ATOMS:
        raise InputError(
            f"Line {line} of {path} has {atoms} atoms at ({x:g}, {y:g}).", f"Atoms must be 0 to {MAX_ATOMS}."
        )


def _one_layer(elements: np.ndarray) -> Crystal:
    """Columns of unknown layers: all atoms in the first layer of periods like ceria's."""
    sites = tuple(Site(0.0, 0.0, ((0, int(z)),)) for z in np.unique(elements))
    return Crystal("columns of a table", CERIA_110.cell, sites, CERIA_110.layers)


def _parsed(row: dict[str, str], line: int, path: Path) -> tuple[int, float, float, int]:
    from ase.data import atomic_numbers

    try:
        element = atomic_numbers[row["element"].strip()]
        x, y, atoms = float(row["x_px"]), float(row["y_px"]), int(row["atoms"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"Line {line} of {path} is not a column: {', '.join(str(row.get(name)) for name in FIELDS)}.",
            "Expected an element symbol, two positions in pixels and a whole number of atoms.",
        ) from error
    _check_column(x, y, atoms, line, path)
    return element, x, y, atoms


def _layer_parity(table: np.ndarray) -> np.ndarray:
    """Layer of each column: rows of ceria alternate, and O lies in the other layer than Ce of its row."""
    is_ce = table["element"] == CE
    if not is_ce.any() or not np.isin(table["element"], (CE, OXYGEN)).all():
        return np.zeros(len(table), int)
    rows = (table["y"] - table["y"][is_ce][0]) / (PERIOD_Y / 2)
    nearest = np.rint(rows)
    if np.median(np.abs(rows - nearest)) > LATTICE_TOLERANCE:
        return np.zeros(len(table), int)
    parity: np.ndarray = np.mod(nearest + ~is_ce, 2).astype(int)
    return parity


def read_atoms(path: str | Path) -> "Atoms":
    """Atoms of a CIF, XYZ or other file that ASE reads; the beam runs along z.

    Raises: InputError where ASE cannot read it or its cell leans.
    """
    atoms = read_structure(path)
    if atoms.cell.rank == 3 and np.abs(atoms.cell.angles() - 90).max() > 0.1:
        raise InputError(
            f"The cell of {path} has angles {np.round(atoms.cell.angles(), 1).tolist()}.",
            "Name a zone axis, or make an orthogonal cell with the beam along z.",
        )
    return atoms


def oriented_slab(path: str | Path, zone_axis: ZoneAxis, field: tuple[float, float], thickness: float) -> "Atoms":
    """A slab of a crystal with [uvw] along z that fills a field (y, x) from its corner on, all in Å; no cell.

    At least one layer thick. Raises: InputError as structure.crystal_from_file does.
    """
    crystal = crystal_from_file(path, zone_axis)
    layers = crystal.layers
    x, y, site = lattice_sites(crystal, (0.0, field[1], 0.0, field[0]), (0.0, 0.0))
    n_layers = max(1, round(thickness / layers.spacing))
    parts = []
    for i, each in enumerate(crystal.sites):
        for layer, number in each.atoms:
            part = np.zeros(np.count_nonzero(site == i), STRAND_DTYPE)
            part["x"], part["y"], part["element"], part["layer"] = x[site == i], y[site == i], number, layer
            part["end"] = max(-(-(n_layers - layer) // layers.n), 0)
            parts.append(part)
    strands = np.concatenate(parts)
    return Specimen(empty_table(0), crystal, extras=strands[strands["end"] > 0]).atoms()
