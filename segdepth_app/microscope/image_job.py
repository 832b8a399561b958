"""The image job: one clean or noisy image of a column table, CIF or XYZ.

The image's field repeats periodically, as in other multislice programs: columns cut by an edge see what
wraps around within about 2 Å of it. Focus refers to one slice behind the last layer of the thickest column.
Frozen phonons: the intensities of several configurations of displaced atoms are averaged, then electrons are counted.
"""

import json
from collections.abc import Iterator
from math import ceil, radians
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import DetectorConfig, ImageConfig
from segdepth_app.errors import InputError
from segdepth_app.microscope.detector import count_electrons
from segdepth_app.microscope.image_file import SUFFIXES, save_image
from segdepth_app.paths import writable_target
from segdepth_app.reporting import Reporter
from segdepth_app.units import (
    angstrom_from_mm,
    angstrom_from_nm,
    angstrom_from_pm,
    angstrom_from_um,
    dose_per_area,
)

if TYPE_CHECKING:
    import torch

    from segdepth_app.microscope.focal import FocalStack, Lens
    from segdepth_app.microscope.frame import Frame

WAVE_SAMPLING = {"debye-waller": 0.08, "frozen-phonon": 0.053}
"""Å. Atoms that are displaced instead of damped are sharper: 1.0 % off at 5.3 pm, 1.9 % at 8 pm (against 1.8 pm)."""
FOCAL_STEP = 10.0


def run(config: ImageConfig, reporter: Reporter) -> None:
    """Computes and writes the image. Raises: InputError for a bad structure, MTF file or target; Cancelled."""
    from segdepth_app.microscope.device import pick_device

    if config.out.suffix.lower() not in SUFFIXES:
        raise InputError(f"Cannot write {config.out}.", f"The name must end in {', '.join(SUFFIXES)}.")
    out = writable_target(config.out)
    device = pick_device(config.device)
    reporter.started(device=str(device), folder=str(out.parent), version=__version__)
    image = simulate_image(config, device.type, reporter)
    if config.dose_e_per_px is not None:
        image = count_electrons(image, dose_e_per_px=config.dose_e_per_px, rng=np.random.default_rng(config.seed))
    facts = {"version": __version__, **json.loads(config.model_dump_json(exclude={"out"}))}
    if config.dose_e_per_px is not None:
        facts["dose_e_per_a2"] = dose_per_area(config.dose_e_per_px, config.pixel_size_pm)
    for path in (*save_image(out, image, facts), *_save_columns(config, out)):
        reporter.artifact(path)


def _save_columns(config: ImageConfig, out: Path) -> list[Path]:
    """The columns of a structure that is none itself, found by projecting its atoms, beside the image."""
    from segdepth_app.microscope.structure_slab import columns_of, slab_of_structure
    from segdepth_app.specimen.projection import write_column_table

    if config.structure.suffix.lower() == ".csv":
        return []
    frame = _frame(config)
    path = out.with_name(out.stem + "_columns.csv")
    write_column_table(path, columns_of(slab_of_structure(config, frame)[0], frame), pixel=frame.pixel)
    return [path]


def simulate_image(config: ImageConfig, device_name: str = "cpu", reporter: Reporter | None = None) -> np.ndarray:
    """The clean image, float32 (H, W), vacuum = 1. Raises: InputError for a bad structure or MTF file; Cancelled."""
    reporter = reporter or Reporter()
    total = np.zeros((config.height_px, config.width_px))
    n = config.n_phonons if config.thermal == "frozen-phonon" else 1
    for done, image in enumerate(_configurations(config, n, device_name, reporter), start=1):
        total += image
        reporter.progress(done, n, "configurations" if n > 1 else "image")
        reporter.raise_if_cancelled()
    return (total / n).astype(np.float32)


def _configurations(config: ImageConfig, n: int, device_name: str, reporter: Reporter) -> Iterator[np.ndarray]:
    """The clean image of each of n configurations of atoms; they differ with frozen phonons."""
    import torch

    from segdepth_app.microscope.mtf import mtf_of
    from segdepth_app.microscope.projection import WaveGrid
    from segdepth_app.microscope.slices import exit_wave
    from segdepth_app.microscope.structure_slab import slab_of_structure

    mtf = None if config.mtf_file is None else mtf_of(DetectorConfig(mtf="file", mtf_file=config.mtf_file))
    frame = _frame(config)
    slab, n_outside = slab_of_structure(config, frame)
    if n_outside:
        reporter.warning(f"{n_outside} columns or atoms of {config.structure.name} lie outside the image.")
    device = torch.device(device_name)
    # the noise keeps the seed's own generator
    rng = np.random.default_rng(config.seed).spawn(1)[0]
    for _ in range(n):
        wave = exit_wave(
            slab, WaveGrid(frame.wave_shape, frame.field), voltage_kv=config.voltage_kv, device=device, rng=rng
        )
        image = _stack(wave, frame, config).image(
            c1=angstrom_from_nm(config.defocus_nm),
            focal_spread_1e=angstrom_from_nm(config.focal_spread_nm),
            image_spread=angstrom_from_pm(config.image_spread_pm),
            mtf=mtf,
        )
        yield image.cpu().numpy()


def _frame(config: ImageConfig) -> "Frame":
    from scipy.fft import next_fast_len

    from segdepth_app.microscope.frame import Frame

    pixel = angstrom_from_pm(config.pixel_size_pm)
    shape = config.height_px, config.width_px
    step = WAVE_SAMPLING[config.thermal]
    wave_y, wave_x = (next_fast_len(ceil(n * pixel / step)) for n in shape)
    return Frame(pixel=pixel, binning=1, shape=shape, margin=0, wave_shape=(wave_y, wave_x))


def _stack(wave: "torch.Tensor", frame: "Frame", config: ImageConfig) -> "FocalStack":
    from segdepth_app.microscope.focal import FocalStack, focal_nodes

    c1, spread = angstrom_from_nm(config.defocus_nm), angstrom_from_nm(config.focal_spread_nm)
    return FocalStack(wave, frame, _lens(config), focal_nodes(c1, c1, spread, spread, step=FOCAL_STEP))


def _lens(config: ImageConfig) -> "Lens":
    from segdepth_app.microscope.focal import Lens

    return Lens(
        voltage_kv=config.voltage_kv,
        c3=angstrom_from_um(config.c3_um),
        c5=angstrom_from_mm(config.c5_mm),
        semiangle_1e=config.semiangle_1e_mrad * 1e-3,
        c12=angstrom_from_nm(config.c12_nm),
        c12_angle=radians(config.c12_angle_deg),
        c21=angstrom_from_nm(config.c21_nm),
        c21_angle=radians(config.c21_angle_deg),
        beam_tilt=(config.beam_tilt_x_mrad * 1e-3, config.beam_tilt_y_mrad * 1e-3),
    )
