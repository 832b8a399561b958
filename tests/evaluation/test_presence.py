"""Precision and recall of "is there a column" against scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score, precision_recall_curve

from segdepth_app.evaluation.presence import (
    N_PRESENCE_BINS,
    average_precision,
    coarse,
    coarse_average_precision,
    presence_edges,
    presence_histogram,
)
from segdepth_app.evaluation.records import precision_recall


def cases(seed, n=5000, share=0.3, separation=3.0):
    """Log-odds of empty and occupied cases that overlap."""
    rng = np.random.default_rng(seed)
    occupied = rng.uniform(size=n) < share
    return rng.normal(0, 2, n) + separation * (occupied - 0.5), occupied


def quantised(log_odds):
    """The score that a bin stands for: its lower edge."""
    edges = presence_edges()
    return edges[np.clip(np.searchsorted(edges, expit(log_odds), side="right") - 1, 0, N_PRESENCE_BINS - 1)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_average_precision_equals_scikit_learn_on_the_same_bins(seed):
    log_odds, occupied = cases(seed)
    histogram = sum(
        presence_histogram(log_odds[part], occupied[part]) for part in np.array_split(np.arange(len(log_odds)), 7)
    )

    expected = average_precision_score(occupied, quantised(log_odds))
    assert float(average_precision(histogram)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("separation", [1.0, 4.0, 12.0])
def test_bins_cost_the_average_precision_about_a_thousandth(separation):
    """12 apart the cases lie where even bins of probability could not tell them from 0 and 1."""
    log_odds, occupied = cases(4, separation=separation)

    binned = float(average_precision(presence_histogram(log_odds, occupied)))
    assert binned == pytest.approx(average_precision_score(occupied, log_odds), abs=2e-3)


def test_the_readers_curve_is_scikit_learns():
    log_odds, occupied = cases(5)
    curve = precision_recall(presence_histogram(log_odds, occupied), presence_edges())

    precision, recall, thresholds = precision_recall_curve(occupied, quantised(log_odds))
    # scikit-learn goes from the lowest threshold up and adds the end point
    np.testing.assert_allclose(curve.precision, precision[-2::-1], atol=1e-12)
    np.testing.assert_allclose(curve.recall, recall[-2::-1], atol=1e-12)
    np.testing.assert_allclose(curve.threshold, thresholds[::-1])


def test_four_cases_counted_by_hand():
    """From the surest down: occupied, empty, occupied, empty: 1/2 · 1 + 1/2 · 2/3."""
    histogram = presence_histogram(np.array([3.0, 2.0, 1.0, -4.0]), np.array([True, False, True, False]))

    assert float(average_precision(histogram)) == pytest.approx(5 / 6)


@pytest.mark.parametrize("occupied", [True, False])
def test_one_class_alone_has_no_average_precision(occupied):
    assert np.isnan(average_precision(presence_histogram(np.array([1.0, -1.0]), np.full(2, occupied))))


def test_odds_beyond_the_edges_count_in_the_outermost_bins():
    histogram = presence_histogram(np.array([-np.inf, -1e9, 1e9, np.inf]), np.array([False, True, False, True]))

    assert histogram[0].tolist() == [1, 1]
    assert histogram[-1].tolist() == [1, 1]


def test_what_is_resampled_is_the_same_figure_on_joined_bins():
    histograms = np.stack([presence_histogram(*cases(seed)) for seed in range(3)])
    joined = np.stack([coarse(item).ravel() for item in histograms])

    assert joined.sum() == histograms.sum()
    # bins of half a unit of log-odds instead of a thirty-second part
    np.testing.assert_allclose(coarse_average_precision(joined), average_precision(histograms), atol=0.02)


def test_edges_rise_from_nothing_to_certainty():
    edges = presence_edges()

    assert (edges[0], edges[-1], edges[N_PRESENCE_BINS // 2]) == (0, 1, 0.5)
    assert (np.diff(edges) > 0).all()
