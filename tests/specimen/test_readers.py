"""Column tables from CSV: read right, or refused with the line at fault."""

import numpy as np
import pytest

from segdepth_app.errors import InputError
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.readers import read_atoms, read_column_table


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
