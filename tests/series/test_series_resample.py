"""Area averages against block means, an analytic ramp and a slow direct sum."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segdepth_app.errors import SeriesError
from segdepth_app.series.resample import area_resample, resampled_shape
from segdepth_app.units import binned_from_px


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(3).normal(size=shape).astype(np.float32)


def area_averages(image: np.ndarray, scale: float) -> np.ndarray:
    """Each new pixel as the sum over all old pixels of overlap × value, pixel by pixel."""

    def overlap(new: int, old: int) -> float:
        return max(0.0, min(old + 1, (new + 1) * scale) - max(old, new * scale))

    h, w = (int(n / scale) for n in image.shape)
    result = np.zeros((h, w))
    for y in range(h):
        for x in range(w):
            for i in range(image.shape[0]):
                for j in range(image.shape[1]):
                    result[y, x] += image[i, j] * overlap(y, i) * overlap(x, j) / scale**2
    return result


def test_the_same_pixel_size_changes_nothing():
    image = noise(7, 9)
    np.testing.assert_array_equal(area_resample(image, 5.3, 5.3), image)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_integer_ratio_gives_block_means(factor):
    """21.2/5.3 is not exactly 4 in floating point; the rest at the edge is left off."""
    image = noise(4 * factor + 1, 3 * factor + factor - 1)
    expected = np.array(
        [
            [image[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor].mean() for x in range(3)]
            for y in range(4)
        ]
    )
    np.testing.assert_allclose(area_resample(image, 5.3, 5.3 * factor), expected, atol=1e-6)


@pytest.mark.parametrize("to_pm", [5.5, 8.0, 13.0, 21.2])
def test_other_ratios_are_exact_area_averages(to_pm):
    image = noise(13, 17)
    result = area_resample(image, 5.3, to_pm)
    # float32 rounding of weights and sums
    np.testing.assert_allclose(result, area_averages(image, to_pm / 5.3), atol=2e-6)
    assert result.dtype == np.float32
    assert result.flags.c_contiguous
    assert result.shape == resampled_shape(13, 17, 5.3, to_pm)


@pytest.mark.parametrize("to_pm", [2.65, 3.7, 4.9, 8.1, 21.2])
def test_pixel_centres_move_as_the_convention_says(to_pm):
    """A ramp keeps its value at x' = (x + 0.5)/s − 0.5, coarser or finer; edges of finer images are flat."""
    scale = to_pm / 5.3
    ramp = np.tile(np.arange(40, dtype=np.float32), (30, 1))
    result = area_resample(ramp, 5.3, to_pm)
    centres = (np.arange(result.shape[1]) + 0.5) * scale - 0.5
    inside = (centres >= 0) & (centres <= 39)
    assert inside.sum() > 4
    # pixels hold the ramp as steps, so an area average may be 1/8 px off where edges do not meet; means may not
    np.testing.assert_allclose(result[3][inside], centres[inside], atol=0.126 if scale not in (4, 0.5) else 1e-4)
    assert result[3][inside].mean() == pytest.approx(centres[inside].mean(), abs=0.01)
    assert binned_from_px(centres[4], scale) == pytest.approx(4)
    np.testing.assert_allclose(area_resample(ramp.T, 5.3, to_pm), result.T, atol=1e-4)


@settings(deadline=None, max_examples=60)
@given(
    new=st.integers(1, 9),
    old_over_new=st.fractions(1, 6, max_denominator=9),
    seed=st.integers(0, 9),
)
def test_the_mean_is_kept(new, old_over_new, seed):
    """Where new pixels fit exactly into the image, the mean before and after is the same, whatever the ratio."""
    height = new * old_over_new.denominator
    old = int(height * old_over_new)
    image = np.random.default_rng(seed).poisson(2, (old, old)).astype(np.float32)
    result = area_resample(image, 1.0, float(old_over_new))
    assert result.shape == (height, height)
    assert result.mean(dtype=np.float64) == pytest.approx(image.mean(dtype=np.float64), abs=1e-5)


def test_a_constant_stays_constant_when_made_finer():
    np.testing.assert_allclose(area_resample(np.full((5, 6), 3.5, np.float32), 12.0, 5.3), 3.5, rtol=1e-6)


def test_poisson_counts_keep_their_number():
    """Averages times s² are counts: their variance equals their mean."""
    counts = np.random.default_rng(1).poisson(1.5, (512, 512))
    summed = area_resample(counts, 5.3, 21.2) * 16
    # 16384 samples: 4 standard deviations of the variance are 4.4 %
    assert summed.mean() == pytest.approx(24, rel=0.01)
    assert summed.var() == pytest.approx(24, rel=0.045)


def test_an_image_smaller_than_one_new_pixel_is_refused():
    with pytest.raises(SeriesError, match="2 × 2 px"):
        area_resample(np.ones((2, 2), np.float32), 5.3, 21.2)


@pytest.mark.parametrize("sizes", [(0.0, 5.3), (5.3, -1.0), (float("nan"), 5.3)])
def test_pixel_sizes_must_be_positive(sizes):
    with pytest.raises(ValueError, match="positive"):
        area_resample(np.ones((8, 8), np.float32), *sizes)
