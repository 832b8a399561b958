"""The drift of crystals on known paths, in counts as noisy as the paper's; and what is said where there is none."""

import numpy as np
import pytest
from drift_toys import in_memory, moved_counts, walk

from segdepth_app.config import AlignConfig, SeriesOptions
from segdepth_app.errors import Cancelled, SeriesError
from segdepth_app.paths import resources
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series import drift as module
from segdepth_app.series.drift import Frames, measure_drift
from segdepth_app.series.drift_files import load_drift
from segdepth_app.series.drift_job import ensure_drift, run
from segdepth_app.series.opener import open_series

LAMBDA = 1.83


def measured(counts, folder, **options):
    with in_memory(counts, folder=folder, **options) as series:
        return measure_drift(series, Reporter())


def test_a_random_walk_of_50_px_is_found_to_a_fifth_of_a_pixel(tmp_path):
    """60 frames at λ = 1.83 and 5.3 pm; the noise itself (Cramér-Rao) leaves 0.12 px, also in frame 0."""
    path = walk(60, 50, seed=1)

    found = measured(moved_counts(path, shape=(576, 576), radius_pm=1300), tmp_path)

    error = found.shift_px - path
    assert error.std(axis=0).max() < 0.2
    # frame 0, which the others are related to, has an error of its own, to three standard deviations
    assert np.abs(error.mean(axis=0)).max() < 0.5
    assert found.quality.min() > 0.8
    assert not found.warnings
    np.testing.assert_array_equal(found.shift_px[0], 0)


def test_a_still_series_comes_out_still(tmp_path):
    found = measured(moved_counts(np.zeros((24, 2))), tmp_path)

    assert np.abs(found.shift_px).max() < 0.3


def test_the_shipped_sample_stands_still():
    """Its specimen switches columns, and does not move; 64 frames."""
    with open_series(SeriesOptions(series=(resources() / "samples" / "ceria-surface.tif",))) as series:
        found = measure_drift(series, Reporter())

    assert np.abs(found.shift_px).max() < 0.3


def test_a_jump_by_nearly_a_lattice_period_is_believed_by_the_outline(tmp_path):
    """From frame 8 on 44 px down and 42 to the right: nearer to a lattice vector (62 px) than to no step at all."""
    path = np.zeros((16, 2))
    path[8:] = (44.0, 42.0)

    found = measured(moved_counts(path, shape=(448, 448)), tmp_path)

    assert np.abs(found.shift_px - path).max() < 1.5


def test_a_surface_without_outline_is_followed_step_by_step(tmp_path):
    """The crystal fills the lower half and reaches beyond; steps of up to 15 px, a lattice vector is 62 px."""
    path = walk(30, 60, seed=2)

    found = measured(moved_counts(path, radius_pm=0, shape=(320, 384)), tmp_path)

    assert np.abs(found.shift_px - path).max() < 1.5


def test_a_block_that_lies_a_lattice_period_off_is_put_back(tmp_path):
    """The second half is laid down one vector of the lattice off on purpose; comparing blocks finds it."""
    lattice = 541.1 / 5.3 * np.array([np.sin(np.radians(17)), np.cos(np.radians(17))])
    path = np.zeros((16, 2))
    with in_memory(moved_counts(path, shape=(384, 384), radius_pm=800), folder=tmp_path) as series:
        search = module._Search(Frames(series), Reporter())
        search.run(last_pass=False)
        search.shift[8:] += lattice / search.frames.binning

        search.undo_jumps()

        assert search.jumps == 1
        # blocks are put back by whole binned pixels
        np.testing.assert_allclose(search.shift - search.shift[0], 0, atol=1.2)
        assert any("ambiguous by a lattice period, and corrected, 1 times" in text for text in search.drift().warnings)


def test_without_a_specimen_nothing_moves_and_that_is_said(tmp_path):
    counts = np.random.default_rng(3).poisson(LAMBDA, (20, 200, 240)).astype(np.uint8)

    found = measured(counts, tmp_path)

    np.testing.assert_array_equal(found.shift_px, 0)
    np.testing.assert_array_equal(found.quality, 0)
    assert "nothing in common" in found.warnings[0]


def test_frames_that_show_nothing_are_interpolated_and_named(tmp_path):
    path = np.outer(np.arange(16), [1.0, 2.0])
    counts = moved_counts(path, shape=(320, 320), radius_pm=600)
    counts[6:8] = np.random.default_rng(3).poisson(LAMBDA, (2, 320, 320))

    found = measured(counts, tmp_path)

    assert np.flatnonzero(found.quality == 0).tolist() == [6, 7]
    assert any("not found in 2 of 16 frames (frame 6, 7)" in text for text in found.warnings)
    assert np.abs(found.shift_px - path).max() < 1.5


