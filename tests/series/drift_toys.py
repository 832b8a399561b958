"""Pictures of a crystal whose every column is known, wherever it stands; walks, and series in memory."""

import numpy as np

from segdepth_app.config import SeriesOptions
from segdepth_app.series.opener import Series
from segdepth_app.series.source import ArraySource

A_PM = 541.1
SIGMA_PM = 45.0


def ceria_columns(pixel_pm: float, shape: tuple[int, int], radius_pm: float, *, seed: int = 0) -> np.ndarray:
    """(x, y, height) in pixels, of ceria [110] turned by 17°, in the middle of the frame.

    A particle with a wavy outline; radius 0 gives a surface that fills the lower half instead, and beyond.
    """
    n = np.arange(-40, 40)
    basis = [(0, 0, 0.9), (0.5, 0.5, 0.9), (0.25, 0.5, 0.35), (0.75, 0.5, 0.35), (0.25, 0, 0.35), (0.75, 0, 0.35)]
    x, y, height = (
        np.concatenate([part.ravel() for part in parts])
        for parts in zip(
            *[
                ((n[:, None] + u) * A_PM + 0 * n, (n + v) * A_PM / np.sqrt(2) + 0 * n[:, None], np.full((80, 80), z))
                for u, v, z in basis
            ],
            strict=True,
        )
    )
    cos, sin = np.cos(np.radians(17)), np.sin(np.radians(17))
    x, y = cos * x - sin * y, sin * x + cos * y
    kept = np.hypot(x, y) < radius_pm * (1 + 0.15 * np.cos(3 * np.arctan2(y, x))) if radius_pm else y > 0
    height = height * np.random.default_rng(seed).uniform(0.5, 1.3, len(height))
    return np.column_stack([x / pixel_pm + shape[1] / 2, y / pixel_pm + shape[0] / 2, height])[kept]


def picture(columns: np.ndarray, pixel_pm: float, shape: tuple[int, int], shift: np.ndarray) -> np.ndarray:
    """Vacuum 1 and a Gaussian per column, moved by (dy, dx), float64 (H, W). No grid is resampled: it is exact."""
    sigma = SIGMA_PM / pixel_pm
    x, y = columns[:, :1] + shift[1], columns[:, 1:2] + shift[0]
    seen = ((x > -5 * sigma) & (x < shape[1] + 5 * sigma) & (y > -5 * sigma) & (y < shape[0] + 5 * sigma))[:, 0]
    down = np.exp(-((np.arange(shape[0]) - y[seen]) ** 2) / (2 * sigma**2)) * columns[seen, 2:]
    across = np.exp(-((np.arange(shape[1]) - x[seen]) ** 2) / (2 * sigma**2))
    return 1 + down.T @ across


def walk(n: int, reach_px: float, seed: int) -> np.ndarray:
    """(n, 2): a random walk from 0 that gets as far as `reach_px`."""
    path = np.random.default_rng(seed).normal(size=(n, 2)).cumsum(axis=0)
    path -= path[0]
    return path * (reach_px / np.hypot(*path.T).max())


def moved_counts(
    path: np.ndarray,
    *,
    shape: tuple[int, int] = (512, 512),
    radius_pm: float = 1150,
    dose: float = 1.83,
    pm: float = 5.3,
) -> np.ndarray:
    """Poisson counts uint8 (T, H, W) of a crystal on that path."""
    columns = ceria_columns(pm, shape, radius_pm)
    rng = np.random.default_rng(11)
    return np.stack([rng.poisson(dose * picture(columns, pm, shape, shift)).astype(np.uint8) for shift in path])


def in_memory(counts: np.ndarray, *, folder, pm: float | None = 5.3, **options) -> Series:
    """The array (T, H, W) as an opened series; its file is only there for the fingerprint."""
    path = folder / "series.npy"
    np.save(path, counts)
    source = ArraySource((path,), len(counts), counts.shape[1], counts.shape[2], counts.dtype, array=counts)
    return Series(source, SeriesOptions(series=(path,), pixel_size_pm=pm, vacuum="1.83", **options))
