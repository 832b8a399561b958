"""Verbs that open a series or read a result: all settings can be typed, a pause goes on, tables come out on stdout."""

import csv
import io
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from infer_runs import toy_config, toy_home

from segdepth_app import cli, config
from segdepth_app.inference import frames
from segdepth_app.inference.journal import Partial, partial_folder
from segdepth_app.inference.results import Result
from segdepth_app.inference.run import run
from segdepth_app.reporting import Reporter
from tests.cli_tools import settings_of

SERIES = (
    "a.dm4 b.dm4 --pixel-size-pm 8.8 --pixel-size-from lattice --dose 2 --vacuum 1,2,30,40 --frame-time-s 0.1 "
    "--gain 3.5 --offset -12.5 --rotation-deg -31.5 --align rigid --sum-frames 4 --raw 4092,5760,uint8"
)
TYPED = {
    "series": (Path("a.dm4"), Path("b.dm4")),
    "pixel_size_pm": 8.8,
    "pixel_size_from": "lattice",
    "dose_e_per_px": 2,
    "vacuum": "1,2,30,40",
    "frame_time_s": 0.1,
    "gain": 3.5,
    "offset": -12.5,
    "rotation_deg": -31.5,
    "align": "rigid",
    "sum_frames": 4,
    "raw": "4092,5760,uint8",
}


def test_every_setting_of_an_analysis_can_be_typed():
    own = (
        "--model m --out r.h5 --mirror --stay-probability 0.9 --longest-sum-frames 16 --precision float32 --device cpu"
    )

    settings = settings_of("infer", *SERIES.split(), *own.split())

    assert settings == config.InferConfig(
        **TYPED,
        model="m",
        out=Path("r.h5"),
        mirror=True,
        stay_probability=0.9,
        longest_sum_frames=16,
        precision="float32",
        device="cpu",
    )
    # none was forgotten: every field differs from its default
    assert settings.model_fields_set == set(config.InferConfig.model_fields)


def test_every_setting_of_a_saliency_map_can_be_typed():
    own = "--model m --out s.npy --frame 3 --pixel 612,88 --depth 6 --device cpu"

    settings = settings_of("saliency", *SERIES.split(), *own.split())

    assert settings == config.SaliencyConfig(
        **TYPED, model="m", out=Path("s.npy"), frame=3, x_px=612, y_px=88, depth=6, device="cpu"
    )
    assert settings.model_fields_set == set(config.SaliencyConfig.model_fields)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = toy_home(tmp_path_factory.mktemp("cli"))
    run(toy_config(home, home / "r.h5"), Reporter())
    return home


@pytest.mark.parametrize(
    ("place", "read"),
    [
        (["--pixel", "103,62"], lambda result: result.trace(103, 62)),
        (["--region", "100,40,20,12"], lambda result: result.roi_trace(100, 40, 20, 12)),
        (["--column", "1"], lambda result: result.column_trace(1)),
    ],
    ids=["pixel", "region", "column"],
)
def test_traces_come_as_a_table(home, place, read, capsys):
    assert cli.main(["trace", str(home / "r.h5"), *place]) == 0

    header, *rows = csv.reader(io.StringIO(capsys.readouterr().out))
    assert header == ["frame", "time_s", *(f"p{n}" for n in range(11))]
    assert [row[:2] for row in rows] == [[str(t), f"{0.13 * t:.6g}"] for t in range(6)]
    with Result(home / "r.h5") as result:
        np.testing.assert_allclose(np.array([row[2:] for row in rows], float), read(result), atol=5e-5)  # 4 digits


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (["--region", "170,40,20,12"], "lies outside the frame"),
        (["--region", "1,2,3"], "--region needs 4 whole numbers"),
        (["--column", "99999"], "There is no column 99999"),
        (["--column", "x"], "invalid int value"),
        ([], "required"),
        (["--column", "1", "--pixel", "1,1"], "not allowed with"),
    ],
)
def test_places_that_are_not_there_are_refused_in_one_line(home, place, words, capsys):
    assert cli.main(["trace", str(home / "r.h5"), *place]) == 2

    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1


def test_ctrl_c_pauses_an_analysis_and_the_same_command_goes_on(home, tmp_path, monkeypatch, capsys):
    """The signal comes while frame 2 is computed."""
    argv = [
        "infer",
        "--model",
        str(home / "toy.safetensors"),
        str(home / "series.tif"),
        "--out",
        str(tmp_path / "r.h5"),
    ]
    analyse = frames.Loop._analyse

    def interrupted(self, batch):
        analyse(self, batch)
        if batch.start == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(frames.Loop, "_analyse", interrupted)
        assert cli.main(argv) == 130
    assert "Paused; the same command goes on." in capsys.readouterr().err
    assert Partial(partial_folder(tmp_path / "r.h5")).n_reached == 3

    assert cli.main(argv) == 0

    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "r.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["r.h5"]
