"""Gain and offset of simulated counts whose truth is known, of real counts, and of data that must be refused."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import uniform_filter

from segdepth_app.series.gain import Gain, estimate_gain
from segdepth_app.series.sampling import sample_frames
from segdepth_app.series.vacuum import estimate_vacuum

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "real"
EDGE = 400


def scene() -> np.ndarray:
    """A lattice of 24 px of high contrast below, vacuum above."""
    y, x = np.mgrid[:EDGE, :EDGE]
    wave = (1 + np.cos(2 * np.pi * x / 24)) * (1 + np.cos(2 * np.pi * y / 24)) / 4
    return np.where(y < EDGE // 3, 1.0, 0.6 + 1.4 * wave)


def counts(dose: float, n: int = 12, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(dose * scene(), (n, EDGE, EDGE)).astype(np.float32)


def estimated(frames: np.ndarray, *, is_display: bool = False) -> Gain:
    n, height, width = frames.shape

    def read(index):
        return frames[index].astype(np.float32)

    sample = sample_frames(read, n_frames=n, height_px=height, width_px=width, pixel_size_pm=None, ceiling=None)
    return estimate_gain(read, n_frames=n, sample=sample, vacuum=estimate_vacuum(sample), is_display=is_display)


@pytest.mark.parametrize(("gain", "offset"), [(12.0, 0.0), (12.0, 120.0), (0.37, 0.0), (0.37, 5.0)])
def test_steps_between_values_give_the_gain_exactly(gain, offset):
    found = estimated(counts(2.5) * gain + offset)
    assert (found.gain, found.offset) == (pytest.approx(gain, rel=1e-5), pytest.approx(offset, abs=1e-5))
    assert "apart" in found.how


@pytest.mark.parametrize(("gain", "offset"), [(37.5, 0.0), (37.5, 300.0), (2.2, -9.0)])
def test_noise_against_brightness_gives_gain_and_offset(gain, offset):
    """Readout noise of 0.1 electrons hides the steps. Errors were 1.5 %, and 2 % of the level; four of that."""
    frames = counts(12.0)
    frames = frames * gain + offset + np.random.default_rng(1).normal(0, 0.1 * gain, frames.shape)
    found = estimated(frames)
    assert found.gain == pytest.approx(gain, rel=0.06), found.doubt
    assert found.offset == pytest.approx(offset, abs=0.08 * 12 * gain)
    assert "noise against brightness" in found.how


def test_blurred_noise_is_scaled_and_said():
    """Means of 2 × 2 pixels keep a quarter of the variance of a pixel, and all of that of a large block."""
    frames = counts(40.0, n=24) * 20.0 + np.random.default_rng(1).normal(0, 1, (24, EDGE, EDGE))
    found = estimated(np.stack([uniform_filter(frame, 2) for frame in frames]))
    assert found.gain == pytest.approx(20, rel=0.15), found.doubt
    assert "blurred" in found.how


def test_gain_corrected_counts_near_whole_numbers_have_gain_1():
    """A gain reference that differs by 3 % from pixel to pixel."""
    reference = 1 + 0.03 * np.random.default_rng(1).normal(size=(EDGE, EDGE))
    found = estimated(counts(2.5) * reference)
    assert (found.gain, found.offset) == (1.0, 0.0)
    assert "whole numbers" in found.how


def smeared(frames):
    rng = np.random.default_rng(3)
    return np.stack([uniform_filter(frame, 25) for frame in frames]) + rng.normal(0, 0.01, frames.shape)


def shaken(_):
    rng = np.random.default_rng(3)
    return (
        np.stack([rng.poisson(30 * np.roll(scene(), rng.integers(-3, 4), 1)) for _ in range(12)]) * 3.3 + rng.random()
    )


def flickering(frames):
    return frames * np.random.default_rng(3).uniform(0.7, 1.3, len(frames))[:, None, None] * 3.3


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (smeared, "correlated over many pixels"),
        (shaken, "moves"),
        (flickering, "flickers"),
        (lambda frames: frames[:1] * 3.3 + 0.01 * np.random.default_rng(1).normal(size=(1, EDGE, EDGE)), "consecutive"),
        (lambda frames: np.repeat(frames[:1], 6, axis=0) * 3.3 + 0.7 * scene(), "the same"),
        (lambda frames: np.random.default_rng(1).normal(100, 3, frames.shape) + 50 * scene(), "clearly enough"),
        (lambda frames: np.random.default_rng(1).normal(100, 3, frames.shape), "too little"),
    ],
)
def test_what_cannot_be_told_is_missing_with_its_reason(spoil, words):
    found = estimated(spoil(counts(20.0)).astype(np.float32))
    assert (found.gain, found.offset) == (None, None)
    assert words in found.doubt


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
@pytest.mark.shared_data
@pytest.mark.parametrize(("gain", "offset"), [(12, 0), (37.3, 0), (12, 100)])
def test_real_counts_that_are_sub_poisson_are_recognised_by_their_steps(gain, offset):
    found = estimated(np.load(REAL / "pt_ceo2_counts_40x100x100_12pm.npy") * gain + offset)
    assert (found.gain, found.offset) == (pytest.approx(gain, rel=1e-5), pytest.approx(offset, abs=1e-4))


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
@pytest.mark.shared_data
def test_real_sub_poisson_counts_without_steps_give_nothing_rather_than_a_wrong_gain():
    values = np.load(REAL / "pt_ceo2_counts_40x100x100_12pm.npy")
    noise = np.random.default_rng(0).normal(0, 4, values.shape)
    assert estimated(values * 37.3 + 10 + noise).gain is None


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
@pytest.mark.shared_data
def test_a_display_stretch_is_no_counts(opened):
    series = opened(REAL / "ceo2_110_particle_8.86pm.png")
    assert not series.is_counts
    assert (series.gain, series.offset, series.dose_e_per_px) == (None, None, None)
    assert "made for the eye" in series.gain_source
    image = np.asarray(Image.open(REAL / "ceo2_110_particle_8.86pm.png")).astype(float)[None]
    assert estimated(image).gain is None
