"""The image job: one clean or noisy image of a column table, CIF or XYZ.

The image's field repeats periodically, as in other multislice programs: columns cut by an edge see what
wraps around within about 2 Å of it. Focus refers to one slice behind the last layer of the thickest column.
"""

import json
from math import ceil
from pathlib import Path

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import ImageConfig
from segdepth_app.errors import InputError
from segdepth_app.microscope.detector import count_electrons
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.specimen.readers import read_atoms, read_column_table
from segdepth_app.units import angstrom_from_mm, angstrom_from_nm, angstrom_from_pm, angstrom_from_um

WAVE_SAMPLING = 0.08
FOCAL_STEP = 10.0
B_FACTORS = {"Ce": 0.30, "O": 0.485}
OTHER_B_FACTOR = 0.5
SUFFIXES = (".tif", ".tiff", ".npy", ".png")


def run(config: ImageConfig, reporter: Reporter) -> None:
    """Computes and writes the image. Raises: InputError for a bad structure or target."""
    from segdepth_app.microscope.device import pick_device

    if config.out.suffix.lower() not in SUFFIXES:
        raise InputError(f"Cannot write {config.out}.", f"The name must end in {', '.join(SUFFIXES)}.")
    out = writable_target(config.out)
    device = pick_device(config.device)
    reporter.started(device=str(device), folder=str(out.parent), version=__version__)
    image = simulate_image(config, device.type)
    if config.dose_e_per_px is not None:
        image = count_electrons(image, dose_e_per_px=config.dose_e_per_px, rng=np.random.default_rng(config.seed))
    _save(out, image, config)
    reporter.progress(1, 1, "image")
    reporter.artifact(out)


def simulate_image(config: ImageConfig, device_name: str = "cpu") -> np.ndarray:
    """The clean image, float32 (H, W), vacuum = 1."""
    import torch
    from scipy.fft import next_fast_len

    from segdepth_app.microscope.atoms import exit_wave_of_atoms
    from segdepth_app.microscope.focal import FocalStack, Lens, focal_nodes
    from segdepth_app.microscope.frame import Frame
    from segdepth_app.microscope.slices import Scatterers, WaveGrid, exit_wave

    device = torch.device(device_name)
    pixel = angstrom_from_pm(config.pixel_size_pm)
    shape = config.height_px, config.width_px
    wave_y, wave_x = (next_fast_len(ceil(n * pixel / WAVE_SAMPLING)) for n in shape)
    frame = Frame(pixel=pixel, binning=1, shape=shape, margin=0, wave_shape=(wave_y, wave_x))
    grid = WaveGrid(frame.wave_shape, frame.field)
    if config.structure.suffix.lower() == ".csv":
        columns = read_column_table(config.structure, pixel=pixel)
        columns["x"] += frame.origin
        columns["y"] += frame.origin
        wave = exit_wave(
            columns, grid, Scatterers(config.potential, B_FACTORS), voltage_kv=config.voltage_kv, device=device
        )
    else:
        atoms = _filling(read_atoms(config.structure), frame.field)
        b_factors = {symbol: B_FACTORS.get(symbol, OTHER_B_FACTOR) for symbol in set(atoms.symbols)}
        wave = exit_wave_of_atoms(
            atoms, grid, Scatterers(config.potential, b_factors), voltage_kv=config.voltage_kv, device=device
        )
    c1, spread = angstrom_from_nm(config.defocus_nm), angstrom_from_nm(config.focal_spread_nm)
    lens = Lens(
        config.voltage_kv,
        angstrom_from_um(config.c3_um),
        angstrom_from_mm(config.c5_mm),
        config.semiangle_1e_mrad * 1e-3,
    )
    image_spread = angstrom_from_pm(config.image_spread_pm)
    nodes = focal_nodes(c1, c1, spread, spread, step=FOCAL_STEP)
    stack = FocalStack(wave, frame, lens, nodes)
    return stack.image(c1=c1, focal_spread_1e=spread, image_spread=image_spread).cpu().numpy()


def _filling(atoms, field: tuple[float, float]):  # type: ignore[no-untyped-def]
    """A crystal repeated over the field (and cut at its edges), a cluster moved to its middle."""
    if atoms.cell.rank == 3 and atoms.pbc[:2].any():
        repeats = [
            max(1, ceil(length / side)) for length, side in zip(field[::-1], atoms.cell.lengths()[:2], strict=True)
        ]
        atoms = atoms.repeat((*repeats, 1))
        keep = (atoms.positions[:, 0] < field[1]) & (atoms.positions[:, 1] < field[0])
        return atoms[keep]
    middle = (atoms.positions.max(axis=0) + atoms.positions.min(axis=0)) / 2
    atoms.positions[:, :2] += np.array([field[1] / 2, field[0] / 2]) - middle[:2]
    return atoms


def _save(out: Path, image: np.ndarray, config: ImageConfig) -> None:
    facts = {"version": __version__, **json.loads(config.model_dump_json(exclude={"out"}))}
    suffix = out.suffix.lower()
    with written_whole(out) as temporary, temporary.open("wb") as stream:
        if suffix == ".npy":
            np.save(stream, image)
        elif suffix == ".png":
            from PIL import Image, PngImagePlugin

            info = PngImagePlugin.PngInfo()
            info.add_text("segdepth", json.dumps(facts))
            low, high = float(image.min()), float(image.max())
            grey = np.rint((image - low) / max(high - low, 1e-9) * 255).astype(np.uint8)
            Image.fromarray(grey).save(stream, format="png", pnginfo=info)
        else:
            import tifffile

            nm = config.pixel_size_pm / 1000
            tifffile.imwrite(
                stream,
                image,
                imagej=True,
                resolution=(1 / nm, 1 / nm),
                metadata={"axes": "YX", "unit": "nm", "Info": json.dumps(facts)},
            )
