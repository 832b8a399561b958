"""Columns found by projecting atoms, against the tables that the atoms were made from."""

import numpy as np
import pytest
from ase import Atoms
from ase.spacegroup import crystal
from scipy.spatial import KDTree

from segdepth_app.errors import InputError
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.projection import find_columns, write_column_table
from segdepth_app.specimen.readers import oriented_slab, read_column_table
from segdepth_app.specimen.structure import crystal_from_atoms

EXTENT = (-3.0, 40.0, -3.0, 40.0)
PEROVSKITE = crystal(
    ["Sr", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], spacegroup=221, cellpar=[3.905] * 3 + [90] * 3
)


def xy(table):
    return np.stack([table["x"], table["y"]], axis=1).astype(float)


@pytest.mark.parametrize("kind", ["wedge", "rough", "shuffled"])
@pytest.mark.parametrize(
    "changes",
    [{}, {"rotation": 0.4, "lattice_scale": 0.98, "tilt": (0.008, -0.004)}, {"terraces": True, "rotation": 2.0}],
    ids=["straight", "tilted", "terraced"],
)
def test_projecting_a_specimens_atoms_gives_its_table_back(kind, changes):
    """Positions to float32 rounding: the middle between the first and the last atom of each column."""
    plan = SpecimenPlan("stepped", kind, 6.0, "mixed", **changes)
    specimen = build_specimen(plan, EXTENT, np.random.default_rng(2))
    expected = specimen.projected()[specimen.table["count"] > 0]
    found = find_columns(specimen.atoms())
    assert len(found) == len(expected)
    distance, match = KDTree(xy(found)).query(xy(expected))
    assert distance.max() < 1e-4
    assert len(set(match.tolist())) == len(expected)
    np.testing.assert_array_equal(found["count"][match], expected["count"])
    np.testing.assert_array_equal(found["element"][match], expected["element"])


def test_mixed_columns_count_their_heaviest_element():
    """Perovskite [001]: Ti and O in one column; the table counts Ti."""
    plan = SpecimenPlan("flat", "rough", 6.0, "both", crystal=crystal_from_atoms(PEROVSKITE, (0, 0, 1), name="it"))
    specimen = build_specimen(plan, EXTENT, np.random.default_rng(0))
    expected = specimen.table[specimen.table["count"] > 0]
    found = find_columns(specimen.atoms())
    match = KDTree(xy(found)).query(xy(expected))[1]
    assert {8, 22, 38} == set(found["element"].tolist())
    np.testing.assert_array_equal(found["count"][match], expected["count"])
    np.testing.assert_array_equal(found["element"][match], expected["element"])


def test_a_slab_of_a_file_has_the_columns_of_its_crystal(tmp_path):
    """Counted by hand: 4 periods of 3.905 Å in 15.6 Å, one Sr, one Ti and two O columns per cell of (3.905 Å)²."""
    PEROVSKITE.write(tmp_path / "it.cif")
    table = find_columns(oriented_slab(tmp_path / "it.cif", (0, 0, 1), (39.05 - 1e-3, 19.525 - 1e-3), 15.62))
    amounts = {int(z): int(np.count_nonzero(table["element"] == z)) for z in np.unique(table["element"])}
    assert amounts == {38: 50, 22: 50, 8: 100}
    assert set(table["count"].tolist()) == {4}
    assert (np.diff(table["y"]) >= -1e-4).all()


def test_a_leaning_chain_is_one_column_and_a_gap_wider_than_the_tolerance_splits():
    z = np.arange(12) * 3.8
    leaning = Atoms("O12", positions=np.stack([0.1 * np.arange(12), 0 * z, z], axis=1))
    table = find_columns(leaning)
    assert table["count"].tolist() == [12]
    assert table["x"][0] == pytest.approx(0.55)  # half-way from 0 to 1.1
    assert len(find_columns(leaning, tolerance=0.09)) == 12
    assert len(find_columns(Atoms())) == 0


def test_a_column_too_long_for_a_table_is_refused():
    with pytest.raises(InputError, match="101 atoms"):
        find_columns(Atoms("O101", positions=[(0, 0, 3.0 * i) for i in range(101)]))


def test_a_written_table_reads_back(tmp_path):
    specimen = build_specimen(SpecimenPlan("flat", "rough", 5, "both"), EXTENT, np.random.default_rng(0))
    write_column_table(tmp_path / "columns.csv", specimen.table, pixel=0.053)
    table = read_column_table(tmp_path / "columns.csv", pixel=0.053).table
    np.testing.assert_allclose(xy(table), xy(specimen.table), atol=0.0005 * 0.053 + 1e-5)
    for name in ("element", "count"):
        np.testing.assert_array_equal(table[name], specimen.table[name])
