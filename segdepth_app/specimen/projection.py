"""Columns of any structure, found by projecting its atoms along z; and column tables as files.

Units: Å; the beam runs along z. What repeats periodically is not wrapped: a column at x = 0 and its image at the
cell's far edge are two columns.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import KDTree

from segdepth_app.csv_file import write_csv
from segdepth_app.errors import InputError
from segdepth_app.specimen.readers import FIELDS, MAX_ATOMS
from segdepth_app.specimen.table import empty_table

if TYPE_CHECKING:
    from ase import Atoms


def find_columns(atoms: "Atoms", *, tolerance: float = 0.3) -> np.ndarray:
    """The column table (specimen.table.COLUMN_DTYPE) of a structure, ordered by y, then x.

    Atoms that a chain of steps no longer than `tolerance` joins in projection are one column, so that a slight tilt
    does not break it. The column's element is its heaviest one, its count the number of those atoms, its position
    half-way between the first and the last of them. What the table says beyond that (site, first) is not known: 0.

    Raises: InputError where a column holds more than 100 atoms.
    """
    positions, numbers = atoms.positions, atoms.numbers
    if not len(numbers):
        return empty_table(0)
    pairs = KDTree(positions[:, :2]).query_pairs(tolerance, output_type="ndarray")
    links = coo_array((np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(len(numbers),) * 2)
    n_columns, label = connected_components(links, directed=False)
    element = np.zeros(n_columns, int)
    np.maximum.at(element, label, numbers)
    counted = np.flatnonzero(numbers == element[label])
    count = np.bincount(label[counted], minlength=n_columns)
    if count.max() > MAX_ATOMS:
        raise InputError(
            f"A column of the structure holds {count.max()} atoms; a column table holds up to {MAX_ATOMS}.",
            "Use a thinner structure, or one with the beam along z.",
        )
    table = empty_table(n_columns)
    table["element"], table["count"], table["plane"] = element, count, count
    counted = counted[np.lexsort([positions[counted, 2], label[counted]])]  # by column, then along the beam
    ends = np.cumsum(count)
    middle = (positions[counted[ends - count], :2] + positions[counted[ends - 1], :2]) / 2
    table["x"], table["y"] = middle.T
    return table[np.lexsort([table["x"], table["y"]])]


def write_column_table(path: Path, table: np.ndarray, *, pixel: float) -> None:
    """Writes a column table as CSV (element, x_px, y_px, atoms); `pixel` in Å."""
    from ase.data import chemical_symbols

    rows = (
        (chemical_symbols[int(row["element"])], f"{row['x'] / pixel:.3f}", f"{row['y'] / pixel:.3f}", int(row["count"]))
        for row in table
    )
    write_csv(path, FIELDS, rows)
