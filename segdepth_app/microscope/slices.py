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
from torch import Tensor

from segdepth_app.microscope.electron import interaction_parameter, wavelength
from segdepth_app.microscope.fourier import fft2, ifft2, squared_frequency
from segdepth_app.microscope.potentials import projected_potential
from segdepth_app.specimen.ceria import LAYER_SPACING
from segdepth_app.specimen.table import SYMBOLS

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


def exit_wave(
    columns: np.ndarray, grid: WaveGrid, scatterers: Scatterers, *, voltage_kv: float, device: torch.device
) -> Tensor:
    """The wave behind the specimen, complex64 (H, W); 1 in vacuum.

    `columns` has fields of specimen.table.COLUMN_DTYPE with x, y in Å from the field's first sample.
    """
    g2 = squared_frequency(grid.shape, grid.step, device)
    band = grid.band(g2)
    lam = wavelength(voltage_kv)
    propagator = torch.polar(band.double(), -pi * lam * LAYER_SPACING * g2).to(torch.complex64)
    sigma = interaction_parameter(voltage_kv)
    present = columns[columns["count"] > 0]
    layers = [_Layer(present[present["parity"] == parity], grid, scatterers, device) for parity in (0, 1)]

    wave = torch.ones(grid.shape, dtype=torch.complex64, device=device)
    first, last = _period_range(present)
    for period in range(first, last):
        for layer in layers:
            transmission = layer.transmission(period, sigma, band)
            if transmission is not None:
                wave = wave * transmission
            wave = ifft2(fft2(wave) * propagator)
    return wave


def _period_range(columns: np.ndarray) -> tuple[int, int]:
    if not len(columns):
        return 0, 0
    first = columns["first"].astype(int)
    return int(first.min()), int((first + columns["count"]).max())


class _Layer:
    """Layers of one parity: their structure factors by element, updated from period to period."""

    def __init__(self, columns: np.ndarray, grid: WaveGrid, scatterers: Scatterers, device: torch.device) -> None:
        self.grid = grid
        self.device = device
        self.first = columns["first"].astype(int)
        self.end = self.first + columns["count"]
        self.elements = {int(z): columns["element"] == z for z in np.unique(columns["element"])}
        self.occupied = np.zeros(len(columns), dtype=bool)
        self.cached: Tensor | None = None

        cutoff = BAND_LIMIT / (2 * max(grid.step))
        ky, kx = (int(cutoff * length) for length in grid.field)
        self.rows = torch.cat([torch.arange(ky + 1), torch.arange(-ky, 0)])
        self.n_cols = kx + 1
        gy = self.rows.to(device, torch.float64) / grid.field[0]
        gx = torch.arange(self.n_cols, device=device, dtype=torch.float64) / grid.field[1]
        g2 = gy[:, None] ** 2 + gx[None, :] ** 2
        inside = (g2 <= cutoff**2).double()
        area = grid.field[0] * grid.field[1]
        self.atoms = {
            z: (inside / area * self._atom(z, g2, scatterers)).to(torch.float32) for z in self.elements
        }
        self.phase_y = _phases(columns["y"], gy, device)
        self.phase_x = _phases(columns["x"], gx, device)
        self.factor = torch.zeros_like(g2, dtype=torch.complex64)

    @staticmethod
    def _atom(z: int, g2: Tensor, scatterers: Scatterers) -> Tensor:
        symbol = SYMBOLS[z]
        return projected_potential(
            symbol, g2, table=scatterers.table, b_factor=scatterers.b_factors.get(symbol, 0.0)
        )

    def transmission(self, period: int, sigma: float, band: Tensor) -> Tensor | None:
        """exp(iσV) of the layer in this period, or None where it is empty."""
        occupied = (self.first <= period) & (period < self.end)
        changed = occupied != self.occupied
        if changed.any():
            self._update(changed, np.where(occupied, 1.0, -1.0))
            self.occupied = occupied
            self.cached = self._transmission(sigma, band) if occupied.any() else None
        return self.cached

    def _update(self, changed: np.ndarray, sign: np.ndarray) -> None:
        for z, is_element in self.elements.items():
            rows = np.flatnonzero(changed & is_element)
            if not len(rows):
                continue
            index = torch.from_numpy(rows).to(self.device)
            signs = torch.from_numpy(sign[rows]).to(self.device, torch.complex64)
            sums = (self.phase_y[index] * signs[:, None]).T @ self.phase_x[index]
            self.factor += self.atoms[z] * sums

    def _transmission(self, sigma: float, band: Tensor) -> Tensor:
        ny, nx = self.grid.shape
        half = torch.zeros((ny, nx // 2 + 1), dtype=torch.complex64, device=self.device)
        half[self.rows.to(self.device), : self.n_cols] = self.factor
        potential = torch.fft.irfft2(half, s=(ny, nx), norm="forward")
        phase = sigma * potential
        return ifft2(fft2(torch.polar(torch.ones_like(phase), phase)) * band)


def _phases(position: np.ndarray, g: Tensor, device: torch.device) -> Tensor:
    """e^{-2πi g·r}, complex64 (n, k); the phase itself is computed in float64."""
    r = torch.from_numpy(position.astype(np.float64)).to(device)
    angle = -2 * pi * r[:, None] * g[None, :]
    return torch.polar(torch.ones_like(angle), angle).to(torch.complex64)


