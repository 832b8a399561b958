"""The vacuum level of a series: the mean value where no specimen is.

Estimator. The sampled frames are averaged to blocks (sampling.py), and tiles of 8×8 blocks, overlapping by three
quarters, are judged: a tile is flat where its blocks scatter no more than noise explains (an F test at four
standard deviations) or by less than 1.5 % of its mean. Noise is measured, not assumed to be Poisson: from frame to
frame, or in a single image from neighbouring pixels of the calmest tiles. Crystals fail the test because
every tile holds atomic columns. The means of the flat tiles form clusters; the brightest is vacuum, since whatever
stands in the beam without showing a lattice takes electrons away. The estimate is called uncertain, with the
reason, where flat tiles are rare or found only by tiles of half the edge, clusters are several, vacuum itself is
uneven, or noise would hide a crystal of 15 % contrast.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from segdepth_app.series.sampling import TILE_BLOCKS, Sample

FLAT_CONTRAST = 0.015
HIDDEN_CONTRAST = 0.15
RARE_SHARE = 0.01
FEW_SHARE = 0.04
OTHER_LEVEL = 0.03
UNEVEN = 0.02
COUNTS_FANO = (0.3, 1.5)
"""Variance over mean of electron counts: 1 for Poisson, less with coincidence loss (0.78 was measured)."""
WHITE_NOISE = 0.75
_STRIDE = 2


@dataclass(frozen=True)
class Vacuum:
    """An estimated vacuum level; `doubts` is empty where it is certain."""

    level: float
    share: float
    """Share of the tiles that the level rests on."""
    fano: float | None
    """Pixel variance over mean in these tiles; None where it cannot be told."""
    whiteness: float = 1.0
    """Variance from differences of neighbours over variance of pixels: 1 for counts, less for blurred noise."""
    doubts: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Tiles:
    """One number per tile (1-D arrays)."""

    edge: int
    """Edge of a tile in blocks."""
    mean: np.ndarray
    scatter: np.ndarray
    """Variance of the block means within the tile, over all sampled frames."""
    noise: np.ndarray
    """The part of it that noise explains."""
    pixel: np.ndarray
    """Variance of single pixels within the tile."""
    fine: np.ndarray
    """The same from differences of neighbours."""
    threshold: float


def estimate_vacuum(sample: Sample, offset: float = 0.0) -> Vacuum:
    """The vacuum level, as explained at the head of this file; contrast is judged against what is above `offset`."""
    if offset:
        found = estimate_vacuum(_without(sample, offset))
        fano = None if found.fano is None else found.fano * found.level / (found.level + offset)
        return replace(found, level=found.level + offset, fano=fano)
    if min(sample.mean.shape) < TILE_BLOCKS:
        return Vacuum(float(sample.mean.mean()), 1.0, None, doubts=["the image is too small to find a vacuum region"])
    tiles = _judged(sample, TILE_BLOCKS)
    if tiles is None:
        return Vacuum(float(sample.mean.mean()), 0.0, None, doubts=["no region has values above zero"])
    flat = _flat(tiles)
    if flat.sum() >= _least(tiles):
        return _from_flat(tiles, flat)
    # a strip of vacuum narrower than a tile; small tiles tell it only where noise is low
    small = _judged(sample, TILE_BLOCKS // 2)
    if small is not None:
        flat = _flat(small)
        if flat.sum() >= _least(small) and not _hides_crystals(small, flat, HIDDEN_CONTRAST / 2):
            narrow = _from_flat(small, flat)
            return replace(narrow, doubts=["vacuum is only a narrow strip", *narrow.doubts])
    return _from_the_flattest(tiles)


def _without(sample: Sample, offset: float) -> Sample:
    return replace(
        sample,
        mean=sample.mean - offset,
        square=sample.square - 2 * offset * sample.mean + offset**2,
        lowest=sample.lowest - offset,
        highest=sample.highest - offset,
    )


def _flat(tiles: _Tiles) -> np.ndarray:
    excess = tiles.scatter - tiles.noise
    return (tiles.scatter <= tiles.threshold * tiles.noise) | (excess < (FLAT_CONTRAST * tiles.mean) ** 2)


def _least(tiles: _Tiles) -> int:
    return max(3, round(RARE_SHARE * len(tiles.mean)))


def _hides_crystals(tiles: _Tiles, flat: np.ndarray, contrast: float = HIDDEN_CONTRAST) -> bool:
    relative = np.median(tiles.noise[flat] / tiles.mean[flat] ** 2)
    return bool(relative * (tiles.threshold - 1) > contrast**2)


def _from_flat(tiles: _Tiles, flat: np.ndarray) -> Vacuum:
    doubts = []
    mean, noise = tiles.mean[flat], tiles.noise[flat]
    if _hides_crystals(tiles, flat):
        doubts.append("with so few electrons, noise would hide a crystal")
    near, others = _brightest_cluster(mean, float(np.sqrt(np.median(noise))) / tiles.edge)
    level = float(mean[near].mean())
    share = float(near.sum() / len(flat))
    if share < FEW_SHARE:
        doubts.append(f"only {100 * share:.2g} % of the image is flat")
    if others:
        text = ", ".join(f"{value:.4g}" for value in others[:3]) + (", …" if len(others) > 3 else "")
        doubts.append(f"there are flat regions of other levels too ({text}); the brightest was taken for vacuum")
    unevenness = np.sqrt(max(0.0, float(mean[near].var() - np.median(noise) / tiles.edge**2))) / level
    if unevenness > UNEVEN:
        doubts.append(f"the vacuum itself varies by {100 * unevenness:.2g} % over the image")
    pixel, fine = (float(values[flat][near].mean()) for values in (tiles.pixel, tiles.fine))
    whiteness = fine / pixel if pixel > 0 else 0.0
    return Vacuum(level, share, pixel / level, whiteness, doubts)


def _from_the_flattest(tiles: _Tiles) -> Vacuum:
    """The best there is where nothing is flat."""
    relative = (tiles.scatter - tiles.noise) / tiles.mean**2
    chosen = np.argsort(relative)[: _least(tiles)]
    level = float(np.median(tiles.mean[chosen]))
    contrast = float(np.sqrt(np.maximum(relative[chosen], 0)).mean())
    doubt = f"no region is as flat as vacuum; the flattest varies by {100 * contrast:.2g} %"
    # the pixel variance of such a tile holds structure, the differences of neighbours hardly any
    fano = float(np.median(tiles.fine[chosen])) / level
    return Vacuum(level, len(chosen) / len(relative), fano, doubts=[doubt])


def _judged(sample: Sample, edge: int) -> _Tiles | None:
    mean = _tile_means(sample.mean, edge)
    n_blocks = edge**2
    scatter = np.maximum(_tile_means(sample.mean**2, edge) - mean**2, 0) * n_blocks / (n_blocks - 1)
    pixel = np.maximum(_tile_means(sample.square, edge) - mean**2, 0)
    # drift correction pads frames with a constant; nothing was recorded there
    padded = (pixel <= 1e-12 * mean**2) & (sample.is_whole | (mean <= sample.lowest))
    good = (mean > 0) & ~padded
    if not good.any():
        return None
    mean, scatter, pixel = mean[good], scatter[good], pixel[good]
    fine = _tile_means(sample.fine, edge)[good]
    n_frames = len(sample.indices)
    if n_frames > 1:
        noise = _tile_means(sample.over_time, edge)[good] / n_frames
        spread = 2 / (n_blocks - 1) + 2 / (n_blocks * (n_frames - 1))
    else:
        per_mean = np.quantile(fine / mean, 0.1)
        noise = per_mean * mean / sample.block_px**2
        spread = 2 / (n_blocks - 1)
    return _Tiles(edge, mean, scatter, noise, pixel, fine, 1 + 4 * float(np.sqrt(spread)))


def _tile_means(blocks: np.ndarray, k: int) -> np.ndarray:
    """Mean over each tile of k × k blocks, flattened."""
    sums = np.zeros((blocks.shape[0] + 1, blocks.shape[1] + 1))
    sums[1:, 1:] = blocks.cumsum(axis=0).cumsum(axis=1)
    tiles = sums[k:, k:] - sums[:-k, k:] - sums[k:, :-k] + sums[:-k, :-k]
    return tiles[::_STRIDE, ::_STRIDE].ravel() / k**2


def _brightest_cluster(means: np.ndarray, noise: float) -> tuple[np.ndarray, list[float]]:
    """Which tiles belong to the brightest cluster of means, and the levels of the other clusters.

    Clusters end where means become four times rarer than at the most frequent one; a cluster may be wide where the
    illumination is uneven.
    """
    width = max(0.01 * float(np.median(means)), 1.5 * noise)
    ordered = np.sort(means)
    count = np.searchsorted(ordered, ordered + width, "right") - np.searchsorted(ordered, ordered - width, "left")
    frequent = ordered[count >= 0.25 * count.max()]
    clusters = np.split(frequent, np.flatnonzero(np.diff(frequent) > width) + 1)
    best = clusters[-1]
    near = (means >= best[0] - width / 2) & (means <= best[-1] + width / 2)
    level = float(means[near].mean())
    others = [float(np.median(one)) for one in clusters[:-1]]
    return near, [other for other in others if level - other > OTHER_LEVEL * level]