def test_a_drift_beyond_half_the_frame_is_said(tmp_path):
    path = np.outer(np.arange(14), [14.0, 0.0])

    found = measured(moved_counts(path, shape=(320, 320), radius_pm=600), tmp_path)

    # half a frame is 160 px, eleven steps; what is left of the particle there is half of it
    np.testing.assert_allclose(found.shift_px[:9], path[:9], atol=2)
    assert any("may be more than half a frame" in text for text in found.warnings)


def test_frames_too_noisy_alone_are_measured_together(tmp_path):
    """λ = 0.015: a frame of 288² does not show the particle, means of 16 do."""
    path = np.outer(np.arange(64), [0.2, 0.4])

    found = measured(moved_counts(path, shape=(288, 288), radius_pm=650, dose=0.015), tmp_path)

    assert any("means of" in text for text in found.warnings)
    # groups are known to some 2 px, and so is the first of them
    assert np.abs(found.shift_px - path).max() < 8
    assert np.hypot(*found.shift_px[-1]) > 16


def test_frames_may_be_read_again_instead_of_kept(tmp_path, monkeypatch):
    counts = moved_counts(walk(6, 8, seed=3), shape=(256, 256), radius_pm=600)
    expected = measured(counts, tmp_path)
    monkeypatch.setattr("segdepth_app.series.drift_frames.MEMORY", 0)

    np.testing.assert_array_equal(measured(counts, tmp_path).shift_px, expected.shift_px)


@pytest.mark.parametrize("pm", [None, 21.2])
def test_other_and_unknown_pixel_sizes(pm, tmp_path):
    """Pixels of 21.2 pm hold sixteen times the dose; where the size is not known, the frame's own decides."""
    path = walk(12, 8, seed=5)

    found = measured(moved_counts(path, shape=(160, 200), radius_pm=1200, dose=16 * 1.83, pm=21.2), tmp_path, pm=pm)

    assert np.abs(found.shift_px - path).max() < 0.3


def test_tiny_frames_are_refused(tmp_path):
    with pytest.raises(SeriesError, match="12 × 30 px are too small"):
        measured(np.ones((3, 12, 30), np.uint8), tmp_path)


@pytest.fixture
def stack(tmp_path):
    path = tmp_path / "walk.npy"
    np.save(path, moved_counts(np.outer(np.arange(6), [2.0, -3.0]), shape=(256, 256), radius_pm=600))
    return {"series": (path,), "pixel_size_pm": 5.3, "vacuum": "1.83"}


def test_the_job_keeps_the_drift_and_writes_the_table(stack, tmp_path, workspace):
    run(AlignConfig(**stack, frame_time_s=0.5, csv=tmp_path / "drift.csv", align="rigid", sum_frames=2), Reporter())

    table = np.genfromtxt(tmp_path / "drift.csv", delimiter=",", names=True)
    np.testing.assert_allclose(table["dx_px"], -3.0 * np.arange(6), atol=1.5)
    np.testing.assert_allclose(table["dy_nm"], table["dy_px"] * 0.0053, atol=1e-5)
    assert table["time_s"][5] == 2.5
    with open_series(SeriesOptions(**stack, align="rigid")) as series:
        assert load_drift(series.fingerprint()) is not None
        # three pixels to the right at the most are left of each frame's own place
        dy, dx = series.rest_shift(4)
        assert (abs(dy), abs(dx)) <= (0.5, 0.5)
        still = [series.frame(index) for index in (0, 4)]
    a, b = (frame[48:208, 48:208].reshape(20, 8, 20, 8).mean(axis=(1, 3)) for frame in still)
    # at 42 pm the particle's contrast is twice its noise; unaligned, 12 px off, nothing would be left
    assert np.corrcoef(a.ravel(), b.ravel())[0, 1] > 0.5


def test_a_drift_is_measured_once(stack, monkeypatch):
    options = SeriesOptions(**stack, align="rigid")
    first = ensure_drift(options, Reporter())
    monkeypatch.setattr(module, "measure_drift", lambda *_: pytest.fail("it was measured again"))

    np.testing.assert_array_equal(ensure_drift(options, Reporter()).shift_px, first.shift_px)
    assert ensure_drift(SeriesOptions(**stack), Reporter()) is None


def test_a_cancelled_measurement_leaves_nothing(stack, tmp_path, workspace):
    class Impatient(Reporter):
        seen = 0

        def progress(self, done, total, unit):
            self.seen = done

        def command(self):
            return Command.CANCEL if self.seen >= 3 else None

    with pytest.raises(Cancelled):
        run(AlignConfig(**stack, csv=tmp_path / "drift.csv"), Impatient())

    assert not (tmp_path / "drift.csv").exists()
    assert not list(workspace.rglob("*.npz"))


def test_on_the_command_line(stack, tmp_path, segdepth):
    answer = segdepth("align", stack["series"][0], "--pixel-size-pm", "5.3", "--csv", tmp_path / "t.csv")

    assert answer.returncode == 0, answer.stderr
    assert "walk.npy" in answer.stdout
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 7
