"""A whole specimen: its column table, the crystal it was cut from, and what else the beam meets.

Units: Å, rad. Columns stand parallel to z in the crystal's own frame. A tilted specimen is that frame sheared
about its mid-plane, half-way between the first and the last layer of its columns: atoms that lie z deeper lie
z·tan(tilt) further along x and y.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app.specimen.crystal import STRAND_DTYPE, Crystal, Layers, strands_of

if TYPE_CHECKING:
    from ase import Atoms


@dataclass(frozen=True)
class Specimen:
    """What an exit wave is computed from."""

    table: np.ndarray  # specimen.table.COLUMN_DTYPE; positions in the crystal's own frame
    crystal: Crystal
    tilt: tuple[float, float] = (0.0, 0.0)
    extras: np.ndarray = field(default_factory=lambda: np.zeros(0, STRAND_DTYPE))
    """Atoms that belong to no column: support, neighbouring material."""

    def strands(self) -> np.ndarray:
        """Everything that scatters (STRAND_DTYPE), in the crystal's own frame."""
        return np.concatenate([strands_of(self.table, self.crystal), self.extras])

    def middle(self) -> float:
        """Height of the mid-plane about which the tilt shears."""
        return middle_height(strands_of(self.table, self.crystal), self.crystal.layers)

    def projected(self) -> np.ndarray:
        """The column table with every column at the middle of its own atoms, where a tilted image shows it."""
        if self.tilt == (0.0, 0.0):
            return self.table
        above = self._column_middles() - self.middle()
        table = self.table.copy()
        for name, angle in zip("xy", self.tilt, strict=True):
            table[name] += above * np.tan(angle)
        return table

    def atoms(self) -> "Atoms":
        """All atoms as they stand in the tilted specimen; z along the beam, layers at k·spacing."""
        from ase import Atoms

        strands = self.strands()
        repeats = strands["end"] - strands["first"]
        each = np.repeat(strands, repeats)
        period = np.arange(len(each)) - np.repeat(np.cumsum(repeats) - repeats, repeats) + each["first"]
        z = (period * self.crystal.layers.n + each["layer"]) * self.crystal.layers.spacing
        shift = [(z - self.middle()) * np.tan(angle) for angle in self.tilt]
        positions = np.stack([each["x"] + shift[0], each["y"] + shift[1], z], axis=1)
        return Atoms(numbers=each["element"], positions=positions)

    def _column_middles(self) -> np.ndarray:
        """Height half-way between the first and the last counted atom of every column, (n,)."""
        layers = self.crystal.layers
        heights = np.zeros(len(self.table))
        for i, site in enumerate(self.crystal.sites):
            rows = self.table["site"] == i
            counted = np.array([layer for layer, number in site.atoms if number == site.element])
            last = np.maximum(self.table["count"][rows].astype(int) - 1, 0)
            ends = counted[0] + counted[last % len(counted)] + layers.n * (last // len(counted))
            heights[rows] = layers.n * self.table["first"][rows].astype(int) + ends / 2
        return heights * layers.spacing


def layer_range(strands: np.ndarray, layers: Layers) -> tuple[int, int]:
    """First layer with an atom, and the one after the last, counted over all periods; (0, 0) for nothing."""
    if not len(strands):
        return 0, 0
    first = strands["first"] * layers.n + strands["layer"]
    last = (strands["end"] - 1) * layers.n + strands["layer"]
    return int(first.min()), int(last.max()) + 1


def middle_height(strands: np.ndarray, layers: Layers) -> float:
    """Height half-way between the first and the last layer of the strands."""
    first, end = layer_range(strands, layers)
    return (first + max(end - 1, first)) / 2 * layers.spacing
