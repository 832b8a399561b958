"""From the atoms of one layer to how the layer transmits the wave.

Units: Å, V·Å, rad, B in Å². Axes: [..., y, x]. Structure factors live on the half plane g_x ≥ 0 up to the
potential's own limit, complex64 (rows, n_cols), in V·Å.

Waves are limited to 2/3 of the Nyquist frequency against aliasing, by the propagator. What else is limited depends
on thermal motion (rms of images over their std, against 2 pm, measured on ceria wedges):
- damped by it, V has next to nothing beyond that band and is limited to it, exp(iσV) is left as it is: 0.01 to
  0.03 % at 5.3 pm, 0.2 to 0.35 % at 8 pm, 0.4 to 0.85 % at 9 pm. With exp(iσV) limited as well: up to 0.75 % at 8 pm.
- atoms that are not damped (no B, or frozen phonons) need V up to Nyquist, and then exp(iσV) limited: 2 to 3.5 % at
  5.3 pm, 4 % at 8 pm, where V limited to the band is 10 to 20 % off.
"""

from dataclasses import dataclass, field
from math import pi

import numpy as np
import torch
from ase.data import chemical_symbols
from torch import Tensor

from segdepth_app.microscope.electron import interaction_parameter
from segdepth_app.microscope.fourier import fft2, squared_frequency, unscaled_ifft2
from segdepth_app.microscope.potentials import projected_potential
from segdepth_app.microscope.thermal import displacement_rms

BAND_LIMIT = 2 / 3
DAMPED_FROM_B = 0.1
ATOMS_AT_ONCE = 2048
"""Phase matrices of more atoms are made piece by piece: memory does not grow with the specimen."""


@dataclass(frozen=True)
class WaveGrid:
    """Sampling of the wave: number of samples and size of the periodic field (y, x)."""

    shape: tuple[int, int]
    field: tuple[float, float]  # Å

    @property
    def step(self) -> tuple[float, float]:
        """Sampling (y, x) in Å."""
        return self.field[0] / self.shape[0], self.field[1] / self.shape[1]

    @property
    def cutoff(self) -> float:
        """The band limit of waves, in 1/Å."""
        return BAND_LIMIT / (2 * max(self.step))

    def band(self, g2: Tensor) -> Tensor:
        """True where g is inside the band limit of the coarser axis."""
        return g2 <= self.cutoff**2


@dataclass(frozen=True)
class Scatterers:
    """How strongly atoms scatter: the table of potentials and the thermal motion, B in Å² by element."""

    table: str
    b_factors: dict[str, float] = field(default_factory=dict)
    default_b: float = 0.0
    frozen_phonons: bool = False
    """Atoms are displaced, each on its own, instead of damped."""

    @property
    def damped(self) -> bool:
        """Thermal motion hides what lies beyond the band of the waves."""
        stated = [*self.b_factors.values(), *([self.default_b] if self.default_b else [])]
        return not self.frozen_phonons and min(stated, default=0.0) >= DAMPED_FROM_B

    def b_factor(self, symbol: str) -> float:
        """Debye–Waller B of an element."""
        return self.b_factors.get(symbol, self.default_b)


def cis(turns: Tensor) -> Tensor:
    """e^{2πi·turns}, complex64, from float64 turns; a third of the time of torch.polar."""
    angle = ((turns - turns.round()) * (2 * pi)).to(torch.float32)
    return torch.complex(torch.cos(angle), torch.sin(angle))


