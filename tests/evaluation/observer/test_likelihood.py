"""The likelihood ratio test against closed forms, enumeration, the normal limit and its own bounds."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from segdepth_app.evaluation.observer.likelihood import bhattacharyya_bounds, calls, pair_accuracy


def enumerated(a, b, most=60):
    """½ Σ max(P_a, P_b) over every outcome of a few pixels: the best accuracy there is, by its definition."""
    counts = np.arange(most)
    by_pixel = [(poisson.pmf(counts, one), poisson.pmf(counts, other)) for one, other in zip(a, b, strict=True)]
    p_a, p_b = (np.array([1.0]), np.array([1.0]))
    for one, other in by_pixel:
        p_a, p_b = np.outer(p_a, one).ravel(), np.outer(p_b, other).ravel()
    return 0.5 * np.maximum(p_a, p_b).sum()


@pytest.mark.parametrize(("a", "b"), [(0.01, 0.02), (0.3, 0.5), (1, 4), (2, 3), (5, 5.01), (50, 60), (2000, 2100)])
def test_one_pixel_is_a_sum_of_poisson_probabilities(a, b):
    """Inversion is good to 1e-8; a lattice is smeared a little, which showed as 1e-9 at most."""
    counts = np.arange(int(b + 40 * np.sqrt(b) + 60))
    expected = 0.5 * np.maximum(poisson.pmf(counts, a), poisson.pmf(counts, b)).sum()

    assert pair_accuracy([a], [b]) == pytest.approx(expected, abs=1e-7)
    assert pair_accuracy([b], [a]) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ([2, 3], [3, 2]),  # equal counts tie: one outcome in eight
        ([1, 1, 2], [1.5, 0.5, 2.5]),
        ([0.2, 0.5, 0.1], [0.1, 1.0, 0.3]),
        ([4, 7], [5, 6]),
    ],
)
def test_a_few_pixels_agree_with_all_outcomes_enumerated(a, b):
    """Ties count half; smearing by a thousandth of the width costs less than 1e-6 here."""
    assert pair_accuracy(a, b) == pytest.approx(enumerated(a, b), abs=1e-6)


@pytest.mark.parametrize("n", [2, 9, 400])
def test_equal_pixels_are_one_pixel_with_all_their_counts(n):
    assert pair_accuracy([0.4] * n, [0.5] * n) == pytest.approx(pair_accuracy([0.4 * n], [0.5 * n]), abs=1e-9)


def test_pixels_that_say_nothing_change_nothing():
    rng = np.random.default_rng(4)
    a, b = rng.uniform(1, 2, 30), rng.uniform(1, 2, 30)

    assert pair_accuracy([*a, 7.0, 9.0], [*b, 7.0, 9.0]) == pytest.approx(pair_accuracy(a, b), abs=1e-12)
    assert pair_accuracy(a, a) == 0.5


def test_many_electrons_and_small_differences_give_the_normal_limit():
    """Φ(d'/2) with d'² = Σ (a - b)²/mean; the next term is of the order of contrast², 1e-4."""
    rng = np.random.default_rng(2)
    a = 1e4 * rng.uniform(1, 2, 100)
    b = a * (1 + 1e-3 * rng.normal(size=100))
    d_prime = np.sqrt(((a - b) ** 2 / ((a + b) / 2)).sum())
    assert 0.5 < d_prime < 3

    assert pair_accuracy(a, b) == pytest.approx(norm.cdf(d_prime / 2), abs=1e-4)


def test_few_electrons_differ_from_the_normal_limit():
    """Why it is not used: 0.3 against 1.2 electrons in one pixel."""
    normal = norm.cdf(0.9 / np.sqrt(0.75) / 2)

    assert pair_accuracy([0.3], [1.2]) == pytest.approx(enumerated([0.3], [1.2]), abs=1e-7)
    assert abs(pair_accuracy([0.3], [1.2]) - normal) > 0.02


@pytest.mark.parametrize("seed", range(2))
def test_accuracy_rises_with_dose_and_window_and_keeps_within_its_bounds(seed):
    """Data processing: more electrons or pixels never hurt; Bhattacharyya's bounds hold for any pair."""
    rng = np.random.default_rng(seed)
    a = rng.uniform(0.5, 2, 80)
    b = a * np.exp(0.15 * rng.normal(size=80))

    by_dose = [pair_accuracy(level * a, level * b) for level in (0.1, 0.8, 3, 10)]
    by_window = [pair_accuracy(a[:n], b[:n]) for n in (2, 20, 80)]

    # one pixel may be no worse than several: rounding of the inversion, 1e-7
    assert np.all(np.diff(by_dose) > -1e-7)
    assert np.all(np.diff(by_window) > -1e-7)
    assert by_dose[-1] > by_dose[0] + 0.1
    for level, value in zip((0.1, 0.8, 3, 10), by_dose, strict=True):
        low, high = bhattacharyya_bounds(level * a, level * b)
        assert low - 1e-9 <= value <= high + 1e-9


def test_bounds_of_one_pixel_by_hand():
    """a = 1, b = 4: ρ = exp(-½)."""
    rho = np.exp(-0.5)

    assert bhattacharyya_bounds([1.0], [4.0]) == pytest.approx((1 - rho / 2, 0.5 + 0.5 * np.sqrt(1 - rho**2)))


def test_two_images_without_prior_are_called_as_the_pair_test_says():
    """40,000 draws: a standard error of 0.002, and five of them."""
    rng = np.random.default_rng(8)
    a = rng.uniform(1, 2, 50)
    means = np.stack([a, a * np.exp(0.15 * rng.normal(size=50))])
    prior = np.log(np.full((1, 2), 0.5))

    called = [calls(means, true, n_draws=20_000, rng=rng, log_priors=prior)[0] == true for true in (0, 1)]

    assert np.mean(called) == pytest.approx(pair_accuracy(*means), abs=5 * 0.002)


@pytest.mark.parametrize("prior", [(1.0, 0.0, 0.0), (0.21, 0.68, 0.11)])
def test_the_likeliest_a_posteriori_agrees_with_a_plain_loop(prior):
    """Against scipy's log-pmf, draw by draw, from the same counts."""
    means = np.array([[1.0, 2.0, 3.0], [1.5, 2.0, 2.0], [2.0, 1.0, 3.0]])
    with np.errstate(divide="ignore"):
        log_priors = np.log([prior])

    found = calls(means, 2, n_draws=200, rng=np.random.default_rng(1), log_priors=log_priors)[0]

    counts = np.random.default_rng(1).poisson(means[2], (200, 3))
    expected = [np.argmax(poisson.logpmf(k, means).sum(axis=1) + log_priors[0]) for k in counts]
    assert found.tolist() == expected
    assert len(set(expected)) == sum(share > 0 for share in prior)
