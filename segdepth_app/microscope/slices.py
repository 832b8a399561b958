"""Multislice: from a column table to the wave behind the specimen.

Units: Å, V·Å, rad. Axes: [y, x]. The beam runs along [110]; each slice of thickness a/(2√2) holds one
atomic layer, layers of parity 0 and 1 in turn. A slice transmits the wave by exp(iσV), then propagates it by its
full thickness, so the exit face lies one slice behind the last layer. V, exp(iσV) and the propagator are
limited to 2/3 of the Nyquist frequency against aliasing.

The structure factor of a layer is a product of two phase matrices, exact and cheap; from one layer to the
next of the same parity only the columns that begin or end are added or removed.
"""

from dataclasses import dataclass, field
from math import pi

import numpy as np
import torch
from ase.data import chemical_symbols
from torch import Tensor

from segdepth_app.microscope.electron import interaction_parameter, wavelength
from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.potentials import projected_potential
from segdepth_app.specimen.ceria import LAYER_SPACING

BAND_LIMIT = 2 / 3


@dataclass(frozen=True)
class WaveGrid:
    """Sampling of the wave: number of samples and size of the periodic field (y, x)."""

    shape: tuple[int, int]
    field: tuple[float, float]  # Å

    @property
    def step(self) -> tuple[float, float]:
        """Sampling (y, x) in Å."""
        return self.field[0] / self.shape[0], self.field[1] / self.shape[1]

    def band(self, g2: Tensor) -> Tensor:
        """True where g is inside the band limit of the coarser axis."""
        cutoff = BAND_LIMIT / (2 * max(self.step))
        return g2 <= cutoff**2


@dataclass(frozen=True)
class Scatterers:
    """How strongly atoms scatter: the table of potentials and the thermal motion, B in Å² by element."""

    table: str
    b_factors: dict[str, float] = field(default_factory=dict)


def free_propagator(grid: WaveGrid, distance: float, *, voltage_kv: float, device: torch.device) -> Tensor:
    """exp(-iπλΔz g²) inside the band limit, complex64 (H, W)."""
    g2 = squared_frequency(grid.shape, grid.step, device)
    return torch.polar(grid.band(g2).double(), -pi * wavelength(voltage_kv) * distance * g2).to(torch.complex64)


def exit_wave(
    columns: np.ndarray, grid: WaveGrid, scatterers: Scatterers, *, voltage_kv: float, device: torch.device
) -> Tensor:
    """The wave behind the specimen, complex64 (H, W); 1 in vacuum.

    `columns` has fields of specimen.table.COLUMN_DTYPE with x, y in Å from the field's first sample.
    """
    propagator = free_propagator(grid, LAYER_SPACING, voltage_kv=voltage_kv, device=device)
    present = columns[columns["count"] > 0]
    projector = Projector(grid, scatterers, voltage_kv=voltage_kv, device=device)
    layers = [_Layer(present[present["parity"] == parity], projector) for parity in (0, 1)]

    wave = torch.ones(grid.shape, dtype=torch.complex64, device=device)
    first, last = _period_range(present)
    for period in range(first, last):
        for layer in layers:
            transmission = layer.transmission(period)
            if transmission is not None:
                wave = wave * transmission
            wave = ifft2(fft2(wave) * propagator)
    return wave


def _period_range(columns: np.ndarray) -> tuple[int, int]:
    if not len(columns):
        return 0, 0
    first = columns["first"].astype(int)
    return int(first.min()), int((first + columns["count"]).max())


class Projector:
    """Atoms of one slice → their structure factor → the slice's transmission.

    Structure factors live on the half plane g_x ≥ 0 inside the band limit, complex64 (rows, n_cols), in V·Å.
    """

    def __init__(self, grid: WaveGrid, scatterers: Scatterers, *, voltage_kv: float, device: torch.device) -> None:
        self.grid = grid
        self.scatterers = scatterers
        self.device = device
        self.sigma = interaction_parameter(voltage_kv)
        self.band = grid.band(squared_frequency(grid.shape, grid.step, device))
        cutoff = BAND_LIMIT / (2 * max(grid.step))
        ky, kx = (int(cutoff * length) for length in grid.field)
        self.rows = torch.cat([torch.arange(ky + 1), torch.arange(-ky, 0)]).to(device)
        self.n_cols = kx + 1
        self.gy = self.rows.to(torch.float64) / grid.field[0]
        self.gx = torch.arange(self.n_cols, device=device, dtype=torch.float64) / grid.field[1]
        self.g2 = self.gy[:, None] ** 2 + self.gx[None, :] ** 2
        self.inside = (self.g2 <= cutoff**2).double()
        self._atoms: dict[int, Tensor] = {}

    def empty(self) -> Tensor:
        """The structure factor of no atoms."""
        return torch.zeros_like(self.g2, dtype=torch.complex64)

    def atom(self, z: int) -> Tensor:
        """One atom's potential per area of the field, float32."""
        if z not in self._atoms:
            symbol = chemical_symbols[z]
            b_factor = self.scatterers.b_factors.get(symbol, 0.0)
            potential = projected_potential(symbol, self.g2, table=self.scatterers.table, b_factor=b_factor)
            area = self.grid.field[0] * self.grid.field[1]
            self._atoms[z] = (self.inside / area * potential).to(torch.float32)
        return self._atoms[z]

    def phases(self, position: np.ndarray, g: Tensor) -> Tensor:
        """e^{-2πi g·r}, complex64 (n, k); the angle is computed in float64."""
        r = torch.from_numpy(position.astype(np.float64)).to(self.device)
        angle = -2 * pi * r[:, None] * g[None, :]
        return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)

    def transmission(self, factor: Tensor) -> Tensor:
        """exp(iσV), band-limited, complex64 (H, W)."""
        ny, nx = self.grid.shape
        half = torch.zeros((ny, nx // 2 + 1), dtype=torch.complex64, device=self.device)
        half[self.rows, : self.n_cols] = factor
        phase = self.sigma * torch.fft.irfft2(half, s=(ny, nx), norm="forward")
        return ifft2(fft2(torch.polar(torch.ones_like(phase), phase)) * self.band)


class _Layer:
    """Layers of one parity: their structure factor, updated from period to period."""

    def __init__(self, columns: np.ndarray, projector: Projector) -> None:
        self.projector = projector
        self.first = columns["first"].astype(int)
        self.end = self.first + columns["count"]
        self.elements = {int(z): columns["element"] == z for z in np.unique(columns["element"])}
        self.occupied = np.zeros(len(columns), dtype=bool)
        self.cached: Tensor | None = None
        self.phase_y = projector.phases(columns["y"], projector.gy)
        self.phase_x = projector.phases(columns["x"], projector.gx)
        self.factor = projector.empty()

    def transmission(self, period: int) -> Tensor | None:
        """exp(iσV) of the layer in this period, or None where it is empty."""
        occupied = (self.first <= period) & (period < self.end)
        changed = occupied != self.occupied
        if changed.any():
            self._update(changed, np.where(occupied, 1.0, -1.0))
            self.occupied = occupied
            self.cached = self.projector.transmission(self.factor) if occupied.any() else None
        return self.cached

    def _update(self, changed: np.ndarray, sign: np.ndarray) -> None:
        device = self.projector.device
        for z, is_element in self.elements.items():
            rows = np.flatnonzero(changed & is_element)
            if not len(rows):
                continue
            index = torch.from_numpy(rows).to(device)
            signs = torch.from_numpy(sign[rows]).to(device, torch.complex64)
            sums = (self.phase_y[index] * signs[:, None]).T @ self.phase_x[index]
            self.factor += self.projector.atom(z) * sums
