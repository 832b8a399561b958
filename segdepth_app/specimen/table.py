"""The column table: one row per atomic column site, the ground truth of a specimen.

Units: x, y in Å from the centre of the first image pixel; x to the right, y down.
`plane` is the count a smooth wedge would have there; `deviation` = count - plane. A vacancy is a row
with count 0. `site` is the column's index among the sites of its crystal, which says where along the beam its
atoms lie; `first` is the period of its first atom (specimens are gapless along the beam).
"""

import numpy as np

COLUMN_DTYPE = np.dtype(
    [
        ("x", "f4"),
        ("y", "f4"),
        ("element", "u1"),  # atomic number
        ("count", "i1"),
        ("site", "u1"),
        ("first", "i1"),
        ("plane", "i1"),
        ("deviation", "i1"),
    ]
)

SPECIMEN_KINDS = ("wedge", "rough", "shuffled")
SYMBOLS = {58: "Ce", 8: "O"}


def empty_table(n: int) -> np.ndarray:
    """A table of n rows, all zero."""
    return np.zeros(n, dtype=COLUMN_DTYPE)
