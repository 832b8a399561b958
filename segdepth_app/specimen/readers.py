"""Structures from files: column tables (CSV) and anything with atoms that ASE reads.

A column table has the columns element, x_px, y_px, atoms; positions are in pixels of a stated size. Columns of
ceria [110] get their layer from the lattice; any other table is one layer per period.
"""

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app.errors import InputError
from segdepth_app.paths import existing_file
from segdepth_app.specimen.ceria import CE, CERIA_110, OXYGEN, PERIOD_Y
from segdepth_app.specimen.crystal import Crystal, Site
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.specimen.table import empty_table

if TYPE_CHECKING:
    from ase import Atoms

FIELDS = ("element", "x_px", "y_px", "atoms")
MAX_ATOMS = 100
LATTICE_TOLERANCE = 0.15  # of a row spacing


def read_column_table(path: str | Path, *, pixel: float) -> Specimen:
    """The specimen, thickness cut evenly from both faces; x, y in Å.

    Raises: InputError naming the file, the line and what is wrong with it.
    """
    path = existing_file(path, "Column table")
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in FIELDS if name not in (reader.fieldnames or ())]
            if missing:
                raise InputError(
                    f"{path} lacks the column(s) {', '.join(missing)}.",
                    f"Its first line must name {', '.join(FIELDS)}.",
                )
            rows = [_parsed(row, line, path) for line, row in enumerate(reader, start=2)]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} is not a readable CSV file.", "Save it as UTF-8 text.") from error
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
    if not (np.isfinite(x) and np.isfinite(y)) or not 0 <= atoms <= MAX_ATOMS:
        raise InputError(
            f"Line {line} of {path} has {atoms} atoms at ({x:g}, {y:g}).", f"Atoms must be 0 to {MAX_ATOMS}."
        )
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
    import warnings

    import ase.io

    path = existing_file(path, "Structure")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # ASE warns of CIF details that do not matter here
            atoms = ase.io.read(path)
    except Exception as error:
        raise InputError(
            f"{path} cannot be read as a structure.", "Use a column table (.csv), .cif or .xyz."
        ) from error
    if isinstance(atoms, list) or not len(atoms):
        raise InputError(f"{path} has no atoms in it.", "Use a column table (.csv), .cif or .xyz.")
    if atoms.cell.rank == 3 and np.abs(atoms.cell.angles() - 90).max() > 0.1:
        raise InputError(
            f"The cell of {path} has angles {np.round(atoms.cell.angles(), 1).tolist()}.",
            "Make an orthogonal cell with the beam along z.",
        )
    return atoms
