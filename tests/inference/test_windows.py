"""Windows of frames that are added up."""

from segdepth_app.inference.windows import windows, windows_ending


def test_the_windows_of_ten_frames():
    assert windows(10, 4) == [(0, 2), (2, 4), (0, 4), (4, 6), (6, 8), (4, 8), (8, 10)]


def test_the_longest_need_not_be_a_power_of_two():
    assert windows_ending(7, 7) == [(6, 8), (4, 8)]


def test_sums_of_one_frame_are_none():
    assert windows(100, 1) == []
