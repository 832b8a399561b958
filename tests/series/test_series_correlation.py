"""Masked correlation against the coefficient computed place by place; peaks against exact shifts; paths by hand."""

import numpy as np
import pytest
from drift_toys import ceria_columns, picture

from segdepth_app.series.correlation import Canvas, refined, summits
from segdepth_app.series.steady import steadied


def test_coefficients_are_those_of_each_place_s_known_pixels():
    """np.corrcoef of the template's pixels with those of the canvas that are known, at every place."""
    rng = np.random.default_rng(1)
    values, known = rng.normal(3, 1, (19, 23)).astype(np.float32), rng.random((19, 23)) > 0.3
    template = rng.normal(-1, 2, (7, 9)).astype(np.float32)

    r, z = Canvas.of(values, known, template.shape).coefficients(template)

    assert r.shape == (13, 15)
    for y in range(13):
        for x in range(15):
            seen = known[y : y + 7, x : x + 9]
            expected = np.corrcoef(template[seen], values[y : y + 7, x : x + 9][seen])[0, 1]
            # float32 transforms of values up to 6
            assert r[y, x] == pytest.approx(expected, abs=2e-4)
            assert z[y, x] == pytest.approx(np.arctanh(expected) * np.sqrt(seen.sum()), abs=2e-3)


def test_places_on_too_few_known_pixels_do_not_count():
    known = np.zeros((30, 30), bool)
    known[:, :8] = True
    rng = np.random.default_rng(2)

    r, _ = Canvas.of(rng.normal(size=(30, 30)), known, (10, 10)).coefficients(rng.normal(size=(10, 10)))

    # a fifth of the template is two columns: places right of 6 have fewer
    assert (r[:, 7:] == 0).all()
    assert (r[:, :7] != 0).all()


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.37, -0.48), (-0.71, 0.22)])
@pytest.mark.parametrize("shape", [(96, 90), (75, 96)])
def test_a_shift_between_pixels_is_found(shape, shift):
    """The picture is made anew at the shifted place: nothing is interpolated."""
    columns = ceria_columns(40, shape, 900)
    patch = picture(columns, 40, shape, np.zeros(2))
    template = picture(columns, 40, shape, np.array(shift))
    rim = np.pad(np.ones((shape[0] - 8, shape[1] - 8)), 4)

    found = refined(template - template.mean(), patch - patch.mean(), rim)

    # template(y) = patch(y − shift); steps of 1/64 px and a parabola; pictures cut off are not quite periodic
    np.testing.assert_allclose((found.y, found.x), (-shift[0], -shift[1]), atol=0.01)
    assert found.gain >= 1 - 1e-6


def test_the_error_that_is_told_is_the_scatter_that_is_found():
    """200 draws of white noise: the scatter agrees with the bound to its own 10 % (two standard deviations)."""
    shape = 64, 64
    patch = picture(ceria_columns(40, shape, 900), 40, shape, np.zeros(2))
    rim = np.pad(np.ones((56, 56)), 4)
    rng = np.random.default_rng(4)
    clean = (patch - patch.mean()) * rim

    found = [refined(clean + rng.normal(0, 0.4, shape), clean, rim) for _ in range(200)]

    assert np.std([peak.y for peak in found]) == pytest.approx(0.4 * np.sqrt(found[0].variance_y), rel=0.2)
    assert np.std([peak.x for peak in found]) == pytest.approx(0.4 * np.sqrt(found[0].variance_x), rel=0.2)


def test_summits_come_highest_first():
    score = np.zeros((5, 6))
    score[0, 0], score[3, 4], score[3, 5] = 5, 7, 6

    assert summits(score, 2) == [(3, 4), (0, 0)]


def test_what_stands_still_is_averaged_and_what_walks_far_is_kept():
    rng = np.random.default_rng(6)
    errors = rng.normal(0, 0.2, 400)
    walk = np.cumsum(rng.normal(0, 5, 400))

    still, moving = steadied(errors, np.full(400, 0.04)), steadied(walk + errors, np.full(400, 0.04))

    np.testing.assert_allclose(still, errors.mean(), atol=0.05)
    # the measurement's own error stays
    assert np.std(moving - walk) == pytest.approx(0.2, rel=0.1)


def test_a_slow_walk_is_better_known_than_measured():
    """A walk as long as the error: the filter's steady state leaves √(1/√5) of the error of one measurement."""
    rng = np.random.default_rng(7)
    walk = np.cumsum(rng.normal(0, 0.2, 3000))

    found = steadied(walk + rng.normal(0, 0.2, 3000), np.full(3000, 0.04))

    # smoothing variance of the local level model with q = r: r / √(1 + 4 r/q)
    assert np.std(found - walk) == pytest.approx(0.2 * 5**-0.25, rel=0.06)


def test_frames_without_a_measurement_lie_on_the_way():
    variance = np.full(9, 1e-6)
    variance[[0, 4, 8]] = np.inf
    found = steadied(np.array([99, 1.0, 3.0, 4.0, 99, 6.0, 8.0, 9.0, 99]), variance)

    np.testing.assert_allclose(found, [1, 1, 3, 4, 5, 6, 8, 9, 9], atol=1e-3)
