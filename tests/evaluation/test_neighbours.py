"""Planes through the neighbours, on counts whose answer is plain to see."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NearestNeighbors

from segdepth_app.evaluation.neighbours import (
    N_AROUND,
    N_NEIGHBOURS,
    NO_REFERENCE,
    has_plane,
    mean_around,
    neighbours_plane,
)
from segdepth_app.specimen.table import empty_table


def table(x, y, count, element=58):
    """Columns at x, y with their counts."""
    columns = empty_table(len(np.ravel(x)))
    for name, values in (("x", x), ("y", y), ("count", count), ("element", element)):
        columns[name] = np.ravel(np.broadcast_to(values, np.shape(x)))
    return columns


def square(n=7):
    return np.meshgrid(np.arange(n) * 2.0, np.arange(n) * 2.0)


def test_a_wedge_is_its_own_plane():
    x, y = square()
    columns = table(x, y, 1 + x / 2 + 0 * y)

    # a plane goes on beyond the border
    np.testing.assert_array_equal(neighbours_plane(columns), columns["count"])


@pytest.mark.parametrize("own", [0, 2, 9])
def test_a_columns_own_count_says_nothing(own):
    x, y = square()
    columns = table(x, y, np.full(x.shape, 5))
    columns["count"][24] = own

    assert neighbours_plane(columns)[24] == 5


def test_other_elements_are_other_planes():
    """Oxygen between the cerium columns holds half as many atoms."""
    x, y = square()
    cerium, oxygen = table(x, y, 8 + 0 * x), table(x + 1, y + 1, 4 + 0 * x, element=8)

    np.testing.assert_array_equal(neighbours_plane(np.concatenate([cerium, oxygen])), [8] * 49 + [4] * 49)


def test_the_plane_ends_at_nothing_and_at_ten():
    """Five columns on a line: at its ends the fit through the others leaves the range."""
    x = np.arange(5) * 2.0
    columns = table(x, 0 * x, [0, 2, 5, 8, 10])
    plane = neighbours_plane(columns)

    # least squares by hand: 2, 5, 8, 10 → -0.5, which rounds up; 0, 2, 5, 8 → 10.5, which would round to 11
    assert (plane[0], plane[-1]) == (0, 10)
    assert plane[2] == 5


@pytest.mark.parametrize(("n", "has_one"), [(1, False), (2, False), (3, False), (4, True)])
def test_it_takes_three_neighbours(n, has_one):
    x = np.arange(n) * 2.0

    assert (neighbours_plane(table(x, 0 * x, 3 + 0 * x)) == (3 if has_one else NO_REFERENCE)).all()


def test_columns_on_one_another_are_no_neighbours_of_themselves():
    columns = table(np.zeros(12), np.zeros(12), np.arange(12) % 3)

    assert np.isin(neighbours_plane(columns), [0, 1, 2]).all()


def test_it_equals_scikit_learns_regression_on_scattered_columns():
    rng = np.random.default_rng(3)
    place = rng.uniform(0, 50, (200, 2))
    columns = table(place[:, 0], place[:, 1], rng.integers(0, 11, 200))
    place = np.stack([columns["x"], columns["y"]], axis=1).astype(float)

    near = NearestNeighbors(n_neighbors=N_NEIGHBOURS).fit(place).kneighbors(return_distance=False)
    fits = [LinearRegression().fit(place[rows], columns["count"][rows]) for rows in near]
    expected = np.array([fit.predict(place[[i]])[0] for i, fit in enumerate(fits)])
    # where a fit lies within rounding of one half, either count is right
    clear = np.abs(expected % 1 - 0.5) > 1e-6
    np.testing.assert_array_equal(neighbours_plane(columns)[clear], np.clip(np.rint(expected), 0, 10)[clear])


def test_the_mean_around_is_that_of_the_nearest_of_any_element():
    rng = np.random.default_rng(4)
    place = rng.uniform(0, 50, (100, 2)).astype(np.float32)
    columns = table(place[:, 0], place[:, 1], rng.integers(0, 11, 100), element=rng.choice([8, 58], 100))

    near = NearestNeighbors(n_neighbors=N_AROUND).fit(place).kneighbors(return_distance=False)
    np.testing.assert_allclose(mean_around(columns), columns["count"][near].mean(axis=1))
    assert np.isnan(mean_around(columns[:1])).all()


def test_no_columns_have_no_neighbours():
    nothing = empty_table(0)

    assert len(neighbours_plane(nothing)) == len(mean_around(nothing)) == 0


def test_a_plane_is_believed_where_the_deviations_fit_it():
    x, y = square()
    columns = table(x, y, 4 + 0 * x)
    assert not has_plane("wedge", columns)  # plane 0, deviation 0: never filled in
    columns["plane"], columns["deviation"] = 3, 1
    assert has_plane("rough", columns)
    assert not has_plane("shuffled", columns)
