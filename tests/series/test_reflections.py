"""Pixel size and rotation from the lattice, against images whose columns are placed by hand, and real ones."""

from pathlib import Path

import numpy as np
import pytest
from lattice_toys import lattice_image
from PIL import Image
from scipy.ndimage import gaussian_filter

from segdepth_app.errors import SeriesError
from segdepth_app.series.reflections import find_reflections, lattice_of_series

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
REAL = SHARED / "real" / "ceo2_110_particle_8.86pm.png"
SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "ceria-surface.tif"


def noisy(image: np.ndarray, dose: float = 1.83, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).poisson(dose * image).astype(np.float32)


@pytest.mark.parametrize(
    ("pixel_pm", "edge_px", "dose", "rotation", "hinted"),
    [
        (5.3, 800, 1.83, -67.0, True),
        (5.3, 800, 1.83, 31.0, False),
        (8.86, 512, 1.83, 0.0, False),
        (8.86, 512, 1.83, -20.0, True),
        (12.0, 400, 1.83, 88.0, False),
        (12.0, 400, 1.83, -45.0, True),
        (21.0, 256, 28.7, 31.0, True),
        (21.0, 256, 28.7, -67.0, False),
    ],
)
def test_pixel_size_and_rotation_are_found_in_one_noisy_frame(pixel_pm, edge_px, dose, rotation, hinted):
    """Over 24 such images the pixel size scattered by 0.3 %, the rotation by 0.1°; 1 % and 0.5° are three of that."""
    image = noisy(lattice_image(edge_px, pixel_pm, rotation), dose)
    fit = find_reflections(image, 1.1 * pixel_pm if hinted else None)
    assert fit.fits, fit.reason
    assert fit.pixel_size_pm == pytest.approx(pixel_pm, rel=0.01)
    assert fit.rotation_deg == pytest.approx(rotation, abs=0.5)
    assert abs(fit.pixel_size_pm - pixel_pm) < 4 * fit.pixel_size_error_pm
    assert fit.confidence > 0.5
    assert ("another face-centred" in fit.reason) is not hinted


def test_an_angle_that_is_zero_to_the_digits_shown_has_no_sign():
    fit = find_reflections(noisy(lattice_image(256, 12.0), 20, seed=2), 12.0)
    assert -0.05 < fit.rotation_deg < 0
    assert "[001] at 0.0°." in fit.reason


def test_half_a_turn_is_the_same_and_a_quarter_is_not():
    """The projection has a twofold axis: 130° is -50°."""
    image = noisy(lattice_image(400, 12.0, 130.0))
    assert find_reflections(image, 12.0).rotation_deg == pytest.approx(-50, abs=0.5)


def test_spots_lie_where_the_crystal_has_them_and_carry_their_indices():
    """(002) of an unturned crystal lies on the u axis at pixel / 270.55 pm, (2-20) on v at pixel / 191.3 pm."""
    fit = find_reflections(noisy(lattice_image(512, 8.86), 20), 8.86)
    spots = {spot.hkl: spot for spot in fit.spots}
    u, v = spots["(002)"].u, spots["(002)"].v
    # a tenth of a point of the spectrum, 1/1024 cycles per pixel
    assert (abs(u), v) == (pytest.approx(8.86 / 270.55, abs=2e-4), pytest.approx(0, abs=2e-4))
    assert abs(spots["(2-20)"].v_fit) == pytest.approx(8.86 / 191.31, rel=0.01)
    assert np.hypot(spots["(1-11)"].u, spots["(1-11)"].v) == pytest.approx(8.86 / 312.4, rel=0.02)


def test_the_power_map_has_its_spots_where_the_fit_says():
    fit = find_reflections(noisy(lattice_image(400, 12.0, 25.0), 20), 12.0)
    centre = len(fit.power) // 2
    assert fit.power.dtype == np.uint8
    for spot in fit.spots[:4]:
        row, column = round(spot.v / fit.power_step) + centre, round(spot.u / fit.power_step) + centre
        assert fit.power[row - 1 : row + 2, column - 1 : column + 2].max() > np.median(fit.power) + 60
    # Friedel's law
    np.testing.assert_array_equal(fit.power, fit.power[::-1, ::-1])


@pytest.mark.parametrize("ratio", [1.02, 1.04])
def test_pixels_that_are_not_square_show_as_anisotropy(ratio):
    fit = find_reflections(noisy(lattice_image(512, 8.86, 20.0, height_ratio=ratio), 3), 8.86)
    assert fit.anisotropy == pytest.approx(ratio - 1, abs=0.01)
    assert fit.pixel_size_pm == pytest.approx(8.86 * np.sqrt(ratio), rel=0.01)
    assert "longer than the other" in fit.reason


