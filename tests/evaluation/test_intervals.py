"""Poisson bootstrap over specimens against closed forms and an ordinary bootstrap."""

import numpy as np
import pytest

from segdepth_app.evaluation.intervals import FEWEST_SPECIMENS, SpecimenBootstrap, draws


def sums_of(n_specimens, seed, columns=60, between=0.1):
    """Right calls and calls of each specimen; specimens differ in how hard they are."""
    rng = np.random.default_rng(seed)
    n = rng.integers(columns // 2, columns * 2, n_specimens)
    chance = np.clip(rng.normal(0.7, between, n_specimens), 0, 1)
    return np.stack([rng.binomial(n, chance), n], axis=1).astype(float)


def filled(sums, *, n=1000, seed=1, order=None, name="figure"):
    bootstrap = SpecimenBootstrap(n, seed)
    for specimen in range(len(sums)) if order is None else order:
        bootstrap.add(specimen, {name: sums[specimen]})
    return bootstrap


def ordinary_bootstrap(sums, n, seed):
    """Specimens drawn with replacement, as in the textbook."""
    rng = np.random.default_rng(seed)
    drawn = sums[rng.integers(0, len(sums), (n, len(sums)))].sum(axis=1)
    return np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])


def test_the_interval_is_that_of_an_ordinary_bootstrap_over_specimens():
    sums = sums_of(60, 2)
    expected = ordinary_bootstrap(sums, 20_000, 3)

    found = filled(sums, n=20_000).interval("figure")
    # percentiles of 20,000 resamplings scatter by 2 % of the width; the two ways differ by 1/60
    assert found == pytest.approx(expected, abs=0.05 * np.ptp(expected))


def test_independent_calls_have_the_binomial_interval():
    """One call in each of 4000 specimens: p ± 1.96 √(p (1 - p) / n)."""
    right = (np.arange(4000) % 10 < 7).astype(float)
    low, high = filled(np.stack([right, np.ones(4000)], axis=1), n=4000).interval("figure")
    half = 1.96 * np.sqrt(0.7 * 0.3 / 4000)

    # 4000 resamplings: 4 % of the half-width
    assert (low, high) == (pytest.approx(0.7 - half, abs=0.1 * half), pytest.approx(0.7 + half, abs=0.1 * half))


def test_equal_images_of_a_specimen_do_not_narrow_the_interval():
    """Ten images that show the same are one piece of evidence, not ten."""
    sums = sums_of(30, 4)
    once, tenfold = filled(sums), SpecimenBootstrap(1000, 1)
    for specimen in range(30):
        for _ in range(10):
            tenfold.add(specimen, {"figure": sums[specimen]})

    assert tenfold.interval("figure") == pytest.approx(once.interval("figure"), abs=1e-12)


def test_nineteen_of_twenty_intervals_hold_the_truth():
    """Coverage over 300 data sets of 40 specimens whose true accuracy is known."""
    held = 0
    for seed in range(300):
        low, high = filled(sums_of(40, 1000 + seed), n=300, seed=seed).interval("figure")
        held += low <= 0.7 <= high

    # 95 % of 300 is 285 ± 3.8; with 40 specimens a percentile interval covers a little less
    assert 270 <= held <= 297


def test_the_order_of_the_specimens_changes_nothing():
    sums = sums_of(100, 5)
    backwards = filled(sums, order=range(99, -1, -1))

    assert backwards.interval("figure") == filled(sums).interval("figure")


def test_the_images_of_a_specimen_need_not_follow_one_another():
    sums = sums_of(10, 6)
    apart = SpecimenBootstrap(500, 1)
    for half in (np.floor(sums / 2), np.ceil(sums / 2)):
        for specimen in range(10):
            apart.add(specimen, {"figure": half[specimen]})

    assert apart.interval("figure") == filled(sums, n=500).interval("figure")


def test_draws_belong_to_seed_and_specimen():
    assert np.array_equal(draws(1, 7, 50), draws(1, 7, 50))
    assert not np.array_equal(draws(1, 7, 50), draws(1, 8, 50))
    assert not np.array_equal(draws(1, 7, 50), draws(2, 7, 50))
    # a name seen later does not move the draws of one seen before
    late = filled(sums_of(20, 7))
    for specimen in range(20, 40):
        late.add(specimen, {"other": np.array([1.0, 2.0])})
    assert late.interval("figure") == filled(sums_of(20, 7)).interval("figure")
    assert late.interval("other") == [0.5, 0.5]


def test_too_few_specimens_have_no_interval():
    sums = sums_of(FEWEST_SPECIMENS, 8)

    assert filled(sums[:-1]).interval("figure") is None
    assert filled(sums).interval("figure") is not None
    # four specimens twice are still four
    twice = filled(np.concatenate([sums[:-1]] * 2), order=[0, 1, 2, 3, 0, 1, 2, 3])
    assert twice.interval("figure") is None


def test_what_never_came_or_was_not_asked_for_has_no_interval():
    assert filled(sums_of(9, 9)).interval("nothing") is None
    assert filled(sums_of(9, 9), n=0).interval("figure") is None


def test_a_figure_without_denominators_has_no_interval():
    """Only one specimen of ten holds such columns: more than a third of the resamplings lack it."""
    sums = np.zeros((10, 2))
    sums[3] = (5, 8)

    assert filled(sums).interval("figure") is None


def test_memory_is_resamplings_times_sums():
    bootstrap = SpecimenBootstrap(200, 1)
    sizes = set()
    for specimen in range(2000):
        bootstrap.add(specimen, {"a": np.ones(2), ("b", 1): np.ones((3, 2))})
        if specimen % 500 == 499:
            bootstrap.interval("a")
            sizes.add((bootstrap._totals.shape, len(bootstrap._waiting), sum(map(len, bootstrap._specimens.values()))))

    assert sizes == {((8, 200), 0, 2 * FEWEST_SPECIMENS)}


def test_shifted_resamplings_lie_around_the_figure():
    sums = sums_of(50, 10)
    point = sums[:, 0].sum() / sums[:, 1].sum()
    biased = filled(sums).interval("figure", lambda values: values[..., 0] / values[..., 1] + 0.1, around=point)

    assert biased == pytest.approx(filled(sums).interval("figure"), abs=0.003)
