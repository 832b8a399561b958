"""Clicks: markers, their traces from the result, and the saliency of the last one."""

import numpy as np
import pytest

from tests.gui.view_bench import KNOWN, bench_with_result


@pytest.fixture
def bench(qapp, tmp_path, monkeypatch):
    yield from bench_with_result(tmp_path, monkeypatch)


def saliency_child(bench):
    return next(job for job in bench.jobs.started if job.name == "explore" and job.config["model"])


def rows(bench):
    return bench.view.show_marker_rows.call_args.args[0]


def test_a_click_lists_what_is_there(bench):
    bench.presenter.marking.click(7, 5)
    (row,) = rows(bench)
    assert row.texts == ("1", "", "1", "0.80", "Ce", "7, 5 px\n0.07, 0.05 nm")


def test_the_list_follows_the_frame(bench):
    bench.presenter.marking.click(7, 5)
    bench.presenter.show_frame(3)
    bench.answer()
    assert rows(bench)[0].depth == "4"


def test_the_trace_is_the_pixels_with_the_nearest_columns_path(bench):
    bench.presenter.marking.click(7, 5)
    (trace,) = bench.view.show_traces.call_args.args[0]
    # 0.8 and 0.2 were stored as 204 and 51 255ths
    np.testing.assert_array_equal(trace.probability.argmax(axis=1), [1, 2, 3, 4])
    np.testing.assert_array_equal(trace.probability.max(axis=1), [204] * 4)
    np.testing.assert_array_equal(trace.path, [1, 1, 3, 3])
    assert trace.frame_time_s == 0.5


def test_a_pixel_far_from_every_column_has_no_path(bench):
    """The heavy column's disc is 84.8 pm, 8 px of 10.6 pm; (19, 11) is 14 px away from (6.5, 4.5)."""
    bench.presenter.marking.click(19, 11)
    (trace,) = bench.view.show_traces.call_args.args[0]
    assert trace.path is None
    assert rows(bench)[0].element == ""


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (20, 0), (0, 12)])
def test_clicks_outside_the_picture_do_nothing(bench, x, y):
    bench.presenter.marking.click(x, y)
    assert len(bench.presenter.marking.markers) == 0


def test_the_tenth_marker_is_refused_with_a_word(bench):
    for x in range(10):
        bench.presenter.marking.click(x, 0)
    assert len(rows(bench)) == 9
    assert "remove one" in bench.context.status.call_args.args[0]


def test_a_double_click_leaves_no_marker(bench):
    """It shows the whole picture; the marker of its first click goes, older ones stay."""
    bench.presenter.marking.click(3, 3)
    bench.presenter.marking.click(7, 5)
    bench.presenter.marking.take_back()
    bench.presenter.marking.take_back()
    assert bench.presenter.marking.markers.pixels() == [[3, 3]]


def test_the_saliency_of_the_last_click_is_shown(bench):
    bench.presenter.marking.click(7, 5)
    child = saliency_child(bench)
    child.open_series(n_frames=4, height_px=12, width_px=20)
    assert child.sent == [{"cmd": "saliency", "id": 1, "frame": 0, "x": 7, "y": 5, "depth": None}]
    child.answer(child.sent[0], np.eye(3, dtype=np.float32), scale=4.0, depth=1, probability=0.8)
    values, scale = bench.view.show_saliency.call_args.args
    np.testing.assert_array_equal(values, np.eye(3))
    assert scale == 4.0
    assert bench.view.show_saliency_text.call_args.args == ("marker 1 · frame 0 · depth 1 · p = 0.80", "")


def test_another_depth_asks_again(bench):
    bench.presenter.marking.click(7, 5)
    child = saliency_child(bench)
    child.open_series(n_frames=4, height_px=12, width_px=20)
    child.answer(child.sent[0], np.eye(3, dtype=np.float32), scale=4.0, depth=1, probability=0.8)
    bench.presenter.marking.choose_depth(6)
    assert child.sent[-1]["depth"] == 6