class Projector:
    """Atoms of one slice → their structure factor → the slice's transmission."""

    def __init__(self, grid: WaveGrid, scatterers: Scatterers, *, voltage_kv: float, device: torch.device) -> None:
        self.grid = grid
        self.scatterers = scatterers
        self.device = device
        self.sigma = interaction_parameter(voltage_kv)
        n_samples = grid.shape[0] * grid.shape[1]
        self.band = grid.band(squared_frequency(grid.shape, grid.step, device)).to(torch.float32) / n_samples
        limit = grid.cutoff if scatterers.damped else float("inf")
        ky, kx = (
            min((n - 1) // 2, int(min(limit * length, n))) for n, length in zip(grid.shape, grid.field, strict=True)
        )
        rows = torch.cat([torch.arange(ky + 1), torch.arange(-ky, 0)])
        self.n_rows, self.n_cols = 2 * ky + 1, kx + 1
        self.gy = rows.to(device, torch.float64) / grid.field[0]
        self.gx = torch.arange(self.n_cols, device=device, dtype=torch.float64) / grid.field[1]
        g2 = self.gy[:, None] ** 2 + self.gx[None, :] ** 2
        self.g2, self.inside = g2, g2 <= limit**2
        self._atoms: dict[int, Tensor] = {}
        self._half = torch.empty(0)

    def empty(self) -> Tensor:
        """The structure factor of no atoms."""
        return torch.zeros((self.n_rows, self.n_cols), dtype=torch.complex64, device=self.device)

    def atom(self, z: int) -> Tensor:
        """One atom's potential per area of the field, float32 (rows, n_cols)."""
        if z not in self._atoms:
            symbol = chemical_symbols[z]
            b_factor = 0.0 if self.scatterers.frozen_phonons else self.scatterers.b_factor(symbol)
            potential = projected_potential(symbol, self.g2, table=self.scatterers.table, b_factor=b_factor)
            self._atoms[z] = (self.inside * potential / (self.grid.field[0] * self.grid.field[1])).to(torch.float32)
        return self._atoms[z]

    def factor(self, strands: np.ndarray, signs: np.ndarray | None = None) -> Tensor:
        """Structure factor of one atom per strand, each times its sign (1 by default)."""
        total = self.empty()
        for z in np.unique(strands["element"]):
            rows = np.flatnonzero(strands["element"] == z)
            sums = self.empty()
            for start in range(0, len(rows), ATOMS_AT_ONCE):
                some = rows[start : start + ATOMS_AT_ONCE]
                phase_y = self._phases(strands["y"][some], self.gy)
                if signs is not None:
                    phase_y = phase_y * torch.from_numpy(signs[some]).to(self.device, torch.float32)[:, None]
                sums += phase_y.T @ self._phases(strands["x"][some], self.gx)
            total += self.atom(int(z)) * sums
        return total

    def displaced_factor(self, strands: np.ndarray, rng: np.random.Generator) -> Tensor:
        """Structure factor with every atom off its place by √(B/8π²) rms along x and along y.

        Motion along the beam changes nothing within a slice and is left out.
        """
        moved = strands.copy()
        rms = np.array([displacement_rms(self.scatterers.b_factor(chemical_symbols[z])) for z in strands["element"]])
        moved["x"] += rng.normal(size=len(moved)) * rms
        moved["y"] += rng.normal(size=len(moved)) * rms
        return self.factor(moved)

    def _phases(self, position: np.ndarray, g: Tensor) -> Tensor:
        """e^{-2πi g·r}, complex64 (n, k); the angle is computed in float64."""
        r = torch.from_numpy(np.ascontiguousarray(position, dtype=np.float64)).to(self.device)
        return cis(-r[:, None] * g[None, :])

    def _half_plane(self, shape: tuple[int, ...]) -> Tensor:
        """Zeros but for what the last call wrote, always in the same places: fresh memory costs as much as an FFT."""
        if self._half.shape != shape:
            self._half = torch.zeros(shape, dtype=torch.complex64, device=self.device)
        return self._half

    def transmission(self, factor: Tensor) -> Tensor:
        """exp(iσV), complex64 (..., H, W); limited to the band where V is not."""
        ny, nx = self.grid.shape
        half = self._half_plane((*factor.shape[:-2], ny, nx // 2 + 1))
        scaled = factor * self.sigma
        ky = self.n_rows // 2
        half[..., : ky + 1, : self.n_cols] = scaled[..., : ky + 1, :]
        half[..., ny - ky :, : self.n_cols] = scaled[..., ky + 1 :, :]
        phase = torch.fft.irfft2(half, s=(ny, nx), norm="forward")
        transmission = torch.complex(torch.cos(phase), torch.sin(phase))
        return transmission if self.scatterers.damped else unscaled_ifft2(fft2(transmission).mul_(self.band))
