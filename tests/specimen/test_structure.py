"""Crystals from files along a zone axis, against atoms that ASE placed and this file projects by itself."""

import numpy as np
import pytest
from ase import Atoms
from ase.build import bulk, make_supercell
from ase.spacegroup import crystal
from scipy.spatial import KDTree

from segdepth_app.errors import InputError
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import lattice_sites
from segdepth_app.specimen.readers import oriented_slab
from segdepth_app.specimen.structure import MAX_LAYERS, crystal_from_atoms, crystal_from_file

CERIA = crystal(["Ce", "O"], [(0, 0, 0), (0.25, 0.25, 0.25)], spacegroup=225, cellpar=[5.411] * 3 + [90] * 3)
PEROVSKITE = crystal(
    ["Sr", "Ti", "O"], [(0, 0, 0), (0.5, 0.5, 0.5), (0.5, 0.5, 0)], spacegroup=221, cellpar=[3.905] * 3 + [90] * 3
)
RUTILE = crystal(
    ["Ti", "O"], [(0, 0, 0), (0.3053, 0.3053, 0)], spacegroup=136, cellpar=[4.594, 4.594, 2.959, 90, 90, 90]
)
ZIRCONIA = crystal(  # monoclinic
    ["Zr", "O", "O"],
    [(0.2758, 0.0411, 0.2082), (0.0703, 0.3359, 0.3406), (0.4423, 0.7549, 0.4789)],
    spacegroup=14,
    cellpar=[5.1505, 5.2116, 5.3173, 90, 99.23, 90],
)
NITRIDE = bulk("GaN", "wurtzite", a=3.189, c=5.185)
TRICLINIC = crystal(["Na", "Cl"], [(0, 0, 0), (0.43, 0.51, 0.48)], spacegroup=1, cellpar=[4.1, 5.3, 6.7, 83, 101, 95])

CASES = [
    pytest.param(CERIA, (1, 1, 0), id="ceria-110"),
    pytest.param(CERIA, (0, 0, 1), id="ceria-001"),
    pytest.param(CERIA, (1, 1, 1), id="ceria-111"),
    pytest.param(CERIA, (1, 1, 2), id="ceria-112"),
    pytest.param(CERIA, (-2, -2, 0), id="ceria-minus-220"),
    pytest.param(PEROVSKITE, (0, 0, 1), id="perovskite-001"),
    pytest.param(PEROVSKITE, (1, 1, 0), id="perovskite-110"),
    pytest.param(NITRIDE, (1, 1, 0), id="wurtzite-11-20"),
    pytest.param(NITRIDE, (0, 0, 1), id="wurtzite-0001"),
    pytest.param(RUTILE, (0, 0, 1), id="rutile-001"),
    pytest.param(RUTILE, (1, 1, 0), id="rutile-110"),
    pytest.param(RUTILE, (1, 1, 1), id="rutile-111"),
    pytest.param(ZIRCONIA, (0, 1, 0), id="zirconia-010"),
    pytest.param(ZIRCONIA, (0, 0, 1), id="zirconia-001"),
    pytest.param(ZIRCONIA, (1, 1, 1), id="zirconia-111"),
    pytest.param(TRICLINIC, (1, 1, 0), id="triclinic-110"),
    pytest.param(bulk("Mg"), (1, 0, 0), id="magnesium-10-10"),
    pytest.param(bulk("Si", cubic=True), (1, 1, 0), id="silicon-110"),
]


def projected_bulk(atoms: Atoms, axis, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Columns (n, 2) of a large block of ASE atoms seen along [uvw], around one of its heaviest, and their elements."""
    block = atoms.repeat(15)
    beam = np.array(axis) @ atoms.cell[:]
    beam = beam / np.linalg.norm(beam)
    right = np.cross(beam, [0.3, 0.5, 0.8])
    right /= np.linalg.norm(right)
    frame = np.stack([right, np.cross(beam, right)])
    middle = block.cell[:].sum(axis=0) / 2
    heavy = block.positions[block.numbers == atoms.numbers.max()]
    centre = heavy[np.linalg.norm(heavy - middle, axis=1).argmin()]
    offset = block.positions - centre
    flat = offset @ frame.T
    # a disc a period or more thick, so that every column shows
    near = (np.linalg.norm(flat, axis=1) < radius) & (np.abs(offset @ beam) < 13)
    order = np.argsort(-block.numbers[near], kind="stable")
    columns: list[np.ndarray] = []
    elements = []
    for point, number in zip(flat[near][order], block.numbers[near][order], strict=True):
        if not columns or np.linalg.norm(np.array(columns) - point, axis=1).min() > 0.15:
            columns.append(point)
            elements.append(number)
    # zirconia has columns whose atoms stand 0.05 Å to the left and right of their middle
    middles = [flat[near][np.linalg.norm(flat[near] - column, axis=1) < 0.15].mean(axis=0) for column in columns]
    return np.array(middles), np.array(elements)


@pytest.mark.parametrize(("atoms", "axis"), CASES)
def test_no_atom_is_lost_or_made(atoms, axis):
    """Atoms per volume of the repeated cell and of the file's own."""
    found = crystal_from_atoms(atoms, axis, name="it")
    (ax, ay), (bx, by) = found.cell
    volume = (ax * by - ay * bx) * found.layers.period
    for number in np.unique(atoms.numbers):
        amount = sum(z == number for site in found.sites for _, z in site.atoms)
        expected = np.count_nonzero(atoms.numbers == number) / atoms.get_volume()
        assert amount / volume == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("atoms", "axis"), CASES)
