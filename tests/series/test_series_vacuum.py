"""The vacuum level against the known dose of simulated counts."""

import numpy as np
import pytest

from segdepth_app.series.sampling import MAX_PIXELS, Sample, sample_frames, sampled_indices
from segdepth_app.series.vacuum import Vacuum, estimate_vacuum


def crystal(shape: tuple[int, int], pixel_pm: float, *, mean: float = 1.0, contrast: float = 0.5) -> np.ndarray:
    """A lattice with the projected distances of ceria [110], 191 × 271 pm, around `mean`."""
    y, x = (np.arange(n) * pixel_pm for n in shape)
    wave = np.cos(2 * np.pi * y / 191)[:, None] + np.cos(2 * np.pi * x / 271)[None, :]
    return mean * (1 + contrast * wave / 2)


def scene(fill: float, pixel_pm: float, *, px: int = 256, **options: float) -> np.ndarray:
    """Vacuum = 1 above, a crystal below that fills a share of the field."""
    image = crystal((px, px), pixel_pm, **options)
    image[: round((1 - fill) * px)] = 1
    return image


def sampled(frames: np.ndarray, pixel_pm: float | None = None) -> Sample:
    n, height, width = frames.shape
    return sample_frames(
        lambda index: frames[index].astype(np.float32),
        n_frames=n,
        height_px=height,
        width_px=width,
        pixel_size_pm=pixel_pm,
        ceiling=None,
    )


def vacuum_of(clean: np.ndarray, dose: float, n_frames: int, pixel_pm: float | None, gain: float = 1) -> Vacuum:
    counts = np.random.default_rng(5).poisson(dose * clean, (n_frames, *clean.shape))
    return estimate_vacuum(sampled(counts * gain, pixel_pm))


@pytest.mark.parametrize("fill", [0.2, 0.5, 0.9])
@pytest.mark.parametrize(("dose", "n_frames"), [(0.8, 10), (10, 1), (2.5, 6), (40, 1)])
@pytest.mark.parametrize("mean", [0.85, 1.0, 1.15])
def test_the_level_is_the_dose_within_two_percent_however_much_crystal_there_is(fill, dose, n_frames, mean):
    """With a tile's height of vacuum, 0.8 × 10 counts leave an error of 0.3 %, a single frame of 10 0.3 %."""
    vacuum = vacuum_of(scene(fill, 12.0, mean=mean, px=400), dose, n_frames, 12.0)
    assert vacuum.level == pytest.approx(dose, rel=0.02)
    assert vacuum.fano == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("mean", [0.85, 1.0, 1.15])
def test_one_noisy_frame_with_a_narrow_vacuum_is_uncertain_or_right(mean):
    vacuum = vacuum_of(scene(0.9, 12.0, mean=mean), 2.5, 1, 12.0)
    assert vacuum.doubts or vacuum.level == pytest.approx(2.5, rel=0.02)
    assert vacuum.level == pytest.approx(2.5, rel=0.2)


@pytest.mark.parametrize("pixel_pm", [5.3, 8.0, 21.2, None])
def test_the_level_does_not_depend_on_the_pixel_size_being_known(pixel_pm):
    clean = scene(0.6, pixel_pm or 12.0, px=320)
    assert vacuum_of(clean, 3.0, 6, pixel_pm).level == pytest.approx(3, rel=0.02)


def test_a_dark_flat_region_is_not_taken_for_vacuum_though_it_is_larger():
    clean = np.ones((256, 256))
    clean[80:] = 0.8
    vacuum = vacuum_of(clean, 2.5, 10, 12.0)
    assert vacuum.level == pytest.approx(2.5, rel=0.02)
    assert "other levels" in vacuum.doubts[0]


@pytest.mark.parametrize(("dose", "n_frames"), [(2.5, 1), (2.5, 20)])
def test_a_field_full_of_crystal_is_called_uncertain(dose, n_frames):
    vacuum = vacuum_of(scene(1.0, 12.0, mean=0.9), dose, n_frames, 12.0)
    assert "no region is as flat as vacuum" in vacuum.doubts[0]


def test_too_few_electrons_to_see_a_crystal_is_called_uncertain():
    vacuum = vacuum_of(scene(0.5, 12.0), 0.05, 1, 12.0)
    assert "noise would hide a crystal" in vacuum.doubts[0]


def test_clear_vacuum_is_certain():
    assert vacuum_of(scene(0.5, 12.0), 2.5, 20, 12.0).doubts == []


def test_uneven_illumination_gives_its_mean_and_says_so():
    clean = scene(0.5, 12.0) * np.linspace(0.9, 1.1, 256)[None, :]
    vacuum = vacuum_of(clean, 20.0, 10, 12.0)
    assert vacuum.level == pytest.approx(20, rel=0.02)
    assert "varies" in vacuum.doubts[0]


def test_frames_padded_with_zeros_after_drift_correction_do_not_lower_the_level():
    frames = np.random.default_rng(2).poisson(2.5 * scene(0.5, 12.0), (12, 256, 256)).astype(float)
    for index, frame in enumerate(frames):
        frame[: 2 * index] = 0
        frame[:, : 2 * index] = 0
    assert estimate_vacuum(sampled(frames, 12.0)).level == pytest.approx(2.5, rel=0.02)


def test_a_flickering_beam_does_not_hide_the_crystal():
    dose = np.linspace(1.5, 3.5, 12)[:, None, None]
    frames = np.random.default_rng(2).poisson(dose * scene(0.7, 12.0, mean=0.85, contrast=0.15)).astype(float)
    vacuum = estimate_vacuum(sampled(frames, 12.0))
    assert vacuum.level == pytest.approx(2.5, rel=0.02)
    assert vacuum.doubts == []


@pytest.mark.parametrize("gain", [0.01, 37.5])
def test_units_do_not_matter_and_the_variance_tells_the_gain(gain):
    vacuum = vacuum_of(scene(0.5, 12.0), 4.0, 10, 12.0, gain)
    assert vacuum.level == pytest.approx(4 * gain, rel=0.02)
    assert vacuum.fano == pytest.approx(gain, rel=0.05)


def test_blurred_noise_is_told_from_counts():
    counts = np.random.default_rng(3).poisson(4.0, (10, 257, 257)).astype(float)
    blurred = (counts[:, 1:, 1:] + counts[:, :-1, 1:] + counts[:, 1:, :-1] + counts[:, :-1, :-1]) / 4
    assert estimate_vacuum(sampled(counts, 12.0)).whiteness == pytest.approx(1, abs=0.05)
    # means of 2 × 2 pixels: along each axis the squared difference halves against the variance, 1/4 in all
    assert estimate_vacuum(sampled(blurred, 12.0)).whiteness == pytest.approx(0.25, abs=0.03)


def test_a_noise_free_image_has_its_vacuum_value():
    assert estimate_vacuum(sampled(scene(0.6, 12.0, mean=0.9)[None], 12.0)).level == pytest.approx(1, abs=1e-6)


def test_twenty_frames_are_sampled_over_the_whole_series_and_fewer_of_large_ones():
    assert sampled_indices(10_000, 512, 512)[0] == 0
    assert sampled_indices(10_000, 512, 512)[-1] == 9_999
    assert len(sampled_indices(10_000, 512, 512)) == 20
    assert sampled_indices(3, 512, 512) == (0, 1, 2)
    large = sampled_indices(100, 8192, 8192)
    assert len(large) == 3
    assert MAX_PIXELS < 3 * 8192**2
