"""The View tab's child: what it answers, and that frames come without torch."""

import json
import subprocess
import sys

import numpy as np
import pytest
from infer_runs import toy_config, toy_home
from inference_toys import DOSE, toy_counts, toy_model, toy_model_file, toy_series_file
from lattice_toys import lattice_image

from segdepth_app.config import ExploreConfig
from segdepth_app.inference.explore import run
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run as run_infer
from segdepth_app.inference.saliency import saliency_map
from segdepth_app.inference.traces import column_prior, smooth_trace
from segdepth_app.reporting import Reporter


class Window(Reporter):
    """Asks what it is given, keeps the answers."""

    def __init__(self, *requests: dict) -> None:
        self._requests, self.answers = requests, {}

    def requests(self):
        return iter(self._requests)

    def answer(self, request, **values):
        self.answers[request] = values


def serve(tmp_path, *requests, **settings):
    window = Window(*requests)
    values = {"series": (tmp_path / "series.tif",), "folder": tmp_path / "answers", "vacuum": str(DOSE)}
    run(ExploreConfig(**{**values, **settings}), window)
    return window.answers


def test_the_first_answer_describes_the_series(tmp_path):
    toy_series_file(tmp_path)

    facts = serve(tmp_path)[0]

    assert (facts["n_frames"], facts["height_px"], facts["width_px"]) == (6, 132, 180)
    assert facts["pixel_size_pm"] == pytest.approx(5.3)
    assert facts["pixel_size_source"] == "from file"
    assert facts["frame_time_s"] == pytest.approx(0.13)
    assert (facts["vacuum"], facts["dose_e_per_px"]) == (DOSE, DOSE)
    assert facts["name"] == "series.tif"
    assert isinstance(facts["warnings"], list)


def test_frames_come_as_they_are_in_the_file(tmp_path):
    toy_series_file(tmp_path)

    answers = serve(tmp_path, {"cmd": "frame", "id": 7, "frame": 3}, {"cmd": "frame", "id": 8, "frame": 0})

    assert answers[7]["frame"] == 3
    found = np.load(answers[7]["path"])
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, toy_counts()[3])
    np.testing.assert_array_equal(np.load(answers[8]["path"]), toy_counts()[0])


def test_float_series_come_as_float32(tmp_path):
    np.save(tmp_path / "f.npy", toy_counts() * 0.5)

    answers = serve(tmp_path, {"cmd": "frame", "id": 1, "frame": 2}, series=(tmp_path / "f.npy",))

    assert np.load(answers[1]["path"]).dtype == np.float32


def test_saliency_is_that_of_the_frame_and_pixel(tmp_path):
    toy_series_file(tmp_path)
    model = str(toy_model_file(tmp_path))
    request = {"cmd": "saliency", "id": 3, "frame": 4, "x": 103, "y": 62, "depth": None}

    answer = serve(tmp_path, request, model=model)[3]

    image = toy_counts()[4].astype(np.float32) / np.float32(DOSE)
    setting = {"pixel_size_pm": 5.3, "dose_e_per_px": DOSE}
    expected = saliency_map(Predictor(toy_model()), image, **setting, x_px=103, y_px=62)
    np.testing.assert_allclose(np.load(answer["path"]), expected.map, atol=1e-6)
    assert (answer["scale"], answer["depth"]) == (pytest.approx(4), expected.depth)
    assert answer["probability"] == pytest.approx(expected.probability, abs=1e-6)


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"cmd": "frame", "id": 1, "frame": 6}, "Frames run from 0 to 5"),
        ({"cmd": "saliency", "id": 1, "frame": 0, "x": 1, "y": 1, "depth": None}, "needs a model"),
    ],
)
def test_impossible_requests_are_answered_in_a_sentence_and_the_child_lives_on(tmp_path, request_, words):
    toy_series_file(tmp_path)

    answers = serve(tmp_path, request_, {"cmd": "frame", "id": 2, "frame": 3})

    assert words in f"{answers[1]['error']} {answers[1]['hint']}"
    np.testing.assert_array_equal(np.load(answers[2]["path"]), toy_counts()[3])


