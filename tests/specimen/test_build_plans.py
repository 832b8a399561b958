"""What a plan may ask for beside kind and surface: pose, strain, terraces, other crystals; and how plans are drawn."""

from dataclasses import replace

import numpy as np
import pytest
from ase.spacegroup import crystal
from scipy.spatial import KDTree

from segdepth_app.config import SpecimenConfig
from segdepth_app.specimen.build import SpecimenPlan, build_specimen, crystal_of, drawn_plan, row_spacing
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.deviations import MAX_COUNT, with_terraces
from segdepth_app.specimen.structure import crystal_from_atoms

EXTENT = (-3.0, 40.0, -3.0, 40.0)
MIDDLE = np.array([18.5, 18.5])
PLAN = SpecimenPlan("stepped", "wedge", 6.0, "both")


def made(seed=0, extent=EXTENT, **changes):
    return build_specimen(replace(PLAN, **changes), extent, np.random.default_rng(seed))


def xy(table):
    return np.stack([table["x"], table["y"]], axis=1).astype(float)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_turn_the_picture_and_change_nothing_else(quarters):
    """A square extent holds the same specimen after a quarter turn: R p = (-y, x) about the middle, x towards y."""
    before, after = made().table, made(rotation=quarters * np.pi / 2).table
    expected = xy(before) - MIDDLE
    for _ in range(quarters):
        expected = np.stack([-expected[:, 1], expected[:, 0]], axis=1)
    distance, match = KDTree(xy(after)).query(expected + MIDDLE)
    found = distance < 1e-3  # float32 positions; columns on the very edge may fall out
    assert found.mean() > 0.97
    same = before["count"][found] == after["count"][match[found]]
    assert same.mean() > 0.99  # the slope along x is measured from the mean of the columns inside
    np.testing.assert_array_equal(before["element"][found], after["element"][match[found]])


@pytest.mark.parametrize(("degrees", "scale"), [(3, 1.0), (-37, 1.02), (120, 0.97)])
def test_neighbours_lie_where_turned_and_strained_lattice_vectors_say(degrees, scale):
    table = made(rotation=np.deg2rad(degrees), lattice_scale=scale).table
    angle = np.deg2rad(degrees)
    along, down = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
    heavy = xy(table[table["element"] == 58])
    tree = KDTree(heavy)
    for vector in (5.411 * along, 5.411 / np.sqrt(2) * down):
        target = heavy + scale * vector
        well_inside = ((target > -2) & (target < 39)).all(axis=1) & (target @ down > np.median(heavy @ down))
        assert well_inside.sum() > 20
        assert tree.query(target[well_inside])[0].max() < 1e-4


@pytest.mark.parametrize("scale", [1.0, 0.95, 1.03])
def test_strain_is_the_same_along_the_beam(scale):
    """Closed form: Ce and O are a·√3/4 apart, in whatever direction, also along the beam."""
    atoms = made(lattice_scale=scale, rotation=0.3).atoms()
    cerium, oxygen = atoms.positions[atoms.numbers == 58], atoms.positions[atoms.numbers == 8]
    distance = KDTree(oxygen).query(cerium)[0]
    np.testing.assert_allclose(distance, scale * 5.411 * np.sqrt(3) / 4, atol=1e-4)


def test_only_columns_inside_the_extent_stay_and_fill_it():
    for degrees in (10, 45, 200):
        table = made(rotation=np.deg2rad(degrees), extent=(0.0, 50.0, 0.0, 30.0), surface="flat", seed=degrees).table
        assert table["x"].min() >= 0
        assert table["x"].max() < 50
        assert table["y"].min() >= 0
        assert table["y"].max() < 30
        # the specimen grows away from the surface: its own "down" end is full to the extent's corner
        down = np.array([-np.sin(np.deg2rad(degrees)), np.cos(np.deg2rad(degrees))])
        corners = np.array([(x, y) for x in (0, 50) for y in (0, 30)])
        deepest = corners[np.argmax(corners @ down)]
        assert KDTree(xy(table)).query(deepest)[0] < 4


def test_later_features_leave_the_columns_as_they_were():
    """Pose, tilt, film and neighbour: the same counts, one for one, as the plain specimen of the seed."""
    plain = made(kind="rough").table
    for changes in ({"tilt": (0.01, -0.005)}, {"support_thickness": 30.0}, {"neighbour": True}):
        specimen = made(kind="rough", **changes)
        np.testing.assert_array_equal(specimen.table, plain)
        assert specimen.tilt == changes.get("tilt", (0.0, 0.0))


def test_terraces_are_blocks_with_straight_edges_one_or_two_atoms_thicker():
    """On a square lattice without vacancies the thickened columns are whole rows or whole stacks of it, gapless."""
    n, step = 30, 1.9
    depth, x = (grid.ravel() * step for grid in np.meshgrid(np.arange(-4, n), np.arange(n), indexing="ij"))
    counts = np.where(depth >= 0, 3, 0)
    for seed in range(30):
        after = with_terraces(counts, x, depth, step, np.random.default_rng(seed))
        added = (after - counts).reshape(n + 4, n)
        inside, above = added[4:], added[:4]
        grown = inside > 0
        rows, stacks = grown.all(axis=1), grown.all(axis=0)
        np.testing.assert_array_equal(grown, rows[:, None] | stacks[None, :])
        assert 0 < grown.mean() < 1
        assert inside.max() <= 4  # where two blocks cross
        assert set(np.unique(inside[grown])) <= {1, 2, 3, 4}
        # the island: one or two rows on the surface, gapless along it, one or two atoms each
        occupied = np.flatnonzero(above.any(axis=0))
        assert len(occupied) >= 4
        assert np.ptp(occupied) == len(occupied) - 1
        assert not above[:2].any()
        assert set(np.unique(above)) == {0, 1, 2}


