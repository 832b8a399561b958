"""Does a model suit a series: each comparison fits, is off, or is unknown, where it was made so."""

from pathlib import Path

import numpy as np
import pytest
from inference_toys import toy_model
from lattice_toys import lattice_image
from scipy.ndimage import gaussian_filter

from segdepth_app.config import OpticsConfig, SeriesOptions
from segdepth_app.inference.spread import estimate_spread
from segdepth_app.inference.suits import _angle, compare
from segdepth_app.series.opener import open_series
from segdepth_app.series.reflections import find_reflections, lattice_of_series

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "drprobe"
SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "ceria-surface.tif"


@pytest.fixture(scope="module")
def particle(tmp_path_factory) -> Path:
    """Counts of an unturned ceria particle, 12 pm per pixel, 9 e/px: 1.76 per pixel of 5.3 pm."""
    path = tmp_path_factory.mktemp("suits") / "particle.npy"
    clean = lattice_image(300, 12.0)
    np.save(path, np.random.default_rng(0).poisson(9 * clean, (4, 300, 300)).astype(np.uint8))
    return path


def findings(path: Path, *, card: dict | None = None, result=None, **options) -> dict:
    with open_series(SeriesOptions(series=(path,), **options)) as series:
        all_of_them = compare(series, toy_model(**(card or {})).card, lattice_of_series(series), result)
    return {one.what: one for one in all_of_them}


def test_a_series_like_the_training_fits(particle):
    found = findings(particle, pixel_size_pm=12.0, vacuum="9")
    verdicts = {what: one.verdict for what, one in found.items()}
    assert verdicts | {"Image spread": "?"} == {
        "Pixel size": "fits",
        "Dose": "fits",
        "Values": "fits",
        "Lattice": "fits",
        "Rotation": "fits",
        "Image spread": "?",
        "Confidence": "unknown",
    }
    assert found["Dose"].series.startswith("1.76 e")


@pytest.mark.parametrize(
    ("options", "what", "verdict", "words"),
    [
        ({"pixel_size_pm": 12.6}, "Lattice", "off", "less than in use"),
        ({"pixel_size_pm": 12.0, "rotation_deg": 20}, "Rotation", "off", "not by 20°"),
        ({"pixel_size_pm": 12.0, "rotation_deg": 180}, "Rotation", "fits", "as is set"),
        ({"pixel_size_pm": 12.0, "dose_e_per_px": 2}, "Dose", "off", "sum 3 frames"),
        ({"pixel_size_pm": 12.0, "dose_e_per_px": 90}, "Dose", "off", "more electrons"),
        ({"pixel_size_pm": 12.0, "dose_e_per_px": 2, "sum_frames": 4}, "Dose", "fits", "typed"),
        ({}, "Pixel size", "unknown", "missing"),
        ({}, "Lattice", "unknown", "take it"),
        ({}, "Dose", "unknown", "pixel size is missing"),
    ],
)
def test_what_is_off_is_said_in_words(particle, options, what, verdict, words):
    """2 e per 12 pm pixel are 0.39 per 5.3 pm pixel, half of the 0.8 the toy model knows at least: 3 frames do."""
    one = findings(particle, vacuum="9", **options)[what]
    assert (one.verdict, words in one.text) == (verdict, True), one


def test_pixels_coarser_than_the_models_are_off(particle):
    one = findings(particle, pixel_size_pm=25.0, vacuum="9")["Pixel size"]
    assert (one.verdict, "coarser" in one.text) == ("off", True)


def test_without_a_lattice_nothing_is_claimed_of_it(tmp_path):
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).poisson(3, (4, 300, 300)).astype(np.uint8))
    found = findings(tmp_path / "noise.npy", pixel_size_pm=12.0)
    assert {found[what].verdict for what in ("Lattice", "Rotation", "Image spread")} == {"unknown"}
    assert found["Lattice"].text.startswith("The lattice cannot be compared.")


def test_values_without_a_known_gain_are_unknown(particle, tmp_path):
    values = np.load(particle) * 3.7 + np.random.default_rng(0).normal(0, 5, (4, 300, 300)) + 40
    np.save(tmp_path / "scaled.npy", values.astype(np.float32)[:2])
    unknown = findings(tmp_path / "scaled.npy", pixel_size_pm=12.0)["Values"]
    typed = findings(tmp_path / "scaled.npy", pixel_size_pm=12.0, gain=3.7, offset=40.0)["Values"]
    assert (unknown.verdict, typed.verdict) == ("unknown", "fits")
    assert "depth depends on it" in unknown.text


@pytest.mark.skipif(not SHARED.exists(), reason="needs the shared data")
@pytest.mark.shared_data
@pytest.mark.parametrize("spread_pm", [15, 25, 45])
@pytest.mark.parametrize("defocus", [3, 6])
def test_the_image_spread_of_dr_probes_images_is_estimated(spread_pm, defocus):
    """Another simulator, 15 pm; widened by a Gaussian. Two errors of 5 pm, as is claimed."""
    clean = np.load(SHARED / f"A_wedge_df{defocus}.npz")["image"].astype(float)
    wider = gaussian_filter(clean, np.sqrt(spread_pm**2 - 15**2) / 5.284, mode="wrap") if spread_pm > 15 else clean
    frames = np.random.default_rng(0).poisson(1.83 * wider, (2, *wider.shape)).astype(np.float32)
    found = estimate_spread(find_reflections(frames, 5.3))
    assert found.spread_pm == pytest.approx(spread_pm, abs=2 * found.error_pm)
    assert found.error_pm <= 5


def test_the_image_spread_of_the_sample_series_is_within_its_error_and_compared():
    """25 pm in its card. A model trained from 60 pm on would be off."""
    found = findings(SAMPLE)["Image spread"]
    blurred = {"optics": OpticsConfig(image_spread_low_pm=60, image_spread_high_pm=80)}
    assert float(found.series.split()[0]) == pytest.approx(25, abs=10)
    assert (found.verdict, findings(SAMPLE, card=blurred)["Image spread"].verdict) == ("fits", "off")


@pytest.mark.parametrize(("accuracy", "verdict"), [(0.0, "fits"), (1.0, "off")])
def test_confidence_is_compared_with_what_validation_had(particle, tmp_path, accuracy, verdict):
    """The toy network's weights are random: its confidence lies between 0.1 and 0.9."""
    from infer_runs import toy_config, toy_home

    from segdepth_app.inference.run import run
    from segdepth_app.reporting import Reporter

    run(toy_config(toy_home(tmp_path), tmp_path / "r.h5"), Reporter())
    metrics = {"by_dose_e_per_px": {"1": {"column_accuracy": accuracy}}}
    found = findings(particle, card={"metrics": metrics}, result=tmp_path / "r.h5", pixel_size_pm=12.0)
    assert found["Confidence"].verdict == verdict
    assert findings(particle, result=tmp_path / "r.h5", pixel_size_pm=12.0)["Confidence"].verdict == "unknown"


@pytest.mark.parametrize(("degrees", "words"), [(-0.02, "0.0°"), (0.04, "0.0°"), (-61.92, "−61.9°"), (12.25, "12.2°")])
def test_angles_have_no_zero_below_zero(degrees, words):
    assert _angle(degrees) == words
