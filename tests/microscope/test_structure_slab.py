"""Atoms sorted into layers, and the multislice of any list of atoms against abTEM."""

import numpy as np
import pytest
import torch
from ase import Atoms

from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import Slab, exit_wave
from segdepth_app.microscope.structure_slab import layer_spacing, strands_of_atoms


@pytest.mark.parametrize(
    ("heights", "spacing"),
    [
        ([0, 1.913, 3.826, 11.478], 1.913),
        ([0, 0.01, 1.9, 1.93, 3.81], 3.81 / 2),
        (np.arange(60) * 1.2, 1.2),
        ([0, 1.5, 4.5], 1.5),
        ([0], 2.0),
        ([0, 0.6], 2.0),
        ([0, 0.7, 1.9, 2.4, 3.3, 4.1, 5.2, 6.0], 2.0),
    ],
    ids=["ceria", "shaken", "thin", "gap", "one atom", "flat", "none"],
)
def test_layers_are_found_where_there_are_any(heights, spacing):
    assert layer_spacing(np.array(heights, float)) == pytest.approx(spacing, rel=1e-6)


def test_every_atom_is_one_strand_in_the_layer_nearest_to_it():
    atoms = Atoms("CeOCe", [(1, 2, 5.0), (3, 4, 6.95), (5, 6, 8.8)])
    strands, layers = strands_of_atoms(atoms)
    assert (layers.n, layers.spacing) == (1, pytest.approx(1.9))
    assert strands["element"].tolist() == [58, 8, 58]
    assert strands["first"].tolist() == [0, 1, 2]
    assert (strands["end"] - strands["first"]).tolist() == [1, 1, 1]
    np.testing.assert_allclose(strands["x"], [1, 3, 5])
    np.testing.assert_allclose(strands["y"], [2, 4, 6])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("potential", ["lobato", "kirkland"])
def test_exit_wave_of_any_atoms_agrees_with_abtem(potential):
    """Three elements in disorder, on grid points, where abTEM does not interpolate; rms over the wave's std."""
    import abtem

    abtem.config.set(
        {"local_diagnostics.progress_bar": False, "diagnostics.progress_bar": False, "antialias.taper": 0.0}
    )
    shape, step, spacing, n_layers = (200, 180), 0.04, 1.8, 6
    rng = np.random.default_rng(7)
    places = rng.permutation(shape[0] * shape[1] // 400)[:40]
    y, x = np.divmod(places, shape[1] // 20)
    z = np.append(rng.integers(0, n_layers, 38), [0, n_layers - 1])
    symbols = rng.choice(["Ce", "O", "C"], 40)
    positions = np.stack([x * 20 * step, y * 20 * step, (z + 0.5) * spacing], axis=1)
    field = shape[0] * step, shape[1] * step
    atoms = Atoms(symbols.tolist(), positions, cell=(field[1], field[0], n_layers * spacing), pbc=True)
    theirs = abtem.Potential(
        atoms, gpts=shape[::-1], slice_thickness=spacing, parametrization=potential, projection="infinite"
    )
    expected = abtem.PlaneWave(energy=300e3).multislice(theirs).compute(progress_bar=False).array.T

    slab = Slab(*strands_of_atoms(atoms), Scatterers(potential))
    ours = exit_wave(slab, WaveGrid(shape, field), voltage_kv=300, device=torch.device("cpu")).numpy()
    rms = np.sqrt((np.abs(ours - expected) ** 2).mean()) / np.std(expected)
    assert rms < 0.01