def test_a_frame_at_rest_asks_again_a_playing_one_does_not(bench):
    bench.presenter.marking.click(7, 5)
    child = saliency_child(bench)
    child.open_series(n_frames=4, height_px=12, width_px=20)
    child.answer(child.sent[0], np.eye(3, dtype=np.float32), scale=4.0, depth=1, probability=0.8)
    bench.presenter.show_frame(2)
    assert len(child.sent) == 1
    bench.presenter.settled()
    assert child.sent[-1]["frame"] == 2


def test_clearing_takes_all_with_it(bench):
    bench.presenter.marking.click(7, 5)
    bench.presenter.marking.clear()
    assert rows(bench) == []
    assert bench.view.show_traces.call_args.args[0] == []
    assert bench.view.show_saliency.call_args.args[0] is None


def test_traces_are_written(bench):
    target = bench.folder / "out.csv"
    bench.view.ask_target.return_value = str(target)
    bench.presenter.marking.click(7, 5)
    bench.presenter.marking.rename(1, "edge")
    bench.presenter.exporter.export("traces")
    lines = target.read_text(encoding="utf-8").splitlines()
    zeros = ",".join(["0.0"] * 9)
    assert lines[1] == f"1,edge,7,5,,,,0,0,0.2,0.8,{zeros},1"
    assert lines[-1].startswith("1,edge,7,5,,,,3,1.5,0.2,0.0,0.0,0.0,0.8")
    assert len(lines) == 5


def test_nothing_is_written_when_the_user_thinks_better_of_it(bench):
    bench.view.ask_target.return_value = ""
    bench.presenter.marking.click(7, 5)
    before = sorted(bench.folder.iterdir())
    bench.presenter.exporter.export("traces")
    assert sorted(bench.folder.iterdir()) == before


def test_a_target_that_cannot_be_written_is_reported(bench):
    bench.view.ask_target.return_value = str(bench.tif / "out.csv")
    bench.presenter.marking.click(7, 5)
    bench.presenter.exporter.export("traces")
    assert "Cannot write" in str(bench.context.report.call_args.args[0])


def test_a_followed_rectangle_goes_along_with_the_one_drawn(bench):
    """It keeps number and name; one that nobody follows moves alone."""
    marking = bench.presenter.marking
    marking.move_region(2, 2, 4, 4)
    assert len(marking.markers) == 0
    marking.set_region(6, 4, 2, 2)
    marking.rename(1, "edge")
    marking.move_region(2, 2, 4, 6)
    (marker,) = marking.markers
    assert (marker.number, marker.name, marker.region) == (1, "edge", (2, 2, 4, 6))
    (trace,) = bench.view.show_traces.call_args.args[0]
    # map pixels are 2 px wide: of the 2 × 3 in it, (x 1-2, y 1-3), none is the column's at (3, 2)
    assert trace.probability[0].argmax() == 0
    marking.move_region(6, 4, 2, 2)
    (trace,) = bench.view.show_traces.call_args.args[0]
    np.testing.assert_array_equal(trace.probability.argmax(axis=1), [1, 2, 3, 4])


def test_a_rectangle_of_a_session_is_followed_and_drawn(bench):
    presenter = bench.presenter
    presenter.marking.set_region(6, 4, 2, 2)
    presenter.pictures.overlays.set_option("region", True)
    kept = presenter.save_state()
    kept["pictures"]["overlays"]["region"] = [0, 0, 5, 5]  # moved by a window that did not take the marker along
    presenter.open_path(bench.tif)
    presenter.restore_state(kept)
    bench.child = [job for job in bench.jobs.started if job.name == "explore" and not job.config["model"]][-1]
    bench.child.open_series(**KNOWN)
    bench.answer()
    (marker,) = presenter.marking.markers
    assert marker.region == (6, 4, 2, 2)
    (trace,) = bench.view.show_traces.call_args.args[0]
    np.testing.assert_array_equal(trace.probability.argmax(axis=1), [1, 2, 3, 4])
    assert bench.view.show_region.call_args.args[0].numbers == (6, 4, 2, 2)
    assert bench.view.show_markers.call_args.args[0] == [marker]
