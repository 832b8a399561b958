"""How the specimen drifts through a series: one rigid shift per frame, to a fraction of a pixel.

Frames are binned to about 40 pm, which still resolves the lattice while the electrons of 50 and more pixels add up.
Each is compared with the mean of the aligned others, at every shift up to half a frame, by masked correlation
(correlation.py), and the best place is refined between pixels. There are two passes: in the first the mean grows frame
by frame; in the second it is complete, without the frame that is compared.

A crystal looks nearly the same one lattice period further. Which period is right is decided by all that does not
repeat itself, the outline above all: places are ranked by the significance z of their correlation. What is left
open, since the outline lies outside the frame or the noise hides it, is decided by continuity: a place far from where
the specimen stood a frame before has to be more significant by `2 ln(1 + (distance/100 pm)²)`, 5 standard deviations
for a lattice period. Means of consecutive blocks of frames are compared in the same way, so that a jump that was made
early, when the mean was noisy, is found and undone.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from scipy import fft
from scipy.ndimage import gaussian_filter

from segdepth_app.errors import SeriesError
from segdepth_app.reporting import Reporter
from segdepth_app.series.correlation import Canvas, Peak, refined, summits
from segdepth_app.series.drift_files import Drift
from segdepth_app.series.drift_frames import Frames, Groups, RunningMean
from segdepth_app.series.opener import Series
from segdepth_app.series.steady import steadied

SMALLEST_FRAME_PX = 16
STEP_PM = 100.0
"""Typical step from frame to frame; see the head of this file."""
PENALTY = 2.0
FOUND = 6.0
"""Significance below which a frame does not show the specimen: among a million places noise reaches 5."""
JUMP = 6.0
"""A block of frames is moved where another place is so much more significant."""
JUMP_PM = 700.0
COARSEST_DETAIL_PM = 200.0
"""Standard deviation of a blur: what it leaves of a frame, as uneven illumination, is left out between pixels."""
BLOCKS = 12
CANDIDATES = 6
"""Places that are compared between pixels."""
MOST_GAIN = 1.6
"""By how much a peak of the closest lattice planes may be higher between pixels, halfway down and right."""
GROUPS = (4, 16, 64)
"""Where single frames show too little, means of so many are tried."""
ENOUGH = 0.8
"""Share of the frames that must show the specimen."""
METHOD = "masked cross-correlation with the mean of the aligned frames, two passes"


def measure_drift(series: Series, reporter: Reporter) -> Drift:
    """The drift of a series that was opened without alignment and sums.

    Raises: SeriesError where frames are too small, or none can be read; Cancelled.
    """
    if min(series.height_px, series.width_px) < SMALLEST_FRAME_PX:
        raise SeriesError(
            f"Frames of {series.height_px} × {series.width_px} px are too small to measure a drift.",
            f"At least {SMALLEST_FRAME_PX} px a side are needed.",
        )
    frames = Frames(series)
    search = _searched(frames, reporter)
    for size in GROUPS:
        if search.share_found >= ENOUGH or search.leaves_the_frame or frames.n < 3 * size:
            break
        groups = Groups(frames, size)
        coarse = _searched(groups, reporter)
        if coarse.share_found >= ENOUGH:
            return _from_groups(frames, groups, coarse, reporter)
    return search.drift()


def _searched(frames: Frames | Groups, reporter: Reporter) -> "_Search":
    search = _Search(frames, reporter)
    for last_pass in (False, True):
        search.run(last_pass=last_pass)
        search.undo_jumps()
    return search


def _from_groups(frames: Frames, groups: Groups, coarse: "_Search", reporter: Reporter) -> Drift:
    """Single frames against the mean that the groups' drift gives; where that finds few, the groups' drift itself."""
    drift = coarse.drift()
    middles = [(members[0] + members[-1]) / 2 for members in map(groups.members, range(groups.n))]
    everywhere = np.arange(frames.n)
    path = np.stack([np.interp(everywhere, middles, drift.shift_px[:, axis]) for axis in (0, 1)], axis=1)
    single = _Search(frames, reporter)
    single.shift[:], single.significance[:] = path / frames.binning, FOUND
    single.run(last_pass=True)
    if single.share_found >= ENOUGH:
        return single.drift()
    quality = np.interp(everywhere, middles, drift.quality).astype(np.float32)
    said = f"Single frames are too noisy: the drift was measured on means of {groups.size} frames."
    return Drift(path - path[0], quality, 0, f"{METHOD}; means of {groups.size} frames", [said, *drift.warnings])


@dataclass
class _Search:
    """The state of the measurement, in binned pixels."""

    frames: Frames | Groups
    reporter: Reporter
    shift: np.ndarray = field(init=False)
    significance: np.ndarray = field(init=False)
    quality: np.ndarray = field(init=False)
    variance: np.ndarray = field(init=False)
    jumps: int = 0
    passes: int = 0

    def __post_init__(self) -> None:
        n, shape = self.frames.n, self.frames.shape
        self.shift = np.zeros((n, 2))
        self.significance = np.zeros(n)
        self.quality = np.zeros(n, dtype=np.float32)
        self.variance = np.full((n, 2), np.inf)
        self._limit = np.array([edge // 2 - 1 for edge in shape], dtype=float)
        # the refinement compares a frame without its rim with a patch of the mean
        self._rim = 4
        taper = [_taper(edge, self._rim) for edge in shape]
        self._window = np.outer(*taper).astype(np.float32)
        self._pad = [(0, fft.next_fast_len(edge, real=True) - edge) for edge in shape]
        self._coarsest = COARSEST_DETAIL_PM / self.frames.pixel_pm

    def run(self, *, last_pass: bool) -> None:
        """Compares every frame with the mean: of those before it, or in the last pass of all others."""
        mean = self._mean(range(self.frames.n)) if last_pass else RunningMean(self.frames.shape)
        before: int | None = None
        for index in range(self.frames.n):
            self.reporter.raise_if_cancelled()
            frame = self.frames[index]
            if frame is not None:
                if last_pass and self.significance[index] >= FOUND:
                    mean.add(frame, self.shift[index], -1.0)
                self._compare(index, frame, mean, self._expected(index, before, last_pass))
                if self.significance[index] >= FOUND:
                    before = index
                    mean.add(frame, self.shift[index])
            done = self.frames.n * self.passes + index + 1
            self.reporter.progress(done, 2 * self.frames.n, "comparisons")
        self.passes += 1

    @property
    def share_found(self) -> float:
        """Share of the frames that show the specimen; 0 where only the first one was taken for it."""
        n = int((self.significance >= FOUND).sum())
        return n / self.frames.n if n > 1 or self.frames.n == 1 else 0.0

    @property
    def leaves_the_frame(self) -> bool:
        """Whether the specimen was followed to where half a frame ends."""
        found = self.significance >= FOUND
        return bool((np.abs(self.shift[found]) >= 0.95 * self._limit).any())

    def _expected(self, index: int, before: int | None, last_pass: bool) -> np.ndarray:
        """Where the specimen should stand, from the frames beside this one."""
        if last_pass:
            near = [i for i in (index - 1, index + 1) if 0 <= i < self.frames.n and self.significance[i] >= FOUND]
            if near:
                return self.shift[near].mean(axis=0)
        return self.shift[before] if before is not None else np.zeros(2)

    def _compare(self, index: int, frame: np.ndarray, mean: RunningMean, expected: np.ndarray) -> None:
        if not mean.weight.any():
            # the first frame that shows anything; the last pass tells whether it shows the specimen
            self.shift[index], self.significance[index] = expected, FOUND if frame.any() else 0.0
            return
        canvas = mean.canvas(self.frames.shape)
        r, z = canvas.coefficients(frame)
        penalty = self._penalty(z.shape, expected, mean.margin)
        # between pixels a peak is up to a fifth higher: only there can lattice periods be told apart
        fine = _details(frame, self._coarsest)
        places = summits(z - penalty, CANDIDATES)
        enough = z[places[0]] - penalty[places[0]]
        places = [place for place in places if z[place] > 0 and MOST_GAIN * z[place] - penalty[place] >= enough]
        candidates = [(place, self._refined(fine, canvas, place)) for place in places]
        if not candidates:
            self.significance[index] = 0
            return
        place, peak = max(candidates, key=lambda at: z[at[0]] * min(at[1].gain, MOST_GAIN) - penalty[at[0]])
        self.significance[index] = z[place]
        if self.significance[index] < FOUND:
            self.quality[index] = 0
            return
        shift = np.array(mean.margin) - place - (peak.y, peak.x)
        noise = (1 - r[place] ** 2) * frame.var(dtype=np.float64)
        self.variance[index] = noise * np.array([peak.variance_y, peak.variance_x])
        self.shift[index] = np.clip(shift, -self._limit, self._limit)
        self.quality[index] = _share_seen(r[place], frame, canvas, place, float(mean.weight.max()))

    def _penalty(self, shape: tuple[int, ...], expected: np.ndarray, margin: tuple[int, int]) -> np.ndarray:
        dy, dx = (margin[axis] - np.arange(shape[axis]) - expected[axis] for axis in (0, 1))
        steps2 = np.add.outer(dy**2, dx**2) * (self.frames.pixel_pm / STEP_PM) ** 2
        return PENALTY * np.log1p(steps2)

    def _refined(self, fine: np.ndarray, canvas: Canvas, place: tuple[int, int]) -> Peak:
        """How much further down and right than `place` a frame's details lie on the canvas."""
        h, w = fine.shape
        rows, columns = slice(place[0], place[0] + h), slice(place[1], place[1] + w)
        patch = _details(canvas.values[rows, columns], self._coarsest)
        window = self._window * canvas.known[rows, columns]
        return refined(*(np.pad(part, self._pad) for part in (fine, patch, window)))

    def _mean(self, indices: range) -> RunningMean:
        result = RunningMean(self.frames.shape)
        for index in indices:
            frame = self.frames[index]
            if frame is not None and self.significance[index] >= FOUND:
                result.add(frame, self.shift[index])
        return result

    def undo_jumps(self) -> None:
        """Compares the means of consecutive blocks; where one fits better some lattice periods off, moves all after."""
        blocks = list(_blocks(self.frames.n))
        reach = max(2, round(JUMP_PM / self.frames.pixel_pm))
        means = [self._mean(block) for block in blocks]
        for number, (first, second) in enumerate(pairwise(means), start=1):
            self.reporter.raise_if_cancelled()
            jump = _jump(first, second, reach, self.frames)
            if jump is not None:
                self.jumps += 1
                self.shift[blocks[number].start :] += jump
        self.shift = np.clip(self.shift, -self._limit, self._limit)

    def drift(self) -> Drift:
        """What was found, in pixels of the file, relative to frame 0."""
        found = np.flatnonzero(self.significance >= FOUND)
        if len(found) < 2:
            shift, self.significance = np.zeros((self.frames.n, 2)), np.zeros(self.frames.n)
        else:
            self.variance[self.significance < FOUND] = np.inf
            paths = [steadied(self.shift[:, axis], self.variance[:, axis]) for axis in (0, 1)]
            shift = np.stack(paths, axis=1)
        shift = (shift - shift[0]) * self.frames.binning
        quality = np.where(self.significance >= FOUND, np.maximum(self.quality, 0.01), 0).astype(np.float32)
        return Drift(shift, quality, 0, METHOD, list(self._warnings(found)))

    def _warnings(self, found: np.ndarray) -> Iterator[str]:
        n = self.frames.n
        if n > 1 and len(found) < 2:
            yield (
                "No drift was measured: the frames have nothing in common that stands out from the noise. "
                "They are taken as they are."
            )
            return
        lost = np.setdiff1d(np.arange(n), found)
        if len(lost):
            listed = ", ".join(map(str, lost[:5])) + ("…" if len(lost) > 5 else "")
            yield (
                f"The specimen was not found in {len(lost)} of {n} frames (frame {listed}); "
                "their drift is interpolated from the others."
            )
        if self.leaves_the_frame:
            first = found[(np.abs(self.shift[found]) >= 0.95 * self._limit).any(axis=1)][0]
            yield (
                f"From frame {first} on the drift may be more than half a frame, which is as far as it is followed. "
                "Open the series in shorter parts."
            )
        if self.jumps:
            yield (
                "The drift is doubtful: it was ambiguous by a lattice period, and corrected, "
                f"{self.jumps} times. Check that the aligned series stands still."
            )


