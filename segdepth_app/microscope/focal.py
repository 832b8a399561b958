"""Partially coherent images: a stack of coherent images at many foci, averaged over the focal spread.

Units: Å, rad. The stack is kept as spectra on the half plane g_x ≥ 0. Its nodes serve every C1 and every
spread: the average over the spread is a trapezoidal sum over the nodes, weights exp(-f²/Δ²), cut at ±2.5 Δ.
Nodes h apart take the interference with a beam at g² = 2/(λh) for constant: 1 nm is good for every beam that
atoms scatter into, 2 nm where an image spread of 25 pm or more hides the beams beyond 2.2 Å⁻¹. The linear
("quasi-coherent") envelope is not used: it is wrong by 31 to 94 % for these specimens.

The lens passes little beyond 4 Å⁻¹, so the nodes are computed on a coarser grid than the multislice: fine enough
that nothing that passes at more than 1e-4 is folded into what the stored pixels keep.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, pairwise
from math import ceil, pi

import torch
from scipy.fft import next_fast_len
from torch import Tensor

from segdepth_app.microscope.electron import wavelength
from segdepth_app.microscope.fourier import (
    crop_half,
    crop_spectrum,
    fft2,
    frequencies,
    half_frequencies,
    squared_frequency,
    unscaled_ifft2,
)
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.lens import Aberrations, aberrations, image_spread_damping
from segdepth_app.microscope.projection import cis

CUT = 2.5
PASSED = 1e-4
"""Amplitudes that the spatial envelope damps below this are left out."""
NODE_BYTES_ON_GPU = 2**30

Waves = Tensor | Iterable[Tensor]
"""One wave (H, W), or several of them."""

Transfer = Callable[[Tensor, float], Tensor]
"""A detector's MTF: frequencies (1/Å) and the Nyquist frequency of the reference pixel → factors."""


