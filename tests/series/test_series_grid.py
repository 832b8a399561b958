"""The turned grid: its map against rotations by hand, what it does to counts, to vacuum and to pictures."""

import numpy as np
import pytest
from drift_toys import ceria_columns, picture
from hypothesis import given
from hypothesis import strategies as st

from segdepth_app.errors import SeriesError
from segdepth_app.series.grid import Grid, grid_for, sample, shifted
from segdepth_app.series.resample import area_resample
from segdepth_app.units import binned_from_px

SIZES = [(5.3, 21.2), (5.3, 5.3), (8.86, 21.2), (10.6, 5.3), (5.3, 8.0)]


def poisson(mean: float, shape=(512, 512), seed=3) -> np.ndarray:
    return np.random.default_rng(seed).poisson(mean, shape).astype(np.float32)


@pytest.mark.parametrize(("from_pm", "to_pm"), SIZES)
def test_not_turned_it_is_the_area_average_bit_by_bit(from_pm, to_pm):
    image = poisson(2, (131, 187))
    grid = grid_for(131, 187, from_pm, to_pm, multiple=4)

    expected = area_resample(image, from_pm, to_pm)[: grid.height, : grid.width]
    np.testing.assert_array_equal(sample(image, grid), expected)
    assert grid.height % 4 == grid.width % 4 == 0
    assert grid.to_grid(17.0, 30.0)[0] == pytest.approx(binned_from_px(17.0, to_pm / from_pm), abs=1e-9)


def test_the_crystal_s_axis_becomes_the_grid_s():
    """A step along [001], 30° counterclockwise as seen with y down, is a step to the right on the grid."""
    grid = grid_for(100, 160, 5.3, 21.2, rotation_deg=30.0)

    x0, y0 = grid.to_grid(50.0, 60.0)
    x1, y1 = grid.to_grid(50.0 + 40 * np.cos(np.radians(30)), 60.0 - 40 * np.sin(np.radians(30)))

    # 40 px are 10 grid pixels of four
    np.testing.assert_allclose([x1 - x0, y1 - y0], [10, 0], atol=1e-9)


@given(
    angle=st.floats(-180, 180),
    x=st.floats(-50, 500),
    y=st.floats(-50, 500),
    sizes=st.sampled_from(SIZES),
)
def test_there_and_back_and_the_matrix_say_the_same(angle, x, y, sizes):
    grid = grid_for(300, 413, *sizes, rotation_deg=angle, multiple=4)

    found = grid.to_grid(x, y)

    # lengths of 1000 px in float64
    np.testing.assert_allclose(grid.to_source(*found), [x, y], atol=1e-8)
    np.testing.assert_allclose(grid.matrix() @ (x, y, 1), found, atol=1e-8)
    assert Grid.from_dict(grid.as_dict()) == grid


@given(angle=st.floats(-180, 180).filter(lambda value: value != 0), sizes=st.sampled_from(SIZES))
def test_a_turned_grid_covers_the_whole_frame_and_little_more(angle, sizes):
    grid = grid_for(300, 413, *sizes, rotation_deg=angle, multiple=4)

    x, y = grid.to_grid(np.array([-0.5, 412.5, -0.5, 412.5]), np.array([-0.5, -0.5, 299.5, 299.5]))

    # a millionth of a pixel is what the size may be rounded down by
    assert x.min() >= -0.5 - 1e-5
    assert y.min() >= -0.5 - 1e-5
    assert x.max() <= grid.width - 0.5 + 1e-5
    assert y.max() <= grid.height - 0.5 + 1e-5
    assert max(grid.width - np.ptp(x), grid.height - np.ptp(y)) < 4 + 1e-5


