"""The play clock."""

import pytest

from segdepth_app.gui.view.playback import PlayClock


@pytest.mark.parametrize(("passed", "frame"), [(0.0, 10), (0.19, 10), (0.2, 11), (1.0, 15), (18.0, 0), (18.2, 1)])
def test_frames_follow_the_clock_and_start_over(passed, frame):
    clock = PlayClock(n_frames=100, frame_time_s=0.2)
    clock.start(10, now=1000.0)
    assert clock.frame_at(1000.0 + passed) == frame


def test_double_speed_shows_twice_the_frames():
    clock = PlayClock(n_frames=100, frame_time_s=0.2, speed=2)
    clock.start(0, now=0.0)
    assert clock.frame_at(1.0) == 10


def test_playing_from_the_last_frame_starts_over():
    clock = PlayClock(n_frames=100, frame_time_s=0.2)
    clock.start(99, now=0.0)
    assert clock.frame_at(0.0) == 0