def test_pixels_far_from_square_are_refused():
    fit = find_reflections(noisy(lattice_image(512, 8.86, 20.0, height_ratio=1.1), 3), 8.86)
    assert (fit.fits, fit.pixel_size_pm, fit.rotation_deg) == (False, None, None)


@pytest.mark.parametrize(("seed", "hint"), [(0, None), (1, 8.0)])
def test_noise_and_amorphous_material_have_no_lattice(seed, hint):
    """Forty of each were refused when the thresholds were set."""
    rng = np.random.default_rng(seed)
    shot = rng.poisson(1.83, (400, 400)).astype(np.float32)
    speckle = gaussian_filter(rng.normal(size=(400, 400)), 3) - gaussian_filter(rng.normal(size=(400, 400)), 6)
    for image in (shot, speckle):
        fit = find_reflections(image, hint)
        assert not fit.fits
        assert fit.pixel_size_pm is None
        assert fit.reason.endswith(".")


@pytest.mark.parametrize("dose", [1.83, 30.0])
@pytest.mark.parametrize(
    ("kind", "a_pm", "words"),
    [("silicon", 543.1, "silicon"), ("[100]", 541.1, ""), ("[111]", 541.1, ""), ("metal", 392.4, "")],
)
def test_other_crystals_and_zone_axes_are_refused(kind, a_pm, words, dose):
    """A metal is told by its pixel size, so with a hint; silicon's net differs by 0.4 %, but lacks (002) and {222}."""
    fit = find_reflections(noisy(lattice_image(400, 12.0, 20.0, kind=kind, a_pm=a_pm), dose), 12.0)
    assert not fit.fits
    assert words in fit.reason


def test_a_constant_image_and_a_field_of_two_planes_are_refused():
    assert not find_reflections(np.full((200, 200), 3.0, np.float32), 10.0).fits
    fit = find_reflections(noisy(lattice_image(64, 12.0)), 12.0)
    assert "too small" in fit.reason


def test_many_frames_see_what_one_does_not():
    """{222} of the sample series: mean power of 8 frames, known pixel size 5.3 pm, unturned."""
    import tifffile

    frames = tifffile.imread(SAMPLE)[::8]
    fit = find_reflections(frames, 5.3)
    assert fit.pixel_size_pm == pytest.approx(5.3, rel=0.01)
    assert fit.rotation_deg == pytest.approx(0, abs=0.5)


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
@pytest.mark.shared_data
@pytest.mark.parametrize("region", [np.s_[:, :], np.s_[150:1250, 600:1400]])
def test_the_real_particle_gives_its_pixel_size_and_rotation_from_the_lattice_alone(region):
    """Its source says 8.86 pm; by eye (002) lies at 117.7° from +x, that is -62.3°."""
    image = np.asarray(Image.open(REAL)).astype(np.float32)[region]
    fit = find_reflections(image)
    assert 8.8 <= fit.pixel_size_pm <= 8.9
    assert fit.rotation_deg == pytest.approx(-62.3, abs=1)


@pytest.mark.skipif(not REAL.exists(), reason="needs the shared data")
@pytest.mark.shared_data
@pytest.mark.parametrize("region", [np.s_[:900, :500], np.s_[1300:2000, 1700:], np.s_[1150:1950, 100:1000]])
def test_other_particles_and_the_support_of_the_real_image_are_refused(region):
    image = np.asarray(Image.open(REAL)).astype(np.float32)[region]
    assert not find_reflections(image).fits


def test_a_region_of_a_series_is_used_and_one_outside_is_refused(opened, tmp_path):
    scene = np.ones((400, 800))
    scene[:, 400:] = lattice_image(400, 12.0, 40.0)
    np.save(tmp_path / "s.npy", np.stack([noisy(scene, seed=i) for i in range(3)]).astype(np.uint8))
    series = opened(tmp_path / "s.npy", pixel_size_pm=12.0)
    assert lattice_of_series(series, region=(400, 0, 400, 400)).rotation_deg == pytest.approx(40, abs=0.5)
    assert not lattice_of_series(series, frame=1, region=(0, 0, 300, 300)).fits
    with pytest.raises(SeriesError, match="too little"):
        lattice_of_series(series, region=(790, 0, 100, 100))
