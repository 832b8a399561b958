"""The infer job end to end, on a tiny series with a tiny random network; its refusals; its result as read back."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from inference_toys import DOSE, PIXEL_PM, toy_counts, toy_model, toy_model_file, toy_series_file

from segdepth_app.config import InferConfig
from segdepth_app.errors import Cancelled, InputError, ResultError
from segdepth_app.inference import result_writer
from segdepth_app.inference.columns import Sites
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.result_writer import ResultWriter, check_space
from segdepth_app.inference.results import Result, find_result_for
from segdepth_app.inference.run import run, tracked
from segdepth_app.models.card import read_card
from segdepth_app.reporting import Command, Reporter


class Recorder(Reporter):
    """Keeps events; gives a command once `after` frames are done."""

    def __init__(self, command: Command | None = None, after: int = 0) -> None:
        self._command, self._after = command, after
        self.done, self.warnings, self.artifacts = [], [], []

    def progress(self, done, total, unit):
        self.done.append((done, total, unit))

    def warning(self, message):
        self.warnings.append(message)

    def artifact(self, path):
        self.artifacts.append(path)

    def command(self):
        return self._command if len(self.done) >= self._after else None


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("Größe µm")
    toy_model_file(folder)
    toy_series_file(folder)
    return folder


def config(home: Path, out: Path, **settings) -> InferConfig:
    values = {"series": (home / "series.tif",), "model": str(home / "toy.safetensors"), "vacuum": str(DOSE)}
    return InferConfig(**{**values, "out": out, **settings})


@pytest.fixture(scope="module")
def result_path(home) -> Path:
    run(config(home, home / "result.h5"), Reporter())
    return home / "result.h5"


def test_maps_are_what_the_predictor_says_frame_by_frame(result_path):
    predictor = Predictor(toy_model())
    with Result(result_path) as result:
        for t, counts in enumerate(toy_counts()):
            image = counts.astype(np.float32) / np.float32(DOSE)
            expected = predictor.predict(image, pixel_size_pm=PIXEL_PM, dose_e_per_px=DOSE)
            np.testing.assert_array_equal(result.depth(t), expected.argmax(axis=0))
            np.testing.assert_allclose(result.confidence(t) / 255, expected.max(axis=0), atol=0.5001 / 255)
            np.testing.assert_allclose(result.probability(t), expected, atol=0.02)


def test_a_click_reads_the_pixel_under_it(result_path):
    """x 103 and y 62 of the file lie in column 25 and row 15 of the map: four pixels each."""
    with Result(result_path) as result:
        trace = result.trace(103, 62)
        at_frame_2 = result.probability(2)[:, 15, 25]

        assert trace.shape == (6, 11)
        np.testing.assert_allclose(trace.sum(axis=1), 1, atol=1e-6)
        np.testing.assert_allclose(trace[2], at_frame_2, atol=1e-6)
        assert [result.to_result_px(x, 0)[0] for x in (0, 3, 4, 179)] == [0, 0, 1, 44]


def test_pixels_are_found_on_grids_that_do_not_divide(result_path):
    """At 2.5 source pixels each, map pixel 1 begins at 2.0: it holds the centres of source pixels 2, 3 and 4."""
    with Result(result_path) as result:
        result.info = replace(result.info, scale=2.5)

        assert [result.to_result_px(x, 0)[0] for x in range(6)] == [0, 0, 1, 1, 1, 2]


@pytest.mark.parametrize("block", [1, 4])
def test_blocks_of_frames_do_not_show(home, tmp_path, result_path, monkeypatch, block):
    monkeypatch.setattr(result_writer, "BLOCK_FRAMES", block)

    run(config(home, tmp_path / "r.h5"), Reporter())

    with Result(tmp_path / "r.h5") as blocked, Result(result_path) as whole:
        np.testing.assert_array_equal(blocked.trace(103, 62), whole.trace(103, 62))
        np.testing.assert_array_equal(blocked.columns_table(), whole.columns_table())


def test_the_file_is_laid_out_as_promised(result_path):
    with h5py.File(result_path) as file:
        assert file["depth"].shape == file["confidence"].shape == (6, 33, 45)
        assert file["depth"].chunks == file["confidence"].chunks == (1, 33, 45)
        assert file["probability"].shape == (6, 11, 33, 45)
        assert file["probability"].chunks == (6, 11, 32, 32)
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


def test_a_place_that_never_holds_an_atom_is_no_column(tmp_path):
    """Two places; the left one says 4 atoms, the right one vacuum with some doubt, in all of five frames."""
    probability = np.full((11, 24, 48), 0.04)
    probability[0] = 0.6
    probability[:, :, :20] = 0.04
    probability[4, :, :20] = 0.6
    sites = Sites(np.array([10.0, 36.0]), np.array([12.0, 12.0]), np.array([58, 8]), None)
    with ResultWriter(tmp_path / "r.h5", n_frames=5, shape=(24, 48)) as writer:
        for t in range(5):
            writer.add(t, np.log(probability))
        table = tracked(sites, writer, toy_model().card, 0.98, 4.0)

    assert table["element"].tolist() == [b"Ce"] * 5
    assert table["hmm_count"].tolist() == [4] * 5
    # the scratch file rounds ln p to 0.05
    np.testing.assert_allclose(table["p4"], 0.6, atol=0.02)


def test_progress_counts_frames_and_the_result_is_announced(home, tmp_path):
    reporter = Recorder()

    assert run(config(home, tmp_path / "r.h5"), reporter) == "done"

    assert reporter.done == [(n, 6, "frames") for n in range(1, 7)]
    assert reporter.artifacts == [tmp_path / "r.h5"]


def test_stop_keeps_what_is_done_and_the_rest_is_a_gap(home, tmp_path, result_path):
    reporter = Recorder(Command.STOP, after=2)

    assert run(config(home, tmp_path / "r.h5"), reporter) == "stopped"

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


@pytest.mark.parametrize(("command", "after"), [(Command.CANCEL, 0), (Command.CANCEL, 3), (Command.STOP, 0)])
def test_cancel_leaves_nothing(home, tmp_path, command, after):
    with pytest.raises(Cancelled):
        run(config(home, tmp_path / "r.h5"), Recorder(command, after))

    assert list(tmp_path.iterdir()) == []


def test_a_fault_in_the_middle_leaves_nothing(home, tmp_path, monkeypatch):
    monkeypatch.setattr(ResultWriter, "finish", lambda *_: (_ for _ in ()).throw(OSError("No space left on device")))

    with pytest.raises(OSError, match="No space"):
        run(config(home, tmp_path / "r.h5"), Reporter())

    assert list(tmp_path.iterdir()) == []


def test_a_series_without_pixel_size_asks_for_it_by_the_option_s_name(home, tmp_path):
    toy_series_file(tmp_path, calibrated=False)

    with pytest.raises(InputError, match="--pixel-size-pm"):
        run(config(home, tmp_path / "r.h5", series=(tmp_path / "series.tif",)), Reporter())


def test_a_series_that_is_no_counts_asks_for_the_dose_by_the_option_s_name(home, tmp_path):
    np.save(tmp_path / "floats.npy", toy_counts() * np.float32(0.73))
    floats = {"series": (tmp_path / "floats.npy",), "pixel_size_pm": 5.3, "vacuum": f"{DOSE * 0.73}"}

    with pytest.raises(InputError, match="--dose"):
        run(config(home, tmp_path / "r.h5", **floats), Reporter())

    run(config(home, tmp_path / "r.h5", **floats, dose_e_per_px=DOSE), Reporter())
    with Result(tmp_path / "r.h5") as result:
        assert result.info.dose_source == "typed"


def test_an_existing_file_is_not_overwritten(home, tmp_path):
    out = tmp_path / "r.h5"
    out.write_text("mine")

    with pytest.raises(InputError, match="exists already"):
        run(config(home, out), Reporter())

    assert out.read_text() == "mine"


def test_a_full_disk_is_found_before_the_start(tmp_path):
    with pytest.raises(InputError, match="GB are free"):
        check_space(tmp_path / "r.h5", 10**9, (4096, 4096))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.write_bytes(b"no HDF5" * 100), "not a readable HDF5"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000]), "not a readable HDF5"),
        (lambda path: _without(path, "format"), "not a SegDepth result"),
        (lambda path: _without(path, "fingerprint"), "damaged result: fingerprint"),
        (lambda path: _without(path, "probability"), "damaged result"),
    ],
)
def test_files_that_are_no_results_are_refused_in_one_line(result_path, tmp_path, damage, words):
    path = tmp_path / "r.h5"
    path.write_bytes(result_path.read_bytes())
    damage(path)

    with pytest.raises(ResultError, match=words) as caught:
        Result(path)
    assert "\n" not in str(caught.value)


def _without(path, name):
    with h5py.File(path, "a") as file:
        del (file if name in file else file.attrs)[name]


def test_a_missing_result_is_a_result_error(tmp_path):
    with pytest.raises(ResultError, match="not found"):
        Result(tmp_path / "none.h5")


def test_pixels_outside_the_frame_are_refused_with_the_range(result_path):
    with Result(result_path) as result:
        with pytest.raises(InputError, match="x runs from 0 to 179, y from 0 to 131"):
            result.trace(180, 3)
        with pytest.raises(InputError, match="lies outside"):
            result.trace(-1, 3)


def test_the_newest_result_of_a_series_is_found(home, result_path, tmp_path):
    with Result(result_path) as result:
        fingerprint = result.info.fingerprint
    (tmp_path / "old.h5").write_bytes(result_path.read_bytes())
    (tmp_path / "other.h5").write_text("not a result")

    assert find_result_for(fingerprint, tmp_path) == tmp_path / "old.h5"
    assert find_result_for("0" * 64, tmp_path) is None
    assert find_result_for(fingerprint, tmp_path / "nowhere") is None


def test_results_are_read_without_torch_or_scipy(result_path):
    code = (
        "import sys, json\n"
        "from segdepth_app.inference.results import Result\n"
        "early = 'h5py' in sys.modules\n"
        f"with Result({str(result_path)!r}) as result: result.trace(10, 10), result.columns_table()\n"
        "print(json.dumps([early, *(name in sys.modules for name in ('torch', 'scipy', 'matplotlib'))]))"
    )
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(output.stdout) == [False] * 4
