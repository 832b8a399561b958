"""Statistics of a few frames of a series, gathered once at opening; one frame is in memory at a time.

Blocks are a quarter to a third of the distance between atomic columns: pixel noise averages out in them, the lattice
does not. Frames are divided by their mean brightness over the series', so that a flickering beam does not
look like noise.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

MAX_FRAMES = 20
MAX_PIXELS = 64_000_000
MIN_FRAMES = 3
FINE_FRAMES = 4
BLOCK_PM = 45.0
BLOCK_PX_UNKNOWN = 4
MAX_BLOCK_PX = 12
TILE_BLOCKS = 8
"""Edge of a tile in blocks: 0.36 nm, so that every tile on a crystal holds columns."""

_WHOLE_SAMPLE_PX = 1 << 20


@dataclass(frozen=True)
class Sample:
    """Sums over the sampled frames. Arrays are (blocks down, blocks across)."""

    indices: tuple[int, ...]
    block_px: int
    mean: np.ndarray
    """Mean over frames and pixels of a block."""
    square: np.ndarray
    """Mean of the squared pixel values of a block."""
    over_time: np.ndarray
    """Variance of the block's mean from frame to frame; zero for a single frame."""
    fine: np.ndarray
    """Variance of single pixels, from differences of neighbours, which hardly contain the lattice."""
    lowest: float
    highest: float
    is_whole: bool
    """All sampled values are whole numbers."""
    divisor: int
    """Greatest common divisor of the values, if whole; more than 1 means counts times a gain."""
    saturated_share: float


def sampled_indices(n_frames: int, height_px: int, width_px: int) -> tuple[int, ...]:
    """Up to 20 frames, evenly spread, fewer where frames are large."""
    n = int(np.clip(MAX_PIXELS // (height_px * width_px), MIN_FRAMES, MAX_FRAMES))
    n = min(n, n_frames)
    return tuple(sorted({round(i) for i in np.linspace(0, n_frames - 1, n)}))


def block_edge(height_px: int, width_px: int, pixel_size_pm: float | None) -> int:
    """Edge of a block in pixels: about 45 pm, and at least two tiles across the image."""
    wanted = BLOCK_PX_UNKNOWN if pixel_size_pm is None else round(BLOCK_PM / pixel_size_pm)
    return int(np.clip(min(wanted, min(height_px, width_px) // (2 * TILE_BLOCKS)), 1, MAX_BLOCK_PX))


def sample_frames(
    read: Callable[[int], np.ndarray],
    *,
    n_frames: int,
    height_px: int,
    width_px: int,
    pixel_size_pm: float | None,
    ceiling: float | None,
) -> Sample:
    """Reads the sampled frames with `read` (finite float32 (H, W)) and adds them up.

    `ceiling` is the largest number the file's type can hold, or None for floats.
    """
    indices = sampled_indices(n_frames, height_px, width_px)
    edge = block_edge(height_px, width_px, pixel_size_pm)
    blocks, brightness = [], []
    square = np.zeros((height_px // edge, width_px // edge))
    fine = np.zeros_like(square)
    lowest, highest, saturated, divisor, is_whole = np.inf, -np.inf, 0, 0, True
    for index in indices:
        frame = read(index)
        lowest, highest = min(lowest, float(frame.min())), max(highest, float(frame.max()))
        if ceiling is not None:
            saturated += int(np.count_nonzero(frame >= ceiling))
        is_whole = is_whole and bool((frame == np.rint(frame)).all())
        if is_whole and max(abs(lowest), abs(highest)) < 2**31:
            some = frame.ravel()[:: max(1, frame.size // _WHOLE_SAMPLE_PX)].astype(np.int64)
            divisor = int(np.gcd(divisor, np.gcd.reduce(some)))
        blocks.append(_block_means(frame, edge).astype(np.float32))
        brightness.append(float(frame.mean(dtype=np.float64)))
        # float32 rounds by a ten-millionth of the square, at random; the mean over a tile does not feel it
        square += _block_means(np.square(frame), edge)
        if len(blocks) <= FINE_FRAMES:
            fine += _block_means(_neighbour_variance(frame), edge)
    n = len(indices)
    mean, over_time = _over_frames(np.stack(blocks), np.array(brightness))
    return Sample(
        indices=indices,
        block_px=edge,
        mean=mean,
        square=square / n,
        over_time=over_time,
        fine=fine / min(n, FINE_FRAMES),
        lowest=lowest,
        highest=highest,
        is_whole=is_whole,
        divisor=divisor if is_whole else 0,
        saturated_share=saturated / (n * height_px * width_px),
    )


def _over_frames(blocks: np.ndarray, brightness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = blocks.mean(axis=0, dtype=np.float64)
    if len(blocks) < 2:
        return mean, np.zeros_like(mean)
    if (brightness > 0).all():
        blocks = blocks * (brightness.mean() / brightness)[:, None, None]
    return mean, blocks.var(axis=0, ddof=1, dtype=np.float64)


def _block_means(image: np.ndarray, edge: int) -> np.ndarray:
    height, width = (n // edge for n in image.shape)
    cut = image[: height * edge, : width * edge]
    # down first: adding rows is several times faster than averaging both axes at once
    rows = cut.reshape(height, edge, width * edge).sum(axis=1, dtype=np.float64)
    return rows.reshape(height, width, edge).sum(axis=2) / edge**2


def _neighbour_variance(frame: np.ndarray) -> np.ndarray:
    """Estimate of the pixel variance at each pixel (H, W): (a − b − c + d)²/4 over 2×2 pixels; slopes cancel."""
    result = np.empty_like(frame)
    across = frame[:, 1:] - frame[:, :-1]
    result[:-1, :-1] = np.square(across[1:] - across[:-1]) / 4
    result[-1] = result[-2]
    result[:, -1] = result[:, -2]
    return result
