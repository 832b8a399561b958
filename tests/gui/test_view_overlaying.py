"""What is drawn over the pictures, decided without widgets: right columns, changes about now, regions, sessions."""

from unittest.mock import Mock, create_autospec

import numpy as np
import pytest

from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.overlay_region import Region
from segdepth_app.gui.view.overlaying import NO_ACTIVITY, NO_COLUMNS, NO_RESULT, OLD_RESULT, OverlayPresenter
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.view import View
from segdepth_app.inference.result_info import COLUMN_DTYPE, EVENT_DTYPE
from tests.gui.view_bench import Bench

HEIGHT, WIDTH = 40, 60


class TinyResult:
    """Two columns, 10 px apart, over 9 frames: counts of frame t are t and 9 − t, smoothed 3 and 4; two events."""

    is_partial = False
    grid = 2.0

    def __init__(self):
        self.activity = np.array([[0.5, np.nan]], np.float32)
        self.events = np.zeros(2, EVENT_DTYPE)
        self.events["frame"] = 4, 6
        self.events["x_px"], self.events["y_px"] = (10, 20), (5, 5)
        self.asked = []

    def columns_of(self, frame):
        self.asked.append(frame)
        rows = np.zeros(2, COLUMN_DTYPE)
        rows["x_px"], rows["y_px"] = (10, 20), 5
        rows["count"], rows["hmm_count"] = (frame, 9 - frame), (3, 4)
        return rows


@pytest.fixture
def overlays():
    scene = Scene()
    scene.file_facts = SeriesFacts("tiny", 9, HEIGHT, WIDTH, pixel_size_pm=100.0)
    scene.image = np.arange(HEIGHT * WIDTH, dtype=np.float32).reshape(HEIGHT, WIDTH)
    scene.result = TinyResult()
    presenter = OverlayPresenter(create_autospec(View, instance=True), Mock(), scene)
    presenter.scene, presenter.view = scene, presenter._view
    return presenter


def shown(overlays):
    dots, changes, spacing = overlays.view.show_dots.call_args.args
    return dots, changes, spacing


def test_columns_are_read_only_when_they_are_wanted(overlays):
    overlays.set_option("changes", False)
    overlays.show(2)
    assert overlays.scene.result.asked == []
    assert len(shown(overlays)[0].count) == 0
    overlays.toggle("columns")
    overlays.show(2)
    dots, _, spacing = shown(overlays)
    assert dots.x_px.tolist() == [10, 20]
    assert dots.count.tolist() == [3, 4]
    assert spacing == 10
    overlays.set_option("smoothed", False)
    overlays.show(2)
    assert shown(overlays)[0].count.tolist() == [2, 7]


def test_a_frame_is_read_once_and_again_for_another_result(overlays):
    overlays.toggle("columns")
    for frame in (3, 4, 3, 4):
        overlays.show(frame)
    assert overlays.scene.result.asked.count(3) == overlays.scene.result.asked.count(4) == 1
    overlays.result_changed()
    overlays.show(3)
    assert overlays.scene.result.asked.count(3) == 2


@pytest.mark.parametrize(
    ("frame", "ringed"),
    [(2, []), (3, [(10, 1)]), (4, [(10, 0)]), (5, [(10, 1), (20, 1)]), (6, [(20, 0)]), (7, [(20, 1)]), (8, [])],
)
def test_columns_that_change_about_now_are_ringed(overlays, frame, ringed):
    overlays.show(frame)
    _, changes, _ = shown(overlays)
    assert list(zip(changes.x_px.tolist(), changes.frames_away.tolist(), strict=True)) == ringed


def test_the_activity_is_finite_and_read_when_it_is_chosen(overlays):
    overlays.result_changed()
    assert overlays.view.show_activity.call_args.args[0] is None
    overlays.toggle("activity")
    values, place, words = overlays.view.show_activity.call_args.args
    assert values.tolist() == [[0.5, 0.0]]
    assert (place, words) == (2.0, "")
    overlays.toggle("activity")
    assert overlays.options.third == "confidence"


