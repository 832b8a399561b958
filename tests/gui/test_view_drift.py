"""The page of time: the job that measures the drift, whether it is undone, and sums."""

from unittest.mock import create_autospec

import numpy as np
import pytest

from segdepth_app.gui.view.calibration_state import sum_text
from segdepth_app.gui.view.calibration_view import CalibrationView
from segdepth_app.gui.view.drift_presenter import DriftPresenter, drift_text
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.series.drift_files import Drift, drift_key, save_drift
from tests.gui.calibration_bench import FACTS, CalibrationBench

SHIFTS = np.array([[0.0, 0.0], [1.5, -2.0], [3.0, -4.0]])


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("SEGDEPTH_HOME", str(tmp_path))
    bench = CalibrationBench(tmp_path)
    bench.view = create_autospec(CalibrationView, instance=True)
    bench.presenter = DriftPresenter(bench.view, bench.context, bench.scene, type_values=bench.type_values)
    bench.presenter.refresh()
    return bench


def page(bench):
    bench.presenter.refresh()
    return bench.view.show_drift.call_args.args[0]


def drift(quality=(1.0, 0.9, 0.8)):
    return Drift(SHIFTS, np.array(quality, np.float32), method="test")


def test_a_drift_that_is_not_measured_cannot_be_undone(bench):
    assert not page(bench).can_align
    assert "not been measured" in page(bench).text


def test_the_measurement_is_a_job_on_the_frames_as_they_were_recorded(bench):
    """Neither aligned nor added up; with the other settings of the series."""
    bench.type_values(align="rigid", sum_frames=4, gain=2.0)
    bench.presenter.measure()
    assert bench.job.name == "align"
    assert bench.job.config["gain"] == 2.0
    assert not {"align", "sum_frames"} & bench.job.config.keys()
    assert page(bench).running
    bench.job.told.emit({"event": "progress", "done": 250, "total": 1000, "unit": "frames"})
    assert (page(bench).share, page(bench).text) == (0.25, "250 of 1000 frames")


def test_a_measured_drift_is_shown_and_can_be_undone(bench):
    bench.presenter.measure()
    save_drift("f", drift())
    bench.job.end("done")
    shifts, quality = bench.view.show_shifts.call_args.args
    np.testing.assert_array_equal(shifts, SHIFTS)
    np.testing.assert_allclose(quality, [1.0, 0.9, 0.8])
    assert page(bench).can_align
    assert bench.changes == []  # measured is not yet undone
    bench.presenter.choose_align(True)
    assert bench.scene.options()["align"] == "rigid"
    bench.presenter.choose_align(False)
    assert "align" not in bench.scene.options()


def test_a_new_measurement_moves_frames_that_are_shown_aligned(bench):
    bench.type_values(align="rigid")
    bench.changes.clear()
    bench.presenter.measure()
    save_drift("f", drift())
    bench.job.end("done")
    assert bench.changes == [{"align": "rigid"}]


def test_a_drift_measured_earlier_is_there_when_the_series_is_opened_again(bench):
    save_drift("g", drift())
    bench.scene.file_facts = SeriesFacts(**{**vars(FACTS), "fingerprint": "g"})
    assert page(bench).can_align


def test_a_failed_measurement_is_reported(bench):
    bench.presenter.measure()
    bench.job.end("failed", {"message": "One frame has no drift.", "hint": "Open more."})
    bench.context.report.assert_called_once_with("One frame has no drift.", "Open more.")
    assert not page(bench).running


def test_stop_cancels_the_job(bench):
    bench.presenter.measure()
    bench.presenter.stop()
    assert bench.job.stopped


def test_a_measurement_of_the_series_before_is_not_taken_for_this_one(bench):
    bench.presenter.measure()
    job = bench.job
    bench.presenter.reset()
    save_drift("f", drift())
    bench.scene.file_facts = SeriesFacts(**{**vars(FACTS), "fingerprint": "other"})
    job.end("done")
    assert not page(bench).can_align


def test_the_drift_in_words():
    """The longest way from the start is 5 px (3, 4, 5)."""
    text = drift_text(drift((1.0, 0.0, 0.8)))
    assert "Largest drift 5 px" in text
    assert "dy 0 to 3, dx −4 to 0" in text
    assert "Not found in 1 of 3 frames" in text


def test_what_sums_do_is_said_with_the_numbers():
    """1000 frames of 12.5 ms at λ = 1.83: sums of 8 are 125 images of 0.1 s at 14.64 e/px."""
    text = sum_text(FACTS, 8)
    assert "125 images of 1000 frames" in text
    assert "1.83 e/px in a frame and 14.64 in an image" in text
    assert "0.1 s instead of 0.0125 s" in text


def test_what_sums_do_is_the_same_once_they_are_done():
    """A series that is already read in sums of 4 has 250 images of 50 ms; λ stays that of one frame."""
    summed = SeriesFacts(**{**vars(FACTS), "n_frames": 250, "frame_time_s": 0.05, "sum_frames": 4})
    assert sum_text(summed, 8) == sum_text(FACTS, 8)


def test_a_number_is_explained_before_it_is_applied(bench):
    bench.presenter.ask_sum(8)
    (text,) = bench.view.show_sum.call_args.args
    assert "125 images" in text
    assert bench.view.show_sum.call_args.kwargs == {"changed": True}
    assert bench.changes == []
    bench.presenter.choose_sum(8)
    assert bench.changes == [{"sum_frames": 8}]
    bench.presenter.choose_sum(8)
    assert len(bench.changes) == 1


def test_the_frame_time_is_that_of_the_file(bench):
    bench.scene.file_facts = SeriesFacts(**{**vars(FACTS), "frame_time_s": 0.05, "sum_frames": 4})
    assert page(bench).frame_time.value == "0.0125"


@pytest.mark.parametrize("moved_by", ["this", "another"])
def test_frames_that_are_moved_by_an_older_drift_are_said_to_be(bench, moved_by):
    """Those behind a result's maps, after a new measurement."""
    save_drift("f", drift())
    shifts = SHIFTS if moved_by == "this" else -SHIFTS
    bench.scene.file_facts = SeriesFacts(**{**vars(FACTS), "align": "rigid", "drift": drift_key(shifts)})
    bench.presenter.reset()
    assert ("moved by the drift that the result was made with" in page(bench).text) == (moved_by == "another")
    assert page(bench).role == ("warning" if moved_by == "another" else "muted")
