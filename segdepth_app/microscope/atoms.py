"""Multislice of any list of atoms, for structures that are no column table.

Units: Å. The beam runs along z; each slice, about 2 Å thick, transmits and then propagates.
"""

import numpy as np
import torch
from ase import Atoms
from torch import Tensor

from segdepth_app.microscope.fourier import fft2, ifft2
from segdepth_app.microscope.slices import Projector, Scatterers, WaveGrid, free_propagator

SLICE_THICKNESS = 2.0


def exit_wave_of_atoms(
    atoms: Atoms, grid: WaveGrid, scatterers: Scatterers, *, voltage_kv: float, device: torch.device
) -> Tensor:
    """The wave behind the atoms, complex64 (H, W); positions are Å from the field's first sample."""
    projector = Projector(grid, scatterers, voltage_kv=voltage_kv, device=device)
    x, y, z = atoms.positions.T
    thickness = max(float(np.ptp(z)), 1e-9)
    n_slices = max(1, round(thickness / SLICE_THICKNESS))
    spacing = max(thickness, SLICE_THICKNESS) / n_slices
    slice_of = np.minimum(((z - z.min()) / spacing).astype(int), n_slices - 1)
    propagator = free_propagator(grid, spacing, voltage_kv=voltage_kv, device=device)

    wave = torch.ones(grid.shape, dtype=torch.complex64, device=device)
    for k in range(n_slices):
        factor = projector.empty()
        for number in np.unique(atoms.numbers[slice_of == k]):
            rows = (slice_of == k) & (atoms.numbers == number)
            phases_y, phases_x = projector.phases(y[rows], projector.gy), projector.phases(x[rows], projector.gx)
            factor += projector.atom(int(number)) * (phases_y.T @ phases_x)
        wave = ifft2(fft2(wave * projector.transmission(factor)) * propagator)
    return wave