def test_columns_stand_where_projected_atoms_stand(atoms, axis):
    """Distances from a heaviest column to all others, which no rotation in the plane changes, and their elements."""
    radius = 7.0
    columns, elements = projected_bulk(atoms, axis, radius)
    expected = np.sort(np.linalg.norm(columns, axis=1))
    found = crystal_from_atoms(atoms, axis, name="it")
    matches = []
    for i, site in enumerate(found.sites):
        if site.element != atoms.numbers.max():
            continue
        (ax, ay), (bx, by) = found.cell
        corner = -site.u * ax - site.v * bx, -site.u * ay - site.v * by
        x, y, index = lattice_sites(found, (-radius, radius, -radius, radius), corner)
        assert i in index
        distance = np.hypot(x, y)
        inside = distance < radius
        same = np.count_nonzero(inside) == len(expected)
        if same and np.allclose(np.sort(distance[inside]), expected, atol=0.02):
            # the elements of columns at distances that no other column shares
            order, other = np.argsort(distance[inside]), np.argsort(np.linalg.norm(columns, axis=1))
            single = (np.diff(expected, prepend=-1) > 0.1) & (np.diff(expected, append=99) > 0.1)
            z = np.array([each.element for each in found.sites])[index[inside]][order]
            matches.append((z[single] == elements[other][single]).all())
    assert any(matches)


@pytest.mark.parametrize(("atoms", "axis"), CASES)
def test_cell_convention_and_layers(atoms, axis):
    found = crystal_from_atoms(atoms, axis, name="it")
    (ax, ay), (bx, by) = found.cell
    assert ay == 0
    assert ax > 0
    assert by > 0
    assert np.hypot(ax, ay) >= np.hypot(bx, by) - 1e-6
    assert round(found.layers.period / 2.0) <= found.layers.n <= MAX_LAYERS
    assert found.sites[0].element == atoms.numbers.max()
    assert (found.sites[0].u, found.sites[0].v) == (0, 0)
    for site in found.sites:
        layers = [layer for layer, _ in site.atoms]
        assert layers == sorted(layers)
        assert 0 <= site.u < 1
        assert 0 <= site.v < 1


@pytest.mark.parametrize("axis", [(1, 1, 0), (2, 2, 0), (0, 1, 1), (-1, 0, 1)])
def test_ceria_from_a_cif_is_the_built_in_crystal(tmp_path, axis):
    """Same cell, same columns, same layers; all axes of the form <110> are alike."""
    CERIA.write(tmp_path / "ceria.cif")
    found = crystal_from_file(tmp_path / "ceria.cif", axis)
    np.testing.assert_allclose(found.cell, CERIA_110.cell, atol=1e-6)
    assert found.layers.n == CERIA_110.layers.n
    assert found.layers.spacing == pytest.approx(CERIA_110.layers.spacing, abs=1e-6)
    simple = {(round(s.u, 6), round(s.v, 6), s.atoms) for s in found.sites}
    assert simple == {(s.u, s.v, s.atoms) for s in CERIA_110.sites}


def test_any_cell_of_the_same_crystal_gives_the_same_columns():
    """The primitive cell, the cubic one and a supercell of odd shape; [uvw] refers to each file's own axes."""
    primitive = bulk("CeO2", "fluorite", a=5.411)
    odd = make_supercell(CERIA, [[1, 0, 0], [1, 2, 0], [0, 1, 1]])
    beams = [(1, 1, 0), *(_steps(cell, np.array([5.411, 5.411, 0])) for cell in (primitive, odd))]
    reference, *others = (
        crystal_from_atoms(atoms, beam, name="it") for atoms, beam in zip((CERIA, primitive, odd), beams, strict=True)
    )
    for other in others:
        np.testing.assert_allclose(other.cell, reference.cell, atol=1e-6)
        assert len(other.sites) == len(reference.sites)
        assert other.layers.n == reference.layers.n


