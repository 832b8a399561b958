"""Aligned and summed images against sums by hand; their noise against Poisson's."""

import numpy as np
import pytest
from drift_toys import in_memory

from segdepth_app.errors import SeriesError
from segdepth_app.series.drift_files import Drift, drift_file, load_drift, save_drift
from segdepth_app.series.moved import Moved


@pytest.fixture
def frames() -> np.ndarray:
    """Seven frames of 9 × 11 px, every number another."""
    return np.arange(7 * 9 * 11, dtype=np.float32).reshape(7, 9, 11)


def test_images_are_means_of_their_frames(frames):
    moved = Moved(7, sum_frames=3)

    assert (moved.n_images, moved.n_left_out) == (2, 1)
    np.testing.assert_allclose(moved.image(1, lambda i: frames[i], 0.0), frames[3:6].mean(axis=0), rtol=1e-6)
    assert moved.rest_shift(1) == (0.0, 0.0)
    with pytest.raises(IndexError, match="Frame 2 of 2"):
        moved.image(2, lambda i: frames[i], 0.0)


def test_aligned_frames_lie_where_frame_0_lies(frames):
    """aligned(y, x) = frame(y + dy, x + dx), by whole pixels; the rest is said."""
    shift = np.zeros((7, 2))
    shift[4] = (2.3, -1.4)
    moved = Moved(7, shift_px=shift)

    found = moved.image(4, lambda i: frames[i], -1.0)

    np.testing.assert_array_equal(found[:7, 1:], frames[4][2:, :10])
    assert (found[7:] == -1).all()
    assert (found[:, 0] == -1).all()
    np.testing.assert_allclose(moved.rest_shift(4), (0.3, -0.4), atol=1e-12)


def test_where_some_frames_recorded_nothing_the_others_are_averaged(frames):
    shift = np.array([[0, 0], [0, 4], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]], float)
    moved = Moved(7, sum_frames=2, shift_px=shift)

    found = moved.image(0, lambda i: frames[i], -1.0)

    np.testing.assert_allclose(found[:, :7], (frames[0][:, :7] + frames[1][:, 4:]) / 2)
    np.testing.assert_array_equal(found[:, 7:], frames[0][:, 7:])


def test_what_no_frame_recorded_is_vacuum(frames):
    moved = Moved(7, sum_frames=2, shift_px=np.tile([[0.0, 4.0]], (7, 1)))

    assert (moved.image(0, lambda i: frames[i], 2.5)[:, 7:] == 2.5).all()


def test_more_frames_than_there_are_cannot_be_summed():
    with pytest.raises(SeriesError, match="8 frames are to be added up, but there are 7"):
        Moved(7, sum_frames=8)


@pytest.fixture
def counts() -> np.ndarray:
    return np.random.default_rng(2).poisson(1.83, (12, 96, 96)).astype(np.uint8)


def test_sums_are_poisson_of_the_dose_that_is_told(counts, tmp_path):
    """Four aligned frames: variance over mean of the electrons is 1 (to 3 %, of 9,000 pixels), the dose is 4 λ."""
    drift = np.cumsum(np.random.default_rng(4).normal(size=(12, 2)), axis=0)
    drift -= drift[0]
    with in_memory(counts, folder=tmp_path) as alone:
        save_drift(alone.fingerprint(), Drift(drift, np.ones(12, np.float32)))
        level, fingerprint = alone.vacuum, alone.fingerprint()

    with in_memory(counts, folder=tmp_path, align="rigid", sum_frames=4, frame_time_s=0.5) as series:
        image = series.normalised(1)
        assert series.image_dose_e_per_px == 4 * series.dose_e_per_px
        assert (series.n_frames, series.frame_time_s) == (3, 2.0)
        assert (series.vacuum, series.fingerprint()) == (level, fingerprint)
        electrons = image[12:-12, 12:-12] * series.image_dose_e_per_px
    assert electrons.mean() == pytest.approx(4 * 1.83, rel=0.01)
    assert electrons.var() / electrons.mean() == pytest.approx(1, abs=0.06)
    np.testing.assert_allclose(electrons, np.rint(electrons), atol=1e-4)


def test_frames_left_over_are_said(counts, tmp_path):
    with in_memory(counts, folder=tmp_path, sum_frames=5) as series:
        assert series.n_frames == 2
        assert any("last 2 of 12 frames" in text for text in series.warnings)


def test_without_a_measured_drift_alignment_is_refused(counts, tmp_path):
    with pytest.raises(SeriesError, match=r"drift of series\.npy has not been measured") as fault:
        in_memory(counts, folder=tmp_path, align="rigid")
    assert "segdepth align" in fault.value.hint


def test_a_drift_is_found_again_and_a_damaged_file_is_none(tmp_path):
    drift = Drift(np.array([[0, 0], [1.25, -3.5]]), np.array([1, 0.5], np.float32), 0, "by hand", ["doubtful"])
    path = save_drift("ab" * 32, drift)

    found = load_drift("ab" * 32)

    assert path == drift_file("ab" * 32)
    np.testing.assert_array_equal(found.shift_px, drift.shift_px)
    np.testing.assert_array_equal(found.quality, drift.quality)
    assert (found.method, found.warnings, found.largest_px) == ("by hand", ["doubtful"], np.hypot(1.25, 3.5))
    path.write_bytes(path.read_bytes()[:100])
    assert load_drift("ab" * 32) is None
    assert load_drift("cd" * 32) is None
