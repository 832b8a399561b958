"""Partially coherent images: a stack of coherent images at many foci, averaged over the focal spread.

Units: Å, rad. The stack is kept as spectra on the stored pixels' grid. Its nodes serve every C1 and every
spread: the average over the spread is a trapezoidal sum over the nodes, weights exp(-f²/Δ²), cut at ±2.5 Δ.
Nodes h apart take the interference with a beam at g² = 2/(λh) for constant: 1 nm is good for every beam that
atoms scatter into, 2 nm where an image spread of 25 pm or more hides the beams beyond 2.2 Å⁻¹. The linear
("quasi-coherent") envelope is not used: it is wrong by 31 to 94 % for these specimens.
"""

from dataclasses import dataclass
from math import ceil, pi

import torch
from torch import Tensor

from segdepth_app.microscope.electron import wavelength
from segdepth_app.microscope.fourier import crop_spectrum, fft2, frequencies, ifft2, squared_frequency
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.lens import aberration_phase, image_spread_damping, spatial_damping

CUT = 2.5


@dataclass(frozen=True)
class Lens:
    """What one specimen's images have in common."""

    voltage_kv: float
    c3: float
    c5: float
    semiangle_1e: float


def focal_nodes(c1_low: float, c1_high: float, spread_low: float, spread_high: float, *, step: float) -> list[float]:
    """Foci at most `step` apart that serve C1 in [c1_low, c1_high], 1/e half-widths in [spread_low, spread_high].

    Without any focal spread: c1_low and c1_high alone.
    """
    if spread_high == 0:
        return sorted({c1_low, c1_high})
    if spread_low > 0:
        step = min(step, 0.6 * spread_low)
    low, high = c1_low - CUT * spread_high, c1_high + CUT * spread_high
    n = ceil((high - low) / step) + 1
    return [low + i * (high - low) / (n - 1) for i in range(n)]


class FocalStack:
    """Coherent images of one exit wave at given foci, as spectra on the field of stored pixels."""

    def __init__(self, wave: Tensor, frame: Frame, lens: Lens, nodes: list[float]) -> None:
        self.frame = frame
        self.nodes = torch.tensor(nodes, dtype=torch.float64)
        device = wave.device
        lam = wavelength(lens.voltage_kv)
        g2 = squared_frequency(frame.wave_shape, frame.wave_step, device)
        spectrum = fft2(wave)
        self.spectra = torch.stack([self._node(spectrum, g2, lam, lens, c1) for c1 in nodes])
        stored = (frame.stored_pixel, frame.stored_pixel)
        self.g2 = squared_frequency(frame.field_shape, stored, device)
        self.pixel_filter = _pixel_filter(frame, device)

    def _node(self, spectrum: Tensor, g2: Tensor, lam: float, lens: Lens, c1: float) -> Tensor:
        terms = {"wavelength": lam, "c1": c1, "c3": lens.c3, "c5": lens.c5}
        chi = aberration_phase(g2, **terms)
        damping = spatial_damping(g2, semiangle_1e=lens.semiangle_1e, **terms)
        wave = ifft2(spectrum * torch.polar(damping, -chi).to(torch.complex64))
        intensity = wave.real**2 + wave.imag**2
        return crop_spectrum(fft2(intensity.to(torch.complex64)), self.frame.field_shape)

    def image(self, *, c1: float, focal_spread_1e: float, image_spread: float) -> Tensor:
        """The image at C1, float32 (H, W), vacuum = 1: means over the stored pixels."""
        weights = self._weights(c1, focal_spread_1e).to(self.spectra.device, torch.complex64)
        spectrum = torch.tensordot(weights, self.spectra, dims=1)
        damping = image_spread_damping(self.g2, sigma=image_spread).to(torch.float32)
        field = ifft2(spectrum * (damping * self.pixel_filter)).real
        m, (h, w) = self.frame.margin, self.frame.shape
        return field[m : m + h, m : m + w].contiguous()

    def _weights(self, c1: float, focal_spread_1e: float) -> Tensor:
        offset = self.nodes - c1
        if focal_spread_1e == 0:
            nearest = offset.abs().argmin()
            if offset[nearest].abs() > 1e-3:
                raise ValueError(f"No node at C1 = {c1:g} Å, and without focal spread none can be averaged.")
            return torch.zeros_like(offset).index_fill(0, nearest, 1.0)
        weights = torch.exp(-((offset / focal_spread_1e) ** 2))
        weights[offset.abs() > CUT * focal_spread_1e * 1.001] = 0
        return weights / weights.sum()


def _pixel_filter(frame: Frame, device: torch.device) -> Tensor:
    """Turns samples into means over binning × binning reference pixels, complex64 (H, W).

    A stored pixel is the mean of the reference samples at (k + ½) p from its edge, k = 0 … b - 1: along one
    axis the factor Σ_k e^{2πi g p (k + ½)} / b. At b = 1 it is the shift to the pixel's centre.
    """
    axes = []
    for n in frame.field_shape:
        g = frequencies(n, frame.stored_pixel, device)
        k = torch.arange(frame.binning, device=device, dtype=torch.float64) + 0.5
        angle = 2 * pi * frame.pixel * g[:, None] * k[None, :]
        axes.append(torch.polar(torch.ones_like(angle), angle).mean(dim=1))
    return (axes[0][:, None] * axes[1][None, :]).to(torch.complex64)