@dataclass(frozen=True)
class Lens:
    """What one specimen's images have in common; lengths in Å, angles in rad from x towards y (down)."""

    voltage_kv: float
    c3: float
    c5: float
    semiangle_1e: float
    c12: float = 0.0
    c12_angle: float = 0.0
    c21: float = 0.0
    c21_angle: float = 0.0
    beam_tilt: tuple[float, float] = (0.0, 0.0)


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
    """Coherent images of an exit wave at given foci, as spectra on the field of stored pixels.

    Several waves, of frozen phonons, are averaged in intensity; they may come one by one.
    """

    def __init__(self, waves: Waves, frame: Frame, lens: Lens, nodes: list[float]) -> None:
        self.frame = frame
        self.nodes = torch.tensor(nodes, dtype=torch.float64)
        each = iter([waves] if isinstance(waves, Tensor) and waves.ndim == 2 else waves)
        first = next(each)
        field = frame.field_shape
        optics = _NodeOptics(frame, lens, nodes, first.device)
        shape = optics.shape
        self.shape = (min(shape[0], field[0]), min(shape[1], field[1]))
        self.spectra = torch.empty(
            (len(nodes), self.shape[0], self.shape[1] // 2 + 1), dtype=torch.complex64, device=first.device
        )
        scale = 1 / (shape[0] * shape[1])
        n_waves = 0
        for wave in chain([first], each):
            spectrum = crop_spectrum(fft2(wave), shape).view(-1)[optics.passed] * scale
            for chosen in optics.groups():
                at_node = unscaled_ifft2(optics.placed(spectrum * optics.factors(chosen)))
                intensity = at_node.real.square().add_(at_node.imag.square())
                half = torch.fft.rfft2(intensity, norm="backward").mul_(scale)
                kept = half if self.shape == shape else crop_half(half, shape[1], self.shape)
                self.spectra[chosen] = self.spectra[chosen] + kept if n_waves else kept
            n_waves += 1
        if n_waves > 1:
            self.spectra /= n_waves
        self.gy, self.gx = half_frequencies(field, (frame.stored_pixel, frame.stored_pixel), first.device)

    def image(self, *, c1: float, focal_spread_1e: float, image_spread: float, mtf: Transfer | None = None) -> Tensor:
        """The image at C1, float32 (H, W), vacuum = 1: means over the stored pixels."""
        weights = self._weights(c1, focal_spread_1e)
        used = torch.nonzero(weights)[:, 0]
        low, high = int(used.min()), int(used.max()) + 1
        parts = torch.view_as_real(self.spectra[low:high])
        on_device = weights[low:high].to(parts.device, torch.float32)
        spectrum = torch.view_as_complex(torch.tensordot(on_device, parts, dims=1))
        field = self.frame.field_shape
        # vibration and pixels act along each axis on its own
        along_y, along_x = (
            _pixel_filter(self.frame, g) * image_spread_damping(g**2, sigma=image_spread) for g in (self.gy, self.gx)
        )
        whole = crop_half(spectrum, self.shape[1], field)
        whole *= along_y.to(torch.complex64)[:, None]
        whole *= along_x.to(torch.complex64)[None, :]
        if mtf is not None:
            g = (self.gy[:, None] ** 2 + self.gx[None, :] ** 2).sqrt()
            whole *= mtf(g, 0.5 / self.frame.pixel).to(torch.float32)
        image = torch.fft.irfft2(whole, s=field, norm="forward")
        m, (h, w) = self.frame.margin, self.frame.shape
        return image[m : m + h, m : m + w].contiguous()

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


class _NodeOptics:
    """Phases and damping of all nodes, on the coarsest grid that serves them, at the frequencies that pass."""

    def __init__(self, frame: Frame, lens: Lens, nodes: list[float], device: torch.device) -> None:
        self.nodes = nodes
        lam = wavelength(lens.voltage_kv)
        limit = _passed_frequency(frame, lens, min(nodes), max(nodes))
        self.shape = _lens_grid(frame, limit)
        step = (frame.field[0] / self.shape[0], frame.field[1] / self.shape[1])
        g2 = squared_frequency(self.shape, step, device)
        self.passed = torch.nonzero((g2 <= limit**2).view(-1))[:, 0]
        gy, gx = (
            frequencies(n, width, device)[k]
            for n, width, k in zip(
                self.shape, step, (self.passed // self.shape[1], self.passed % self.shape[1]), strict=True
            )
        )
        found = _aberrations(gy, gx, lens, lam)
        self.rest = found.chi / (2 * pi)
        self.defocus = 0.5 * lam * (gy**2 + gx**2)
        strength = (pi * lens.semiangle_1e / lam) ** 2
        # |C1 λg + rest|² as a polynomial in C1
        squares = (
            lam**2 * (gy**2 + gx**2),
            2 * lam * (gy * found.grad_y + gx * found.grad_x),
            found.grad_y**2 + found.grad_x**2,
        )
        self.damping = [(-strength * term).to(torch.float32) for term in squares]
        steps = {round(b - a, 6) for a, b in pairwise(nodes)}
        self.step = cis(-self.defocus * (nodes[1] - nodes[0])) if len(steps) == 1 else None
        self._last: tuple[int, Tensor] | None = None
        self._whole = torch.empty(0, device=device)
        bytes_each = 40 * self.shape[0] * self.shape[1]
        self.at_once = max(1, NODE_BYTES_ON_GPU // bytes_each) if device.type == "cuda" else 1

    def groups(self) -> list[slice]:
        """Nodes that are computed together: one on a CPU, whose cache holds no more."""
        return [slice(i, min(i + self.at_once, len(self.nodes))) for i in range(0, len(self.nodes), self.at_once)]

    def factors(self, chosen: slice) -> Tensor:
        """What the wave's spectrum is multiplied by at the chosen nodes, complex64 (k, n passed)."""
        quadratic, linear, constant = self.damping
        made = []
        for k in range(chosen.start, chosen.stop):
            c1 = self.nodes[k]
            damping = torch.exp((quadratic * c1 + linear).mul_(c1).add_(constant))
            made.append(self._phase(k) * damping)
        return torch.stack(made)

    def _phase(self, k: int) -> Tensor:
        """e^{-iχ} at node k; from the node before it where nodes are evenly spaced, for a fifth of the time.

        Thirty products in single precision are still right to 1e-6.
        """
        if self.step is None or k == 0 or self._last is None or self._last[0] != k - 1:
            phase = cis(-(self.rest + self.defocus * self.nodes[k]))
        else:
            phase = self._last[1] * self.step
        self._last = k, phase
        return phase

    def placed(self, values: Tensor) -> Tensor:
        """Values (k, n passed) on the whole grid, 0 elsewhere: (k, H, W), until the next call."""
        n = self.shape[0] * self.shape[1]
        if self._whole.shape[0] < len(values):
            self._whole = values.new_zeros((len(values), n))
        whole = self._whole[: len(values)]
        whole[:, self.passed] = values
        return whole.view(len(values), *self.shape)


def _aberrations(gy: Tensor, gx: Tensor, lens: Lens, lam: float) -> Aberrations:
    return aberrations(
        gy,
        gx,
        wavelength=lam,
        c3=lens.c3,
        c5=lens.c5,
        c12=lens.c12,
        c12_angle=lens.c12_angle,
        c21=lens.c21,
        c21_angle=lens.c21_angle,
        beam_tilt=lens.beam_tilt,
    )


def _lens_grid(frame: Frame, passed: float) -> tuple[int, int]:
    """Samples (y, x) on which intensities up to the stored pixels' Nyquist frequency are free of aliasing.

    Never more than the wave has.
    """
    per_angstrom = 2 * passed + min(0.5 / frame.stored_pixel, 2 * passed)
    height, width = (
        min(next_fast_len(ceil(length * per_angstrom)), limit)
        for length, limit in zip(frame.field, frame.wave_shape, strict=True)
    )
    return height, width


def _passed_frequency(frame: Frame, lens: Lens, c1_low: float, c1_high: float) -> float:
    """The highest |g| whose damping by the spatial envelope is above PASSED at any C1 of the range."""
    cutoff = 1 / (3 * max(frame.wave_step))
    if lens.semiangle_1e == 0:
        return cutoff
    lam = wavelength(lens.voltage_kv)
    g = torch.linspace(0, cutoff, 257, dtype=torch.float64)[:, None]
    direction = torch.arange(32, dtype=torch.float64) * (2 * pi / 32)
    gy, gx = g * torch.sin(direction), g * torch.cos(direction)
    found = _aberrations(gy, gx, lens, lam)
    # the C1 at which the gradient is smallest, within the range
    along = lam * (gy * found.grad_y + gx * found.grad_x)
    c1 = (-along / (lam * g).square().clamp_min(1e-12)).clamp(c1_low, c1_high)
    shift2 = (c1 * lam * gy + found.grad_y).square() + (c1 * lam * gx + found.grad_x).square()
    damping = torch.exp(-((pi * lens.semiangle_1e / lam) ** 2) * shift2).amax(dim=1)
    return float(g[torch.nonzero(damping > PASSED).max(), 0])


def _pixel_filter(frame: Frame, g: Tensor) -> Tensor:
    """Turns samples along one axis into means over `binning` reference pixels, complex128 (n,).

    A stored pixel is the mean of the reference samples at (k + ½) p from its edge, k = 0 … b - 1: the factor is
    Σ_k e^{2πi g p (k + ½)} / b. At b = 1 it is the shift to the pixel's centre.
    """
    k = torch.arange(frame.binning, device=g.device, dtype=torch.float64) + 0.5
    angle = 2 * pi * frame.pixel * g[:, None] * k[None, :]
    return torch.polar(torch.ones_like(angle), angle).mean(dim=1)
