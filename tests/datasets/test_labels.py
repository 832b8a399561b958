"""Ring labels, weights and discs, against slow loops and by hand."""

import numpy as np
import pytest

from segdepth_app.config import LabelConfig
from segdepth_app.datasets.labels import (
    NO_COLUMN,
    centre_mask,
    disc_map,
    disc_radius_pm,
    nearest_columns,
    plateau_map,
    pool_discs,
    ring_label,
    ring_maps,
)
from segdepth_app.specimen.table import empty_table

LABELS = LabelConfig(heavy_radius_pm=80, light_radius_pm=60, plateau_share=0.5, background_weight=0.1)
GRID = {"shape": (40, 50), "pixel_size_pm": 5.0, "binning": 4}  # stored pixels of 20 pm


def table(*rows: tuple[float, float, int, int]) -> np.ndarray:
    """Columns from (x, y) in stored pixels of GRID, atomic number and count."""
    columns = empty_table(len(rows))
    for column, (x, y, element, count) in zip(columns, rows, strict=True):
        # (x + 1/2) · 4 - 1/2 reference pixels of 0.05 Å
        column["x"], column["y"] = ((v * 4 + 1.5) * 0.05 for v in (x, y))
        column["element"], column["count"] = element, count
    return columns


def random_table(n: int = 60) -> np.ndarray:
    """Columns anywhere, also a little outside the map."""
    rng = np.random.default_rng(3)
    return table(
        *(
            (rng.uniform(-2, 52), rng.uniform(-2, 42), int(rng.choice([8, 58])), int(rng.integers(0, 11)))
            for _ in range(n)
        )
    )


def test_every_pixel_belongs_to_its_nearest_column():
    """Against distances of every pixel to every column."""
    columns = random_table()
    owner, distance = nearest_columns(columns, **GRID, reach_pm=80)

    y, x = np.indices(GRID["shape"])
    all_distances = np.hypot(
        (y[..., None] * 4 + 1.5) * 5 - columns["y"] * 100, (x[..., None] * 4 + 1.5) * 5 - columns["x"] * 100
    )
    nearest = all_distances.min(axis=-1)
    reached = nearest <= 80
    np.testing.assert_array_equal(owner != NO_COLUMN, reached)
    # float32 positions of 2.5 Å are good to 1e-5 pm
    np.testing.assert_allclose(distance[reached], nearest[reached], rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(owner[reached], all_distances.argmin(axis=-1)[reached])


@pytest.mark.parametrize(
    ("offset_px", "label"),
    [(0, 8), (1, 8), (2, 8), (3, 4), (4, 0), (5, 0)],  # 80 pm is 4 px; the plateau ends at 2; half of the fall at 3
)
def test_labels_are_the_count_on_the_plateau_and_fall_to_nothing_at_the_radius(offset_px, label):
    depth, _ = ring_maps(table((20, 15, 58, 8)), **GRID, labels=LABELS)
    assert depth[15, 20 + offset_px] == label
    assert depth[15 - offset_px, 20] == label


def test_rings_pass_through_every_count():
    """A column of 10 atoms has ten labels on its way to 0, none skipped."""
    reach = np.linspace(0, 1, 2001)
    labels = ring_label(np.full(reach.shape, 10), reach, 0.6)
    assert (np.diff(labels.astype(int)) <= 0).all()
    assert set(labels.tolist()) == set(range(11))


@pytest.mark.parametrize(("element", "radius"), [(58, 80), (20, 80), (19, 60), (8, 60)])
def test_elements_from_calcium_on_are_heavy(element, radius):
    assert disc_radius_pm(element, LABELS) == radius


def test_weights_are_one_in_the_centre_and_the_background_weight_outside():
    _, weight = ring_maps(table((20, 15, 58, 8)), **GRID, labels=LABELS)
    assert weight[15, 20] == pytest.approx(1, abs=1e-6)
    assert weight[15, 22] == pytest.approx(0.1 + 0.9 * 0.75, rel=1e-5)  # half way: 1 - 1/4
    assert weight[0, 0] == weight[15, 24] == pytest.approx(0.1)


def test_a_vacancy_is_labelled_empty_and_weighed_like_a_column():
    vacancy = ring_maps(table((20, 15, 58, 0)), **GRID, labels=LABELS)
    column = ring_maps(table((20, 15, 58, 5)), **GRID, labels=LABELS)
    assert not vacancy[0].any()
    np.testing.assert_array_equal(vacancy[1], column[1])


def test_overlapping_discs_are_parted_in_the_middle():
    """Ce and O 1.16 Å apart overlap; the pixels nearer to O are O's."""
    columns = table((20, 15, 58, 9), (25.8, 15, 8, 2))
    depth, _ = ring_maps(columns, **GRID, labels=LABELS)
    row = depth[15, 20:27].astype(int).tolist()
    assert row[:3] == [9, 9, 9]
    assert row[-2:] == [2, 2]
    assert disc_map(columns, **GRID, labels=LABELS)[15, 21:25].tolist() == [0, 0, 1, 1]


def test_discs_have_the_area_of_a_circle():
    """Sub-pixel positions on a fine grid: π r² within the few pixels a raster costs."""
    grid = {"shape": (200, 200), "pixel_size_pm": 1.0, "binning": 1}
    columns = empty_table(1)
    columns["x"], columns["y"], columns["element"], columns["count"] = 1.003, 0.996, 58, 3
    assert (disc_map(columns, **grid, labels=LABELS) == 0).sum() == pytest.approx(np.pi * 80**2, rel=0.01)
    assert (plateau_map(columns, **grid, labels=LABELS) == 0).sum() == pytest.approx(np.pi * 40**2, rel=0.01)


def test_vacancies_have_no_centre():
    columns = table((12, 15, 58, 0), (30, 15, 58, 3))
    mask = centre_mask(columns, **GRID, labels=LABELS)
    assert not mask[:, :20].any()
    assert mask[15, 30]


def test_pooling_is_the_mean_over_each_disc():
    columns = random_table(20)
    discs = plateau_map(columns, **GRID, labels=LABELS)
    values = np.random.default_rng(0).normal(size=(3, *GRID["shape"]))
    pooled = pool_discs(values, discs, 20)
    for row in range(20):
        if (discs == row).any():
            np.testing.assert_allclose(pooled[row], values[:, discs == row].mean(axis=1))
        else:
            assert np.isnan(pooled[row]).all()
    assert np.isfinite(pooled).any()


def test_maps_of_no_columns_are_background():
    depth, weight = ring_maps(empty_table(0), **GRID, labels=LABELS)
    assert not depth.any()
    assert (weight == np.float32(0.1)).all()