def _steps(atoms: Atoms, direction: np.ndarray) -> tuple[int, ...]:
    steps = np.rint(2 * direction @ np.linalg.inv(atoms.cell[:])).astype(int)
    return tuple(steps.tolist())


@pytest.mark.parametrize(
    ("atoms", "axis", "pair", "distance", "neighbours"),
    [
        (CERIA, (1, 1, 0), (58, 8), 5.411 * np.sqrt(3) / 4, 8),
        (CERIA, (0, 0, 1), (58, 8), 5.411 * np.sqrt(3) / 4, 8),
        (PEROVSKITE, (0, 0, 1), (22, 8), 3.905 / 2, 6),
        (PEROVSKITE, (1, 1, 0), (38, 8), 3.905 / np.sqrt(2), 12),
        (bulk("Cu", cubic=True), (1, 1, 0), (29, 29), 3.61 / np.sqrt(2), 12),
    ],
)
def test_a_slab_has_the_neighbours_of_its_crystal(tmp_path, atoms, axis, pair, distance, neighbours):
    """Where every atom lies on a layer exactly: distance and number of nearest neighbours, in closed form."""
    atoms.write(tmp_path / "it.cif")
    slab = oriented_slab(tmp_path / "it.cif", axis, (24.0, 30.0), 22.0)
    low, high = slab.positions.min(axis=0) + 4, slab.positions.max(axis=0) - 4
    inner = ((slab.positions > low) & (slab.positions < high)).all(axis=1) & (slab.numbers == pair[0])
    assert inner.sum() > 3
    others = slab.positions[slab.numbers == pair[1]]
    found, _ = KDTree(others).query(slab.positions[inner], k=neighbours + 2)
    found = found[:, 1:] if pair[0] == pair[1] else found[:, :-1]
    np.testing.assert_allclose(found[:, :neighbours], distance, atol=1e-4)
    assert (found[:, neighbours] > distance + 0.2).all()


def test_mixed_columns_are_one_column_of_their_heaviest_element():
    """Perovskite [001] has Ti and O in one column, and O, Sr columns of their own."""
    found = crystal_from_atoms(PEROVSKITE, (0, 0, 1), name="it")
    assert sorted((site.element, sorted(z for _, z in site.atoms)) for site in found.sites) == [
        (8, [8]),
        (8, [8]),
        (22, [8, 22]),
        (38, [38]),
    ]


def test_atoms_of_different_heights_get_layers_of_their_own():
    """Fluorite [001]: Ce at 0 and a/2, O at a/4 and 3a/4, which three layers of 1.8 Å would merge."""
    found = crystal_from_atoms(CERIA, (0, 0, 1), name="it")
    assert found.layers.n == 4
    assert {site.atoms for site in found.sites} == {((0, 58),), ((2, 58),), ((1, 8), (3, 8))}


@pytest.mark.parametrize(
    ("atoms", "axis", "fault"),
    [
        (CERIA, (0, 0, 0), "no direction"),
        (CERIA, (30, 1, 0), "repeats only every 162 Å"),
        (Atoms("CeO", positions=[(0, 0, 0), (0, 0, 2)]), (0, 0, 1), "no crystal cell"),
        (CERIA.repeat((5, 4, 5)), (0, 0, 1), "1200 atoms"),
    ],
    ids=["no-axis", "long-period", "no-cell", "too-many"],
)
def test_what_cannot_be_turned_is_refused_in_one_line(atoms, axis, fault):
    with pytest.raises(InputError, match=fault) as caught:
        crystal_from_atoms(atoms, axis, name="it")
    assert "\n" not in str(caught.value)


def test_too_many_columns_and_unreadable_files_are_refused(tmp_path):
    rng = np.random.default_rng(0)
    glass = Atoms("Si300", cell=[16.0] * 3, pbc=True, scaled_positions=rng.random((300, 3)))
    with pytest.raises(InputError, match="columns") as caught:
        crystal_from_atoms(glass, (0, 0, 1), name="glass")
    assert "\n" not in str(caught.value)
    (tmp_path / "no.cif").write_text("nothing")
    with pytest.raises(InputError, match=r"no\.cif cannot be read"):
        crystal_from_file(tmp_path / "no.cif", (0, 0, 1))
    with pytest.raises(InputError, match="not found"):
        crystal_from_file(tmp_path / "none.cif", (0, 0, 1))


def test_a_changed_file_is_read_again(tmp_path):
    import os

    path = tmp_path / "it.cif"
    CERIA.write(path)
    assert len(crystal_from_file(path, (0, 0, 1)).sites) == 4
    bulk("Cu", cubic=True).write(path)
    os.utime(path, ns=(1, 1))
    assert {site.element for site in crystal_from_file(path, (0, 0, 1)).sites} == {29}
