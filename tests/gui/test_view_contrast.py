"""Contrast by hand: the histogram is honest, black and white are the user's until reset, the session keeps them."""

from unittest.mock import create_autospec

import numpy as np
import pytest

from segdepth_app.gui.view.contrast_dialog import ContrastDialog
from segdepth_app.gui.view.contrast_state import ContrastFacts, ContrastPresenter, SaliencyRange, histogram
from segdepth_app.gui.view.view import View


@pytest.fixture
def contrast():
    rng = np.random.default_rng(1)
    samples = [rng.poisson(2, 500).astype(np.float32) for _ in range(3)]
    return ContrastPresenter(create_autospec(View, instance=True), lambda: samples)


def levels(contrast):
    return contrast._view.set_contrast.call_args.args


def test_what_is_found_is_shown_until_somebody_sets_it_and_again_after_reset(contrast):
    contrast.take_found(0.5, 6.0)
    assert levels(contrast) == (0.5, 6.0)
    contrast.set_levels(1.0, 3.0)
    contrast.take_found(0.4, 6.5)  # the last of the sampled frames has come
    assert levels(contrast) == (1.0, 3.0)
    contrast.set_saliency(SaliencyRange(0.2, "sqrt"))
    contrast.reset()
    assert levels(contrast) == (0.4, 6.5)
    contrast._view.set_saliency_range.assert_called_with(SaliencyRange())


def test_white_lies_above_black(contrast):
    contrast.take_found(0, 5)
    contrast.set_levels(3.0, 3.0)
    assert levels(contrast) == (0, 5)
    assert contrast.typed is None


def test_another_series_has_its_own_contrast(contrast):
    contrast.set_levels(1.0, 3.0)
    contrast.set_saliency(SaliencyRange(0.2, "sqrt"))
    contrast.clear()
    contrast.take_found(10, 20)
    assert levels(contrast) == (10, 20)
    assert contrast.saliency == SaliencyRange(None, "sqrt")


def test_a_session_keeps_what_was_set(contrast):
    contrast.set_levels(1.0, 3.0)
    contrast.set_saliency(SaliencyRange(0.2, "sqrt"))
    other = ContrastPresenter(create_autospec(View, instance=True), list)
    other.restore(contrast.state())
    assert (other.typed, other.saliency) == (contrast.typed, contrast.saliency)


@pytest.mark.parametrize(
    "kept",
    [
        {"levels": [3, 1]},
        {"levels": [1]},
        {"levels": ["a", "b"]},
        {"levels": [float("nan"), 1.0]},
        {"saliency_top": -1},
        {"saliency_scaling": "log"},
        {},
    ],
)
def test_what_makes_no_sense_is_left_out(contrast, kept):
    contrast.restore(kept)
    assert contrast.typed is None
    assert contrast.saliency == SaliencyRange()


def test_counts_have_a_bin_for_each_number():
    """Against counting them one by one."""
    values = np.random.default_rng(2).poisson(1.8, 10_000).astype(np.float32)
    found = histogram(values)
    centres = (found.edges[1:] + found.edges[:-1]) / 2
    assert centres.tolist() == list(range(len(centres)))
    for centre, count in zip(centres, found.counts, strict=True):
        assert count == sum(value == centre for value in values)


@pytest.mark.parametrize("values", [np.full(10, 3.0), np.full(10, 3.5)])
def test_a_series_of_one_value_has_a_histogram(values):
    assert histogram(values).counts.sum() == 10


def test_no_frame_has_no_histogram():
    assert histogram(np.zeros(0)) is None


def test_a_hot_pixel_does_not_squeeze_the_histogram():
    values = np.append(np.random.default_rng(3).normal(100, 10, 100_000), 1e6)
    assert histogram(values).edges[-1] < 200


@pytest.fixture
def dialog(qtbot):
    made = ContrastDialog()
    qtbot.addWidget(made)
    found = histogram(np.random.default_rng(4).poisson(2, 5000).astype(np.float32))
    made.show_facts(ContrastFacts(found, 0.0, 6.0, False, 20, SaliencyRange()))
    made.show()
    made.told = []
    made.levels_changed.connect(lambda low, high: made.told.append((low, high)))
    return made


def test_the_dialog_shows_without_telling(dialog):
    assert [number.value() for number in dialog.numbers.values()] == [0, 6]
    assert [line.value() for line in dialog.lines.values()] == [0, 6]
    assert "20 frames" in dialog.source.text()
    assert dialog.told == []


def test_a_dragged_line_tells_at_most_thirty_times_a_second(qtbot, dialog):
    for value in np.linspace(1, 2, 50):
        dialog.lines["black"].setValue(value)
    assert len(dialog.told) == 1
    qtbot.waitUntil(lambda: dialog.told[-1] == (2.0, 6.0), timeout=2000)
    assert len(dialog.told) < 10
    assert dialog.numbers["black"].value() == 2


def test_a_typed_number_moves_its_line(dialog):
    dialog.numbers["white"].setValue(4.5)
    assert dialog.lines["white"].value() == 4.5
    assert dialog.told == [(0.0, 4.5)]


def test_white_below_black_says_so_and_changes_nothing(qtbot, dialog):
    dialog.numbers["white"].setValue(-2.0)
    assert dialog.told == []
    assert "White must lie above black" in dialog.source.text()


def test_the_saliency_is_told_with_its_scale(dialog):
    told = []
    dialog.saliency_changed.connect(told.append)
    dialog.scaling.setCurrentIndex(1)
    dialog.top.setValue(0.25)
    assert told == [SaliencyRange(None, "sqrt"), SaliencyRange(0.25, "sqrt")]
