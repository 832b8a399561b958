"""The true translations of a periodic structure: the smallest cell that repeats, whatever cell a file states."""

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import KDTree

if TYPE_CHECKING:
    from ase import Atoms


def primitive_basis(atoms: "Atoms", *, tolerance: float) -> np.ndarray:
    """Rows (3, 3), Å: a reduced basis of all translations that map the structure onto itself within tolerance."""
    from ase.geometry import minkowski_reduce

    steps = np.concatenate([np.eye(3, dtype=object), _centrings(atoms, tolerance)])
    scale = lcm(*(Fraction(value).denominator for value in steps.ravel()))
    rows = _integer_basis([[int(value * scale) for value in row] for row in steps.tolist()])
    reduced, _ = minkowski_reduce(np.array(rows, float) / scale @ atoms.cell[:])
    return np.asarray(reduced)


def _centrings(atoms: "Atoms", tolerance: float) -> np.ndarray:
    """Translations inside the stated cell, as exact fractions of its vectors, (n, 3)."""
    fractions = np.mod(atoms.get_scaled_positions(wrap=True), 1.0)
    numbers, amounts = np.unique(atoms.numbers, return_counts=True)
    rarest = fractions[atoms.numbers == numbers[amounts.argmin()]]
    lengths = atoms.cell.lengths()
    trees = {int(z): KDTree(fractions[atoms.numbers == z] * lengths, boxsize=lengths * (1 + 1e-12)) for z in numbers}
    found = []
    for candidate in rarest[1:] - rarest[0]:
        # a translation of n equivalent atoms is a fraction of the cell with a denominator that divides n
        exact = [Fraction(float(c)).limit_denominator(len(rarest)) for c in candidate]
        step = np.array([float(c) for c in exact])
        if np.abs((step - candidate) * lengths).max() > tolerance:
            continue
        moved = np.mod(fractions + step, 1.0)
        if all(_fits(tree, moved[atoms.numbers == z] * lengths, tolerance) for z, tree in trees.items()):
            found.append(exact)
    return np.array(found, dtype=object).reshape(-1, 3)


def _fits(tree: KDTree, positions: np.ndarray, tolerance: float) -> bool:
    distance, _ = tree.query(np.mod(positions, tree.boxsize))
    return bool(distance.max() < tolerance)


def _integer_basis(rows: list[list[int]]) -> list[list[int]]:
    """Three rows that generate the same lattice as all the given ones (Euclid's algorithm, column by column)."""
    basis = []
    for column in range(3):
        while sum(row[column] != 0 for row in rows) > 1:
            pivot = min((row for row in rows if row[column]), key=lambda row: abs(row[column]))
            rows = [
                row if row is pivot else [a - row[column] // pivot[column] * b for a, b in zip(row, pivot, strict=True)]
                for row in rows
            ]
        pivot = next(row for row in rows if row[column])
        basis.append(pivot)
        rows = [row for row in rows if row is not pivot]
    return basis