@pytest.mark.parametrize("quarter", [90, 180, -90])
def test_quarter_turns_are_exact(quarter):
    image = poisson(2, (96, 160))
    grid = grid_for(96, 160, 5.3, 21.2, rotation_deg=quarter)

    # the grid is turned counterclockwise, so the picture on it turns clockwise
    expected = np.rot90(area_resample(image, 5.3, 21.2), -quarter // 90)
    np.testing.assert_allclose(sample(image, grid), expected, atol=1e-6)


@pytest.mark.parametrize("angle", [3.0, 17.3, 45.0, -68.0])
def test_sums_of_counts_on_a_turned_grid_are_as_good_as_poisson(angle):
    """Variance over mean 1 and no correlation of neighbours, as of whole counts; area averages have 0.75 and 0.1.

    16,000 grid pixels tell the variance to 1.1 % and a correlation to 0.008; cells of 14 to 18 pixels add 1 %.
    """
    image = poisson(1.83, (640, 640))
    grid = grid_for(640, 640, 5.3, 21.2, rotation_deg=angle)
    inner = inside_deep(grid, 640, 640)
    found = sample(image, grid, filler=1.83) - 1.83

    variance = (found[inner] ** 2).mean() * 16 / 1.83
    neighbours = [(found * np.roll(found, 1, axis))[inner].mean() * 16 / 1.83 for axis in (0, 1)]
    assert variance == pytest.approx(1, abs=0.05)
    np.testing.assert_allclose(neighbours, 0, atol=0.03)
    # the mean of 260,000 counts
    assert found[inner].mean() == pytest.approx(image.mean() - 1.83, abs=0.004)


def inside_deep(grid: Grid, height: int, width: int) -> np.ndarray:
    """Grid pixels that lie wholly in the frame, and their neighbours too."""
    x, y = grid.to_source(np.arange(grid.width)[None, :], np.arange(grid.height)[:, None])
    rim = 3 * grid.scale
    return (x > rim) & (x < width - 1 - rim) & (y > rim) & (y < height - 1 - rim)


@pytest.mark.parametrize(("from_pm", "to_pm"), [(5.3, 21.2), (8.86, 21.2), (5.3, 5.3), (10.6, 5.3)])
def test_a_turned_picture_is_the_picture_at_the_turned_places(from_pm, to_pm):
    """Columns 90 pm wide, against their closed form at the grid's centres; a frame pixel of 5 to 11 pm is the error."""
    shape = 220, 260
    columns = ceria_columns(from_pm, shape, 450)
    image = picture(columns, from_pm, shape, np.zeros(2))
    grid = grid_for(*shape, from_pm, to_pm, rotation_deg=-24.0)

    found = sample(image, grid)

    x, y = grid.to_source(np.arange(grid.width)[None, :], np.arange(grid.height)[:, None])
    sigma2 = (45.0 / from_pm) ** 2
    expected = 1 + sum(h * np.exp(-((x - u) ** 2 + (y - v) ** 2) / (2 * sigma2)) for u, v, h in columns)
    inner = inside_deep(grid, *shape)
    # an area of 21 pm flattens a Gaussian of 45 pm by 2 %; places are uncertain by 0.3 px at a slope of 0.07 a pixel
    assert np.abs(found - expected)[inner].max() < 0.12
    assert np.sqrt(((found - expected)[inner] ** 2).mean()) < 0.025


def test_outside_the_frame_there_is_filler_and_vacuum_has_no_seam():
    grid = grid_for(200, 300, 5.3, 21.2, rotation_deg=20.0)

    found = sample(np.ones((200, 300), np.float32), grid)
    marked = sample(np.ones((200, 300), np.float32), grid, filler=7.0)

    np.testing.assert_allclose(found, 1, atol=1e-6)
    deep, inside = inside_deep(grid, 200, 300), grid.inside(200, 300)
    assert (marked[deep] == 1).all()
    # a pixel whose centre lies a diagonal outside holds nothing of the frame
    assert (marked[~grown(inside)] == 7).all()
    # 200 × 300 px of 16 each, and the mean of both kinds
    assert inside.sum() == pytest.approx(200 * 300 / 16, rel=0.01)
    assert (7 - marked).sum() / 6 == pytest.approx(200 * 300 / 16, rel=0.01)


def grown(mask: np.ndarray) -> np.ndarray:
    """The mask and all its neighbours."""
    rim = np.pad(mask, 1)
    h, w = mask.shape
    return np.any([rim[1 + y : 1 + y + h, 1 + x : 1 + x + w] for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0)


@pytest.mark.parametrize("angle", [0.0, 33.0])
@pytest.mark.parametrize(("from_pm", "to_pm"), [(5.3, 21.2), (8.86, 21.2), (10.6, 5.3)])
def test_a_moved_frame_gives_what_the_frame_in_place_gives(angle, from_pm, to_pm):
    """The specimen stands 5.4 px further down and 3.3 px to the left; sampled with that shift it stands still."""
    shape, shift = (200, 240), np.array([5.4, -3.3])
    columns = ceria_columns(from_pm, shape, 420)
    still, moved = (picture(columns, from_pm, shape, move) for move in (np.zeros(2), shift))
    grid = grid_for(*shape, from_pm, to_pm, rotation_deg=angle)

    a, b = sample(still, grid), sample(moved, grid, shift)

    # where sums stay whole 0.4 px are left, at a slope of 0.07 a pixel; without the shift it is 0.9
    limit = 0.06
    assert np.abs(a - b)[inside_deep(grid, *shape)].max() < limit
    assert np.abs(a - sample(moved, grid))[inside_deep(grid, *shape)].max() > 5 * limit


@pytest.mark.parametrize("shift", [(60.0, -35.0), (-500.0, 0.0), (9.5, -7.5)])
def test_what_a_shift_moves_off_the_grid_is_left_out(shift):
    """Against the frame moved by hand before; electrons near the rim of a grid pixel may change sides."""
    image = poisson(2, (200, 240))
    grid = grid_for(200, 240, 5.3, 21.2, rotation_deg=30.0)
    whole = [int(value) for value in shift]

    found = sample(image, grid, shift, filler=2.0)

    expected = sample(shifted(image, *whole, 2.0), grid, np.subtract(shift, whole), filler=2.0)
    inner = inside_deep(grid, 200, 240)
    np.testing.assert_allclose(found[inner], expected[inner], atol=0.6)
    assert np.abs(found - expected)[inner].mean() < 0.02


def test_shifted_moves_whole_pixels():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)

    np.testing.assert_array_equal(shifted(image, 1, -2, -1.0), [[-1, -1, 4, 5], [-1, -1, 8, 9], [-1, -1, -1, -1]])
    np.testing.assert_array_equal(shifted(image, 5, 0, -1.0), np.full((3, 4), -1))


def test_a_frame_smaller_than_an_output_pixel_is_refused():
    with pytest.raises(SeriesError, match=r"3 × 50 px at 5\.3 pm is smaller"):
        grid_for(3, 50, 5.3, 5.3, rotation_deg=12, multiple=4)
