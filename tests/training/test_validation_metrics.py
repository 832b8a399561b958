"""Validation figures on a picture small enough to count by hand."""

import numpy as np
import pytest

from segdepth_app.datasets.batches import WholeImage
from segdepth_app.training.metrics import Tally, column_estimates


def picture() -> tuple[np.ndarray, WholeImage]:
    """Six pixels: two of column 0 (3 atoms), two of column 1 (vacancy), two of background."""
    estimates = [[3, 4, 0], [1, 0, 5]]
    probability = np.full((11, 2, 3), 0.02)
    for (y, x), value in np.ndenumerate(np.array(estimates)):
        probability[value, y, x] = 0.8
    probability[:, 0, 0] = 0.001
    probability[3, 0, 0] = 0.99
    truth = WholeImage(
        image=np.ones((2, 3), np.float32),
        log_dose=0.0,
        depth=np.array([[3, 3, 0], [0, 0, 0]], np.uint8),
        weight=np.array([[1, 1, 0.5], [1, 1, 0.5]], np.float32),
        centre=np.array([[True, True, False], [False, False, False]]),
        discs=np.array([[0, 0, -1], [1, 1, -1]], np.int32),
        counts=np.array([3, 0, 7], np.int8),  # the third column lies outside
    )
    return np.log(probability).astype(np.float32), truth


def test_figures_are_shares_of_pixels_and_columns():
    tally = Tally()
    tally.add(*picture())
    shares = tally.shares()
    assert shares["pixel_accuracy"] == pytest.approx(3 / 6)
    assert shares["centre_accuracy"] == pytest.approx(1 / 2)
    # column 0: 3 wins by 0.99 against 0.8; column 1: 0 and 1 tie, and the lower one wins
    assert shares["column_accuracy"] == pytest.approx(1)
    by_hand = -(np.log(0.99) + np.log(0.02) * 2 + np.log(0.8) * 1.5 + np.log(0.02) * 0.5) / 5
    assert shares["val_loss"] == pytest.approx(by_hand, rel=1e-5)


def test_columns_outside_the_picture_do_not_count():
    log_probability, truth = picture()
    estimate, inside = column_estimates(np.exp(log_probability), truth)
    assert inside.tolist() == [True, True, False]
    assert estimate[:2].tolist() == [3, 0]


def test_a_miss_by_one_counts_as_within_one():
    log_probability, truth = picture()
    tally = Tally()
    tally.add(log_probability, truth._replace(counts=np.array([4, 2, 7], np.int8)))
    shares = tally.shares()
    assert (shares["column_accuracy"], shares["column_within_one"]) == (0, 0.5)
