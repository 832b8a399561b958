"""Events out of chances of changes, by hand."""

import numpy as np
import pytest

from segdepth_app.inference.events import find_events


def chances(*entries, shape=(20, 2, 4, 4)):
    values = np.zeros(shape)
    for frame, column, before, after, chance in entries:
        values[frame, column, before, after] = chance
    return values


def test_a_change_whose_frame_is_uncertain_is_one_event_with_the_sum_of_its_chances():
    found = find_events(chances((9, 1, 2, 3, 0.2), (10, 1, 2, 3, 0.5), (11, 1, 2, 3, 0.1)))

    assert [event[:4] for event in found] == [(1, 10, 2, 3)]
    assert found[0].probability == pytest.approx(0.8)


def test_there_and_back_are_two_events():
    found = find_events(chances((5, 0, 1, 2, 0.9), (7, 0, 2, 1, 0.8)))

    assert [event[:4] for event in found] == [(0, 5, 1, 2), (0, 7, 2, 1)]
    assert [event.probability for event in found] == [0.9, 0.8]


def test_what_is_less_likely_than_the_least_is_left_out():
    values = chances((5, 0, 1, 2, 0.06), (8, 0, 1, 2, 0.05), (15, 1, 3, 1, 0.3))

    assert [event.frame for event in find_events(values, least=0.2)] == [15]


def test_the_counts_are_the_likeliest_and_the_probability_that_of_the_direction():
    found = find_events(chances((5, 0, 1, 2, 0.3), (5, 0, 2, 3, 0.4), (6, 0, 3, 2, 0.05)), least=0.1)

    assert [event[:4] for event in found] == [(0, 5, 2, 3)]
    assert found[0].probability == pytest.approx(0.7)


def test_a_change_far_from_the_first_is_another_event():
    found = find_events(chances((5, 0, 1, 2, 0.4), (11, 0, 1, 2, 0.3)))

    assert [(event.frame, event.probability) for event in found] == [(5, 0.4), (11, 0.3)]
