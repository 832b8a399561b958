"""Two-dimensional FFTs with their own scaling, and frequency grids.

Units: lengths in Å, spatial frequency in 1/Å. Axes: [..., y, x], zero frequency first.

torch 2.13 on CPU (MKL, two threads) applies the scale of a single 2048² complex64 transform twice whenever
its norm scales: a silent factor 1/N². Only the unscaled norms are used here, and the factor is applied by us.
"""

import torch
from torch import Tensor


def fft2(wave: Tensor) -> Tensor:
    """Unscaled forward transform over the last two axes."""
    return torch.fft.fft2(wave, norm="backward")


def unscaled_ifft2(spectrum: Tensor) -> Tensor:
    """Σ S e^{+2πi g·r} over the last two axes; the factor 1/N is in what the spectrum was multiplied by."""
    return torch.fft.ifft2(spectrum, norm="forward")


def ifft2(spectrum: Tensor) -> Tensor:
    """Inverse of fft2: e^{+2πi g·r}, scaled by 1/N."""
    n = spectrum.shape[-1] * spectrum.shape[-2]
    return unscaled_ifft2(spectrum) / n


def frequencies(n: int, step: float, device: torch.device, dtype: torch.dtype = torch.float64) -> Tensor:
    """Frequencies (n,) of an FFT over n samples `step` apart."""
    return torch.fft.fftfreq(n, d=step, device=device, dtype=dtype)


def squared_frequency(shape: tuple[int, int], step: tuple[float, float], device: torch.device) -> Tensor:
    """g² (H, W), float64."""
    gy = frequencies(shape[0], step[0], device)
    gx = frequencies(shape[1], step[1], device)
    return gy[:, None] ** 2 + gx[None, :] ** 2


def half_frequencies(shape: tuple[int, int], step: tuple[float, float], device: torch.device) -> tuple[Tensor, Tensor]:
    """g_y (H,) and g_x (W // 2 + 1,) of a real transform, float64."""
    gx = torch.fft.rfftfreq(shape[1], d=step[1], device=device, dtype=torch.float64)
    return frequencies(shape[0], step[0], device), gx


def crop_half(half: Tensor, width: int, shape: tuple[int, int]) -> Tensor:
    """The half spectrum (..., h, width // 2 + 1) of a real image on another grid over the same field, unscaled.

    Frequencies that the new grid lacks are dropped, those that it adds are 0; Nyquist lines are left out.
    """
    height = half.shape[-2]
    ky, kx = ((min(a, b) - 1) // 2 for a, b in zip((height, width), shape, strict=True))
    out = half.new_zeros((*half.shape[:-2], shape[0], shape[1] // 2 + 1))
    out[..., : ky + 1, : kx + 1] = half[..., : ky + 1, : kx + 1]
    out[..., shape[0] - ky :, : kx + 1] = half[..., height - ky :, : kx + 1]
    return out


def crop_spectrum(spectrum: Tensor, shape: tuple[int, int]) -> Tensor:
    """The spectrum on a coarser (or zero-padded, on a finer) grid over the same field, still unscaled.

    Image means are kept: the result is multiplied by the ratio of the numbers of pixels. An even grid's
    Nyquist line is left out, since half of it belongs to either sign.
    """
    h, w = spectrum.shape[-2:]
    ky, kx = ((min(a, b) - 1) // 2 for a, b in zip((h, w), shape, strict=True))
    out = spectrum.new_zeros((*spectrum.shape[:-2], *shape))
    for rows_in, rows_out in _halves(ky, h, shape[0]):
        for cols_in, cols_out in _halves(kx, w, shape[1]):
            out[..., rows_out, cols_out] = spectrum[..., rows_in, cols_in]
    return out * (shape[0] * shape[1] / (h * w))


def _halves(k: int, n_in: int, n_out: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Slices of the frequencies 0…k and -k…-1 in either grid."""
    return (slice(0, k + 1), slice(0, k + 1)), (slice(n_in - k, n_in), slice(n_out - k, n_out))
