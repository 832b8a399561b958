"""Random gain and offset: their statistics against the closed form, and that known scales change nothing."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_toys import write_spots

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.batches import CropSource
from segdepth_app.datasets.contrast import ContrastScale, contrast_scale
from segdepth_app.datasets.store import Dataset

FAST = {"labels": LabelConfig(), "input_binning": 4, "output_binning": 4, "multiple": 8}
STEP = {"seed": 5, "epoch": 2, "step": 1, "size": 200, "crop_px": 32, "dose_range": (2.0, 4.0)}
WIDE = {"gain_low": 0.5, "gain_high": 2.0, "offset_low": -0.3, "offset_high": 0.7}


def with_detector(path, **ranges):
    """A dataset of spots whose settings say that its data are no counts."""
    write_spots(path)
    with h5py.File(path, "r+") as file:
        settings = json.loads(file.attrs["config"])
        settings["detector"] = {**settings["detector"], **ranges}
        file.attrs["config"] = json.dumps(settings)
    return path


def without_detector(path):
    """A dataset as it was before there were detectors."""
    write_spots(path)
    with h5py.File(path, "r+") as file:
        settings = json.loads(file.attrs["config"])
        del settings["detector"]
        file.attrs["config"] = json.dumps(settings)
    return path


def fitted(scaled, plain):
    """Gain and offset of each image by least squares over its pixels, (n,) each."""
    pairs = [np.polyfit(x.ravel().astype(float), y.ravel(), 1) for x, y in zip(plain, scaled, strict=True)]
    return np.array(pairs).T


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """The same spots as counts, and on unknown scales."""
    folder = tmp_path_factory.mktemp("data")
    with Dataset(write_spots(folder / "plain.h5")) as plain, Dataset(with_detector(folder / "w.h5", **WIDE)) as wide:
        yield plain, wide


def test_crops_differ_from_counts_by_a_gain_and_an_offset_each(both):
    """Both uniform: mean (a + b)/2 and standard deviation (b - a)/√12, independent of each other."""
    plain, wide = (CropSource(dataset, "train", **FAST).batch(**STEP) for dataset in both)
    gain, offset = fitted(wide.image[:, 0], plain.image[:, 0])
    np.testing.assert_allclose(
        gain[:, None, None] * plain.image[:, 0] + offset[:, None, None], wide.image[:, 0], atol=1e-5
    )
    # 200 crops: five standard errors of a uniform's mean, and of its standard deviation (kurtosis 1.8: σ·√(0.8/4n))
    for drawn, low, high in ((gain, 0.5, 2.0), (offset, -0.3, 0.7)):
        sigma = (high - low) / np.sqrt(12)
        assert low - 1e-4 <= drawn.min() <= drawn.max() <= high + 1e-4
        assert drawn.mean() == pytest.approx((low + high) / 2, abs=5 * sigma / np.sqrt(200))
        assert drawn.std() == pytest.approx(sigma, abs=5 * sigma * np.sqrt(0.2 / 200))
    assert abs(np.corrcoef(gain, offset)[0, 1]) < 5 / np.sqrt(200)


def test_everything_but_the_scale_stays_what_it_was(both):
    """Labels, weights, doses and crops do not depend on whether gain and offset are drawn."""
    plain, wide = (CropSource(dataset, "train", **FAST).batch(**STEP) for dataset in both)
    for name in ("log_dose", "depth", "weight"):
        np.testing.assert_array_equal(getattr(plain, name), getattr(wide, name))


def test_validation_images_are_scaled_too_the_same_way_every_time(both):
    plain, first, again = (
        np.stack([x.image for x in CropSource(d, "train", **FAST).whole_images(dose_e_per_px=2.5, seed=3)])
        for d in (both[0], both[1], both[1])
    )
    np.testing.assert_array_equal(first, again)
    gain, offset = fitted(first, plain)
    assert len(np.unique(gain.round(4))) == len(np.unique(offset.round(4))) == len(first)
    assert 0.5 <= gain.min() <= gain.max() <= 2.0


@pytest.mark.parametrize("make", [write_spots, without_detector])
def test_counts_stay_counts(make, tmp_path):
    with Dataset(make(tmp_path / "d.h5")) as dataset:
        assert contrast_scale(dataset) == ContrastScale()
        image = CropSource(dataset, "train", **FAST).batch(**{**STEP, "size": 3, "dose_range": (2.5, 2.5)}).image
    np.testing.assert_allclose(image * 40, np.rint(image * 40), atol=1e-3)


def test_a_known_scale_costs_no_draw():
    """Old trainings stay what they were: not even the number of spawned generators changes."""
    rng, untouched = np.random.default_rng(1), np.random.default_rng(1)
    images = np.ones((2, 4, 4), np.float32)
    assert ContrastScale().applied(images, rng) is images
    assert rng.spawn(1)[0].random() == untouched.spawn(1)[0].random()


@given(gain=st.floats(0.1, 10), offset=st.floats(-10, 10), n=st.integers(1, 4))
def test_a_range_that_is_a_point_is_that_very_scale(gain, offset, n):
    images = np.random.default_rng(0).random((n, 3, 5)).astype(np.float32)
    scaled = ContrastScale((gain, gain), (offset, offset)).applied(images, np.random.default_rng(2))
    assert scaled.dtype == np.float32
    # float32 holds 24 bits of values up to 20
    np.testing.assert_allclose(scaled, gain * images.astype(float) + offset, atol=4e-6)


def test_the_parents_draws_are_not_disturbed():
    rng, untouched = np.random.default_rng(1), np.random.default_rng(1)
    ContrastScale((0.5, 2), (0, 1)).applied(np.ones((2, 4, 4), np.float32), rng)
    assert rng.random() == untouched.random()