def test_a_lattice_is_answered_with_its_power_map_and_a_refusal_with_its_reason(tmp_path):
    np.save(tmp_path / "p.npy", np.random.default_rng(0).poisson(6 * lattice_image(300, 12.0, 30.0), (3, 300, 300)))
    requests = [
        {"cmd": "lattice", "id": 1, "region": None, "frame": None},
        {"cmd": "lattice", "id": 2, "region": [0, 0, 40, 300], "frame": 1},
        {"cmd": "lattice", "id": 3, "region": [290, 0, 40, 40], "frame": 1},
    ]

    answers = serve(tmp_path, *requests, series=(tmp_path / "p.npy",), vacuum="6", pixel_size_pm=11.5)

    assert answers[1]["fits"]
    assert answers[1]["pixel_size_pm"] == pytest.approx(12, rel=0.01)
    assert answers[1]["rotation_deg"] == pytest.approx(30, abs=0.5)
    assert {"hkl", "u", "v", "u_fit", "v_fit", "strength"} <= set(answers[1]["spots"][0])
    assert np.load(answers[1]["path"]).dtype == np.uint8
    assert answers[1]["power_step"] > 0
    assert (answers[2]["fits"], answers[2]["pixel_size_pm"]) == (False, None)
    assert answers[2]["reason"]
    assert "too little" in answers[3]["error"]
    json.dumps(answers[1])


def test_whether_the_model_suits_is_answered(tmp_path):
    toy_series_file(tmp_path)

    answers = serve(tmp_path, {"cmd": "suits", "id": 1, "result": None}, model=str(toy_model_file(tmp_path)))

    found = {one["what"]: one["verdict"] for one in answers[1]["findings"]}
    assert (found["Dose"], found["Lattice"]) == ("fits", "unknown")
    assert "Choose one" in serve(tmp_path, {"cmd": "suits", "id": 1})[1]["hint"]


def test_a_region_of_a_result_is_smoothed(tmp_path):
    """Against the smoothing of the mean trace, read from the file."""
    home = toy_home(tmp_path)
    run_infer(toy_config(home, tmp_path / "r.h5", stay_probability=0.9), Reporter())
    request = {"cmd": "smooth", "id": 1, "result": str(tmp_path / "r.h5"), "region": [100, 40, 30, 30]}

    answers = serve(tmp_path, request, {**request, "id": 2, "region": [1]}, {**request, "id": 3, "result": None})

    with Result(tmp_path / "r.h5") as result:
        trace = result.roi_trace(100, 40, 30, 30)
    expected = smooth_trace(trace, prior=column_prior(toy_model().card.class_prior), stay_probability=0.9)
    np.testing.assert_array_equal(np.load(answers[1]["path"]), expected.path[:, 0])
    np.testing.assert_allclose(np.load(answers[1]["posterior_path"]), expected.posterior[:, 0], atol=1e-6)
    assert "no region" in answers[2]["error"]
    assert "no result" in answers[3]["error"]


def test_a_warm_child_has_its_model_before_it_is_asked(tmp_path):
    toy_series_file(tmp_path)
    model = str(toy_model_file(tmp_path))
    asked = {"cmd": "saliency", "id": 2, "frame": 4, "x": 103, "y": 62, "depth": None}

    answers = serve(tmp_path, {"cmd": "warm", "id": 1}, asked, model=model)

    assert answers[1]["loading"]
    assert "error" not in answers[2]
    assert not serve(tmp_path, {"cmd": "warm", "id": 1})[1]["loading"]


def test_a_frame_that_cannot_be_read_does_not_end_the_child(tmp_path):
    """Frame 3 of a folder vanishes after opening."""
    for index in range(5):
        np.save(tmp_path / f"frame_{index}.npy", toy_counts()[index])
    folder = tmp_path / "frames"
    folder.mkdir()
    for index in range(5):
        (tmp_path / f"frame_{index}.npy").rename(folder / f"frame_{index}.npy")

    class Losing(Window):
        def requests(self):
            (folder / "frame_3.npy").unlink()
            return super().requests()

    window = Losing({"cmd": "frame", "id": 1, "frame": 3}, {"cmd": "frame", "id": 2, "frame": 4})
    run(ExploreConfig(series=(folder,), folder=tmp_path / "answers", vacuum=str(DOSE)), window)

    assert window.answers[1]["error"]
    np.testing.assert_array_equal(np.load(window.answers[2]["path"]), toy_counts()[4])


def test_frames_are_served_without_torch(tmp_path):
    toy_series_file(tmp_path)
    code = f"""
import json, sys
from segdepth_app.config import ExploreConfig
from segdepth_app.inference.explore import run
from segdepth_app.reporting import Reporter

class Window(Reporter):
    answers = []
    def requests(self): return iter([{{"cmd": "frame", "id": 1, "frame": 2}}])
    def answer(self, request, **values): self.answers.append(request)

run(ExploreConfig(series=({str(tmp_path / "series.tif")!r},), folder={str(tmp_path / "a")!r}), Window())
print(json.dumps([Window.answers, *(name in sys.modules for name in ("torch", "scipy", "lightning", "h5py"))]))
"""
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert json.loads(output.stdout) == [[0, 1], False, False, False, False]
