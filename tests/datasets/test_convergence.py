"""The convergence study: its errors fall as the sampling gets finer, and are those of a plain comparison."""

import json

import numpy as np
import pytest
import torch

from segdepth_app.config import ConvergenceConfig, GridConfig, OpticsConfig, SpecimenConfig
from segdepth_app.datasets.convergence import Study, run
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.simulate_one import simulate_specimen
from segdepth_app.errors import Cancelled
from segdepth_app.reporting import Command, Reporter

CPU = torch.device("cpu")
GRID = GridConfig(height_px=320, width_px=320, binning=4)


class Heard(Reporter):
    """Keeps tables, warnings, steps and files."""

    def __init__(self, then=None):
        self.rows, self.warnings, self.steps, self.files, self.then = [], [], [], [], then

    def table(self, name, rows):
        assert name == "convergence"
        self.rows = rows

    def warning(self, message):
        self.warnings.append(message)

    def progress(self, done, total, unit):
        self.steps.append((done, total))

    def artifact(self, path):
        self.files.append(path)

    def command(self):
        return self.then


def study_of(**changes):
    values = {"grid": GRID, "device": "cpu", "against_pm": 3, "samplings_pm": (5.3, 10.6), **changes}
    return Study(ConvergenceConfig(**values), CPU)


@pytest.fixture(scope="module")
def table():
    """The table of a small field."""
    return list(study_of(samplings_pm=(5.3, 8, 10.6)).rows())


def test_errors_fall_as_the_sampling_gets_finer(table):
    """Known of this microscope: below 0.3 % at 5.3 pm, about 1 % or less at 8 pm, 1 to 7 % at 10.6 pm."""
    waves = [row for row in table if row["varied"] == "wave sampling"]
    assert [row["value"] for row in waves] == ["3 pm (reference)", "5.3 pm", "8 pm", "10.6 pm"]
    rms = [row["rms_percent"] for row in waves[1:]]
    assert rms[0] < 0.3
    assert rms[0] < rms[1] < 1.5
    assert rms[1] < rms[2] < 8
    centres = [row["centre_percent"] for row in waves[1:]]
    assert 0 < centres[0] < centres[1] < centres[2]


def test_focal_steps_are_judged_on_their_own(table):
    """1 nm serves every beam that atoms scatter into: below 0.3 %."""
    steps = [row for row in table if row["varied"] == "focal step"]
    assert [row["value"] for row in steps] == ["0.25 nm (reference)", "0.5 nm", "1 nm"]
    assert len({row["wave_samples"] for row in steps}) == 1
    assert steps[1]["rms_percent"] <= steps[2]["rms_percent"] < 0.3


def test_a_coarse_focal_step_shows():
    """3 nm, at an image spread of 0, which hides nothing."""
    optics = OpticsConfig(focal_step_nm=3, image_spread_low_pm=0)
    coarse = [row for row in study_of(optics=optics).rows() if row["varied"] == "focal step"]
    fine = [row for row in study_of(optics=OpticsConfig(image_spread_low_pm=0)).rows() if row["varied"] == "focal step"]
    assert coarse[2]["rms_percent"] > 2 * fine[2]["rms_percent"]


def test_the_errors_are_those_of_a_plain_comparison():
    """By loops: the worst image's rms over its own spread, and the worst pixel at a column's centre."""
    study = study_of()
    rng = np.random.default_rng(0)
    height, width = study.scene.frame.shape
    reference = 1 + 0.1 * rng.standard_normal((3, height, width))
    images = reference + 0.01 * rng.standard_normal((3, height, width)) * np.array([1, 3, 2])[:, None, None]
    expected_rms, expected_centre = 0.0, 0.0
    rows, columns = study.centres
    for image, other in zip(images, reference, strict=True):
        expected_rms = max(expected_rms, np.mean((image - other) ** 2) ** 0.5 / np.std(other))
        for y, x in zip(rows, columns, strict=True):
            expected_centre = max(expected_centre, abs(image[y, x] - other[y, x]))
    # rounded to four digits of a per cent
    assert study.errors(images, reference) == pytest.approx((100 * expected_rms, 100 * expected_centre), abs=1e-4)