def _details(picture: np.ndarray, coarsest: float) -> np.ndarray:
    """The picture without its slow changes."""
    return picture - gaussian_filter(picture, coarsest, mode="nearest", truncate=3)


def _share_seen(r: float, frame: np.ndarray, canvas: Canvas, place: tuple[int, int], n_mean: float) -> float:
    """How much of what the mean shows stands in the frame, 0 to 1: the slope of frame over mean, noise of it undone."""
    n = max(float(canvas.n[place]), 1.0)
    of_mean = float(canvas.square[place] / n - (canvas.total[place] / n) ** 2)
    of_frame = float(frame.var(dtype=np.float64))
    noise = (1 - r**2) * of_frame / max(n_mean, 1)
    seen = r * np.sqrt(of_frame * max(of_mean, 1e-30)) / max(of_mean - noise, 0.1 * of_mean, 1e-30)
    return float(np.clip(seen, 0, 1))


def _jump(first: RunningMean, second: RunningMean, reach: int, frames: Frames | Groups) -> np.ndarray | None:
    """By how much the second mean should move, in binned pixels; None where it stands well."""
    h, w = frames.shape
    # the part of the second that its frames have in common, near enough
    rows, columns = (np.flatnonzero((second.weight > 0.6 * second.weight.max()).any(axis=axis)) for axis in (1, 0))
    if not len(rows) or not first.weight.any():
        return None
    y0, x0 = rows[0], columns[0]
    part = (second.total / np.maximum(second.weight, 1))[y0 : rows[-1] + 1, x0 : columns[-1] + 1]
    part = part[: h // 2 * 2, : w // 2 * 2]
    canvas = first.canvas((part.shape[0], part.shape[1]))
    _, z = canvas.coefficients(part - part.mean())
    near = z[max(y0 - reach, 0) : y0 + reach + 1, max(x0 - reach, 0) : x0 + reach + 1]
    if not near.size or near.max() < FOUND:
        return None
    here = z[max(y0 - 1, 0) : y0 + 2, max(x0 - 1, 0) : x0 + 2].max()
    if near.max() < here + JUMP:
        return None
    y, x = np.unravel_index(int(near.argmax()), near.shape)
    place = np.array([max(y0 - reach, 0) + y, max(x0 - reach, 0) + x])
    # it lies further down on the first than where it was put: its frames were shifted too far
    return -(place - (y0, x0)).astype(float)


def _blocks(n: int) -> Iterator[range]:
    size = max(4, -(-n // BLOCKS))
    starts = list(range(0, max(n - size // 2, 1), size))
    for start, stop in zip(starts, [*starts[1:], n], strict=True):
        yield range(start, stop)


def _taper(n: int, rim: int) -> np.ndarray:
    """0 in a rim of two pixels, then a cosine over a tenth of the edge, 1 in the middle."""
    slope = max(rim, n // 10)
    edge = np.clip((np.arange(n) - 1.5) / slope, 0, 1)
    return np.sin(np.pi / 2 * np.minimum(edge, edge[::-1])) ** 2
