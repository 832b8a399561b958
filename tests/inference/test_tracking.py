"""Counts in time of columns whose truth is known, where every frame errs alike."""

import numpy as np
import pytest
from inference_toys import toy_model
from tracking_toys import scene, switching

from segdepth_app.inference.columns import Sites
from segdepth_app.inference.traces import smooth
from segdepth_app.inference.tracking import follow, track

FLAT = np.full(11, 1 / 11)


def followed(made, *, stay=None, frames=None, seen=None, sums=None):
    numbers = np.arange(len(made.frames)) if frames is None else frames
    pooled = made.frames[numbers]
    return follow(
        numbers,
        pooled,
        np.ones(pooled.shape[:2], bool) if seen is None else seen,
        made.sums if sums is None else sums,
        prior=FLAT,
        groups=np.full(pooled.shape[1], 8),
        stay_probability=stay,
    )


def test_a_bias_that_all_frames_share_is_seen_through():
    """Expected counts 1 atom off, held as firmly as a frame is noisy: frames stay half an atom off, sums do not."""
    rng = np.random.default_rng(1)
    made = scene(switching(64, 60, 0, 1, rng), rng, noise=1.0, bias=1.2, doubt=0.8)

    alone = smooth(made.frames, prior=FLAT, stay_probability=0.98)
    found = followed(made)

    assert (alone.path == made.truth).mean() < 0.5
    assert (found.smoothed.path == made.truth).mean() > 0.97
    assert found.stay_probability > 0.995


def test_columns_that_switch_are_followed():
    """Steps of one atom in noise of 0.6: an error of the other kind would leave whole columns off."""
    rng = np.random.default_rng(2)
    made = scene(switching(96, 60, 0.3, 0.97, rng), rng, noise=0.6, bias=0.5, doubt=0.8)

    found = followed(made)

    moving = np.ptp(made.truth, axis=0) > 0
    assert moving.sum() > 8
    assert (found.smoothed.path == made.truth)[:, moving].mean() > 0.93
    assert (found.smoothed.path == made.truth)[:, ~moving].mean() > 0.99


def test_probabilities_of_events_are_honest():
    """Of all events, sorted into likely and unlikely ones, about the said share is true.

    The sums of probabilities and the numbers of true ones are of some 10 to 100; they differ by three standard
    deviations of such counts, and a third more for what the model takes for granted.
    """
    rng = np.random.default_rng(3)
    made = scene(switching(64, 300, 0.25, 0.97, rng), rng, noise=1.0, bias=0.3, doubt=1.0)
    changes = np.diff(made.truth, axis=0, prepend=made.truth[:1])

    events = followed(made).events

    said, right = np.zeros(2), np.zeros(2)
    for event in events:
        near = changes[max(event.frame - 2, 0) : event.frame + 3, event.column]
        kind = int(event.probability >= 0.5)
        said[kind] += event.probability
        right[kind] += (np.sign(event.after - event.before) == np.sign(near)).any()
    assert said.min() > 10
    assert np.all(np.abs(said - right) < 3 * np.sqrt(said) + said / 3)


def test_an_event_has_the_frame_and_the_counts_of_the_change():
    truth = np.full((40, 8), 5)
    truth[23:, 2] = 4
    made = scene(truth, np.random.default_rng(4), noise=0.3, bias=0, doubt=1.0)

    events = [event for event in followed(made).events if event.probability > 0.5]

    assert [(event.column, event.before, event.after) for event in events] == [(2, 5, 4)]
    assert abs(events[0].frame - 23) <= 1


def test_a_typed_rate_is_used_and_a_rarer_one_gives_fewer_events():
    rng = np.random.default_rng(5)
    made = scene(switching(64, 40, 0.3, 0.95, rng), rng, noise=1.0, bias=0.3, doubt=0.8)

    often, seldom = followed(made, stay=0.9), followed(made, stay=0.9999)

    assert (often.stay_probability, seldom.stay_probability) == (0.9, 0.9999)
    assert len(often.events) > len(seldom.events)


