"""Power spectra of images and the peaks that stand out of their background.

Spatial frequencies u (along x) and v (along y, down) are in cycles per pixel. A spectrum is square, (n, n), zero
frequency at [n // 2, n // 2]. Excess is power over the background of its ring: without a reflection it is distributed
like exp(-excess), as that of white noise and of amorphous material is; averages of frames are rescaled to be so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

LARGEST_PX = 2048
"""Images are binned down to this edge: reflections lie far below the frequencies that are lost."""
SMALLEST_FFT_PX = 1024
TAPER = 0.25
"""Share of the edge at either side over which an image fades out."""
RING_PX = 3
AROUND_CELLS = 8
"""Half the edge of the surroundings of a reflection, in independent points."""
_TAIL = 0.99

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Spectrum:
    """Mean power of images, and what of it stands out."""

    power: Floats
    excess: Floats
    step: float
    """Cycles per pixel of the images from one point to the next."""
    cell: float
    """Points in width and height over which a single frequency spreads: independent points are so far apart."""

    def place(self, u: float, v: float) -> tuple[float, float]:
        """Row and column of a frequency, fractions of a point."""
        centre = len(self.power) // 2
        return v / self.step + centre, u / self.step + centre

    def frequency(self, row: float, column: float) -> tuple[float, float]:
        """u, v of a place."""
        centre = len(self.power) // 2
        return (column - centre) * self.step, (row - centre) * self.step

    def above_surroundings(self, u: float, v: float) -> float:
        """Power of the reflection at a place over that around it, at least a twentieth of the latter."""
        row, column = (round(value) for value in self.place(u, v))
        reach = round(AROUND_CELLS * self.cell)
        around = self.power[max(0, row - reach) : row + reach, max(0, column - reach) : column + reach]
        background = float(np.median(around))
        return max(float(self.power[row - 1 : row + 2, column - 1 : column + 2].mean()) - background, background / 20)

    def picture(self, reach: float) -> npt.NDArray[np.uint8]:
        """log power up to `reach` cycles per pixel, for the eye: background dark, strongest reflections white."""
        half = min(int(np.ceil(reach / self.step)), len(self.power) // 2 - 1)
        centre = len(self.power) // 2
        part = self.power[centre - half : centre + half + 1, centre - half : centre + half + 1]
        log = np.log(np.maximum(part, np.finfo(float).tiny))
        low, high = np.quantile(log, (0.05, 0.9999))
        return np.rint(255 * np.clip((log - low) / max(high - low, 1e-9), 0, 1)).astype(np.uint8)


def spectrum_of(images: Iterable[npt.NDArray[np.floating]]) -> Spectrum:
    """The mean power spectrum of images (H, W) of one size. Raises: ValueError without an image."""
    total: Floats | None = None
    n, binning, shape = 0, 1, (0, 0)
    for image in images:
        binning = -(-max(image.shape) // LARGEST_PX)
        small = _binned(np.asarray(image, np.float32), binning)
        shape = small.shape
        power = _power(small)
        total = power if total is None else total + power
        n += 1
    if total is None:
        raise ValueError("Expected at least one image.")
    power = total / n
    cell = len(power) / min(shape) / (1 - TAPER)
    return Spectrum(power, _excess(power), 1 / (len(power) * binning), cell)


def peaks_of(spectrum: Spectrum, low: float, high: float, *, least: float, most: int) -> list[tuple[float, float]]:
    """u, v of the local maxima of the excess in the upper half plane between two frequencies, strongest first."""
    n = len(spectrum.power)
    centre, reach = n // 2, min(n // 2 - 2, int(high / spectrum.step) + 1)
    top, left = centre - reach, centre - reach
    part = spectrum.excess[top : centre + 1, left : centre + reach + 1]
    rows, columns = np.nonzero(part > least)
    radius = np.hypot(rows + top - centre, columns + left - centre) * spectrum.step
    wanted = (radius >= low) & (radius <= high) & ((rows + top < centre) | (columns + left > centre))
    order = np.argsort(-part[rows[wanted], columns[wanted]])
    places = np.stack([rows[wanted][order], columns[wanted][order]], axis=1).astype(float)
    found: list[tuple[float, float]] = []
    apart = (2.5 * spectrum.cell) ** 2
    while len(places) and len(found) < most:
        row, column = places[0]
        found.append(spectrum.frequency(row + top, column + left))
        places = places[((places - places[0]) ** 2).sum(axis=1) > apart]
    return found


def _power(image: npt.NDArray[np.float32]) -> Floats:
    height, width = image.shape
    n = _fast_length(max(height, width, SMALLEST_FFT_PX))
    window = _taper(height)[:, None] * _taper(width)
    level = float((image * window).sum(dtype=np.float64) / window.sum(dtype=np.float64))
    half = np.fft.rfft2((image - np.float32(level)) * window, (n, n))
    values = half.real.astype(np.float64) ** 2 + half.imag.astype(np.float64) ** 2
    whole = np.empty((n, n))
    whole[:, : n // 2 + 1] = values
    # the other half by symmetry, P(-u, -v) = P(u, v)
    whole[0, n // 2 + 1 :] = values[0, 1 : n // 2][::-1]
    whole[1:, n // 2 + 1 :] = values[1:, 1 : n // 2][::-1, ::-1]
    return np.fft.fftshift(whole)


def _fast_length(n: int) -> int:
    """The next even length that is a product of 2, 3 and 5."""
    n += n % 2
    while True:
        rest = n
        for prime in (2, 3, 5):
            while rest % prime == 0:
                rest //= prime
        if rest == 1:
            return n
        n += 2


def _taper(n: int) -> npt.NDArray[np.float32]:
    """1 in the middle, falling to 0 at both ends as a cosine (Tukey's window)."""
    fade = max(1, round(TAPER * n))
    ramp = 0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / fade)
    window = np.ones(n)
    window[:fade], window[-fade:] = ramp, ramp[::-1]
    return window.astype(np.float32)


def _binned(image: npt.NDArray[np.float32], k: int) -> npt.NDArray[np.float32]:
    if k == 1:
        return image
    height, width = (n // k for n in image.shape)
    return image[: height * k, : width * k].reshape(height, k, width, k).mean(axis=(1, 3))


def _excess(power: Floats) -> Floats:
    """Power over its ring's median, smoothed a little, in units in which the tail of the background is exp(-x)."""
    n = len(power)
    frequency = np.arange(n) - n // 2
    ring = (np.hypot(frequency[:, None], frequency) / RING_PX).astype(np.intp).ravel()
    order = np.argsort(ring, kind="stable")
    starts = np.searchsorted(ring[order], np.arange(ring.max() + 2))
    ordered = power.ravel()[order]
    middle = np.array([np.median(ordered[a:b]) for a, b in pairwise(starts)])
    middle = np.maximum(middle, 1e-12 * max(float(middle.max()), 1e-300))
    ratio = _smoothed(power / middle[ring].reshape(n, n))
    half, tail = np.quantile(ratio[::3, ::3], (0.5, _TAIL))
    # of an exponential distribution, half lie above ln 2 and one in a hundred above ln 100
    scale = max((tail - half) / (np.log(1 / (1 - _TAIL)) - np.log(2)), 1e-3)
    return (ratio - half) / scale + np.log(2)


def _smoothed(values: Floats) -> Floats:
    """Means over 3 × 3 points; the spectrum repeats beyond its edges."""
    for axis in (0, 1):
        values = (np.roll(values, 1, axis) + values + np.roll(values, -1, axis)) / 3
    return values
