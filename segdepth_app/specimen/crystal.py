"""A crystal seen along a zone axis: where its columns stand, and where along the beam their atoms lie.

Units: Å. x to the right, y down, z along the beam. The crystal repeats over a projected cell (two vectors in
the image plane) and, along the beam, over a period of `n_layers` layers. A multislice takes each layer as one
slice.
"""

from dataclasses import dataclass

import numpy as np

Extent = tuple[float, float, float, float]
Vector = tuple[float, float]


@dataclass(frozen=True)
class Layers:
    """How a structure is cut along the beam: `n` layers per period, `spacing` apart."""

    n: int
    spacing: float

    @property
    def period(self) -> float:
        """Length of a period along the beam."""
        return self.n * self.spacing


@dataclass(frozen=True)
class Site:
    """One column of the projected cell."""

    u: float  # position as fractions of the two cell vectors
    v: float
    atoms: tuple[tuple[int, int], ...]
    """(layer, atomic number) of each atom within one period, in the order the beam meets them."""

    @property
    def element(self) -> int:
        """Atomic number of the column's heaviest atoms; those are counted."""
        return max(number for _, number in self.atoms)


@dataclass(frozen=True)
class Crystal:
    """What repeats."""

    name: str
    cell: tuple[Vector, Vector]
    sites: tuple[Site, ...]
    layers: Layers

    def index_of(self, element: int, layer: int) -> int:
        """A site with one atom of this element, in this layer. Raises: ValueError where there is none."""
        for i, site in enumerate(self.sites):
            if site.atoms == ((layer, element),):
                return i
        raise ValueError(f"{self.name} has no column of element {element} in layer {layer}.")


STRAND_DTYPE = np.dtype([("x", "f8"), ("y", "f8"), ("element", "u1"), ("layer", "u2"), ("first", "i4"), ("end", "i4")])
"""A row of equal atoms, one per period from `first` to before `end`, all in one layer of the period.

What a multislice sees. A column of the table is one strand, or several where a period holds several of its
atoms; an atom that belongs to no column is a strand of one.
"""


def lattice_sites(
    crystal: Crystal, extent: Extent, origin: Vector, *, rotation: float = 0.0, scale: float = 1.0
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns whose positions lie in extent (x0, x1, y0, y1): x, y, and the index of the site, each (n,).

    `origin` (x, y) is where the cell's corner lies; `rotation` (rad) turns x towards y.
    """
    x0, x1, y0, y1 = extent
    cosine, sine = np.cos(rotation), np.sin(rotation)
    basis = scale * np.array([[cosine, -sine], [sine, cosine]]) @ np.array(crystal.cell).T
    corners = np.array([[x, y] for x in (x0, x1) for y in (y0, y1)]) - origin
    reach = np.linalg.solve(basis, corners.T)
    low, high = np.floor(reach.min(axis=1)).astype(int) - 1, np.ceil(reach.max(axis=1)).astype(int) + 1
    v, u, s = np.meshgrid(
        np.arange(low[1], high[1]), np.arange(low[0], high[0]), np.arange(len(crystal.sites)), indexing="ij"
    )
    offsets = np.array([(site.u, site.v) for site in crystal.sites])
    x, y = basis @ np.stack([u.ravel() + offsets[s.ravel(), 0], v.ravel() + offsets[s.ravel(), 1]])
    x, y = x + origin[0], y + origin[1]
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    return x[inside], y[inside], s.ravel()[inside]


def strands_of(table: np.ndarray, crystal: Crystal) -> np.ndarray:
    """The strands (STRAND_DTYPE) of a column table (specimen.table.COLUMN_DTYPE); vacancies have none.

    A column of n atoms holds n atoms of its heaviest element. Lighter atoms of a mixed column lie between
    the first and the last of them.
    """
    parts = []
    for i, site in enumerate(crystal.sites):
        rows = table[(table["site"] == i) & (table["count"] > 0)]
        if not len(rows):
            continue
        counted = [k for k, (_, number) in enumerate(site.atoms) if number == site.element]
        # place in the endless sequence of the column's atoms: of its first and of its last counted one
        last = np.array(counted)[(rows["count"] - 1) % len(counted)] + (rows["count"].astype(int) - 1) // len(
            counted
        ) * len(site.atoms)
        for k, (layer, number) in enumerate(site.atoms):
            part = np.zeros(len(rows), STRAND_DTYPE)
            part["x"], part["y"], part["element"], part["layer"] = rows["x"], rows["y"], number, layer
            part["first"] = rows["first"].astype(int) + (1 if k < counted[0] else 0)
            n = np.maximum((last - k) // len(site.atoms) + 1, 0) - (1 if k < counted[0] else 0)
            part["end"] = part["first"] + np.maximum(n, 0)
            parts.append(part[part["end"] > part["first"]])
    return np.concatenate(parts) if parts else np.zeros(0, STRAND_DTYPE)