def test_a_terraced_specimen_says_what_deviates_and_never_fills_a_vacancy():
    plain, terraced = made(kind="rough", seed=3).table, made(kind="rough", seed=3, terraces=True).table
    np.testing.assert_array_equal(terraced["deviation"], terraced["count"] - terraced["plane"])
    assert terraced["count"].max() <= MAX_COUNT
    match = KDTree(xy(terraced)).query(xy(plain))[1]
    gained = terraced["count"][match] - plain["count"]
    assert gained.min() >= 0
    assert gained.max() >= 1
    inside = plain["plane"] > 0
    assert (gained[inside & (plain["count"] == 0)] == 0).all()


def test_columns_with_more_atoms_per_length_have_more_atoms_not_more_length():
    """Fluorite along [001]: O columns hold two atoms where Ce columns hold one, and both end at the same faces."""
    fluorite = crystal(["Ce", "O"], [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[5.411] * 3 + [90] * 3)
    specimen = made(crystal=crystal_from_atoms(fluorite, (0, 0, 1), name="ceria"), thickness=8.0)
    counts = {z: specimen.table["count"][specimen.table["element"] == z].mean() for z in (8, 58)}
    assert counts[8] / counts[58] == pytest.approx(2, rel=0.05)
    assert specimen.table["count"].max() <= MAX_COUNT
    atoms = specimen.atoms()
    heights = {z: np.ptp(atoms.positions[atoms.numbers == z, 2]) for z in (8, 58)}
    assert heights[8] == pytest.approx(heights[58], abs=5.411)  # one period


def test_rows_of_the_surface_are_those_of_the_heaviest_columns():
    perovskite = crystal(
        ["Sr", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], spacegroup=221, cellpar=[3.905] * 3 + [90] * 3
    )
    assert row_spacing(CERIA_110) == pytest.approx(5.411 / np.sqrt(8))
    assert row_spacing(crystal_from_atoms(perovskite, (0, 0, 1), name="perovskite")) == pytest.approx(3.905)


def test_default_settings_draw_the_default_plan():
    plan = drawn_plan(SpecimenConfig(), "rough", "flat", 5.0, np.random.default_rng(0))
    assert plan == SpecimenPlan("flat", "rough", 5.0, "both")


def test_plans_are_drawn_within_their_ranges_and_shares():
    config = SpecimenConfig(
        rotation_low_deg=-3,
        rotation_high_deg=5,
        lattice_scale_low=0.98,
        lattice_scale_high=1.01,
        tilt_high_deg=0.5,
        share_support=0.3,
        support_thickness_high_nm=4,
        share_neighbour=0.6,
        share_terraced=0.5,
    )
    rng = np.random.default_rng(1)
    plans = [drawn_plan(config, "rough", "flat", 5.0, rng) for _ in range(4000)]
    rotation, scale = (np.array([getattr(plan, name) for plan in plans]) for name in ("rotation", "lattice_scale"))
    tilt, support = np.array([plan.tilt for plan in plans]), np.array([plan.support_thickness for plan in plans])
    assert np.rad2deg([rotation.min(), rotation.max()]) == pytest.approx([-3, 5], abs=0.05)
    assert [scale.min(), scale.max()] == pytest.approx([0.98, 1.01], abs=1e-3)
    # evenly over a disc: the mean square radius is half of the largest, and no direction is preferred
    radius = np.rad2deg(np.hypot(*tilt.T))
    assert radius.max() <= 0.5
    assert (radius**2).mean() == pytest.approx(0.125, rel=0.05)
    np.testing.assert_allclose(np.rad2deg(tilt).mean(axis=0), 0, atol=0.02)
    assert support.max() <= 40
    # shares of 4,000: three standard deviations are 0.024
    assert (support > 0).mean() == pytest.approx(0.3, abs=0.024)
    assert np.mean([plan.neighbour for plan in plans]) == pytest.approx(0.6, abs=0.024)
    assert np.mean([plan.terraces for plan in plans]) == pytest.approx(0.5, abs=0.024)
    assert not any(drawn_plan(config, "wedge", "flat", 5.0, rng).terraces for _ in range(20))


def test_one_setting_does_not_move_the_others():
    few, many = SpecimenConfig(share_neighbour=1), SpecimenConfig(share_neighbour=1, share_support=1, tilt_high_deg=1)
    few, many = (
        drawn_plan(config.model_copy(update={"rotation_high_deg": 9.0}), "rough", "flat", 5.0, np.random.default_rng(4))
        for config in (few, many)
    )
    assert few.rotation == many.rotation != 0
    assert many.support_thickness > 0 == few.support_thickness


def test_the_crystal_comes_from_the_structure_file(tmp_path):
    cell = crystal(["Na", "Cl"], [(0, 0, 0), (0.5, 0.5, 0.5)], spacegroup=225, cellpar=[5.64] * 3 + [90] * 3)
    cell.write(tmp_path / "salt.cif")
    config = SpecimenConfig(structure=tmp_path / "salt.cif", zone_axis=(0, 0, 1))
    found = crystal_of(config)
    assert {number for site in found.sites for _, number in site.atoms} == {11, 17}
    assert crystal_of(config) is found  # read once
    assert crystal_of(SpecimenConfig()) is CERIA_110
