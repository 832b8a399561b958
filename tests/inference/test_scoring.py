"""Scores of events, against counts by hand. (Scores of columns are tested with the demo.)"""

import numpy as np
import pytest

from segdepth_app.inference.results import EVENT_DTYPE
from segdepth_app.inference.scoring import score_events


def listed(*entries):
    table = np.zeros(len(entries), EVENT_DTYPE)
    for name, values in zip(("column", "frame", "from", "to"), zip(*entries, strict=True), strict=True):
        table[name] = values
    return table


def test_events_are_found_once_in_their_direction_within_two_frames():
    """Column 0 goes up at 10 and down at 20; column 1 flickers at 5 and 6 (not clear), column 2 stands still."""
    atoms = np.full((3, 30), 4.0)
    atoms[0, 10:20] = 5
    atoms[1, 5] = 3
    events = listed((0, 12, 4, 5), (0, 11, 4, 5), (0, 20, 4, 5), (1, 7, 3, 4), (2, 3, 4, 5))

    found = score_events(events, [0, 0, 0, 1, 2], atoms, np.arange(30))

    assert (found["events"], found["events_clear"], found["events_listed"], found["events_found"]) == (4, 2, 5, 2)
    assert found["events_found_share"] == 0.5
    assert found["events_clear_found_share"] == 0.5
    # one of two of the first change, one of the wrong direction, one of a column that stands still
    assert found["false_events_per_100_column_frames"] == pytest.approx(100 * 3 / 90)


def test_three_frames_off_is_too_far_and_columns_of_no_truth_are_false():
    atoms = np.full((1, 30), 4.0)
    atoms[0, 10:] = 5
    events = listed((0, 13, 4, 5), (7, 10, 4, 5))

    found = score_events(events, [0, -1], atoms, np.arange(30))

    assert found["events_found"] == 0
    assert found["false_events_per_100_column_frames"] == pytest.approx(100 * 2 / 30)


def test_an_early_event_leaves_the_late_one_to_the_next_change():
    """Up at 10, down at 11, up at 12; listed are ups at 9 and 12: both find theirs."""
    atoms = np.full((1, 30), 4.0)
    atoms[0, 10], atoms[0, 12:] = 5, 5
    events = listed((0, 12, 4, 5), (0, 9, 4, 5))

    assert score_events(events, [0, 0], atoms, np.arange(30))["events_found"] == 2


def test_nothing_to_find_has_no_share():
    found = score_events(listed((0, 3, 1, 2))[:0], [], np.full((1, 9), 2.0), np.arange(9))

    assert found["events_found_share"] is None
    assert found["false_events_per_100_column_frames"] == 0
