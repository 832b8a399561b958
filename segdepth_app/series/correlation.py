"""Where one picture lies on another: masked normalised cross-correlation, and its peak to a fraction of a pixel.

The correlation coefficient of a template with every place of a canvas, over the pixels that are known there, is made
of sums that are cross-correlations themselves (D. Padfield, IEEE Trans. Image Process. 21 (2012) 2706). Its peak is
refined by evaluating the cross-correlation's Fourier sum between pixels, only where it is needed
(M. Guizar-Sicairos et al., Opt. Lett. 33 (2008) 156).

Arrays are [y, x]. A place (dy, dx) is where the template's first pixel lies on the canvas.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

LEAST_OVERLAP = 0.2
"""Share of the template that must lie on known pixels of the canvas."""
_STEPS = ((0.125, 6), (1 / 64, 9))
"""Step and half-width in steps of the two grids on which the peak is looked for between pixels."""


@dataclass(frozen=True)
class Canvas:
    """A picture with unknown pixels, and the transforms of it that every comparison needs."""

    values: np.ndarray
    """float32 (H, W), 0 where unknown."""
    known: np.ndarray
    """bool (H, W)."""
    transforms: tuple[np.ndarray, np.ndarray]
    """Of the mask and the values."""
    n: np.ndarray
    """Known pixels under the template at every place; so are the next two the sums of values and of squares."""
    total: np.ndarray
    square: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, known: np.ndarray, template: tuple[int, int]) -> "Canvas":
        """For templates of one shape (h, w)."""
        values = np.where(known, values, 0).astype(np.float32)
        size = _size(values.shape)
        mask, plain, squares = (fft.rfft2(part, size) for part in (known.astype(np.float32), values, values**2))
        box = _box(size, template)
        places = values.shape[0] - template[0] + 1, values.shape[1] - template[1] + 1
        sums = [_at_places(transform * box, size, places) for transform in (mask, plain, squares)]
        return cls(values, known, (mask, plain), np.rint(sums[0]), sums[1], sums[2])

    def coefficients(self, template: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Correlation coefficient with the template (h, w) at every place, and its Fisher z-score (noise: 1).

        Both float64 (H − h + 1, W − w + 1); 0 where too little is known.
        """
        size = _size(self.values.shape)
        f = np.conj(fft.rfft2(template, size))
        f2 = np.conj(fft.rfft2(np.square(template), size))
        mask, values = self.transforms
        mean = self._places(mask * f)
        power = self._places(mask * f2) - mean**2 / np.maximum(self.n, 1)
        product = self._places(values * f) - mean * self.total / np.maximum(self.n, 1)
        spread = self.square - self.total**2 / np.maximum(self.n, 1)
        usable = self.n >= LEAST_OVERLAP * template.size
        # of flat patches, rounding is all that is left
        usable &= (power > 1e-6 * max(float(power.max()), 1e-30)) & (spread > 1e-6 * max(float(spread.max()), 1e-30))
        scale = np.sqrt(np.where(usable, power * spread, 1))
        r = np.clip(np.where(usable, product / scale, 0), -0.999999, 0.999999)
        return r, np.arctanh(r) * np.sqrt(self.n)

    def _places(self, transform: np.ndarray) -> np.ndarray:
        return _at_places(transform, _size(self.values.shape), self.n.shape)


def _size(shape: tuple[int, ...]) -> tuple[int, int]:
    """Of the transforms: no place wraps around, since templates lie wholly on the canvas."""
    return fft.next_fast_len(shape[0], real=True), fft.next_fast_len(shape[1], real=True)


def _at_places(transform: np.ndarray, shape: tuple[int, ...], places: tuple[int, ...]) -> np.ndarray:
    return fft.irfft2(transform, shape)[: places[0], : places[1]].astype(float)


@lru_cache(maxsize=4)
def _box(shape: tuple[int, int], template: tuple[int, int]) -> np.ndarray:
    """Conjugate transform of a template of ones."""
    return np.conj(fft.rfft2(np.ones(template, dtype=np.float32), shape))


