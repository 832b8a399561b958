"""abTEM 1.0.11 as the oracle: the same atoms, potential and grid; exit waves and the explicit focal average.

Three things of abTEM are set or taken out, so that the same is compared. Atoms stand on grid points, since its
projection interpolates others. Its division by a "sinc" whose argument lacks π (a factor 1.04 at the Nyquist
frequency) is replaced by the area of a pixel, all that a delta on a grid point needs. Its band limit is cut
sharply, as ours.
"""

import numpy as np
import pytest
import torch
from ceria_slabs import wedge_on_grid

from segdepth_app.microscope.focal import FocalStack, Lens, focal_nodes
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.projection import Projector, Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_wave, slab_of
from segdepth_app.specimen.ceria import LAYER_SPACING

pytestmark = pytest.mark.filterwarnings("ignore")

CPU = torch.device("cpu")
STEP = 0.053
WARM = {"Ce": 0.3, "O": 0.485}


@pytest.fixture
def abtem(monkeypatch):
    import abtem
    import abtem.integrals

    quiet = {"local_diagnostics.progress_bar": False, "diagnostics.progress_bar": False, "antialias.taper": 0.0}
    with abtem.config.set(quiet):
        monkeypatch.setattr(abtem.integrals, "sinc", lambda gpts, sampling, device: np.float32(np.prod(sampling)))
        yield abtem


def abtem_wave(abtem, specimen, n, table, b_factors):
    """abTEM's exit wave of the specimen, (y, x)."""
    atoms = specimen.atoms()
    n_layers = round(atoms.positions[:, 2].max() / LAYER_SPACING) + 1
    n_layers += n_layers % 2  # we propagate through whole periods
    atoms.positions[:, 2] += LAYER_SPACING / 2
    atoms.set_cell([n * STEP, n * STEP, n_layers * LAYER_SPACING])
    atoms.pbc = True
    kinds = {"lobato": abtem.parametrizations.LobatoParametrization}
    kinds["kirkland"] = abtem.parametrizations.KirklandParametrization
    sigmas = {symbol: np.sqrt(b / (8 * np.pi**2)) for symbol, b in b_factors.items()}
    potential = abtem.Potential(
        atoms, gpts=(n, n), slice_thickness=LAYER_SPACING, parametrization=kinds[table](sigmas=sigmas)
    )
    return abtem.PlaneWave(energy=300e3).multislice(potential).compute(progress_bar=False)


def relative_rms(got, expected):
    """rms of the difference over the expected one's standard deviation."""
    return np.sqrt((np.abs(got - expected) ** 2).mean()) / np.std(expected)


@pytest.mark.parametrize("b_factors", [{}, WARM], ids=["at rest", "damped"])
@pytest.mark.parametrize(
    ("n", "table"), [(512, "lobato"), (512, "kirkland"), pytest.param(1024, "lobato", marks=pytest.mark.slow)]
)
def test_exit_wave(abtem, n, table, b_factors):
    """Amplitude and phase to 0.5 % of their own spread; measured 0.05 % at rest, 0.25 % damped.

    Damped, V is limited to the waves' band here and exp(iσV) is not; abTEM does it the other way round.
    """
    specimen = wedge_on_grid(n, STEP)
    grid = WaveGrid((n, n), (n * STEP, n * STEP))
    ours = exit_wave(slab_of(specimen, Scatterers(table, b_factors)), grid, voltage_kv=300, device=CPU).numpy()
    theirs = abtem_wave(abtem, specimen, n, table, b_factors).array.T
    assert relative_rms(ours, theirs) < 0.005
    assert relative_rms(np.abs(ours), np.abs(theirs)) < 0.005
    assert np.sqrt((np.angle(ours * theirs.conj()) ** 2).mean()) < 0.005 * np.std(np.angle(theirs))


def test_explicit_focal_average(abtem):
    """Every sample of the average by abTEM's own lens, over the same foci; image rms below 0.5 % of its std."""
    n, c1, spread = 512, 60.0, 40.0
    specimen = wedge_on_grid(n, STEP)
    nodes = focal_nodes(c1, c1, spread, spread, step=10)
    wave = abtem_wave(abtem, specimen, n, "lobato", WARM)
    images = [
        wave.apply_ctf(abtem.CTF(energy=300e3, C10=focus, C30=-9e4, C50=5e7)).intensity().compute(progress_bar=False)
        for focus in nodes
    ]
    weights = np.exp(-(((np.array(nodes) - c1) / spread) ** 2))
    theirs = np.tensordot(weights / weights.sum(), np.stack([image.array.T for image in images]), axes=1)

    frame = Frame(STEP, 1, (n, n), 0, (n, n))
    # our first pixel's centre lies half a pixel behind the field's first sample, abTEM's first sample on it
    slab = slab_of(specimen, Scatterers("lobato", WARM), origin=frame.origin)
    ours = exit_wave(slab, WaveGrid(frame.wave_shape, frame.field), voltage_kv=300, device=CPU)
    stack = FocalStack(ours, frame, Lens(300, -9e4, 5e7, 0.0), nodes)
    got = stack.image(c1=c1, focal_spread_1e=spread, image_spread=0.0).numpy()
    assert relative_rms(got, theirs) < 0.005


@pytest.mark.parametrize("table", ["lobato", "kirkland"])
def test_projected_potential_of_an_atom(abtem, table):
    """Spectrum of one Ce atom on a grid point, up to the Nyquist frequency."""
    from ase import Atoms

    grid = WaveGrid((128, 128), (8.0, 8.0))
    atoms = Atoms("Ce", [(2.0, 3.0, 0.5)], cell=(8, 8, 1), pbc=True)
    theirs = abtem.Potential(atoms, gpts=(128, 128), slice_thickness=1.0, parametrization=table)
    spectrum = np.abs(np.fft.fft2(theirs.build().compute(progress_bar=False).array[0].T)) / 128**2
    projector = Projector(grid, Scatterers(table), voltage_kv=300, device=CPU)
    ky, kx = projector.n_rows // 2, projector.n_cols - 1
    expected = np.concatenate([spectrum[: ky + 1], spectrum[-ky:]])[:, : kx + 1]
    # abTEM computes in single precision
    np.testing.assert_allclose(projector.atom(58).numpy(), expected, rtol=2e-4)
