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
SYMBOLS = dict(
    enumerate(
        """
        H He Li Be B C N O F Ne Na Mg Al Si P S Cl Ar K Ca Sc Ti V Cr Mn Fe Co Ni Cu Zn Ga Ge As Se Br Kr Rb Sr Y Zr
        Nb Mo Tc Ru Rh Pd Ag Cd In Sn Sb Te I Xe Cs Ba La Ce Pr Nd Pm Sm Eu Gd Tb Dy Ho Er Tm Yb Lu Hf Ta W Re Os Ir Pt
        Au Hg Tl Pb Bi Po At Rn Fr Ra Ac Th Pa U Np Pu Am Cm Bk Cf Es Fm Md No Lr
        """.split(),
        start=1,
    )
)
"""Symbol by atomic number; here, since the window reads tables without ASE."""


def empty_table(n: int) -> np.ndarray:
    """A table of n rows, all zero."""
    return np.zeros(n, dtype=COLUMN_DTYPE)