def test_the_fitted_rate_follows_the_truth():
    rng = np.random.default_rng(6)
    rates = []
    for share in (0.02, 0.5):
        truth = switching(64, 80, share, 0.95, rng)
        rates.append((1 - followed(scene(truth, rng, noise=0.4, bias=0.3, doubt=0.8)).stay_probability, truth))

    for rate, truth in rates:
        real = (np.diff(truth, axis=0) != 0).mean()
        assert real / 3 < rate < 3 * real + 0.002  # rates are of three kinds only; the slowest changes in 0.0005
    assert rates[1][0] > 2 * rates[0][0]


def test_frames_that_are_missing_are_bridged():
    rng = np.random.default_rng(7)
    truth = switching(64, 30, 0.2, 0.98, rng)
    made = scene(truth, rng, noise=0.4, bias=0.4, doubt=0.8)
    gone = [10, 11, 12, 40]
    frames = np.setdiff1d(np.arange(64), gone)
    sums = {window: values for window, values in made.sums.items() if not set(range(*window)) & set(gone)}

    found = followed(made, frames=frames, sums=sums)

    assert found.smoothed.path.shape == (64, 30)
    assert (found.smoothed.path == truth).mean() > 0.95


def test_frames_that_do_not_show_a_column_do_not_count():
    """Half the frames say 9 of it, but it was outside."""
    truth = np.full((32, 10), 5)
    made = scene(truth, np.random.default_rng(8), noise=0.5, bias=0, doubt=1.0)
    made.frames[::2, 3] = np.eye(11)[9]
    seen = np.ones((32, 10), bool)
    seen[::2, 3] = False
    sums = {window: values.copy() for window, values in made.sums.items()}
    for values in sums.values():
        values[3] = np.nan

    found = followed(made, seen=seen, sums=sums)

    assert np.all(found.smoothed.path[:, 3] == 5)


@pytest.mark.parametrize("n_frames", [1, 2, 3])
def test_very_short_series_take_the_network_s_word(n_frames):
    made = scene(np.full((n_frames, 3), 4), np.random.default_rng(9), noise=0.5, bias=0, doubt=1.0)

    found = followed(made, stay=0.98)

    expected = smooth(made.frames, prior=FLAT, stay_probability=0.98)
    np.testing.assert_array_equal(found.smoothed.path, expected.path)
    assert found.events == []


class Doubled:
    """Source pixels are twice the result's."""

    def to_source(self, x, y):
        return 2 * x, 2 * y


def test_the_table_holds_columns_that_are_ever_there_and_events_their_numbers():
    truth = np.full((32, 6), 5)
    truth[:, 0] = 0
    truth[20:, 4] = 3
    made = scene(truth, np.random.default_rng(10), noise=0.3, bias=0, doubt=1.0)
    sites = Sites(np.arange(6) * 10.0, np.arange(6) * 7.0, np.full(6, 58), None)

    found = track(
        sites, np.arange(32), made.frames, made.sums, card=toy_model().card, stay_probability=None, grid=Doubled()
    )

    assert set(found.table["x_px"]) == {20, 40, 60, 80, 100}
    sure = found.events[found.events["probability"] > 0.5]
    assert sure["x_px"].tolist() == [80]
    assert sure["column"].tolist() == [3]  # the fourth that is there
    assert (int(sure["from"][0]), int(sure["to"][0])) == (5, 3)
    assert found.stay_source == "fitted"


def test_no_sites_give_no_rows():
    empty = Sites(np.zeros(0), np.zeros(0), np.zeros(0, int), None)

    found = track(
        empty, np.arange(3), np.zeros((3, 0, 11)), {}, card=toy_model().card, stay_probability=0.9, grid=Doubled()
    )

    assert len(found.table) == len(found.events) == 0
    assert (found.stay_probability, found.stay_source) == (0.9, "typed")