def summits(score: np.ndarray, n: int) -> list[tuple[int, int]]:
    """The `n` highest places that no neighbour exceeds, the highest first."""
    rim = np.pad(score, 1, constant_values=-np.inf)
    h, w = score.shape
    around = [rim[1 + y : 1 + y + h, 1 + x : 1 + x + w] for y in (-1, 0, 1) for x in (-1, 0, 1) if y or x]
    places = np.argwhere(np.all([score >= part for part in around], axis=0))
    order = np.argsort(score[tuple(places.T)])[::-1][:n]
    return [(int(y), int(x)) for y, x in places[order]]


@dataclass(frozen=True)
class Peak:
    """A place between pixels, down and right, and the variances of its coordinates in white noise of variance 1."""

    y: float
    x: float
    variance_y: float
    variance_x: float
    gain: float
    """The correlation there over that at 0."""


def refined(frame: np.ndarray, patch: np.ndarray, window: np.ndarray) -> Peak:
    """Within a pixel of 0: frame(y, x) looks like patch(y + peak.y, x + peak.x).

    All (h, w); `window` weights the frame's pixels, 0 in a rim of at least two. Sought is the smallest weighted sum
    of squared differences, b² R² − 2 b f R with the patch R moved and its contrast b fitted: the correlation f R
    alone is drawn to where a bright patch is cut off by the window's edge. The variances are the smallest there can
    be (Cramér and Rao), for a patch without noise.
    """
    of_patch, of_square = fft.rfft2(patch), fft.rfft2(patch**2)
    shape = patch.shape
    product = _both_halves(np.conj(fft.rfft2(frame * window)) * of_patch, shape)
    square = _both_halves(np.conj(fft.rfft2(window)) * of_square, shape)
    fy, fx = fft.fftfreq(shape[0]), fft.rfftfreq(shape[1])
    contrast, y, x = 0.0, 0.0, 0.0
    for _ in range(2):
        y, x = _highest(product - 0.5 * contrast * square, fy, fx)
        at_peak = [float(_evaluated(part, fy, fx, np.array([y]), np.array([x]))[0, 0]) for part in (product, square)]
        contrast = max(at_peak[0], 0) / max(at_peak[1], 1e-30)
    at_zero = float(product.sum().real)
    # the sum of squared slopes, by Parseval
    power = _both_halves(np.abs(of_patch) ** 2, shape) / patch.size * max(contrast, 1e-6) ** 2
    variances = [1 / max((2 * np.pi) ** 2 * float((power * f**2).sum()), 1e-30) for f in (fy[:, None], fx[None, :])]
    gain = at_peak[0] / at_zero if at_zero > 0 else 1.0
    return Peak(y, x, variances[0], variances[1], gain)


def _both_halves(spectrum: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The half spectrum of a real picture (H, W), so weighted that its sum is that of the whole."""
    weight = np.ones(spectrum.shape[1])
    weight[1 : (shape[1] + 1) // 2] = 2
    return spectrum * weight


def _highest(spectrum: np.ndarray, fy: np.ndarray, fx: np.ndarray) -> tuple[float, float]:
    """Where a Fourier sum is largest, within a pixel of 0."""
    y = x = 0.0
    step, peak = 1.0, np.zeros((3, 3))
    for step, half in _STEPS:
        offsets = step * np.arange(-half, half + 1)
        values = _evaluated(spectrum, fy, fx, y + offsets, x + offsets)
        row, column = np.unravel_index(int(values[1:-1, 1:-1].argmax()), (2 * half - 1, 2 * half - 1))
        peak = values[row : row + 3, column : column + 3]
        y, x = y + offsets[row + 1], x + offsets[column + 1]
    return y + step * _vertex(peak[:, 1]), x + step * _vertex(peak[1])


def _evaluated(cross: np.ndarray, fy: np.ndarray, fx: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The correlation at all (y, x) between pixels, (len(y), len(x)): a Fourier sum as two small matrix products."""
    rows = np.exp(2j * np.pi * np.outer(y, fy)) @ cross
    return (rows @ np.exp(2j * np.pi * np.outer(fx, x))).real


def _vertex(values: np.ndarray) -> float:
    """Where the parabola through three points at −1, 0, 1 has its vertex, within ±½ of the middle."""
    bend = values[0] - 2 * values[1] + values[2]
    return 0.0 if bend >= 0 else float(np.clip(0.5 * (values[0] - values[2]) / bend, -0.5, 0.5))
