"""Gain and offset of data that are no electron counts: value = gain × electrons + offset.

Two ways, in this order.

Steps. Counts that were multiplied leave a comb of values, and gain-corrected counts stay near whole numbers. The step
is the gain, if with it the noise in vacuum is that of counts.

Photon transfer (Janesick, Photon Transfer, 2007, ch. 5). The variance over time of electrons that arrive by chance is
proportional to their mean: variance = gain × (mean − offset). Bright and dark places in a few runs of three consecutive
frames give a line; its slope is the gain and its zero the offset. The second difference over time is free of the
specimen, and of its steady drift. A specimen that moves otherwise is known by noise that is stronger, or more
correlated, where the specimen has structure, and is refused. Noise that is blurred over pixels has too small a
variance: it is scaled by what the variance of ever larger blocks tends to, and refused where it tends to nothing. The
detector is taken for a Poisson counter: coincidence loss makes noise grow less than in proportion, and gain and offset
are wrong by 10 to 30 % then; where this can be seen they are refused.

Estimates that are uncertain are None, with the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from segdepth_app.errors import SeriesError
from segdepth_app.series.sampling import Sample
from segdepth_app.series.vacuum import COUNTS_FANO, WHITE_NOISE, Vacuum

RUN = 3
"""Consecutive frames that are compared."""
MAX_RUNS = 16
MAX_PIXELS = 24_000_000
FINE_PX = 4
"""Edge of a block that is bright or dark as a whole, small beside the distance of columns."""
BLOCK_PX = 16
STRIP_PX = 4 * BLOCK_PX
MOST_OF_A_FRAME_PX = 4_000_000
"""Of a larger frame only strips of whole blocks are looked at."""
SUB_PX = (1, 4, 8, 16)
N_LEVELS = 12
N_PARTS = 8
LEAST_BLOCKS = 64
BLURRED = 1.15
"""Growth of the noise of larger blocks from which it is called blurred."""
STILL_GROWING = 1.3
MOVING = 1.15
FLICKER = 0.05
GAIN_ERROR = 0.1
OFFSET_ERROR = 0.04
MOST_TEETH = 4096
WIDEST_ZERO = 8.0
"""Electrons per pixel in vacuum up to which pixels without an electron are sure to be among those sampled."""
NEAR_WHOLE = 0.35
MULTIPLES_FANO = (0.7, 1.15)
BEND = 0.25
NOISE_SHARE, NOISE_SHARE_BLURRED = 0.4, 0.05
"""Largest share of noise in the variance of the brightness of fine blocks. Where it is larger, the line follows the
skewness of the noise, which is that of a Poisson counter for no real camera, and for no blurred noise."""

Floats = npt.NDArray[np.float64]
Read = Callable[[int], np.ndarray]


@dataclass(frozen=True)
class Gain:
    """What is known of gain and offset; None where it is uncertain, `doubt` says why."""

    gain: float | None = None
    offset: float | None = None
    how: str = ""
    """What the estimate rests on, as a source: estimated …"""
    doubt: str = ""


def estimate_gain(read: Read, *, n_frames: int, sample: Sample, vacuum: Vacuum, is_display: bool = False) -> Gain:
    """Gain and offset of a series whose values are no counts. `read` gives finite frames (H, W)."""
    if is_display:
        return Gain(doubt="a picture made for the eye holds no electron numbers")
    stepped = _from_steps(read(sample.indices[0]), sample, vacuum)
    if stepped is not None:
        return stepped
    if n_frames < RUN:
        return Gain(doubt=f"it takes {RUN} consecutive frames to tell noise from the specimen")
    frame_px = sample.mean.size * sample.block_px**2
    return _from_noise(read, n_frames, frame_px, sample.divisor if sample.divisor > 1 else None)


def _from_steps(frame: np.ndarray, sample: Sample, vacuum: Vacuum) -> Gain | None:
    """From the step between values, if the noise in vacuum is that of counts then, and the lowest holds no electron."""
    if vacuum.fano is None or vacuum.whiteness < WHITE_NOISE:
        return None
    variance = vacuum.fano * vacuum.level
    values = np.unique(frame.ravel()[:: max(1, frame.size // 2**18)].astype(np.float64))
    if 3 <= len(values) <= MOST_TEETH:
        steps = np.diff(values)
        step, lowest = float(steps.min()), float(values[0])
        is_comb = np.abs(steps / step - np.rint(steps / step)).max() < 0.02
        has_zeros = (vacuum.level - lowest) / step < WIDEST_ZERO
        if is_comb and has_zeros and _is_counting(variance, step, vacuum.level - lowest):
            return Gain(step, lowest, f"estimated: values are {step:.4g} apart, from {lowest:.4g}")
    if not sample.is_whole and _is_near_whole(frame) and _is_counting(variance, 1.0, vacuum.level):
        return Gain(1.0, 0.0, "estimated: values lie near whole numbers")
    return None


def _is_counting(variance: float, gain: float, level: float) -> bool:
    low, high = COUNTS_FANO
    return level > 0 and low <= variance / (gain * level) <= high


def _is_near_whole(frame: np.ndarray) -> bool:
    some = frame.ravel()[:: max(1, frame.size // 2**18)].astype(np.float64)
    towards = np.exp(2j * np.pi * some).mean()
    return bool(towards.real > NEAR_WHOLE and abs(np.angle(towards)) < 0.5)


@dataclass(frozen=True)
class _Blocks:
    """Means over blocks of all runs, fine ones that resolve columns, and large ones. Variances are of single pixels."""

    mean: Floats
    noise: Floats
    """From second differences over time; fine blocks."""
    part: npt.NDArray[np.intp]
    """Which of N_PARTS a fine block belongs to, for the error."""
    change: Floats
    """From first differences: more than from second ones where something moves steadily; large blocks."""
    summed: Floats
    """(len(SUB_PX), n): variance of means over k × k pixels, times k²; large blocks."""
    structure: Floats
    """How much the specimen varies within a large block."""


def _from_noise(read: Read, n_frames: int, frame_px: int, step: int | None) -> Gain:
    blocks = _gathered(read, n_frames, frame_px)
    if isinstance(blocks, str):
        return Gain(doubt=blocks)
    if len(blocks.change) < LEAST_BLOCKS:
        return Gain(doubt="consecutive frames are the same, or too small and few")
    calm = blocks.structure <= np.median(blocks.structure)
    growth, in_calm, in_rough = (_growth(blocks.summed[:, some]) for some in (calm | ~calm, calm, ~calm))
    moves = blocks.change.mean() > MOVING * blocks.summed[0].mean()
    if moves or (in_rough[1:3] > MOVING * in_calm[1:3]).any():
        return Gain(doubt="the specimen moves from frame to frame, which looks like noise")
    if growth[-1] > STILL_GROWING * growth[-2]:
        return Gain(doubt="the noise is correlated over many pixels, so its strength cannot be told")
    # a blur's shortfall is halved when the block's edge is doubled
    blur = max(1.0, 2 * float(growth[-1]) - float(growth[-2])) if growth[-1] > BLURRED else 1.0
    return (_of_multiples(blocks, step) if step and blur == 1 else None) or _scaled(blocks, blur)


def _of_multiples(blocks: _Blocks, step: int) -> Gain | None:
    """Gain `step` without an offset, if the noise is as strong as that of counts then, and nothing speaks for one."""
    low, high = MULTIPLES_FANO
    _, offset, _, offset_error = _line(blocks)
    is_strong_enough = low <= blocks.noise.sum() / (step * blocks.mean.sum()) <= high
    if not is_strong_enough or abs(offset) > 2.5 * offset_error:
        return None
    return Gain(float(step), 0.0, f"estimated: all values are multiples of {step}, with the noise of counts")


def _growth(summed: Floats) -> Floats:
    means = summed.mean(axis=1)
    return np.asarray(means / max(float(means[0]), 1e-300))


def _scaled(blocks: _Blocks, blur: float) -> Gain:
    """The line through noise and brightness, if it is certain."""
    share = float(blocks.summed[1].mean() / (FINE_PX**2 * RUN) / max(float(blocks.mean.var()), 1e-300))
    if share > (NOISE_SHARE if blur == 1 else NOISE_SHARE_BLURRED):
        return Gain(doubt="bright and dark places differ too little beside the noise")
    gain, offset, gain_error, offset_error = _line(blocks)
    level = float(np.median(blocks.mean))
    if gain <= 0 or gain_error > GAIN_ERROR * gain:
        return Gain(
            doubt=f"noise does not grow with brightness clearly enough (± {_percent(gain_error, gain)}, "
            f"more than {100 * GAIN_ERROR:g} %)"
        )
    if offset_error > OFFSET_ERROR * (level - offset):
        return Gain(doubt=f"the offset comes out as {offset:.3g} ± {offset_error:.2g}, which is too uncertain")
    if _bends(blocks):
        return Gain(doubt="noise does not grow in proportion to brightness, as where electrons are lost by coincidence")
    if abs(offset) < OFFSET_ERROR * level and abs(offset) < 2 * offset_error:
        # through the origin: more certain, and what most programs write
        gain, offset = float(blocks.noise.sum() / blocks.mean.sum()), 0.0
    how = f"estimated: noise against brightness over time, ± {_percent(gain_error, gain)}"
    if blur > 1:
        how += f"; the noise is blurred over pixels and was scaled by {blur:.2g}"
    return Gain(gain * blur, offset, how)


def _percent(error: float, value: float) -> str:
    return f"{100 * error / abs(value):.2g} %" if value else "no slope"


def _gathered(read: Read, n_frames: int, frame_px: int) -> _Blocks | str:
    """The blocks of all runs that can be used, or why there are none."""
    parts: list[_Blocks] = []
    n_flickering = 0
    for start in _starts(n_frames, frame_px):
        try:
            frames = [_strips(read(start + i)) for i in range(RUN)]
        except SeriesError:  # a frame that cannot be read
            continue
        brightness = np.array([float(frame.mean(dtype=np.float64)) for frame in frames])
        if np.ptp(brightness) > FLICKER * abs(brightness.mean()):
            n_flickering += 1
            continue
        parts.append(_of_run(frames))
    if not parts:
        return "the illumination flickers" if n_flickering else "no consecutive frames can be read"
    names = [field.name for field in fields(_Blocks)]
    return _Blocks(**{name: np.concatenate([getattr(one, name) for one in parts], axis=-1) for name in names})


def _strips(frame: np.ndarray) -> np.ndarray:
    """The frame, or of a large one strips of whole blocks, evenly spread, for little memory and time."""
    n_strips = len(frame) // STRIP_PX
    every = -(-frame.size // MOST_OF_A_FRAME_PX)
    if every < 2 or n_strips < every:
        return frame
    strips = frame[: n_strips * STRIP_PX].reshape(n_strips, STRIP_PX, frame.shape[1])
    return strips[every // 2 :: every].reshape(-1, frame.shape[1])


def _starts(n_frames: int, frame_px: int) -> Sequence[int]:
    """First frames of runs, evenly spread, as many as may be read at opening."""
    n = int(np.clip(MAX_PIXELS // (RUN * frame_px), 1, min(MAX_RUNS, n_frames // RUN)))
    return sorted({round(i) for i in np.linspace(0, n_frames - RUN, n)})


def _of_run(frames: list[np.ndarray]) -> _Blocks:
    first, second, third = frames
    average = (first + second + third) / 3
    bent = (first - 2 * second + third) / np.float32(np.sqrt(6))
    summed = []
    for k in SUB_PX:
        squares = np.square(_blocks(bent, k)) * k**2
        rows, columns = (n // BLOCK_PX * (BLOCK_PX // k) for n in bent.shape)
        summed.append(_blocks(squares[:rows, :columns], BLOCK_PX // k).ravel())
    mean, noise = _blocks(average, FINE_PX), _blocks(np.square(bent), FINE_PX)
    rows, columns = np.indices(mean.shape) // (BLOCK_PX // FINE_PX)
    # where nothing was recorded, nothing fluctuates
    good, good_large = (noise > 0).ravel(), summed[0] > 0
    rough = _blocks(np.square(_blocks(average, FINE_PX)), BLOCK_PX // FINE_PX)
    structure = rough - _blocks(average, BLOCK_PX)[: rough.shape[0], : rough.shape[1]] ** 2
    return _Blocks(
        mean=mean.ravel()[good],
        noise=noise.ravel()[good],
        part=((rows + columns) % N_PARTS).ravel()[good],
        change=_blocks(np.square((first - third) / np.float32(np.sqrt(2))), BLOCK_PX).ravel()[good_large],
        summed=np.stack(summed)[:, good_large],
        structure=structure.ravel()[good_large],
    )


def _blocks(image: np.ndarray, edge: int) -> Floats:
    height, width = (n // edge for n in image.shape)
    cut = image[: height * edge, : width * edge].astype(np.float64)
    return np.asarray(cut.reshape(height, edge, width, edge).mean(axis=(1, 3)))


def _line(blocks: _Blocks) -> tuple[float, float, float, float]:
    """Slope and zero of noise against mean, and their errors, from leaving out one part at a time."""
    all_in = _fit(blocks.mean, blocks.noise)
    others = np.array([_fit(blocks.mean[blocks.part != i], blocks.noise[blocks.part != i]) for i in range(N_PARTS)])
    spread = np.sqrt((N_PARTS - 1) * others.var(axis=0))
    return *all_in, float(spread[0]), float(spread[1])


def _bends(blocks: _Blocks) -> bool:
    """Whether the slope in the brighter half differs from that in the darker one, beyond chance."""
    middle = np.median(blocks.mean)

    def bend(some: npt.NDArray[np.bool_]) -> float:
        halves = (some & (blocks.mean < middle), some & (blocks.mean >= middle))
        dark, bright = (_fit(blocks.mean[half], blocks.noise[half])[0] for half in halves)
        return 2 * (bright - dark) / (abs(bright) + abs(dark))

    everything = np.ones(len(blocks.mean), bool)
    others = np.array([bend(blocks.part != i) for i in range(N_PARTS)])
    error = float(np.sqrt((N_PARTS - 1) * others.var()))
    return abs(bend(everything)) > max(BEND, 3 * error)


def _fit(mean: Floats, noise: Floats) -> tuple[float, float]:
    """Slope and zero of a line through the means of equally many blocks, by brightness; bright ones scatter more."""
    order = np.argsort(mean)
    x, y = (np.array([part.mean() for part in np.array_split(values[order], N_LEVELS)]) for values in (mean, noise))
    weight = 1 / np.maximum(y, 1e-3 * y.max()) ** 2
    centre_x, centre_y = np.average(x, weights=weight), np.average(y, weights=weight)
    spread = float((weight * (x - centre_x) ** 2).sum())
    if spread <= 0:
        return 0.0, 0.0
    slope = float((weight * (x - centre_x) * (y - centre_y)).sum() / spread)
    return slope, float(centre_x - centre_y / slope) if slope else 0.0
