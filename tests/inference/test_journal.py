"""Unfinished analyses: the codes they are kept in, commands, kills and going on, and reading them while they grow."""

import math

import numpy as np
import pytest
from infer_runs import Recorder, child_that_waits, content, toy_config, toy_home
from inference_toys import toy_counts

from segdepth_app.errors import Cancelled, InputError, ResultError
from segdepth_app.inference import journal_writer
from segdepth_app.inference.journal import (
    Partial,
    codes_of,
    find_partials,
    logs_of,
    partial_folder,
    planes_of,
    probability_of,
)
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.result_writer import ResultWriter
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run
from segdepth_app.reporting import Command, Reporter


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A series of 13 frames: sums of 2 and 4 end in the middle."""
    return toy_home(tmp_path_factory.mktemp("series"), toy_counts(13))


@pytest.fixture
def config(home, tmp_path):
    return toy_config(home, tmp_path / "r.h5", longest_sum_frames=4)


@pytest.fixture(scope="module")
def whole(home, tmp_path_factory):
    """The result of an analysis that nobody interrupted."""
    out = tmp_path_factory.mktemp("whole") / "r.h5"
    run(toy_config(home, out, longest_sum_frames=4), Reporter())
    return out


@pytest.fixture
def computed(monkeypatch):
    """Numbers of images that the network was shown, call by call."""
    numbers = []
    from_inputs = Predictor.from_inputs

    def counted(self, inputs, **use):
        numbers.append(len(inputs))
        return from_inputs(self, inputs, **use)

    monkeypatch.setattr(Predictor, "from_inputs", counted)
    return numbers


def random_logs(n: int = 5_000) -> np.ndarray:
    """ln p (11, n) of all sharpness, from certain to undecided."""
    rng = np.random.default_rng(3)
    logits = rng.normal(size=(11, n)) * rng.uniform(0, 6, n)
    return (logits - np.log(np.exp(logits).sum(axis=0))).astype(np.float32)


def test_a_code_is_what_its_formula_says():
    p = np.array([1, 0.5, 1e-3, 1e-9])
    expected = [round(255 * math.sqrt(min(-math.log(value) / 14, 1))) for value in p]

    assert codes_of(np.log(np.concatenate([p, [1e-9] * 7]))[:, None])[:4, 0].tolist() == expected


def test_depth_and_confidence_survive_the_codes_and_other_classes_to_a_percent():
    logs = random_logs()
    p = np.exp(logs)
    confidence = np.rint(p.max(axis=0) * 255).astype(np.uint8)

    back = probability_of(planes_of(logs[:, None], confidence[None]))[0].T

    np.testing.assert_array_equal(back.argmax(axis=0), p.argmax(axis=0))
    np.testing.assert_allclose(back.max(axis=0), confidence / 255, atol=1e-6)
    np.testing.assert_allclose(back.sum(axis=0), 1, atol=0.012)
    # half a code is 1.2 % of p at 0.5; a class that would share the code of the best moves by another whole one
    np.testing.assert_allclose(back, p, atol=0.012)


def test_of_equal_classes_the_first_stays_the_likeliest():
    logs = np.log(np.full((11, 1, 1), 1 / 11))

    assert codes_of(logs)[:, 0, 0].tolist() == [106] + [107] * 10  # 255 sqrt(ln 11 / 14) = 105.53


def test_sums_are_kept_to_a_few_percent_of_each_class():
    logs = random_logs()
    likely = logs > -6
    # half a code at ln p = -6 is 0.036, and normalising what was rounded adds a little
    np.testing.assert_allclose(logs_of(codes_of(logs))[likely], logs[likely], atol=0.06)


@pytest.mark.parametrize(
    ("done", "unit", "left"),
    [
        (7, "frames", 6 + 5),  # frames 7 to 12; sums that end with 8, 10, 12 (pairs) and 8, 12 (fours)
        (9, "frames put together", 0),
    ],
)
def test_after_a_kill_the_same_command_goes_on_and_nothing_is_computed_twice(config, whole, computed, done, unit, left):
    """kill -9 at a known place; the result is the same to the last bit as in one piece."""
    with child_that_waits(config, done, unit) as child:
        with pytest.raises(InputError, match="Another process is working on the analysis"):
            run(config, Reporter())
        child.kill()
    reached = 7 if unit == "frames" else 13
    assert Partial(partial_folder(config.out)).n_reached == reached
    assert not config.out.exists()
    reporter = Recorder()

    assert run(config, reporter) == "done"

    assert sum(computed) == left
    assert reporter.done[0] == (reached, 13, "frames")
    assert content(config.out) == content(whole)
    assert [path.name for path in config.out.parent.iterdir()] == ["r.h5"]


@pytest.mark.parametrize("after", [1, 6, 12])
def test_pause_and_the_same_command_again_give_the_same_result(config, whole, computed, after):
    assert run(config, Recorder(Command.PAUSE, after)) == "paused"

    assert not config.out.exists()
    run(config, Reporter())

    assert sum(computed) == 13 + 6 + 3
    assert content(config.out) == content(whole)


def test_what_grows_can_be_read_and_is_what_the_result_will_hold(config, whole, monkeypatch):
    monkeypatch.setattr(journal_writer, "FLUSH_S", 0)
    run(config, Recorder(Command.PAUSE, 3))
    partial = Partial(partial_folder(config.out))
    assert partial.done.tolist() == [True] * 3 + [False] * 10
    assert not partial.refresh()

    run(config, Recorder(Command.PAUSE, 8))

    assert partial.refresh()
    assert partial.done.sum() == 8
    with Result(whole) as result:
        assert (partial.shape, partial.n_frames) == (result.shape, 13)
        assert partial.grid == result.grid
        assert partial.to_result_px(103, 62) == result.to_result_px(103, 62)
        for t in (0, 2, 7):
            np.testing.assert_array_equal(partial.depth(t), result.depth(t))
            np.testing.assert_array_equal(partial.confidence(t), result.confidence(t))
            # the result rounds eleven classes to 255ths, and divides by sums that are off by up to 11 / 510
            np.testing.assert_allclose(partial.probability(t), result.probability(t), atol=11 / 510)
        assert np.isnan(partial.trace(103, 62)[8:]).all()
        np.testing.assert_allclose(partial.trace(103, 62)[:8], result.trace(103, 62)[:8], atol=11 / 510)
        mean = partial.roi_trace(100, 40, 31, 17)
        np.testing.assert_allclose(mean[:8], result.roi_trace(100, 40, 31, 17)[:8], atol=11 / 510)
        with pytest.raises(InputError, match="Frame 8 was not analysed"):
            partial.depth(8)


def test_an_unfinished_analysis_that_ended_says_so(config):
    run(config, Recorder(Command.PAUSE, 3))
    partial = Partial(partial_folder(config.out))

    run(config, Reporter())

    assert not partial.refresh()
    with pytest.raises(ResultError, match="may have ended"):
        partial.trace(3, 3)


def test_stop_makes_a_result_of_what_is_done_and_the_rest_is_a_gap(config, whole):
    run(config, Recorder(Command.PAUSE, 3))
    reporter = Recorder(Command.STOP, after=6)

    assert run(config, reporter) == "stopped"

    with Result(config.out) as part, Result(whole) as all_of_it:
        assert part.done.tolist() == [True] * 6 + [False] * 7
        np.testing.assert_array_equal(part.trace(90, 60)[:6], all_of_it.trace(90, 60)[:6])
        assert set(part.columns_table()["frame"]) == set(range(6))
    assert any("Stopped after 6 of 13 frames" in text for text in reporter.warnings)
    assert [path.name for path in config.out.parent.iterdir()] == ["r.h5"]


@pytest.mark.parametrize(
    ("command", "after", "unit"),
    [
        (Command.CANCEL, 0, "frames"),
        (Command.CANCEL, 5, "frames"),
        (Command.CANCEL, 5, "frames put together"),
        (Command.STOP, 0, "frames"),
    ],
)
def test_cancel_leaves_nothing_and_so_does_a_stop_before_the_first_frame(config, command, after, unit):
    with pytest.raises(Cancelled):
        run(config, Recorder(command, after, unit))

    assert list(config.out.parent.iterdir()) == []


def test_cancel_discards_what_an_earlier_run_had_done(config):
    run(config, Recorder(Command.PAUSE, 3))

    with pytest.raises(Cancelled):
        run(config, Recorder(Command.CANCEL))

    assert list(config.out.parent.iterdir()) == []


def test_a_full_disk_at_the_end_costs_nothing_that_was_computed(config, computed, monkeypatch, whole):
    with monkeypatch.context() as patch:
        patch.setattr(ResultWriter, "finish", lambda *_: (_ for _ in ()).throw(OSError("No space left on device")))
        with pytest.raises(OSError, match="No space"):
            run(config, Reporter())
    assert [path.name for path in config.out.parent.iterdir()] == ["r.h5.partial"]
    before = sum(computed)

    run(config, Reporter())

    assert sum(computed) == before
    assert content(config.out) == content(whole)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"pixel_size_pm": 5.4}, "pixel_size_pm was 5.3, now 5.4"),
        ({"vacuum": "1.9"}, "vacuum was 1.83, now 1.9"),
        ({"mirror": True}, "mirror was False, now True"),
        ({"longest_sum_frames": 8}, "longest_sum_frames was 4, now 8"),
        ({"rotation_deg": 2.0}, "rotation_deg was 0, now 2"),
    ],
)
def test_other_settings_are_refused_by_name(config, settings, words):
    run(config, Recorder(Command.PAUSE, 3))

    with pytest.raises(InputError, match=words):
        run(config.model_copy(update=settings), Reporter())

    assert Partial(partial_folder(config.out)).n_reached == 3


def test_another_series_is_refused_and_what_does_not_decide_the_maps_may_change(config, tmp_path):
    run(config, Recorder(Command.PAUSE, 3))
    other = toy_home(tmp_path / "other", toy_counts(7)) if (tmp_path / "other").mkdir() is None else None

    with pytest.raises(InputError, match="the series is another"):
        run(config.model_copy(update={"series": (other / "series.tif",)}), Reporter())

    assert run(config.model_copy(update={"stay_probability": 0.9, "frame_time_s": 0.5}), Reporter()) == "done"
    with Result(config.out) as result:
        assert (result.info.stay_probability, result.info.stay_source) == (0.9, "typed")
        assert result.info.frame_time_s == 0.5


def test_a_folder_of_someone_else_is_not_touched(config):
    folder = partial_folder(config.out)
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")

    with pytest.raises(InputError, match="no unfinished analysis"):
        run(config, Reporter())

    assert (folder / "mine.txt").read_text() == "mine"


def test_unfinished_analyses_of_a_series_are_found_also_when_it_was_moved(config, home, tmp_path):
    run(config, Recorder(Command.PAUSE, 3))
    (tmp_path / "strange.h5.partial").mkdir()
    folder = partial_folder(config.out)
    fingerprint = Partial(folder).info.fingerprint

    assert find_partials(tmp_path, fingerprint) == [folder]
    assert find_partials(tmp_path, "0" * 64) == []
    assert find_partials(tmp_path / "nowhere", fingerprint) == []

    moved = tmp_path / "moved.tif"
    moved.write_bytes((home / "series.tif").read_bytes())
    assert run(config.model_copy(update={"series": (moved,)}), Reporter()) == "done"
    assert find_partials(tmp_path, fingerprint) == []