@pytest.mark.parametrize(
    ("changes", "words"), [({"activity": None}, OLD_RESULT), ({"activity": None, "is_partial": True}, NO_ACTIVITY)]
)
def test_a_missing_activity_says_why(overlays, changes, words):
    for name, value in changes.items():
        setattr(overlays.scene.result, name, value)
    overlays.toggle("activity")
    values, _, said = overlays.view.show_activity.call_args.args
    assert (values, said) == (None, words)


def test_columns_that_are_not_there_say_why(overlays):
    overlays.scene.result.columns_of = lambda frame: np.zeros(0, COLUMN_DTYPE)
    overlays.toggle("columns")
    overlays._context.status.assert_called_with(NO_COLUMNS)
    overlays.scene.result = None
    overlays.set_option("columns", True)
    overlays._context.status.assert_called_with(NO_RESULT)


def test_the_depth_comes_back_as_clear_as_it_was(overlays):
    overlays.set_option("depth_percent", 25)
    overlays.toggle("depth")
    assert overlays.options.depth_percent == 0
    overlays.toggle("depth")
    assert overlays.options.depth_percent == 25


def test_a_region_begins_in_the_middle_and_says_what_is_in_it(overlays):
    assert overlays.rectangle() is None
    overlays.toggle("region")
    assert overlays.rectangle() == (22, 15, 15, 10)
    overlays.move_region(Region(2, 1, 2, 2))
    # values 62, 63, 122, 123 of the ramp of 60 a row
    overlays.view.show_region_readout.assert_called_with("mean 92.5, σ 30, 0.20 × 0.20 nm")
    overlays.toggle("region")
    assert overlays.rectangle() is None


def test_a_session_gives_everything_back(overlays):
    overlays.set_option("columns", True)
    overlays.set_option("depth_percent", 75)
    overlays.set_option("region", True)
    overlays.move_region(Region(3, 4, 5, 6))
    overlays.rename_region("Step")
    other = OverlayPresenter(create_autospec(View, instance=True), Mock(), overlays.scene)
    other.restore(overlays.state())
    assert other.options == overlays.options
    assert other.rectangle() == (3, 4, 5, 6)
    other._view.show_region.assert_called_with(Region(3, 4, 5, 6), "Step")


@pytest.mark.parametrize(
    "kept",
    [{"columns": "yes"}, {"depth_percent": 33}, {"depth_percent": True}, {"third": "phase"}, {"numbers": 1}, {"x": 2}],
)
def test_what_a_session_cannot_mean_is_left_out(kept):
    assert OverlayOptions.from_dict(kept) == OverlayOptions()


@pytest.mark.parametrize("region", ["3,4,5,6", [1, 2, 3], [1.5, 2, 3, 4], None])
def test_a_region_that_is_none_is_left_out(overlays, region):
    overlays.restore({"region": region})
    assert overlays.region is None


def test_the_tab_keeps_its_pictures_over_a_session(qapp, tmp_path, monkeypatch):
    """Through the tab's own presenter: what is saved there comes back when the series is open again."""
    bench = Bench(tmp_path, monkeypatch)
    bench.open_series()
    pictures = bench.presenter.pictures
    pictures.overlays.toggle("region")
    pictures.overlays.move_region(Region(3, 4, 5, 6))
    pictures.contrast.set_levels(1.0, 7.5)
    state = bench.presenter.save_state()
    bench.presenter.close()
    bench.view.set_contrast.reset_mock()
    bench.presenter.restore_state(state)
    bench.child = bench.jobs.started[-1]
    bench.child.open_series(n_frames=4, height_px=12, width_px=20)
    bench.answer()
    assert pictures.overlays.rectangle() == (3, 4, 5, 6)
    bench.view.set_contrast.assert_called_with(1.0, 7.5)
    assert pictures.contrast.typed == (1.0, 7.5)
    bench.presenter.close()


def test_a_frame_that_is_not_there_has_no_readout(overlays):
    overlays.scene.image = None
    overlays.toggle("region")
    overlays.view.show_region_readout.assert_not_called()
