"""One planned specimen → its column table and images, ready to be stored."""

import numpy as np
import torch

from segdepth_app.config import OpticsConfig, SimulateConfig
from segdepth_app.datasets.plan import PlannedSpecimen, specimen_rng
from segdepth_app.datasets.store import IMAGE_DTYPE, SPECIMEN_DTYPE, SimulatedSpecimen
from segdepth_app.microscope.focal import FocalStack, Lens, focal_nodes
from segdepth_app.microscope.frame import Frame, frame_from_config
from segdepth_app.microscope.slices import Scatterers, WaveGrid, exit_wave
from segdepth_app.specimen.build import build_specimen
from segdepth_app.units import angstrom_from_mm, angstrom_from_nm, angstrom_from_pm, angstrom_from_um


def simulate_specimen(config: SimulateConfig, planned: PlannedSpecimen, device: torch.device) -> SimulatedSpecimen:
    """Builds the specimen, computes its exit wave once, and all its images from one focal stack."""
    rng = specimen_rng(config.seed, planned.id)
    frame = frame_from_config(config.grid)
    columns = build_specimen(planned.plan, frame.extent, rng)
    optics = config.optics
    table = str(rng.choice(["lobato", "kirkland"])) if optics.potential == "mixed" else optics.potential
    index = _draw_optics(optics, table, planned.id, config.n_defoci, rng)
    stack = focal_stack(columns, frame, optics, table, index, device)
    images = np.stack([stack_image(stack, row) for row in index]).astype(np.float16)

    row = np.zeros(1, SPECIMEN_DTYPE)
    row["id"], row["split"] = planned.id, planned.split
    row["kind"], row["surface"] = planned.plan.kind, planned.plan.surface
    row["thickness"], row["seed"] = planned.plan.thickness, config.seed
    return SimulatedSpecimen(row[0], within_image(columns, frame), images, index)


def focal_stack(
    columns: np.ndarray, frame: Frame, optics: OpticsConfig, table: str, index: np.ndarray, device: torch.device
) -> FocalStack:
    """The focal stack that serves all images in `index` (IMAGE_DTYPE)."""
    shifted = columns.copy()
    shifted["x"] += frame.origin
    shifted["y"] += frame.origin
    scatterers = Scatterers(table, {"Ce": optics.b_ce_a2, "O": optics.b_o_a2})
    grid = WaveGrid(frame.wave_shape, frame.field)
    wave = exit_wave(shifted, grid, scatterers, voltage_kv=optics.voltage_kv, device=device)
    lens = Lens(
        voltage_kv=optics.voltage_kv,
        c3=angstrom_from_um(optics.c3_um),
        c5=angstrom_from_mm(optics.c5_mm),
        semiangle_1e=optics.semiangle_1e_mrad * 1e-3,
    )
    c1, spread = angstrom_from_nm(1) * index["c1_nm"], angstrom_from_nm(1) * index["focal_spread_1e_nm"]
    if spread.max() == 0:
        return FocalStack(wave, frame, lens, sorted({float(value) for value in c1}))
    nodes = focal_nodes(
        float(c1.min()),
        float(c1.max()),
        float(spread.min()),
        float(spread.max()),
        step=angstrom_from_nm(optics.focal_step_nm),
    )
    return FocalStack(wave, frame, lens, nodes)


def stack_image(stack: FocalStack, row: np.void) -> np.ndarray:
    """The image with the optics of one row of IMAGE_DTYPE, float32 (H, W)."""
    image = stack.image(
        c1=angstrom_from_nm(float(row["c1_nm"])),
        focal_spread_1e=angstrom_from_nm(float(row["focal_spread_1e_nm"])),
        image_spread=angstrom_from_pm(float(row["image_spread_pm"])),
    )
    return image.cpu().numpy()


def _draw_optics(optics: OpticsConfig, table: str, specimen: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Optics of n images: C1 stratified over its range, the rest drawn evenly."""
    index = np.zeros(n, IMAGE_DTYPE)
    index["specimen"], index["potential"] = specimen, table
    index["voltage_kv"], index["c3_um"], index["c5_mm"] = optics.voltage_kv, optics.c3_um, optics.c5_mm
    index["semiangle_1e_mrad"] = optics.semiangle_1e_mrad
    index["b_ce_a2"], index["b_o_a2"] = optics.b_ce_a2, optics.b_o_a2
    share = (np.arange(n) + rng.random(n)) / n
    index["c1_nm"] = optics.c1_low_nm + share * (optics.c1_high_nm - optics.c1_low_nm)
    index["focal_spread_1e_nm"] = rng.uniform(optics.focal_spread_1e_low_nm, optics.focal_spread_1e_high_nm, n)
    index["image_spread_pm"] = rng.uniform(optics.image_spread_low_pm, optics.image_spread_high_pm, n)
    return index


def within_image(columns: np.ndarray, frame: Frame) -> np.ndarray:
    """The columns whose centres lie in the image; the field's margin is dropped."""
    half = frame.pixel / 2
    height, width = (n * frame.stored_pixel for n in frame.shape)
    x, y = columns["x"] + half, columns["y"] + half
    return columns[(x >= 0) & (x < width) & (y >= 0) & (y < height)]
