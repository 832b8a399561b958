"""Columns out of probability maps, against specimens whose columns are known."""

import numpy as np
import pytest
from inference_toys import toy_model
from scipy.ndimage import gaussian_filter

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.labels import ring_maps
from segdepth_app.inference.columns import Evidence, Sites, columns_table, find_peaks, find_sites, pool
from segdepth_app.inference.lattice import STEP_X, STEP_Y, elements, fit_lattice
from segdepth_app.inference.traces import smooth
from segdepth_app.series.grid import grid_for
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.table import empty_table

PIXEL = 0.212
FOUR = grid_for(256, 256, 5.3, 21.2)
"""Four source pixels to each result pixel."""
CARD = toy_model().card


def probabilities(table: np.ndarray, shape: tuple[int, int], rng: np.random.Generator, noise: float = 2.0):
    """What a fair network would say: near the ring labels, with smooth noise on its logits, a little blurred."""
    depth, _ = ring_maps(table, shape=shape, pixel_size_pm=5.3, binning=4, labels=LabelConfig())
    n = np.arange(11)[:, None, None]
    logits = -((n - depth) ** 2) / 3 - 6 * ((n == 0) != (depth == 0))
    logits = logits + noise * gaussian_filter(rng.normal(size=(11, *shape)), (0, 1, 1))
    values = np.exp(logits - logits.max(axis=0))
    return gaussian_filter(values / values.sum(axis=0), (0, 0.7, 0.7))


def map_positions(table):
    """Columns' x, y in map pixels of four 5.3 pm pixels: written out, not through units.py."""
    return ((table["x"] * 100 / 5.3 + 0.5) / 4 - 0.5, (table["y"] * 100 / 5.3 + 0.5) / 4 - 0.5)


@pytest.mark.parametrize(
    ("kind", "surface", "seed"), [("wedge", "flat", 3), ("rough", "stepped", 4), ("shuffled", "sawtooth", 5)]
)
def test_columns_of_a_specimen_are_found_with_their_elements(kind, surface, seed):
    rng = np.random.default_rng(seed)
    edge = 128 * PIXEL
    table = build_specimen(SpecimenPlan(surface, kind, 5, "both"), (0, edge, 0, edge), rng).table
    table = table[table["count"] > 0]
    evidence = Evidence((128, 128))
    for _ in range(4):
        evidence.add(probabilities(table, (128, 128), rng))

    sites = find_sites(evidence, CARD)

    x, y = map_positions(table)
    distance = np.hypot(x[:, None] - sites.x, y[:, None] - sites.y)
    assert len(sites) == len(table)
    assert distance.min(axis=1).max() < 1  # px: a sixth of the way to the next column
    np.testing.assert_array_equal(sites.element[distance.argmin(axis=1)], table["element"])


def test_peaks_lie_where_the_discs_are_to_a_fraction_of_a_pixel():
    y, x = np.mgrid[:40, :60]
    centres = [(12.3, 15.8), (40.6, 20.1)]
    height = sum(3 * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8) for cx, cy in centres)

    peaks, strength = find_peaks(height, np.minimum(height, 1), PIXEL)

    np.testing.assert_allclose(peaks[np.argsort(peaks[:, 0])], centres, atol=0.1)
    assert np.all(strength > 0.7)


def test_a_site_that_is_filled_for_some_frames_only_is_a_column():
    rng = np.random.default_rng(1)
    table = build_specimen(SpecimenPlan("flat", "wedge", 5, "both"), (0, 27, 0, 27), rng).table
    top = int(table["y"].argmin())
    evidence = Evidence((128, 128))
    for t in range(24):
        now = table.copy()
        now["count"][top] = 1 if 8 <= t < 16 else 0
        evidence.add(probabilities(now, (128, 128), rng, noise=1))

    sites = find_sites(evidence, CARD)

    x, y = (position[top] for position in map_positions(table))
    assert np.hypot(sites.x - x, sites.y - y).min() < 1


def test_vacuum_has_no_columns():
    evidence = Evidence((64, 64))
    evidence.add(probabilities(empty_table(1)[:0], (64, 64), np.random.default_rng(0)))

    sites = find_sites(evidence, CARD)

    assert len(sites) == 0
    assert sites.warnings == ()


