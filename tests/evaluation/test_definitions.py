"""The names of figures of merit, and the sentences that say why one is missing."""

import pytest

from segdepth_app.evaluation.definitions import DEFINITIONS, PULL, in_words, not_given
from segdepth_app.evaluation.missing import WHY_MISSING
from segdepth_app.evaluation.records import HEADLINES


def test_every_figure_has_one_name_of_its_own():
    assert {*HEADLINES, *WHY_MISSING} <= set(DEFINITIONS)
    assert len({item.label for item in DEFINITIONS.values()}) == len(DEFINITIONS)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("column_mae", "Column error is not given: no columns."),
        ("pixel_ece", "Pixel calibration error is not given: no columns."),
        (PULL, "Pull of deviating columns is not given: no columns."),
        ("novel", "novel is not given: no columns."),
    ],
)
def test_a_missing_figure_is_named_in_words(name, sentence):
    assert not_given(name, "no columns") == sentence


def test_notes_of_older_evaluations_are_told_in_the_same_words():
    """They hold keys of metrics.json; what is no such note stays as it is."""
    for name in (*DEFINITIONS, PULL):
        assert (
            in_words(f"m on d, λ = 1: {name} is null: no columns.") == f"m on d, λ = 1: {not_given(name, 'no columns')}"
        )
    other = "No column holds 9 atoms: figures of such columns are not given."
    assert in_words(other) == other
