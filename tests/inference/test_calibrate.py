"""The calibrate job and its verb: a JSON file, a figure, a table; faults in one line."""

import json

import numpy as np
import pytest
from inference_toys import toy_model_file
from lattice_toys import lattice_image
from PIL import Image

from segdepth_app.cli import main


@pytest.fixture
def turned(tmp_path):
    """4 frames of counts of a ceria particle turned by 30° beside noise, 12 pm per pixel."""
    scene = np.ones((300, 600))
    scene[:, 300:] = lattice_image(300, 12.0, 30.0)
    path = tmp_path / "turned.npy"
    np.save(path, np.random.default_rng(0).poisson(6 * scene, (4, 300, 600)).astype(np.uint8))
    return path


def test_everything_that_was_found_is_written(turned, tmp_path, capfd):
    model = str(toy_model_file(tmp_path))
    out, figure = tmp_path / "found.json", tmp_path / "found.png"
    series = [str(turned), "--pixel-size-pm", "12", "--vacuum", "6"]
    targets = ["--out", str(out), "--figure", str(figure)]
    code = main(["calibrate", *series, "--model", model, "--region", "300,0,300,300", *targets])

    assert code == 0
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["format"] == "segdepth-calibration-1"
    assert found["lattice"]["pixel_size_pm"] == pytest.approx(12, rel=0.01)
    assert found["lattice"]["rotation_deg"] == pytest.approx(30, abs=0.5)
    assert found["series"]["dose_e_per_px"] == 6
    assert {one["what"]: one["verdict"] for one in found["suits"]["findings"]}["Rotation"] == "off"
    assert np.asarray(Image.open(figure)).std() > 10
    shown = capfd.readouterr().out
    assert "lattice" in shown
    assert "30." in shown


def test_without_a_file_the_terminal_has_it_and_one_frame_of_noise_says_no(turned, capfd):
    code = main(["calibrate", str(turned), "--pixel-size-pm", "12", "--region", "0,0,290,290", "--frame", "1"])
    assert code == 0
    assert "not found" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--frame", "4"], "Frames run from 0 to 3"),
        (["--region", "1,2,3"], "--region"),
        (["--region", "900,0,50,50"], "too little"),
        (["--figure", "x.bmp"], "cannot be written as x.bmp"),
        (["--model", "nowhere.safetensors"], "Model not found"),
    ],
)
def test_what_cannot_be_done_is_one_line(turned, arguments, words, capfd):
    assert main(["calibrate", str(turned), *arguments]) == 2
    last = capfd.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("segdepth: ")
    assert words in last
