"""Column tables from CSV: read right, or refused with the line at fault."""

import numpy as np
import pytest

from segdepth_app.errors import InputError
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.readers import Change, oriented_slab, read_atoms, read_changes, read_column_table
from segdepth_app.specimen.table import empty_table


def written(path, lines):
    path.write_text("\n".join(["element,x_px,y_px,atoms", *lines]), encoding="utf-8")
    return path


def test_positions_become_angstrom_and_layers_follow_the_lattice(tmp_path):
    plan = SpecimenPlan("flat", "rough", 5, "both")
    truth = build_specimen(plan, (0, 30, 0, 30), np.random.default_rng(0)).table
    symbols = {58: "Ce", 8: "O"}
    lines = [f"{symbols[int(r['element'])]},{r['x'] / 0.053:.3f},{r['y'] / 0.053:.3f},{r['count']}" for r in truth]
    specimen = read_column_table(written(tmp_path / "columns.csv", lines), pixel=0.053)
    table = specimen.table
    np.testing.assert_allclose(table["x"], truth["x"], atol=1e-3)
    np.testing.assert_array_equal(table["count"], truth["count"])
    layer_of = np.array([site.atoms[0][0] for site in specimen.crystal.sites])
    flipped = layer_of[table["site"]] != layer_of[truth["site"]]
    assert flipped.all() or not flipped.any()  # which of the two layers comes first is free


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("Xx,1,2,3", "Line 2"),
        ("Ce,a,2,3", "Line 2"),
        ("Ce,1,2,3.5", "Line 2"),
        ("Ce,1,2,-1", "-1 atoms"),
        ("Ce,nan,2,1", "nan"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, fault):
    with pytest.raises(InputError, match=fault):
        read_column_table(written(tmp_path / "columns.csv", [line]), pixel=0.05)


def test_missing_header_and_empty_table_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="element, x_px, y_px, atoms"):
        read_column_table(path, pixel=0.05)
    with pytest.raises(InputError, match="no columns"):
        read_column_table(written(tmp_path / "y.csv", []), pixel=0.05)


def test_a_cell_that_leans_is_refused(tmp_path):
    from ase.build import bulk

    bulk("Cu").write(tmp_path / "cu.cif")
    with pytest.raises(InputError, match="angles"):
        read_atoms(tmp_path / "cu.cif")
    (tmp_path / "no.cif").write_text("nothing")
    with pytest.raises(InputError, match=r"no\.cif"):
        read_atoms(tmp_path / "no.cif")


def test_with_a_zone_axis_a_leaning_cell_is_no_obstacle(tmp_path):
    """Atoms per volume of the slab: those of copper, 4 per a³, but for what the cut faces add or lack."""
    from ase.build import bulk

    bulk("Cu", a=3.61).write(tmp_path / "cu.cif")
    slab = oriented_slab(tmp_path / "cu.cif", (1, 0, 0), (36.0, 40.0), 25.0)
    assert slab.positions[:, :2].min() >= 0
    assert slab.positions[:, 0].max() < 40
    assert slab.positions[:, 1].max() < 36
    thickness = np.ptp(slab.positions[:, 2])
    assert thickness == pytest.approx(25, abs=2.6)  # a layer
    layers = np.unique(np.round(slab.positions[:, 2], 3))
    volume = 36.0 * 40.0 * (thickness + np.diff(layers).mean())
    assert len(slab) / volume == pytest.approx(4 / 3.61**3, rel=0.1)


def changes_of(path, lines):
    path.write_text("\n".join(["frame,x_px,y_px,atoms", *lines]), encoding="utf-8")
    return path


def two_columns():
    table = empty_table(2)
    table["x"], table["y"], table["element"], table["count"] = [1.0, 4.0], [2.0, 2.0], 58, [3, 5]
    return table


def test_changes_apply_to_the_nearest_column_in_time_order(tmp_path):
    path = changes_of(tmp_path / "changes.csv", ["9,42,19,4", "2,11,23,0", "5,12,18,100"])
    assert read_changes(path, two_columns(), pixel=0.1) == [Change(2, 0, 0), Change(5, 0, 100), Change(9, 1, 4)]


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["1,10,20"], "Line 2 .* is not a change: 1, 10, 20, None"),
        (["1,10,20,2", "x,10,20,2"], "Line 3"),
        (["1.5,10,20,2"], "Line 2"),
        (["1,10,20,101"], "101 atoms"),
        (["1,10,20,-1"], "-1 atoms"),
        (["1,inf,20,1"], "inf"),
        (["-1,10,20,1"], "frame -1"),
        (["1,25,20,1"], r"Line 2 .* none lies within 1 Å of \(25, 20\) px; the nearest is 1.5 Å away"),
        (["1,10,20,1", "1,11,20,2"], "Lines 2 and 3 .* same column in frame 1"),
        ([], "no changes"),
    ],
)
def test_a_bad_change_is_named(tmp_path, lines, fault):
    with pytest.raises(InputError, match=fault) as caught:
        read_changes(changes_of(tmp_path / "changes.csv", lines), two_columns(), pixel=0.1)
    assert "\n" not in str(caught.value)


def test_changes_without_header_file_or_columns_are_refused(tmp_path):
    with pytest.raises(InputError, match="lacks the column"):
        read_changes(written(tmp_path / "x.csv", ["Ce,1,2,3"]), two_columns(), pixel=0.1)
    with pytest.raises(InputError, match="not found"):
        read_changes(tmp_path / "none.csv", two_columns(), pixel=0.1)
    with pytest.raises(InputError, match="there is none"):
        read_changes(changes_of(tmp_path / "y.csv", ["1,1,1,1"]), empty_table(0), pixel=0.1)
    (tmp_path / "z.csv").write_bytes(b"frame,x_px,y_px,atoms\n\xff\xfe\x00")
    with pytest.raises(InputError, match="not a readable CSV"):
        read_changes(tmp_path / "z.csv", two_columns(), pixel=0.1)
