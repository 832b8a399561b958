"""The same code on another device: on torch's `meta` device, which refuses to mix with the CPU, as a GPU does.

It computes no numbers: what a GPU gives is not tested here, but that everything gets there and stays there.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch
from ceria_slabs import wedge_on_grid

from segdepth_app.config import DetectorConfig
from segdepth_app.microscope.focal import FocalStack, Lens
from segdepth_app.microscope.frame import Frame
from segdepth_app.microscope.mtf import mtf_of
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_waves, slab_of

META = torch.device("meta")
FRAME = Frame(0.053, 4, (60, 60), 4, (200, 200))
WARM = {"Ce": 0.3, "O": 0.485}


def waves(scatterers):
    """Two tilted slabs on the device, in one batch."""
    specimen = replace(wedge_on_grid(200, 0.08), tilt=(0.01, 0.0))
    grid = WaveGrid(FRAME.wave_shape, FRAME.field)
    slabs = [slab_of(specimen, scatterers, origin=origin) for origin in (0.0, FRAME.origin)]
    rngs = [np.random.default_rng(seed) for seed in (0, 1)]
    return exit_waves(slabs, [grid, grid], voltage_kv=300, device=META, rngs=rngs)


@pytest.mark.parametrize(
    "scatterers",
    [Scatterers("lobato", WARM), Scatterers("lobato"), Scatterers("lobato", WARM, frozen_phonons=True)],
    ids=["damped", "at rest", "frozen phonons"],
)
def test_waves_are_computed_where_they_were_asked_for(scatterers):
    made = waves(scatterers)
    assert made.device == META
    assert made.shape == (2, 200, 200)


@pytest.mark.parametrize("detector", [{"mtf": "ideal"}, {"mtf": "parametric"}])
def test_images_are_computed_where_the_wave_is(detector, monkeypatch):
    def some(condition):  # how many frequencies pass cannot be known without numbers
        return torch.empty((1000, 1), dtype=torch.long, device=META) if condition.device == META else found(condition)

    found = torch.nonzero
    monkeypatch.setattr(torch, "nonzero", some)
    lens = Lens(300, -9e4, 5e7, 2e-4, c12=10.0, c21=30.0, beam_tilt=(1e-3, 0.0))
    stack = FocalStack(waves(Scatterers("lobato", WARM)), FRAME, lens, [20.0, 40.0, 60.0])
    image = stack.image(c1=40, focal_spread_1e=40, image_spread=0.2, mtf=mtf_of(DetectorConfig(**detector)))
    assert image.device == META
    assert image.shape == (60, 60)
