"""From a structure file to the slab that the image job sends its wave through.

Units: Å, rad. x to the right, y down, z along the beam. A column table keeps its layers; any list of atoms is cut
into layers of its own: equally spaced ones where it has them, else slices about 2 Å thick.
"""

from dataclasses import replace
from math import ceil, radians, tan
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app.config import ImageConfig, OpticsConfig
from segdepth_app.errors import InputError
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.projection import Scatterers
from segdepth_app.microscope.slices import Slab, slab_of
from segdepth_app.microscope.thermal import b_factors
from segdepth_app.specimen.crystal import STRAND_DTYPE, Layers
from segdepth_app.specimen.projection import find_columns
from segdepth_app.specimen.readers import oriented_slab, read_atoms, read_column_table
from segdepth_app.specimen.specimen import middle_height
from segdepth_app.units import angstrom_from_nm

if TYPE_CHECKING:
    from ase import Atoms

SLICE_THICKNESS = 2.0
THINNEST_LAYER, THICKEST_LAYER = 1.0, 2.2
LAYER_TOLERANCE = 0.05
"""Atoms this far (rms) from their layers still lie in layers."""


def slab_of_structure(config: ImageConfig, frame: Frame) -> tuple[Slab, int]:
    """The slab of the structure file, and how many of its columns or atoms lie outside the image and are left out.

    Raises: InputError for a structure that cannot be used, or of which nothing lies in the image.
    """
    of_element, of_others = b_factors(OpticsConfig(), config.temperature_k)
    frozen = config.thermal == "frozen-phonon"
    scatterers = Scatterers(config.potential, of_element, default_b=of_others, frozen_phonons=frozen)
    if config.structure.suffix.lower() == ".csv":
        whole = _of_table(config, frame, scatterers)
    elif config.zone_axis is not None:
        thickness = angstrom_from_nm(config.thickness_nm)
        whole = _of_atoms(oriented_slab(config.structure, config.zone_axis, frame.field, thickness), scatterers)
    else:
        whole = _of_atoms(_filling(read_atoms(config.structure), frame.field), scatterers)
    strands = whole.strands
    inside = (strands["x"] >= 0) & (strands["x"] < frame.field[1])
    inside &= (strands["y"] >= 0) & (strands["y"] < frame.field[0])
    if not inside.any() and len(strands):
        raise InputError(
            f"Nothing of {config.structure} lies in the image.", "Check the pixel size, and the shape of the image."
        )
    # a beam that leans one way sees the specimen lean the other
    tilt = (
        radians(config.tilt_x_deg) - 1e-3 * config.beam_tilt_x_mrad,
        radians(config.tilt_y_deg) - 1e-3 * config.beam_tilt_y_mrad,
    )
    return replace(whole, strands=strands[inside], tilt=tilt), int((~inside).sum())


def columns_of(slab: Slab, frame: Frame) -> np.ndarray:
    """The column table (specimen.table.COLUMN_DTYPE) of a slab of single atoms, as the tilted image shows them.

    Raises: InputError where a column holds more atoms than a table can say.
    """
    from ase import Atoms

    strands = slab.strands
    z = (strands["first"] * slab.layers.n + strands["layer"]) * slab.layers.spacing
    x, y = (
        strands[axis] + (z - slab.middle) * tan(angle) - frame.origin
        for axis, angle in zip("xy", slab.tilt, strict=True)
    )
    return find_columns(Atoms(numbers=strands["element"], positions=np.stack([x, y, z], axis=1)))


def strands_of_atoms(atoms: "Atoms") -> tuple[np.ndarray, Layers]:
    """Every atom as a strand of its own (STRAND_DTYPE), and the layers they were sorted into."""
    z = atoms.positions[:, 2] - atoms.positions[:, 2].min()
    spacing = layer_spacing(z)
    strands = np.zeros(len(atoms), STRAND_DTYPE)
    strands["x"], strands["y"] = atoms.positions[:, 0], atoms.positions[:, 1]
    strands["element"] = atoms.numbers
    strands["first"] = np.rint(z / spacing).astype(int)
    strands["end"] = strands["first"] + 1
    return strands, Layers(1, spacing)


def layer_spacing(z: np.ndarray) -> float:
    """The widest spacing at which atoms at heights z ≥ 0 lie in layers; about 2 Å where there is none."""
    thickness = float(z.max())
    for n in range(max(1, ceil(thickness / THICKEST_LAYER)), int(thickness / THINNEST_LAYER) + 1):
        offset = z / (thickness / n)
        if np.sqrt(np.mean((offset - np.rint(offset)) ** 2)) * thickness / n < LAYER_TOLERANCE:
            return thickness / n
    return max(thickness, SLICE_THICKNESS) / max(1, round(thickness / SLICE_THICKNESS))


def _of_table(config: ImageConfig, frame: Frame, scatterers: Scatterers) -> Slab:
    if config.zone_axis is not None:
        raise InputError(
            f"{config.structure} is a column table: its columns already lie along the beam.",
            "Leave the zone axis out, or name a crystal file.",
        )
    return slab_of(read_column_table(config.structure, pixel=frame.pixel), scatterers, origin=frame.origin)


def _of_atoms(atoms: "Atoms", scatterers: Scatterers) -> Slab:
    strands, layers = strands_of_atoms(atoms)
    return Slab(strands, layers, scatterers, middle=middle_height(strands, layers))


def _filling(atoms: "Atoms", field: tuple[float, float]) -> "Atoms":
    """A crystal repeated over the field (and cut at its edges), a cluster moved to its middle."""
    if atoms.cell.rank == 3 and atoms.pbc[:2].any():
        repeats = [
            max(1, ceil(length / side)) for length, side in zip(field[::-1], atoms.cell.lengths()[:2], strict=True)
        ]
        atoms = atoms.repeat((*repeats, 1))  # type: ignore[no-untyped-call]
        return atoms[(atoms.positions[:, 0] < field[1]) & (atoms.positions[:, 1] < field[0])]
    middle = (atoms.positions.max(axis=0) + atoms.positions.min(axis=0)) / 2
    atoms.positions[:, :2] += np.array([field[1] / 2, field[0] / 2]) - middle[:2]
    return atoms
