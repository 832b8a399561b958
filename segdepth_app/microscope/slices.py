"""Multislice: from the atoms of a specimen to the wave behind it.

Units: Å, V·Å, rad. Axes: [y, x]. The beam runs along z. Each atomic layer is one slice: it transmits the wave
by exp(iσV), then propagates it by the layer spacing, so the exit face lies one slice behind the last layer.
The propagator is limited to 2/3 of the Nyquist frequency against aliasing; for V and exp(iσV) see projection.py.

The structure factor of a layer is a product of two phase matrices, exact and cheap; from one period to the next
only the columns that begin or end are added or removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import tan

import numpy as np
import torch
from torch import Tensor

from segdepth_app.microscope.electron import wavelength
from segdepth_app.microscope.fourier import fft2, frequencies, squared_frequency, unscaled_ifft2
from segdepth_app.microscope.projection import Projector, Scatterers, WaveGrid, cis
from segdepth_app.specimen.crystal import Layers, strands_of
from segdepth_app.specimen.specimen import Specimen, layer_range, middle_height


@dataclass(frozen=True)
class Slab:
    """What one wave passes through."""

    strands: np.ndarray  # specimen.crystal.STRAND_DTYPE; x, y in Å from the field's first sample
    layers: Layers
    scatterers: Scatterers
    tilt: tuple[float, float] = (0.0, 0.0)
    """x, y in rad: atoms that lie z deeper lie z·tan(tilt) further, about `middle`."""
    middle: float = 0.0
    focus_layer: int | None = None
    """The exit wave is given behind this many layers, counted from layer 0 of period 0; none: behind the last."""

    def periods(self) -> tuple[int, int]:
        """First period with an atom, and the one after the last."""
        if not len(self.strands):
            return 0, 0
        return int(self.strands["first"].min()), int(self.strands["end"].max())


def slab_of(specimen: Specimen, scatterers: Scatterers, *, origin: float = 0.0) -> Slab:
    """The slab of a specimen whose positions begin `origin` Å behind the field's first sample.

    Focus stays with the columns: support behind them does not move it.
    """
    strands = specimen.strands()
    strands["x"] += origin
    strands["y"] += origin
    layers = specimen.crystal.layers
    columns = strands_of(specimen.table, specimen.crystal)
    n_periods = -(-layer_range(columns, layers)[1] // layers.n)
    return Slab(
        strands,
        layers,
        scatterers,
        specimen.tilt,
        middle_height(columns, layers),
        n_periods * layers.n if len(columns) else None,
    )


def free_propagator(grid: WaveGrid, distance: float, *, voltage_kv: float, device: torch.device) -> Tensor:
    """exp(-iπλΔz g²) inside the band limit, complex64 (H, W)."""
    return _propagator(grid, distance, (0.0, 0.0), voltage_kv=voltage_kv, device=device)


def _propagator(
    grid: WaveGrid, distance: float, shift: tuple[float, float], *, voltage_kv: float, device: torch.device
) -> Tensor:
    """Free propagation that also moves the wave by -shift (x, y)."""
    g2 = squared_frequency(grid.shape, grid.step, device)
    turns = -0.5 * wavelength(voltage_kv) * distance * g2
    if shift != (0.0, 0.0):
        gy = frequencies(grid.shape[0], grid.step[0], device)
        gx = frequencies(grid.shape[1], grid.step[1], device)
        turns = turns + gx[None, :] * shift[0] + gy[:, None] * shift[1]
    return cis(turns) * grid.band(g2)


def exit_wave(
    slab: Slab, grid: WaveGrid, *, voltage_kv: float, device: torch.device, rng: np.random.Generator | None = None
) -> Tensor:
    """The wave behind one slab, complex64 (H, W); 1 in vacuum."""
    return exit_waves([slab], [grid], voltage_kv=voltage_kv, device=device, rngs=[rng])[0]


def exit_waves(
    slabs: Sequence[Slab],
    grids: Sequence[WaveGrid],
    *,
    voltage_kv: float,
    device: torch.device,
    rngs: Sequence[np.random.Generator | None],
) -> Tensor:
    """The waves behind several slabs, computed together, complex64 (B, H, W); 1 in vacuum.

    Grids have equal shapes and may differ in scale. The generators draw the displacements of frozen phonons.
    Raises: ValueError where shapes differ, or a generator is needed and missing.
    """
    if len({grid.shape for grid in grids}) > 1:
        raise ValueError("Waves of different shapes cannot be computed together.")
    # the longest first: those that have ended are the tail of the batch
    order = sorted(range(len(slabs)), key=lambda b: -_n_layers(slabs[b]))
    runs = [_Run(slabs[b], grids[b], voltage_kv, device, rngs[b]) for b in order]
    waves = torch.ones((len(runs), *grids[0].shape), dtype=torch.complex64, device=device)
    propagators = [run.propagator() for run in runs]
    for step in range(max((run.n_layers for run in runs), default=0)):
        active = [run for run in runs if run.n_layers > step]
        _transmit(waves, [run.layer_at(step) for run in active])
        _propagate(waves, propagators[: len(active)])
    last = [run.to_focus() for run in runs]
    for b, propagator in enumerate(last):
        if propagator is not None:
            _propagate(waves[b : b + 1], [propagator])
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order, dtype=torch.long)] = torch.arange(len(order))
    return waves if order == sorted(order) else waves[back.to(device)]


def _n_layers(slab: Slab) -> int:
    first, end = slab.periods()
    return (end - first) * slab.layers.n


def _transmit(waves: Tensor, layers: "list[_Layer]") -> None:
    """Multiplies each wave by its layer's transmission, in place; what changed is computed in one batch."""
    stale = [layer for layer in layers if layer.stale]
    if stale:
        projector = stale[0].projector
        fresh = projector.transmission(torch.stack([layer.factor for layer in stale]))
        for layer, transmission in zip(stale, fresh, strict=True):
            layer.renewed(transmission)
    for wave, layer in zip(waves, layers, strict=False):
        if layer.cached is not None:
            wave *= layer.cached


