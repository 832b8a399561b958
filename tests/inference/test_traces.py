"""Hidden-Markov smoothing against sums over every path, and against a closed form with two states."""

from itertools import product

import numpy as np
import pytest

from segdepth_app.inference.traces import (
    FLOOR,
    STAY_GRID,
    changes_between,
    column_prior,
    fitted_stay,
    smooth,
    smooth_trace,
    transition_matrix,
)


def every_path(likelihood, start, step):
    """Posterior (T, C) and best path (T,) by writing out all C**T paths."""
    n_frames, n_classes = likelihood.shape
    marginal, best, best_weight = np.zeros((n_frames, n_classes)), None, -1.0
    for path in product(range(n_classes), repeat=n_frames):
        weight = start[path[0]] * likelihood[0, path[0]]
        for t in range(1, n_frames):
            weight *= step[path[t - 1], path[t]] * likelihood[t, path[t]]
        for t, state in enumerate(path):
            marginal[t, state] += weight
        if weight > best_weight:
            best, best_weight = path, weight
    return marginal / marginal.sum(axis=1, keepdims=True), np.array(best)


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_a_sum_over_every_path(seed):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(4), size=(5, 3))  # 5 frames, 3 columns, 4 classes
    prior = rng.dirichlet(np.ones(4) * 3)

    found = smooth(probabilities, prior=prior, stay_probability=0.8)

    step = transition_matrix(0.8, 4)
    for column in range(3):
        posterior, path = every_path(probabilities[:, column] / prior, prior, step)
        np.testing.assert_allclose(found.posterior[:, column], posterior, rtol=1e-10)
        np.testing.assert_array_equal(found.path[:, column], path)
        np.testing.assert_allclose(found.confidence[:, column], posterior[np.arange(5), path], rtol=1e-10)


def test_two_states_and_two_frames_follow_the_closed_form():
    """P(first = 1) = a1 (s b1 + (1-s) b0) / (that + a0 (s b0 + (1-s) b1)) with an even prior."""
    a1, b1, stay = 0.7, 0.9, 0.95
    found = smooth([[[1 - a1, a1]], [[1 - b1, b1]]], prior=[0.5, 0.5], stay_probability=stay)

    one = a1 * (stay * b1 + (1 - stay) * (1 - b1))
    zero = (1 - a1) * (stay * (1 - b1) + (1 - stay) * b1)
    assert found.posterior[0, 0, 1] == pytest.approx(one / (one + zero), rel=1e-12)


def test_a_single_frame_gives_the_network_s_own_posterior():
    probabilities = np.random.default_rng(0).dirichlet(np.ones(11), size=(1, 4))
    prior = np.random.default_rng(1).dirichlet(np.ones(11))

    found = smooth(probabilities, prior=prior, stay_probability=0.98)

    np.testing.assert_allclose(found.posterior, probabilities, rtol=1e-9)


def test_a_flicker_is_smoothed_away_and_a_lasting_change_is_kept():
    """8 frames at 3, one doubtful frame at 4, 8 at 3, then 12 at 0."""
    calls = [3] * 8 + [4] + [3] * 8 + [0] * 12
    trace = np.full((len(calls), 11), 0.04)
    trace[np.arange(len(calls)), calls] = 0.6

    found = smooth_trace(trace, prior=np.ones(11) / 11, stay_probability=0.98)

    np.testing.assert_array_equal(found.path[:, 0], [3] * 17 + [0] * 12)


def test_frames_that_were_not_done_are_bridged():
    trace = np.full((6, 11), 0.02)
    trace[:, 5] = 0.8
    trace[2:4] = np.nan

    found = smooth_trace(trace, prior=np.ones(11) / 11, stay_probability=0.98)

    assert np.all(found.path == 5)
    assert found.confidence[2, 0] > 0.99


def test_no_single_frame_rules_a_count_out():
    trace = np.zeros((9, 1, 11))
    trace[:, 0, 2] = 1
    trace[4, 0] = 0
    trace[4, 0, 7] = 1  # as certain as can be, once

    found = smooth(trace, prior=np.ones(11) / 11, stay_probability=0.98)

    # to 7 and back costs about (0.02 · 1/25 / 2.8)² = 8e-8, less likely than one frame at the floor
    assert FLOOR == 1e-6
    assert found.path[4, 0] == 2


def test_rows_of_the_transition_matrix_sum_to_one_and_prefer_near_counts():
    step = transition_matrix(0.9, 11)

    np.testing.assert_allclose(step.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_allclose(np.diag(step), 0.9)
    assert step[4, 5] == pytest.approx(4 * step[4, 6])
    assert step[0, 10] > 0


def test_vacuum_s_share_does_not_count_at_a_column():
    prior = column_prior([0.8, *[0.01] * 5, *[0.03] * 5])

    assert prior.sum() == pytest.approx(1)
    assert prior[0] == 0.03
    assert prior[10] / prior[1] == pytest.approx(3)


@pytest.mark.parametrize("seed", range(3))
def test_chances_of_changes_agree_with_a_sum_over_every_path(seed):
    rng = np.random.default_rng(seed)
    evidence, start, step = rng.normal(size=(5, 2, 3)), rng.dirichlet(np.ones(3)), transition_matrix(0.7, 3)

    found = dict(changes_between(evidence, start, step))

    for column in range(2):
        expected, total = np.zeros((5, 3, 3)), 0.0
        for path in product(range(3), repeat=5):
            weight = start[path[0]] * np.exp(evidence[np.arange(5), column, path].sum())
            weight *= np.prod([step[path[t - 1], path[t]] for t in range(1, 5)])
            total += weight
            for t in range(1, 5):
                expected[t, path[t - 1], path[t]] += weight * (path[t - 1] != path[t])
        for t in range(1, 5):
            np.testing.assert_allclose(found[t][column], expected[t] / total, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("stay", [0.9, 0.98])
def test_the_fitted_rate_is_that_of_the_chain(stay):
    """200 columns of 100 frames, hardly any noise: the nearest of the grid, or its neighbour."""
    rng = np.random.default_rng(0)
    chain = np.zeros((100, 200), int)
    chain[0] = rng.integers(0, 11, 200)
    step = transition_matrix(stay, 11)
    for t in range(1, 100):
        chain[t] = [rng.choice(11, p=step[n]) for n in chain[t - 1]]
    trace = np.where(np.arange(11) == chain[..., None], 0.9, 0.01)

    assert abs(STAY_GRID.index(fitted_stay(trace, prior=np.ones(11) / 11)) - STAY_GRID.index(stay)) <= 1


def test_a_trace_without_a_typed_rate_is_fitted():
    calls = [3] * 30 + [8] * 30
    trace = np.full((60, 11), 0.02)
    trace[np.arange(60), calls] = 0.8

    found = smooth_trace(trace, prior=np.ones(11) / 11)

    np.testing.assert_array_equal(found.path[:, 0], calls)
