"""Carbon and neighbouring particles: density, distances, orientation, and that columns stay alone."""

import numpy as np
import pytest
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import strands_of
from segdepth_app.specimen.projection import find_columns
from segdepth_app.specimen.specimen import Specimen, layer_range
from segdepth_app.specimen.surroundings import (
    CARBON_DISTANCE,
    CARBON_GAP,
    NEIGHBOUR_GAP,
    amorphous,
    carbon_density,
    misorientation,
    surroundings,
)
from segdepth_app.specimen.table import empty_table

EXTENT = (0.0, 50.0, 0.0, 50.0)


def specimen_with(seed, **changes):
    plan = SpecimenPlan("sawtooth", "rough", 6.0, "both", **changes)
    return build_specimen(plan, EXTENT, np.random.default_rng(seed))


def test_carbon_has_the_mass_of_its_density_and_no_two_atoms_too_close():
    box = (30.0, 25.0, 20.0)
    positions = amorphous(box, np.random.default_rng(0), density=carbon_density(1.9), distance=CARBON_DISTANCE)
    grams = len(positions) * 12.011 / 6.02214076e23
    assert grams / (np.prod(box) * 1e-24) == pytest.approx(1.9, rel=1e-3)  # a whole number of atoms
    distance = cdist(positions, positions)[np.triu_indices(len(positions), 1)]
    assert distance.min() > CARBON_DISTANCE
    # all of the box is filled: as many atoms in each of its halves, within the scatter of counting
    for axis, length in enumerate(box):
        half = np.count_nonzero(positions[:, axis] < length / 2)
        assert half == pytest.approx(len(positions) / 2, abs=3 * np.sqrt(len(positions) / 4))


def test_more_atoms_than_can_be_placed_are_refused():
    with pytest.raises(ValueError, match="apart"):
        amorphous((10.0, 10.0, 10.0), np.random.default_rng(0), density=0.5, distance=1.2)


@pytest.mark.parametrize("seed", range(4))
def test_a_film_in_empty_space_reaches_its_full_thickness_and_density(seed):
    empty = Specimen(empty_table(0), CERIA_110)
    film = surroundings(empty, EXTENT, np.random.default_rng(seed), carbon=40.0, neighbour=False)
    assert set(film["element"]) == {6}
    counts, _, _ = np.histogram2d(film["x"], film["y"], bins=5, range=[[0, 50], [0, 50]])
    per_volume = counts.max() / (10 * 10 * 40)
    # 1.8 to 2.0 g/cm³ is 0.0902 to 0.1003 atoms/Å³; the fullest of 25 cells of 380 atoms has some more
    assert 0.088 < per_volume < 0.113
    heights = film["first"] * 2 + film["layer"]
    assert np.ptp(heights) * CERIA_110.layers.spacing == pytest.approx(40, abs=4)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    ("changes", "gap"),
    [({"support_thickness": 30.0}, CARBON_GAP), ({"neighbour": True}, NEIGHBOUR_GAP)],
    ids=["carbon", "neighbour"],
)
def test_nothing_lies_on_columns_or_behind_the_exit_face(seed, changes, gap):
    specimen = specimen_with(seed, **changes)
    extras = specimen.extras
    assert len(extras) > 20
    distance = cdist(
        np.stack([extras["x"], extras["y"]], axis=1), np.stack([specimen.table["x"], specimen.table["y"]], axis=1)
    )
    assert distance.min() >= gap - 1e-6
    assert (extras["end"] == extras["first"] + 1).all()
    _, end = layer_range(strands_of(specimen.table, specimen.crystal), specimen.crystal.layers)
    _, extras_end = layer_range(extras, specimen.crystal.layers)
    assert extras_end <= max(end, 1)
    assert ((extras["x"] >= 0) & (extras["x"] < 50) & (extras["y"] >= 0) & (extras["y"] < 50)).all()


def test_carbon_and_neighbour_do_not_mix():
    specimen = specimen_with(1, neighbour=True, support_thickness=40.0)
    is_carbon = specimen.extras["element"] == 6
    places = np.stack([specimen.extras["x"], specimen.extras["y"]], axis=1)
    assert 0 < is_carbon.sum() < len(is_carbon)
    assert KDTree(places[~is_carbon]).query(places[is_carbon])[0].min() >= CARBON_GAP - 1e-6
    # one does not move the other
    alone = specimen_with(1, neighbour=True).extras
    np.testing.assert_array_equal(specimen.extras[~is_carbon], alone)


def test_a_neighbour_is_the_same_crystal():
    """The composition of ceria, within the scatter of counting at the patch's edges."""
    extras = np.concatenate([specimen_with(seed, neighbour=True).extras for seed in range(6)])
    share = (extras["element"] == 58).mean()
    assert share == pytest.approx(1 / 3, abs=3 * np.sqrt(2 / 9 / len(extras)))


def test_a_neighbour_shows_no_columns():
    """Projected like any structure: the specimen has columns of many atoms, its neighbour hardly any of more than 2."""
    specimen = specimen_with(5, neighbour=True)
    beside = Specimen(empty_table(0), CERIA_110, extras=specimen.extras).atoms()
    straight = find_columns(Specimen(specimen.table, CERIA_110).atoms(), tolerance=0.1)
    askew = find_columns(beside, tolerance=0.1)
    assert straight["count"].mean() > 4
    assert askew["count"].mean() < 1.5


def test_no_short_lattice_direction_lies_along_the_beam():
    """[001], [1-10], [110] and their sums, written out in Å; 6° around each of 13 axes are left out."""
    a, b = 5.411, 5.411 / np.sqrt(2)
    vectors = [np.array([u * a, v * b, w * b]) for u in (0, 1) for v in (-1, 0, 1) for w in (-1, 0, 1)]
    directions = np.array([v / np.linalg.norm(v) for v in vectors if v.any()])
    rng = np.random.default_rng(0)
    turned = np.array([misorientation(CERIA_110, rng).apply(directions)[:, 2] for _ in range(400)])
    assert np.rad2deg(np.arccos(np.abs(turned).max())) > 6
    # else at random: the beam axis of a sphere's even distribution has a mean |cos| of 1/2
    assert np.abs(turned[:, 0]).mean() == pytest.approx(0.5, abs=3 * 0.29 / 20)


def test_where_there_is_no_vacuum_there_is_nothing():
    table = specimen_with(0).table
    full = Specimen(table[table["y"] > table["y"].max() - 15], CERIA_110)
    y0 = float(full.table["y"].min())
    assert len(surroundings(full, (0.0, 50.0, y0, 50.0), np.random.default_rng(0), carbon=50.0, neighbour=True)) == 0
