"""Ranked probability score and steps against plain loops and cases counted by hand."""

import numpy as np
import pytest
from scipy.special import softmax

from segdepth_app.evaluation.columns import (
    log_odds_occupied,
    ranked_probability_scores,
    step_accuracy,
    step_figures,
    step_sums,
)


def rps_by_loop(probability, count):
    """As the definition reads, threshold by threshold."""
    total = 0.0
    for threshold in range(10):
        below = sum(probability[k] for k in range(threshold + 1))
        total += (below - (1.0 if count <= threshold else 0.0)) ** 2
    return total / 10


@pytest.mark.parametrize("seed", [1, 2])
def test_the_score_equals_the_plain_loop(seed):
    rng = np.random.default_rng(seed)
    probability = softmax(rng.normal(0, 3, (60, 11)), axis=1)
    count = rng.integers(0, 11, 60)

    expected = [rps_by_loop(p, n) for p, n in zip(probability.tolist(), count.tolist(), strict=True)]
    # sums of ten float64 terms in another order
    np.testing.assert_allclose(ranked_probability_scores(probability, count), expected, atol=1e-14)


@pytest.mark.parametrize(("called", "true", "score"), [(4, 4, 0.0), (4, 5, 0.1), (2, 9, 0.7), (0, 10, 1.0), (10, 0, 1)])
def test_a_sure_call_scores_a_tenth_of_its_distance(called, true, score):
    assert ranked_probability_scores(np.eye(11)[[called]], np.array([true])) == pytest.approx([score])


def test_no_knowledge_scores_as_computed_by_hand():
    """Even over 11 counts, truth 0: Σ (k/11)² for k = 10 … 1, over 10: 385 / 1210."""
    assert ranked_probability_scores(np.full((1, 11), 1 / 11), np.array([0])) == pytest.approx([385 / 1210])


def test_log_odds_are_those_of_the_probabilities():
    logits = np.random.default_rng(3).normal(0, 4, (40, 11))
    probability = softmax(logits, axis=1)

    np.testing.assert_allclose(
        log_odds_occupied(logits), np.log((1 - probability[:, 0]) / probability[:, 0]), atol=1e-9
    )


def test_sure_calls_have_log_odds_beyond_what_probabilities_can_hold():
    logits = np.zeros((2, 11))
    logits[0, 5], logits[1, 0] = 800, 800

    # ten classes against a weight of exp(800) are less than float64 holds
    np.testing.assert_allclose(log_odds_occupied(logits), [800, -np.inf])


def step_by_loop(logits, count):
    """Column by column and step by step."""
    sums = np.zeros((10, 4))
    for row, n in zip(logits, count, strict=True):
        for lower in range(10):
            higher_wins = 0.5 if row[lower] == row[lower + 1] else float(row[lower + 1] > row[lower])
            if n == lower:
                sums[lower] += (1, 1 - higher_wins, 0, 0)
            if n == lower + 1:
                sums[lower] += (0, 0, 1, higher_wins)
    return sums


def test_steps_equal_the_plain_loop():
    rng = np.random.default_rng(4)
    logits = rng.integers(-3, 4, (300, 11)).astype(float)
    count = rng.integers(0, 11, 300)

    np.testing.assert_array_equal(step_sums(logits, count), step_by_loop(logits, count))


def test_a_step_weighs_both_counts_alike():
    """Of three columns of 2 atoms all are right, of one of 3 atoms none: one half, not three quarters."""
    logits = np.zeros((4, 11))
    logits[:, 2] = 1
    steps = step_figures(step_sums(logits, np.array([2, 2, 2, 3])))

    assert steps[2] == {"lower": 2, "n_lower": 3, "n_upper": 1, "accuracy": 0.5}
    # nothing has 4 atoms, and nothing 1
    assert steps[3]["accuracy"] is None
    assert steps[1] == {"lower": 1, "n_lower": 0, "n_upper": 3, "accuracy": None}
    assert steps[9] == {"lower": 9, "n_lower": 0, "n_upper": 0, "accuracy": None}


def test_step_accuracy_of_many_resamplings_is_that_of_each():
    sums = np.random.default_rng(5).integers(1, 50, (20, 4)).astype(float)

    np.testing.assert_allclose(step_accuracy(sums), [(b / a + d / c) / 2 for a, b, c, d in sums])
    assert np.isnan(step_accuracy(np.array([3.0, 1.0, 0.0, 0.0])))
