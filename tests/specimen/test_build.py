"""Ceria specimens: lattice, surfaces, and deviations from the plane."""

import hashlib

import numpy as np
import pytest
from ase.spacegroup import crystal

from segdepth_app.specimen.build import MAX_COUNT, SpecimenPlan, build_specimen
from segdepth_app.specimen.ceria import CERIA_110, LATTICE_CONSTANT, LAYER_SPACING, PERIOD_X, PERIOD_Y
from segdepth_app.specimen.crystal import lattice_sites
from segdepth_app.specimen.movement import choose_switching, counts_in_time

EXTENT = (-3.0, 40.0, -3.0, 40.0)


def made(kind, surface="flat", thickness=6.0, faces="both", seed=0):
    plan = SpecimenPlan(surface, kind, thickness, faces)
    return build_specimen(plan, EXTENT, np.random.default_rng(seed)).table


def test_sites_are_those_of_fluorite_along_110():
    """ASE's fluorite cell turned so that x = [001], y = [1-10], z = [110]: same columns, same layers."""
    cell = crystal(
        ["Ce", "O"], [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[LATTICE_CONSTANT] * 3 + [90] * 3
    ).repeat(3)
    axes = np.array([[0, 0, 1], [1, -1, 0], [1, 1, 0]]) / np.array([[1], [np.sqrt(2)], [np.sqrt(2)]])
    turned = cell.positions @ axes.T
    centre = turned[cell.numbers == 58][np.argmin(np.linalg.norm(turned[cell.numbers == 58] - turned.mean(0), axis=1))]
    near = np.abs(turned - centre)[:, :2].max(axis=1) < 3.0
    expected = {
        (round(x, 2), round(y, 2), round(z / LAYER_SPACING) % 2, int(number))
        for (x, y, z), number in zip((turned - centre)[near], cell.numbers[near], strict=True)
    }
    x, y, site = lattice_sites(CERIA_110, (-3.0, 3.0, -3.0, 3.0), (0.0, 0.0))
    got = {
        (round(a, 2) + 0.0, round(b, 2) + 0.0, *CERIA_110.sites[s].atoms[0]) for a, b, s in zip(x, y, site, strict=True)
    }
    assert got == {(a + 0.0, b + 0.0, p, e) for a, b, p, e in expected}


@pytest.mark.parametrize("surface", ["flat", "sawtooth", "stepped"])
@pytest.mark.parametrize("seed", range(4))
def test_a_wedge_has_no_deviation_and_thickens_from_the_surface(surface, seed):
    table = made("wedge", surface, seed=seed)
    assert (table["deviation"] == 0).all()
    assert table["count"].min() >= 1
    assert table["count"].max() <= MAX_COUNT
    middle = np.median(table["y"])
    assert table["count"][table["y"] > middle].mean() > table["count"][table["y"] < middle].mean()


@pytest.mark.parametrize("thickness", [4.0, 6.0, 8.0])
def test_mean_thickness_is_what_was_asked_for(thickness):
    means = [made("wedge", thickness=thickness, seed=seed)["count"].mean() for seed in range(12)]
    # rounding, clipping at 10 and the slope along x move the mean by up to half an atom
    assert np.mean(means) == pytest.approx(thickness, abs=0.5)


def test_shuffled_counts_do_not_depend_on_position():
    """Rank correlation of count and depth over many columns: nothing beyond chance."""
    tables = [made("shuffled", seed=seed) for seed in range(8)]
    y, count = (np.concatenate([table[name] for table in tables]) for name in ("y", "count"))
    correlation = np.corrcoef(y, count)[0, 1]
    assert abs(correlation) < 4 / np.sqrt(len(y))
    assert set(np.unique(count)) == set(range(11))


def test_rough_columns_deviate_by_what_the_table_says():
    table = made("rough", seed=3)
    np.testing.assert_array_equal(table["count"] - table["plane"], table["deviation"])
    assert {-2, -1, 0, 1, 2} <= set(table["deviation"].tolist())


@pytest.mark.parametrize(("faces", "first", "last"), [("exit", True, False), ("both", False, False)])
def test_wedge_is_cut_from_the_faces_named(faces, first, last):
    table = made("wedge", faces=faces, seed=2)
    starts, ends = table["first"].astype(int), table["first"].astype(int) + table["count"]
    assert bool(np.ptp(starts) == 0) is first
    assert bool(np.ptp(ends) == 0) is last
    assert ends.max() == table["count"].max()


def test_same_generator_same_specimen():
    np.testing.assert_array_equal(made("rough", seed=9), made("rough", seed=9))
    assert (
        len(made("rough", seed=9)) != len(made("rough", seed=10))
        or (made("rough", seed=9) != made("rough", seed=10)).any()
    )


def test_only_chosen_columns_switch_between_two_counts():
    rng = np.random.default_rng(1)
    table = made("rough", seed=1)
    rows = choose_switching(table, 6, rng)
    counts = counts_in_time(table, rows, 500, rng, max_count=10, mean_stay_frames=18)
    changing = np.flatnonzero((counts != counts[0]).any(axis=0))
    assert set(changing) == set(rows.tolist())
    for row in rows:
        states = np.unique(counts[:, row])
        assert len(states) == 2
        assert np.ptp(states) in (1, 2)
        # a mean stay of 18 frames: 500 frames hold about 28 changes, spread about 5
        assert 8 < (np.diff(counts[:, row]) != 0).sum() < 55
    assert counts.min() >= 0
    assert counts.max() <= 10


def test_extent_is_filled_without_doubles():
    x, y, _ = lattice_sites(CERIA_110, EXTENT, (0.3, 0.4))
    cells = (EXTENT[1] - EXTENT[0]) * (EXTENT[3] - EXTENT[2]) / (PERIOD_X * PERIOD_Y)
    assert len(x) == pytest.approx(6 * cells, rel=0.06)
    assert len({(round(a, 3), round(b, 3)) for a, b in zip(x, y, strict=True)}) == len(x)


@pytest.mark.parametrize(
    ("kind", "surface", "faces", "digest"),
    [
        ("wedge", "flat", "both", "f4e3d060dc85f01b"),
        ("wedge", "sawtooth", "exit", "bbe7d85ea530830f"),
        ("wedge", "stepped", "mixed", "4b83b8604d0acbe8"),
        ("rough", "flat", "both", "5993b48af19ad536"),
        ("rough", "sawtooth", "exit", "11e258696f983ee6"),
        ("rough", "stepped", "mixed", "374366ea1c9afba2"),
        ("shuffled", "flat", "both", "1b7a689a2a8a8fea"),
        ("shuffled", "sawtooth", "exit", "062bbd68d4b13b51"),
        ("shuffled", "stepped", "mixed", "17d8e4c6b7b9a883"),
    ],
)
def test_a_seed_gives_the_specimen_it_always_gave(kind, surface, faces, digest):
    """Hashes of version 0.1.0, when specimens could neither turn nor have anything beside them."""
    rng = np.random.default_rng([7, len(kind), len(surface)])
    table = build_specimen(SpecimenPlan(surface, kind, 6.0, faces), (-3.0, 40.0, -3.0, 40.0), rng).table
    names = ("x", "y", "element", "count", "first", "plane", "deviation")
    assert hashlib.sha256(b"".join(table[name].tobytes() for name in names)).hexdigest()[:16] == digest
