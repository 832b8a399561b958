"""Groups of columns and the intervals of their accuracy, on confusions counted by hand."""

import numpy as np
import pytest

from segdepth_app.evaluation.groups import ALL, GroupedTally
from segdepth_app.evaluation.intervals import SpecimenBootstrap
from segdepth_app.evaluation.metrics import Bins, confusion


@pytest.fixture
def groups():
    """Six specimens that show the same: Ce 3, 3, 3 called 3, 4, 5, O 2 called 2."""
    tally = GroupedTally(SpecimenBootstrap(100, 1))
    cerium, oxygen = confusion(np.array([3, 3, 3]), np.array([3, 4, 5])), confusion(np.array([2]), np.array([2]))
    for specimen in range(6):
        matrices = {ALL: cerium + oxygen, ("element", "Ce"): cerium, ("element", "O"): oxygen, ("defocus", 1): oxygen}
        tally.add(specimen, matrices, by_depth=[ALL, ("element", "Ce")])
    tally.add(6, {("element_defocus", "Ce", 0): cerium})
    return tally


def test_labels_are_those_of_one_grouping(groups):
    figures = groups.by_label("element")

    assert list(figures) == ["Ce", "O"]
    assert figures["Ce"] == {"n": 18, "accuracy": 1 / 3, "within_one": 2 / 3, "mae": 1, "interval": [1 / 3, 1 / 3]}
    assert figures["O"]["interval"] == [1, 1]
    assert groups.labels("element_defocus", "Ce") == [0]
    assert groups.labels("kind") == []


def test_a_true_class_has_its_own_interval(groups):
    """Specimens that are all alike leave nothing to resample."""
    figures = groups.by_depth(*ALL)

    assert figures["3"] == {"n": 18, "accuracy": 1 / 3, "within_one": 2 / 3, "mae": 1, "interval": [1 / 3, 1 / 3]}
    assert figures["2"]["interval"] == [1, 1]
    assert figures["4"] == {"n": 0, "accuracy": None, "within_one": None, "mae": None, "interval": None}
    assert groups.by_depth("element", "Ce")["3"]["interval"] == [1 / 3, 1 / 3]


def test_bins_without_columns_are_listed_as_empty(groups):
    bins = groups.by_bin(Bins((1.0, 2.0, 3.0)), "defocus")

    assert [(item["low"], item["high"], item["n"], item["accuracy"]) for item in bins] == [
        (1, 2, 0, None),
        (2, 3, 6, 1),
    ]
    # one specimen alone
    (alone,) = groups.by_bin(Bins((1.0, 2.0)), "element_defocus", "Ce")
    assert (alone["n"], alone["interval"]) == (3, None)