def _propagate(waves: Tensor, propagators: list[Tensor]) -> None:
    """Convolves the first len(propagators) waves with their propagators, in place."""
    n = len(propagators)
    spectrum = fft2(waves[:n])
    for one, propagator in zip(spectrum, propagators, strict=True):
        one *= propagator
    waves[:n] = unscaled_ifft2(spectrum)


class _Run:
    """One slab on its way through the layers."""

    def __init__(
        self,
        slab: Slab,
        grid: WaveGrid,
        voltage_kv: float,
        device: torch.device,
        rng: np.random.Generator | None,
    ) -> None:
        self.slab, self.grid, self.voltage_kv, self.device = slab, grid, voltage_kv, device
        self.first, end = slab.periods()
        self.n_layers = (end - self.first) * slab.layers.n
        projector = Projector(grid, slab.scatterers, voltage_kv=voltage_kv, device=device)
        if slab.scatterers.frozen_phonons and rng is None:
            raise ValueError("Frozen phonons need a random generator.")
        self.layers = [_Layer(slab.strands[slab.strands["layer"] == k], projector, rng) for k in range(slab.layers.n)]
        self._scale = 1 / (grid.shape[0] * grid.shape[1])

    def layer_at(self, step: int) -> "_Layer":
        """The layer that comes after `step` others, as it is there."""
        layer = self.layers[step % self.slab.layers.n]
        layer.advance(self.first + step // self.slab.layers.n)
        return layer

    def propagator(self) -> Tensor:
        """To the next layer, in the crystal's own frame, with the scale of the inverse transform."""
        spacing = self.slab.layers.spacing
        # the crystal's frame moves by spacing·tan(tilt): seen from it, the wave moves back
        shift = (spacing * tan(self.slab.tilt[0]), spacing * tan(self.slab.tilt[1]))
        return self._scaled(spacing, shift)

    def to_focus(self) -> Tensor | None:
        """From behind the last layer to the plane that focus refers to, and from the crystal's frame to the lab's."""
        spacing = self.slab.layers.spacing
        end = self.first * self.slab.layers.n + self.n_layers
        back = 0 if self.slab.focus_layer is None else self.slab.focus_layer - end
        height = end * spacing - self.slab.middle
        shift = (-height * tan(self.slab.tilt[0]), -height * tan(self.slab.tilt[1]))
        return None if back == 0 and shift == (0.0, 0.0) else self._scaled(back * spacing, shift)

    def _scaled(self, distance: float, shift: tuple[float, float]) -> Tensor:
        propagator = _propagator(self.grid, distance, shift, voltage_kv=self.voltage_kv, device=self.device)
        return propagator * self._scale


class _Layer:
    """One layer of the period: its structure factor, updated from period to period."""

    def __init__(self, strands: np.ndarray, projector: Projector, rng: np.random.Generator | None) -> None:
        self.projector = projector
        self.strands = strands
        self.rng = rng if projector.scatterers.frozen_phonons else None
        self.occupied = np.zeros(len(strands), dtype=bool)
        self.cached: Tensor | None = None
        self.stale = False
        self.factor = projector.empty()

    def advance(self, period: int) -> None:
        """Takes the atoms of this period; sets `stale` where the transmission changes."""
        occupied = (self.strands["first"] <= period) & (period < self.strands["end"])
        changed = occupied != self.occupied
        if self.rng is not None:
            self.factor = self.projector.displaced_factor(self.strands[occupied], self.rng)
            self.stale = bool(occupied.any())
        elif changed.any():
            if changed.sum() < occupied.sum():
                self.factor += self.projector.factor(self.strands[changed], np.where(occupied, 1.0, -1.0)[changed])
            else:
                self.factor = self.projector.factor(self.strands[occupied])
            self.stale = bool(occupied.any())
        if not occupied.any():
            self.cached, self.stale = None, False
        self.occupied = occupied

    def renewed(self, transmission: Tensor) -> None:
        """Takes the transmission of the present factor."""
        self.cached, self.stale = transmission, False