def test_the_centres_are_on_the_columns():
    """Within half a stored pixel (10.6 pm) each way; at a Ce column the image differs from vacuum."""
    study = study_of(specimen=SpecimenConfig(share_wedge=1, share_rough=0, share_shuffled=0))
    made = simulate_specimen(study.settings, plan_dataset(study.settings)[0], CPU)
    rows, columns = study.centres
    assert len(rows) == len(made.columns)
    y = (made.columns["y"] / 0.053 + 0.5) / 4 - 0.5
    x = (made.columns["x"] / 0.053 + 0.5) / 4 - 0.5
    assert np.abs(rows - y).max() <= 0.51
    assert np.abs(columns - x).max() <= 0.51


def test_the_images_are_a_datasets_images():
    """At the settings' own sampling: the same specimen and optics, apart from what is stratified."""
    study = study_of()
    made = study.made(study.settings.grid.wave_sampling_pm, study.settings.optics)
    assert study.scene.index["c1_nm"].tolist() == [1, 5, 9]
    assert set(study.scene.index["image_spread_pm"].tolist()) == {15}
    assert made.images.mean() == pytest.approx(1, abs=0.02)
    assert made.images.shape == (3, 80, 80)


def test_a_large_grid_is_cut_and_that_is_said(tmp_path):
    seen = Heard()
    grid = GridConfig(height_px=1024, width_px=256, binning=4)
    values = {"grid": grid, "device": "cpu", "against_pm": 6, "samplings_pm": (10.6,), "out": tmp_path / "c.json"}
    run(ConvergenceConfig(**values), seen)
    (warning,) = seen.warnings
    assert "512 × 256 px of the 1024 × 256" in warning
    assert seen.steps == [(i, 5) for i in range(1, 6)]
    kept = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    assert kept["rows"] == seen.rows
    assert kept["config"]["samplings_pm"] == [10.6]
    assert kept["note"] == warning
    assert seen.files == [tmp_path / "c.json"]


def test_without_focal_spread_there_is_no_focal_step():
    optics = OpticsConfig(focal_spread_1e_low_nm=0, focal_spread_1e_high_nm=0)
    study = study_of(optics=optics)
    rows = list(study.rows())
    assert {row["varied"] for row in rows} == {"wave sampling"}
    assert len(rows) == study.n_rows


def test_frozen_phonons_are_judged_as_damped_potentials():
    """Their displacements would differ from grid to grid, and hide the error that is looked for."""
    grid = GridConfig(height_px=320, width_px=320, binning=4, wave_sampling_pm=5.3)
    optics = OpticsConfig(thermal="frozen-phonon", n_phonons=3)
    study = study_of(grid=grid, optics=optics)
    assert set(study.scene.index["n_phonons"].tolist()) == {1}
    plain = study_of(grid=grid)
    np.testing.assert_array_equal(study.made(8, optics).images, plain.made(8, plain.settings.optics).images)


def test_a_cancelled_study_writes_nothing(tmp_path):
    values = {"grid": GRID, "device": "cpu", "against_pm": 6, "samplings_pm": (10.6,), "out": tmp_path / "c.json"}
    with pytest.raises(Cancelled):
        run(ConvergenceConfig(**values), Heard(Command.CANCEL))
    assert list(tmp_path.iterdir()) == []


def test_the_command_line_shows_the_table(segdepth):
    done = segdepth(
        *"convergence --preset quick --set grid.height_px=256 --set grid.width_px=256 --device cpu".split(),
        *"--against-pm 5.3 --samplings-pm 8,10.6".split(),
    )
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == "varied value wave samples rms percent centre percent seconds".split()
    assert len(lines) == 7
