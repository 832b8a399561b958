"""Statistics of a few frames of a series, gathered once at opening; one frame is in memory at a time.

Blocks are a quarter to a third of the distance between atomic columns: pixel noise averages out in them, the lattice
does not. Frames are divided by their mean brightness over the series', so that a flickering beam does not
look like noise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from segdepth_app.errors import SeriesError

MAX_FRAMES = 20
MAX_PIXELS = 64_000_000
MIN_FRAMES = 3
TRIES = 4
"""In place of a frame that cannot be read, so many behind it are tried."""
FINE_FRAMES = 4
BLOCK_PM = 45.0
BLOCK_PX_UNKNOWN = 4
MAX_BLOCK_PX = 12
BAND_BLOCKS = 8
"""Frames are gone through in bands of so many rows of blocks, which stay in the processor's cache."""
TILE_BLOCKS = 8
"""Edge of a tile in blocks: 0.36 nm, so that every tile on a crystal holds columns."""


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
    remarks: list[str] = field(default_factory=list)
    """What the user should know of frames that could not be read."""


def sampled_indices(n_frames: int, height_px: int, width_px: int, landmarks: tuple[int, ...] = ()) -> tuple[int, ...]:
    """Up to 20 frames, evenly spread, fewer where frames are large; the nearest of `landmarks` where there are any."""
    n = int(np.clip(MAX_PIXELS // (height_px * width_px), MIN_FRAMES, MAX_FRAMES))
    n = min(n, n_frames)
    wanted = {round(i) for i in np.linspace(0, n_frames - 1, n)}
    if landmarks:
        marks = np.array(landmarks)
        wanted = {int(marks[np.abs(marks - index).argmin()]) for index in wanted}
    return tuple(sorted(wanted))


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
    landmarks: tuple[int, ...] = (),
) -> Sample:
    """Reads the sampled frames with `read` (finite float32 (H, W)) and adds them up.

    `ceiling` is the largest number the file's type can hold, or None for floats. Frames that cannot be read are
    stepped over, see Sample.remarks. Raises: SeriesError where none of those tried can be read.
    """
    wanted = sampled_indices(n_frames, height_px, width_px, landmarks)
    edge = block_edge(height_px, width_px, pixel_size_pm)
    sums = _Sums(height_px, width_px, edge, ceiling)
    read_at, faults = _read_or_step_over(read, wanted, n_frames, sums.add)
    n = len(read_at)
    mean, over_time = _over_frames(np.stack(sums.blocks), np.array(sums.brightness))
    return Sample(
        indices=tuple(read_at),
        block_px=edge,
        mean=mean,
        square=sums.square / n,
        over_time=over_time,
        fine=sums.fine / min(n, FINE_FRAMES),
        lowest=sums.lowest,
        highest=sums.highest,
        is_whole=sums.is_whole,
        divisor=sums.divisor if sums.is_whole else 0,
        saturated_share=sums.saturated / (n * height_px * width_px),
        remarks=_remarks(faults),
    )


def _read_or_step_over(
    read: Callable[[int], np.ndarray], wanted: Sequence[int], n_frames: int, take: Callable[[np.ndarray], None]
) -> tuple[list[int], dict[int, SeriesError]]:
    """Gives the wanted frames to `take`; in place of one that cannot be read, the next that can of a few behind it."""
    done: list[int] = []
    faults: dict[int, SeriesError] = {}
    for index in wanted:
        for candidate in range(index, min(index + TRIES, n_frames)):
            if candidate in faults or candidate in done or (candidate != index and candidate in wanted):
                continue
            try:
                frame = read(candidate)
            except SeriesError as fault:
                faults[candidate] = fault
                continue
            take(frame)
            # else it would still be there while the next one is read
            del frame
            done.append(candidate)
            break
    if not done:
        raise next(iter(faults.values()))
    return done, faults


def _remarks(faults: dict[int, SeriesError]) -> list[str]:
    if not faults:
        return []
    listed = ", ".join(str(index) for index in sorted(faults)[:5]) + ("…" if len(faults) > 5 else "")
    first = faults[min(faults)]
    return [
        f"{len(faults)} of the frames looked at cannot be read (frame {listed}); they are left out. {first.message}"
    ]


class _Sums:
    """What is added up over frames, band by band, so that no copy of a whole frame is made."""

    def __init__(self, height_px: int, width_px: int, edge: int, ceiling: float | None) -> None:
        self._edge, self._ceiling = edge, ceiling
        self._width = width_px // edge * edge
        self.blocks: list[np.ndarray] = []
        self.brightness: list[float] = []
        self.square = np.zeros((height_px // edge, width_px // edge))
        self.fine = np.zeros_like(self.square)
        self.lowest, self.highest = np.inf, -np.inf
        self.saturated = self.divisor = 0
        # an integer type holds nothing but whole numbers
        self.is_whole = True

    def add(self, frame: np.ndarray) -> None:
        """One more frame, finite float32 (H, W)."""
        means = np.empty(self.square.shape)
        for first in range(0, len(means), BAND_BLOCKS):
            here = slice(first, min(first + BAND_BLOCKS, len(means)))
            rows = slice(here.start * self._edge, here.stop * self._edge)
            band = frame[rows]
            self._look_at_values(band)
            means[here] = self._block_means(band)
            # float32 rounds by a ten-millionth of the square, at random; the mean over a tile does not feel it
            self.square[here] += self._block_means(np.square(band))
            if len(self.blocks) < FINE_FRAMES:
                # differences reach one row into the next band
                variance = _neighbour_variance(frame[rows.start : rows.stop + 1])
                self.fine[here] += self._block_means(variance[: len(band)])
        if len(means) * self._edge < len(frame):
            self._look_at_values(frame[len(means) * self._edge :])
        self.blocks.append(means.astype(np.float32))
        self.brightness.append(float(means.mean()))

    def _look_at_values(self, part: np.ndarray) -> None:
        self.lowest, self.highest = min(self.lowest, float(part.min())), max(self.highest, float(part.max()))
        if self._ceiling is not None:
            if self.highest >= self._ceiling:
                self.saturated += int(np.count_nonzero(part >= self._ceiling))
        elif self.is_whole:
            self.is_whole = bool((part == np.rint(part)).all())
        if self.is_whole and self.divisor != 1 and max(abs(self.lowest), abs(self.highest)) < 2**31:
            self.divisor = int(np.gcd(self.divisor, np.gcd.reduce(part.ravel().astype(np.int64))))

    def _block_means(self, part: np.ndarray) -> np.ndarray:
        # adding rows, then every edge-th column, is several times faster than averaging both axes at once
        edge = self._edge
        rows = part[:, : self._width].reshape(-1, edge, self._width).sum(axis=1).astype(np.float64)
        columns = rows[:, ::edge].copy()
        for k in range(1, edge):
            columns += rows[:, k::edge]
        return columns / edge**2


def _over_frames(blocks: np.ndarray, brightness: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    mean = blocks.mean(axis=0, dtype=np.float64)
    if len(blocks) < 2:
        return mean, np.zeros_like(mean)
    if (brightness > 0).all():
        blocks = blocks * (brightness.mean() / brightness)[:, None, None]
    return mean, blocks.var(axis=0, ddof=1, dtype=np.float64)


def _neighbour_variance(frame: np.ndarray) -> np.ndarray:
    """Estimate of the pixel variance at each pixel (H, W): (a − b − c + d)²/4 over 2×2 pixels; slopes cancel."""
    result = np.empty_like(frame)
    across = frame[:, 1:] - frame[:, :-1]
    result[:-1, :-1] = np.square(across[1:] - across[:-1]) / 4
    result[-1] = result[-2]
    result[:, -1] = result[:, -2]
    return result
