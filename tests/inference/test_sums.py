"""Evidence of sums for paths, against a recursion that is written out for one path at a time."""

import numpy as np
import pytest

from segdepth_app.inference.sums import FAINTEST, Sums
from segdepth_app.inference.windows import windows

PRIOR = np.array([0.1, 0.2, 0.3, 0.4])


def toy(n_frames, rng, n_columns=3):
    frames = rng.dirichlet(np.ones(4), (n_frames, n_columns))
    sums = {window: rng.dirichlet(np.ones(4), n_columns) for window in windows(n_frames, 8)}
    return frames, sums


def parts(path, start, stop, sums):
    """The largest windows within start:stop in which the path stands still and of which there is a sum."""
    if stop - start == 1:
        return [(start, stop)]
    if len(set(path[start:stop])) == 1 and (start, stop) in sums:
        return [(start, stop)]
    middle = (start + stop) // 2
    return parts(path, start, middle, sums) + parts(path, middle, stop, sums)


@pytest.mark.parametrize("seed", range(3))
def test_the_verdict_is_the_mean_of_each_count_s_largest_windows(seed):
    rng = np.random.default_rng(seed)
    frames, sums = toy(19, rng)
    del sums[8, 12]
    paths = np.repeat(rng.integers(0, 4, (5, 20)), 4, axis=0)[:19]  # stands still in windows of 4, or longer
    owners = rng.integers(0, 3, 20)

    found = Sums.of(frames, np.ones((19, 3), bool), sums).verdict(paths, owners, PRIOR)

    for path, owner, value in zip(paths.T, owners, found, strict=True):
        pieces = [
            piece for start, stop in ((0, 8), (8, 16), (16, 18), (18, 19)) for piece in parts(path, start, stop, sums)
        ]
        said = {}
        for start, stop in pieces:
            p = frames[start, owner] if stop - start == 1 else sums[start, stop][owner]
            evidence = np.log(np.maximum(p, FAINTEST) / PRIOR)
            said.setdefault(path[start], []).extend([evidence[path[start]] - evidence.max()] * (stop - start))
        assert value == pytest.approx(sum(np.mean(values) for values in said.values()), rel=1e-9)


def test_the_best_count_of_a_column_that_stands_still_costs_nothing():
    frames, sums = toy(8, np.random.default_rng(5))
    best = (sums[0, 8] / PRIOR).argmax(axis=1)

    found = Sums.of(frames, np.ones((8, 3), bool), sums).verdict(np.tile(best, (8, 1)), np.arange(3), PRIOR)

    np.testing.assert_allclose(found, 0, atol=1e-12)


def test_the_mean_count_is_that_of_the_largest_sums_by_their_frames():
    frames, sums = toy(11, np.random.default_rng(6))
    seen = np.ones((11, 3), bool)
    seen[10, 1] = False

    found = Sums.of(frames, seen, sums).mean_count()

    n = np.arange(4)
    long, short, single = sums[0, 8] @ n, sums[8, 10] @ n, frames[10] @ n
    np.testing.assert_allclose(found[[0, 2]], ((8 * long + 2 * short + single) / 11)[[0, 2]], rtol=1e-12)
    assert found[1] == pytest.approx((8 * long[1] + 2 * short[1]) / 10)
