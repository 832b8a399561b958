"""What maps say of pixels through time: sums in place of their frames, and activity against closed forms."""

import numpy as np
import pytest

from segdepth_app.inference.evidence import Evidence
from segdepth_app.inference.windows import windows_ending


def maps(counts):
    """Probabilities (11, h, w) that are sure of whole counts, or split between two."""
    n = np.arange(11)[:, None, None]
    return np.clip(1 - np.abs(n - np.asarray(counts, float)), 0, None)


def filled(share, height=1, width=1):
    """Probabilities with a chance of one atom."""
    values = np.zeros((11, height, width))
    values[0], values[1] = 1 - share, share
    return values


def test_a_sum_takes_the_place_of_its_frames_and_others_stay():
    evidence = Evidence((1, 1))
    for frame in range(11):
        evidence.add(filled(0.5))
        for start, stop in windows_ending(frame, 8):
            evidence.add_sum(start, stop, filled({2: 0.9, 4: 0.1, 8: 0.3}[stop - start]))

    assert evidence.presence[0, 0] == pytest.approx((8 * 0.3 + 2 * 0.9 + 0.5) / 11)
    assert evidence.height[0, 0] == pytest.approx(evidence.presence[0, 0])  # √1 · p


def test_memory_does_not_grow_with_the_series():
    evidence = Evidence((1, 1))
    for frame in range(1000):
        evidence.add(filled(0.5))
        if frame % 2:
            evidence.add_sum(frame - 1, frame + 1, filled(0.25))

    assert len(evidence._open) <= 4
    assert evidence.presence[0, 0] == pytest.approx(0.25)


def test_a_stretch_in_which_a_site_is_filled_is_remembered():
    evidence = Evidence((1, 1))
    for frame in range(64):
        evidence.add(filled(0.9 if 16 <= frame < 24 else 0.0))

    assert evidence.best_stretch[0, 0] == pytest.approx(0.9)
    assert evidence.presence[0, 0] < 0.12


def test_a_square_wave_is_as_active_as_it_is_high():
    """Counts 3 and 5, half the time each: a standard deviation of 1 atom; noise of 0.2 comes off again."""
    rng = np.random.default_rng(0)
    evidence = Evidence((1, 2))
    for frame in range(400):
        wave = 5.0 if frame % 100 < 50 else 3.0
        evidence.add(maps([[wave + 0.2 * rng.normal(), 7]]))

    # 400 frames: the variance of the noise is known to 0.003, that of the wave is exact
    assert evidence.activity()[0, 0] == pytest.approx(1, abs=0.03)
    assert evidence.activity()[0, 1] == 0


def test_noise_alone_is_hardly_ever_active():
    """By the limit of three standard deviations, 1 pixel of 700 is; of 2,500, more than 15 would be a fault."""
    rng = np.random.default_rng(1)
    evidence = Evidence((50, 50))
    for _ in range(64):
        evidence.add(maps(5 + 0.3 * rng.normal(size=(50, 50))))

    assert (evidence.activity() > 0).sum() <= 15


def test_activity_of_two_frames_is_not_told():
    evidence = Evidence((1, 1))
    evidence.add(maps([[3]]))
    evidence.add(maps([[9]]))

    assert evidence.activity()[0, 0] == 0