def test_columns_of_another_lattice_have_no_element_and_that_is_said():
    """A square lattice of 2.5 Å."""
    axis = np.arange(2.0, 26, 2.5)
    table = empty_table(len(axis) ** 2)
    table["y"], table["x"] = (grid.ravel() for grid in np.meshgrid(axis, axis, indexing="ij"))
    table["element"], table["count"] = 8, 4
    evidence = Evidence((128, 128))
    evidence.add(probabilities(table, (128, 128), np.random.default_rng(0)))

    sites = find_sites(evidence, CARD)

    assert len(sites) == len(table)
    assert set(sites.symbols()) == {"?"}
    assert "do not fit the ceria" in sites.warnings[0]


@pytest.mark.parametrize(("degrees", "strain"), [(0, 0), (4, 0.02), (-5, -0.03)])
def test_the_lattice_is_fitted_through_rotation_strain_and_scatter(degrees, strain):
    rng = np.random.default_rng(9)
    j, i = (grid.ravel() for grid in np.meshgrid(np.arange(20), np.arange(26), indexing="ij"))
    numbers = np.column_stack([i, j])
    numbers = numbers[elements(numbers) > 0]
    angle = np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    points = numbers * [STEP_X * (1 + strain), STEP_Y * (1 - strain / 2)] @ turn + [3.0, 1.0]
    kept = rng.random(len(points)) < 0.8
    peaks = points[kept] + rng.normal(0, 0.1, (kept.sum(), 2))

    found = fit_lattice(peaks)

    assert found is not None
    assert found.fits
    np.testing.assert_allclose(found.positions(found.numbers(peaks)), points[kept], atol=0.1)
    np.testing.assert_array_equal(elements(found.numbers(peaks)), elements(numbers[kept]))


def test_three_in_four_points_of_the_fine_grid_hold_a_column():
    """Per cell of 4 × 2 points: two Ce, four O, two empty; the nearest neighbours of Ce are O (fluorite)."""
    j, i = (grid.ravel() for grid in np.meshgrid(np.arange(2), np.arange(4), indexing="ij"))
    found = elements(np.column_stack([i, j]))

    assert np.bincount(found, minlength=59)[[0, 8, 58]].tolist() == [2, 4, 2]
    assert elements(np.array([(1, 0), (-1, 0), (4, 0), (2, 1), (2, 0), (0, 1)])).tolist() == [8, 8, 58, 58, 0, 0]


def test_random_points_are_no_lattice():
    peaks = np.random.default_rng(2).uniform(0, 40, (150, 2))

    found = fit_lattice(peaks)

    assert found is not None
    assert not found.fits


def test_pooling_is_the_mean_of_logits_over_the_plateau():
    """One Ce column: its plateau holds the pixels within 0.6 × 84.8 pm = 2.4 px; three of two classes by hand."""
    sites = Sites(np.array([10.0]), np.array([12.0]), np.array([58]), None)
    discs = sites.discs((24, 20), CARD)
    y, x = np.mgrid[:24, :20]
    np.testing.assert_array_equal(discs == 0, np.hypot(x - 10, y - 12) <= 0.6 * 84.8 / 21.2)

    logits = np.random.default_rng(0).normal(size=(11, 24, 20))
    log_probability = logits - np.log(np.exp(logits).sum(axis=0))
    means = np.array([plane[discs == 0].mean() for plane in logits])
    expected = np.exp(means) / np.exp(means).sum()

    np.testing.assert_allclose(pool(log_probability, discs, 1)[0], expected, rtol=1e-10)


def test_the_table_links_columns_through_time_in_source_pixels():
    sites = Sites(np.array([10.0, 3.0]), np.array([12.0, 5.5]), np.array([58, 0]), None)
    calls = np.array([[4, 7], [4, 7], [5, 7]])
    pooled = np.full((3, 2, 11), 0.02)
    np.put_along_axis(pooled, calls[..., None], 0.8, axis=2)

    table = columns_table(sites, [0, 1, 4], pooled, smooth(pooled, prior=np.ones(11), stay_probability=0.98), grid=FOUR)

    assert table["frame"].tolist() == [0, 0, 1, 1, 4, 4]
    assert table["column"].tolist() == [0, 1] * 3
    assert table["element"].tolist() == [b"Ce", b"?"] * 3
    assert table["count"].tolist() == calls.ravel().tolist()
    assert table["x_px"][:2].tolist() == [41.5, 13.5]  # (10 + ½) · 4 − ½
    assert table["y_px"][:2].tolist() == [49.5, 23.5]
    np.testing.assert_allclose(table["confidence"], 0.8)
    np.testing.assert_allclose(table["p7"], np.where(calls.ravel() == 7, 0.8, 0.02), rtol=1e-6)
