"""Figures of merit against hand-counted maps and scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from segdepth_app.evaluation.metrics import (
    Bins,
    PixelTally,
    accuracy,
    by_depth,
    column_shares,
    confusion,
    mean_absolute_error,
    pixel_shares,
    within_one,
)

TRUTH = np.array([[0, 0, 3, 3], [0, 0, 3, 2], [0, 1, 0, 0]])
CALLED = np.array([[0, 2, 3, 4], [0, 0, 0, 2], [1, 1, 0, 0]])
CENTRES = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [0, 1, 0, 0]], bool)


def test_the_papers_four_on_a_map_counted_by_hand():
    """12 pixels, 8 right; 5 near a centre, 3 right; of 5 column pixels 4 found; of 6 called columns 2 invented."""
    tally = PixelTally()
    tally.add(TRUTH, CALLED, CENTRES)

    assert tally.figures() == {
        "pixel_accuracy": 8 / 12,
        "centre_accuracy": 3 / 5,
        "detection_rate": 4 / 5,
        "hallucination_rate": 2 / 6,
    }


def test_tallies_of_parts_equal_the_tally_of_the_whole():
    parts, whole = PixelTally(), PixelTally()
    for row in range(3):
        parts.add(TRUTH[row : row + 1], CALLED[row : row + 1], CENTRES[row : row + 1])
    whole.add(TRUTH, CALLED, CENTRES)

    np.testing.assert_array_equal(parts.pixels, whole.pixels)
    np.testing.assert_array_equal(parts.centres, whole.centres)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_confusion_and_accuracy_agree_with_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    truth, called = rng.integers(0, 11, (2, 40, 30)).astype(np.uint8)

    matrix = confusion(truth, called)

    expected = confusion_matrix(truth.ravel(), called.ravel(), labels=range(11))
    np.testing.assert_array_equal(matrix, expected)
    assert accuracy(matrix) == pytest.approx(accuracy_score(truth.ravel(), called.ravel()), abs=1e-15)


def test_distances_on_columns_counted_by_hand():
    """Off by 0, 0, 1, 1, 3: two right, four within one, mean 1."""
    matrix = confusion(np.array([4, 10, 5, 6, 2]), np.array([4, 10, 6, 5, 5]))

    assert (accuracy(matrix), within_one(matrix), mean_absolute_error(matrix)) == (2 / 5, 4 / 5, 1)


def test_shares_of_columns_counted_by_hand():
    """Five columns off by 0, 0, 1, 1, 3; of the two empty ones one is called empty."""
    matrix = confusion(np.array([0, 0, 5, 6, 9]), np.array([0, 3, 5, 7, 8]))

    assert column_shares(matrix) == {
        "column_accuracy": (2, 5),
        "column_within_one": (4, 5),
        "column_mae": (5, 5),
        "vacancy_accuracy": (1, 2),
    }


@pytest.mark.parametrize("figure", [accuracy, within_one, mean_absolute_error])
def test_a_share_of_nothing_is_none(figure):
    assert figure(np.zeros((11, 11), np.int64)) is None


@pytest.mark.parametrize("name", ["pixel_accuracy", "centre_accuracy", "detection_rate", "hallucination_rate"])
def test_nothing_has_no_part_and_no_whole(name):
    nothing = np.zeros((11, 11), np.int64)

    assert pixel_shares(nothing, nothing)[name] == (0, 0)
    assert PixelTally().figures()[name] is None


def test_an_image_of_vacuum_has_no_detection_rate_but_may_hallucinate():
    tally = PixelTally()
    tally.add(np.zeros((2, 2), int), np.array([[0, 0], [0, 5]]), np.zeros((2, 2), bool))

    assert tally.figures() == {
        "pixel_accuracy": 0.75,
        "centre_accuracy": None,
        "detection_rate": None,
        "hallucination_rate": 1.0,
    }


def test_by_depth_takes_the_row_of_the_true_class():
    figures = by_depth(confusion(np.array([3, 3, 3, 7]), np.array([3, 3, 7, 3])))

    assert figures["3"] == {"n": 3, "accuracy": 2 / 3, "within_one": 2 / 3, "mae": 4 / 3}
    assert figures["7"] == {"n": 1, "accuracy": 0, "within_one": 0, "mae": 4}
    assert figures["5"] == {"n": 0, "accuracy": None, "within_one": None, "mae": None}


@pytest.mark.parametrize(
    ("values", "width", "edges"),
    [
        ([15.0, 45.0], 10, (10, 20, 30, 40, 50)),
        ([20.0, 30.0], 5, (20, 25, 30)),
        ([6.0, 6.0], 1, (6, 7)),
        ([-1.5, 0.5], 1, (-2, -1, 0, 1)),
        ([], 2, (0, 2)),
    ],
)
def test_bins_hold_all_values_and_start_at_multiples_of_their_width(values, width, edges):
    assert Bins.over(np.array(values, np.float32), width=width).edges == edges


def test_a_float32_hair_opens_no_empty_bin():
    value = np.nextafter(np.float32(9), np.float32(10))

    assert Bins.over(np.array([1, value], np.float32), width=1).edges[-1] == 9


@pytest.mark.parametrize(("value", "index"), [(1, 0), (1.99, 0), (2, 1), (3, 1), (3.5, 1), (0, 0)])
def test_the_last_bin_is_closed_and_strays_go_to_the_nearest(value, index):
    assert Bins((1.0, 2.0, 3.0)).index(value) == index
