"""The infer job end to end, on a tiny series with a tiny random network: what it writes, commands, and refusals."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from infer_runs import Recorder, content, toy_config, toy_home
from inference_toys import DOSE, PIXEL_PM, toy_counts, toy_model, toy_series_file

from segdepth_app import paths
from segdepth_app.errors import InputError, SeriesError
from segdepth_app.inference import frames, result_writer
from segdepth_app.inference.journal import Partial, partial_folder
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import check_space, run
from segdepth_app.models.card import read_card
from segdepth_app.reporting import Command, Reporter


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("Größe µm")
    return toy_home(folder)


@pytest.fixture(scope="module")
def result_path(home) -> Path:
    run(toy_config(home, home / "result.h5"), Reporter())
    return home / "result.h5"


def test_maps_are_what_the_predictor_says_frame_by_frame(result_path):
    predictor = Predictor(toy_model())
    with Result(result_path) as result:
        for t, counts in enumerate(toy_counts()):
            image = counts.astype(np.float32) / np.float32(DOSE)
            expected = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
            np.testing.assert_array_equal(result.depth(t), expected.argmax(axis=0))
            np.testing.assert_allclose(result.confidence(t) / 255, expected.max(axis=0), atol=0.5001 / 255)
            # a code of the journal is 2.4 % of p at 0.5, and another half where two classes would share one
            np.testing.assert_allclose(result.probability(t), expected, atol=0.015)


@pytest.mark.parametrize("block", [1, 4])
def test_blocks_of_frames_do_not_show(home, tmp_path, result_path, monkeypatch, block):
    monkeypatch.setattr(result_writer, "BLOCK_FRAMES", block)

    run(toy_config(home, tmp_path / "r.h5"), Reporter())

    with Result(tmp_path / "r.h5") as blocked, Result(result_path) as whole:
        np.testing.assert_array_equal(blocked.trace(103, 62), whole.trace(103, 62))
        np.testing.assert_array_equal(blocked.columns_table(), whole.columns_table())


def test_frames_in_batches_give_the_same_result_also_after_a_pause_within_one(home, tmp_path, monkeypatch):
    """As on a GPU: batches of four frames, of which three sums are computed together with others of their length."""
    settings = {"longest_sum_frames": 4}
    run(toy_config(home, tmp_path / "one.h5", **settings), Reporter())
    run(toy_config(home, tmp_path / "some.h5", **settings), Recorder(Command.PAUSE, after=3))
    monkeypatch.setattr(frames.Loop, "_batch_size", 4)

    run(toy_config(home, tmp_path / "some.h5", **settings), Reporter())
    run(toy_config(home, tmp_path / "all.h5", **settings), Reporter())

    assert content(tmp_path / "all.h5") == content(tmp_path / "one.h5")
    assert content(tmp_path / "some.h5") == content(tmp_path / "one.h5")


def test_the_file_is_laid_out_as_promised(result_path):
    with h5py.File(result_path) as file:
        assert file["depth"].shape == file["confidence"].shape == (6, 33, 45)
        assert file["depth"].chunks == file["confidence"].chunks == (1, 33, 45)
        assert file["probability"].shape == (6, 11, 33, 45)
        assert file["probability"].chunks == (6, 11, 8, 8)
        assert {file[name].dtype for name in ("depth", "confidence", "probability")} == {np.dtype("u1")}
        assert file["done"][:].all()


def test_what_was_assumed_is_kept(home, result_path):
    with Result(result_path) as result:
        info = result.info
        assert result.card == read_card(home / "toy.safetensors")
        assert result.version
    assert info.pixel_size_pm == pytest.approx(5.3)
    assert info.pixel_size_source == "from file"
    assert (info.vacuum, info.vacuum_source) == (DOSE, "typed")
    assert (info.dose_e_per_px, info.dose_source) == (DOSE, "vacuum level of counts")
    assert info.frame_time_s == pytest.approx(0.13)
    assert info.scale == pytest.approx(4)
    assert (info.rotation_deg, info.align, info.sum_frames, info.longest_sum_frames) == (0, "none", 1, 1)
    assert (info.gain, info.offset, info.precision, info.stay_source) == (1, 0, "float32", "fitted")
    assert info.prior == pytest.approx([0.03, *[0.097] * 10])
    assert (info.height_px, info.width_px, info.n_frames) == (132, 180, 6)
    assert info.temperature == pytest.approx(1.5 - 0.5 * np.log10(DOSE / 0.8))
    assert len(info.model_sha256) == len(info.fingerprint) == 64


def test_columns_are_the_same_in_every_frame_and_carry_probabilities(result_path):
    with Result(result_path) as result:
        table = result.columns_table()
    ids = np.unique(table["column"])
    assert len(ids) > 0
    assert len(table) == 6 * len(ids)
    for number in ids:
        rows = table[table["column"] == number]
        assert rows["frame"].tolist() == list(range(6))
        assert len(np.unique(rows["x_px"])) == 1
    probabilities = np.stack([table[f"p{n}"] for n in range(11)], axis=1)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(probabilities.argmax(axis=1), table["count"])
    np.testing.assert_allclose(probabilities.max(axis=1), table["confidence"])


def test_stop_keeps_what_is_done_and_the_rest_is_a_gap(home, tmp_path, result_path):
    reporter = Recorder(Command.STOP, after=2)

    assert run(toy_config(home, tmp_path / "r.h5"), reporter) == "stopped"

    with Result(tmp_path / "r.h5") as part, Result(result_path) as whole:
        assert part.done.tolist() == [True, True, False, False, False, False]
        np.testing.assert_array_equal(part.depth(1), whole.depth(1))
        np.testing.assert_allclose(part.trace(90, 60)[:2], whole.trace(90, 60)[:2])
        assert np.isnan(part.trace(90, 60)[2:]).all()
        assert set(part.columns_table()["frame"]) == {0, 1}
        with pytest.raises(InputError, match="Frame 2 was not analysed"):
            part.depth(2)
    assert any("Stopped after 2 of 6 frames" in text for text in reporter.warnings)
    assert list(tmp_path.iterdir()) == [tmp_path / "r.h5"]


def test_a_series_without_pixel_size_asks_for_it_by_the_option_s_name(home, tmp_path):
    toy_series_file(tmp_path, calibrated=False)

    with pytest.raises(InputError, match="--pixel-size-pm"):
        run(toy_config(home, tmp_path / "r.h5", series=(tmp_path / "series.tif",)), Reporter())


def test_a_series_that_is_no_counts_asks_for_the_dose_by_the_option_s_name(home, tmp_path):
    """Roots of counts: their noise does not grow with their mean, so no gain explains them."""
    np.save(tmp_path / "roots.npy", np.sqrt(toy_counts() + np.float32(0.4)))
    roots = {"series": (tmp_path / "roots.npy",), "pixel_size_pm": 5.3, "vacuum": "1.4"}

    with pytest.raises(InputError, match="--dose"):
        run(toy_config(home, tmp_path / "r.h5", **roots), Reporter())

    run(toy_config(home, tmp_path / "r.h5", **roots, dose_e_per_px=DOSE), Reporter())
    with Result(tmp_path / "r.h5") as result:
        assert result.info.dose_source == "typed"


def test_an_existing_file_is_not_overwritten(home, tmp_path):
    out = tmp_path / "r.h5"
    out.write_text("mine")

    with pytest.raises(InputError, match="exists already"):
        run(toy_config(home, out), Reporter())

    assert out.read_text() == "mine"


def test_a_full_disk_is_found_before_the_start(tmp_path):
    with pytest.raises(InputError, match="GB are free"):
        check_space(tmp_path / "r.h5", 10**9, (4096, 4096))


def test_progress_counts_frames_then_what_is_put_together_and_the_result_is_announced(home, tmp_path):
    reporter = Recorder()

    assert run(toy_config(home, tmp_path / "r.h5"), reporter) == "done"

    steps = [item for item in reporter.done if item[2] == "frames"]
    assert steps == [(n, 6, "frames") for n in range(7)]
    assert reporter.done[-1] == (6, 6, "frames put together")
    assert reporter.artifacts == [tmp_path / "r.h5"]
    assert list(tmp_path.iterdir()) == [tmp_path / "r.h5"]


def test_a_frame_that_cannot_be_read_is_a_gap_that_is_named_and_sums_do_without_it(home, tmp_path, monkeypatch):
    """Of the frames 0 to 3, number 2 is cut short: the network is told the dose of one, two and three frames."""
    told = []
    whole = Predictor.from_inputs
    monkeypatch.setattr(
        Predictor, "from_inputs", lambda self, inputs, **use: told.append((use, inputs)) or whole(self, inputs, **use)
    )
    counts = toy_counts(4)
    for number, frame in enumerate(counts):
        np.save(tmp_path / f"frame_{number}.npy", frame)
    broken = tmp_path / "frame_2.npy"
    broken.write_bytes(broken.read_bytes()[:1000])
    out, reporter = tmp_path / "out" / "r.h5", Recorder()

    run(toy_config(home, out, series=(tmp_path,), pixel_size_pm=PIXEL_PM, longest_sum_frames=4), reporter)

    with Result(out) as result:
        assert result.done.tolist() == [True, True, False, True]
        assert np.isnan(result.trace(90, 60)).all(axis=1).tolist() == [False, False, True, False]
        assert any("Frame 2 could not be read" in text for text in result.info.warnings)
        assert set(result.columns_table()["frame"]) == {0, 1, 3}
    with h5py.File(out) as file:
        assert (file["depth"][2] == 255).all()
        assert not file["confidence"][2].any()
    assert sum("Frame 2 could not be read" in text for text in reporter.warnings) == 1
    doses = [use["dose_e_per_px"] / DOSE for use, _ in told]
    assert doses == pytest.approx([1, 1, 2, 1, 1, 3])  # frames 0, 1, their sum; 3; (2, 3) without 2; all
    mean = (counts[[0, 1, 3]].astype(float).mean(axis=0) / DOSE).reshape(33, 4, 45, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(told[-1][1][0], mean, rtol=1e-5)  # float32


def test_a_series_that_is_gone_ends_the_analysis_and_keeps_what_is_done(home, tmp_path, monkeypatch):
    """A share that goes away must not turn all the frames that follow into gaps."""
    for number, frame in enumerate(toy_counts(4)):
        np.save(tmp_path / f"frame_{number}.npy", frame)
    config = toy_config(home, tmp_path / "out" / "r.h5", series=(tmp_path,), pixel_size_pm=PIXEL_PM)

    class Unplugs(Recorder):
        def progress(self, done, total, unit):
            if done == 2:
                for path in tmp_path.glob("*.npy"):
                    path.unlink()

    with pytest.raises(SeriesError, match="cannot be reached any more"):
        run(config, Unplugs())

    assert Partial(partial_folder(config.out)).done.tolist() == [True, True, False, False]


def test_a_series_of_which_no_frame_can_be_read_has_no_result(home, tmp_path, monkeypatch):
    monkeypatch.setattr(Predictor, "inputs", lambda *_, **__: (_ for _ in ()).throw(OSError("Input/output error")))

    with pytest.raises(SeriesError, match=r"No frame of series.tif could be read\. Frame 0 .*Input/output error"):
        run(toy_config(home, tmp_path / "r.h5"), Recorder())

    assert list(tmp_path.iterdir()) == []


def test_a_frame_turned_by_a_quarter_gives_the_same_maps_and_clicks_on_it_find_the_same_traces(
    home, tmp_path, result_path
):
    """np.rot90 turns counterclockwise as seen; (x, y) of 180 x 132 px then lies at (y, 179 - x)."""
    turned = toy_home(tmp_path, np.rot90(toy_counts(), axes=(1, 2)))

    run(toy_config(turned, tmp_path / "r.h5", rotation_deg=90), Reporter())

    with Result(tmp_path / "r.h5") as result, Result(result_path) as straight:
        assert (result.info.height_px, result.info.width_px) == (180, 132)
        np.testing.assert_array_equal(result.depth(3), straight.depth(3))
        np.testing.assert_array_equal(result.trace(62, 179 - 103), straight.trace(103, 62))
        rows, before = result.columns_table(), straight.columns_table()
    np.testing.assert_allclose(rows["x_px"], before["y_px"], atol=1e-3)
    np.testing.assert_allclose(rows["y_px"], 179 - before["x_px"], atol=1e-3)
    np.testing.assert_array_equal(rows["hmm_count"], before["hmm_count"])


def test_outside_a_turned_frame_there_is_no_class_and_no_column(home, tmp_path):
    """Corners of the grid, found by turning their centres back by hand."""
    run(toy_config(home, tmp_path / "r.h5", rotation_deg=30), Reporter())

    with Result(tmp_path / "r.h5") as result:
        depth, confidence, table = result.depth(0), result.confidence(0), result.columns_table()
    height, width = depth.shape
    v, u = np.mgrid[:height, :width]
    u, v = (u - (width - 1) / 2) * 4, (v - (height - 1) / 2) * 4
    angle = np.deg2rad(30)  # the grid's x runs 30 degrees up from the frame's
    x, y = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
    outside = (abs(x) > 90 + 1e-6) | (abs(y) > 66 + 1e-6)
    np.testing.assert_array_equal(depth == 255, outside)
    assert not confidence[outside].any()
    assert confidence[~outside].all()
    assert len(table)
    assert table["x_px"].min() > -2
    assert table["x_px"].max() < 182
    assert table["y_px"].min() > -2
    assert table["y_px"].max() < 134


def test_summed_frames_are_one_image_of_all_their_dose(home, tmp_path):
    run(toy_config(home, tmp_path / "r.h5", sum_frames=2), Reporter())

    pair = toy_counts()[2:4].astype(np.float32).mean(axis=0) / np.float32(DOSE)
    expected = Predictor(toy_model()).predict(pair, pixel_size_pm=PIXEL_PM, dose_e_per_px=2 * DOSE)
    with Result(tmp_path / "r.h5") as result:
        assert result.n_frames == 3
        assert result.info.frame_time_s == pytest.approx(0.26)
        assert result.info.dose_e_per_px == DOSE
        np.testing.assert_allclose(result.confidence(1) / 255, expected.max(axis=0), atol=0.51 / 255)


def test_what_the_drift_took_out_of_a_frame_is_no_vacuum(home, tmp_path, monkeypatch):
    """Frame 2 is recorded 41 px further right than frame 0: of the map's 45 columns of 4 px the first ten are missing.

    (The centre of map column n is source pixel 4n + 1.5, of which frame 2 recorded those up to 179 - 41.)
    """
    monkeypatch.setattr(paths, "cache_folder", lambda: tmp_path / "cache")
    from segdepth_app.series import drift_files

    monkeypatch.setattr(drift_files, "cache_folder", lambda: tmp_path / "cache")
    shift = np.zeros((6, 2))
    shift[2] = 0, 41
    from segdepth_app.series.fingerprint import fingerprint

    drift_files.save_drift(fingerprint((home / "series.tif",)), drift_files.Drift(shift, np.ones(6, np.float32)))

    run(toy_config(home, tmp_path / "r.h5", align="rigid"), Reporter())

    with Result(tmp_path / "r.h5") as result:
        np.testing.assert_array_equal(result.shift_px(), shift)
        missing = (result.depth(2) == 255).all(axis=0)
        assert np.flatnonzero(missing).tolist() == list(range(35, 45))  # 4n + 1.5 > 179.5 - 41
        assert not (result.depth(1) == 255).any()
        rows = result.columns_table()
        gone = (rows["frame"] == 2) & (rows["x_px"] > 140)
        assert gone.any()
        assert not rows["confidence"][gone].any()
        np.testing.assert_array_equal(rows["count"][gone], rows["hmm_count"][gone])
        assert rows["confidence"][rows["frame"] == 1].all()
        assert not result.activity()[:, 35:].any()
