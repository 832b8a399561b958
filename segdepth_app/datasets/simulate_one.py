"""Planned specimens → their column tables and images, ready to be stored."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch

from segdepth_app.config import OpticsConfig, SimulateConfig
from segdepth_app.datasets.draws import draw_optics, draw_pixel_error
from segdepth_app.datasets.plan import PlannedSpecimen, specimen_rng
from segdepth_app.datasets.store import SPECIMEN_DTYPE, SimulatedSpecimen
from segdepth_app.microscope.focal import FocalStack, Lens, Transfer, Waves, focal_nodes
from segdepth_app.microscope.frame import Frame, frame_from_config
from segdepth_app.microscope.mtf import mtf_of
from segdepth_app.microscope.projection import Scatterers, WaveGrid
from segdepth_app.microscope.slices import exit_waves, slab_of
from segdepth_app.specimen.build import SpecimenPlan, build_specimen, drawn_plan
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.units import angstrom_from_mm, angstrom_from_nm, angstrom_from_pm, angstrom_from_um

PHONONS_AT_ONCE = 4
"""The same everywhere, since it decides the order of draws."""


@dataclass(frozen=True)
class Scene:
    """One specimen in front of the microscope, with all that was drawn for it."""

    specimen: Specimen
    plan: SpecimenPlan
    frame: Frame
    pixel_error: float
    """True over reference pixel size, less 1."""
    index: np.ndarray  # datasets.store.IMAGE_DTYPE, (k,)
    temperature_k: float
    rng: np.random.Generator  # of the displacements of frozen phonons


def simulate_specimen(config: SimulateConfig, planned: PlannedSpecimen, device: torch.device) -> SimulatedSpecimen:
    """Builds the specimen, computes its exit wave once, and all its images from one focal stack."""
    return simulate_specimens(config, [planned], device)[0]


def simulate_specimens(
    config: SimulateConfig, planned: Sequence[PlannedSpecimen], device: torch.device
) -> list[SimulatedSpecimen]:
    """Several specimens, their exit waves computed together; each is what it would be alone."""
    scenes = [draw_scene(config, item) for item in planned]
    mtf = mtf_of(config.detector)
    made = []
    for item, scene, waves in zip(planned, scenes, waves_of(scenes, device), strict=True):
        stack = focal_stack(waves, scene.frame, config.optics, scene.index)
        images = np.stack([stack_image(stack, row, mtf) for row in scene.index]).astype(np.float16)
        columns = within_image(seen_by_the_beam(scene).projected(), scene.frame)
        # stored positions are those in the image, in Å of the reference pixel
        for axis in "xy" if scene.pixel_error else "":
            columns[axis] /= 1 + scene.pixel_error
        made.append(
            SimulatedSpecimen(_specimen_row(config, item, scene), columns, images, scene.index, scene.plan.crystal)
        )
    return made


def draw_scene(config: SimulateConfig, planned: PlannedSpecimen) -> Scene:
    """All that chance decides about one specimen, from its own generator."""
    rng = specimen_rng(config.seed, planned.id)
    # what is drawn from here leaves the rest of a seed's specimen as it is
    beside = rng.spawn(1)[0]
    frame = frame_from_config(config.grid)
    plan = drawn_plan(config.specimen, planned.plan.kind, planned.plan.surface, planned.plan.thickness, beside)
    pixel_error = draw_pixel_error(config.grid, beside)
    frame = replace(frame, pixel=frame.pixel * (1 + pixel_error)) if pixel_error else frame
    specimen = build_specimen(plan, frame.extent, rng)
    index, temperature_k = draw_optics(config.optics, planned.id, config.n_defoci, rng, beside)
    return Scene(specimen, plan, frame, pixel_error, index, temperature_k, beside)


def waves_of(scenes: Sequence[Scene], device: torch.device) -> list[Iterable[torch.Tensor]]:
    """The exit waves (H, W) of each scene: one, or one for each configuration of frozen phonons.

    Configurations come a few at a time, when asked for: a hundred of them would not fit into memory.
    """
    if any(scene.index["n_phonons"][0] > 1 for scene in scenes):
        return [_configurations(scene, device) for scene in scenes]
    return [[wave] for wave in _waves(scenes, device)]


def _configurations(scene: Scene, device: torch.device) -> Iterator[torch.Tensor]:
    n = int(scene.index["n_phonons"][0])
    for done in range(0, n, PHONONS_AT_ONCE):
        yield from _waves([scene] * min(PHONONS_AT_ONCE, n - done), device)


def _waves(scenes: Sequence[Scene], device: torch.device) -> torch.Tensor:
    return exit_waves(
        [slab_of(seen_by_the_beam(s), scatterers_of(s.index[0]), origin=s.frame.origin) for s in scenes],
        [WaveGrid(scene.frame.wave_shape, scene.frame.field) for scene in scenes],
        voltage_kv=float(scenes[0].index["voltage_kv"][0]),
        device=device,
        rngs=[scene.rng for scene in scenes],
    )


def seen_by_the_beam(scene: Scene) -> Specimen:
    """The specimen in the frame of the beam: a beam that leans one way sees it lean the other."""
    beam = lens_of(scene.index[0]).beam_tilt
    if beam == (0.0, 0.0):
        return scene.specimen
    tilt = scene.specimen.tilt
    return replace(scene.specimen, tilt=(tilt[0] - beam[0], tilt[1] - beam[1]))


def scatterers_of(row: np.void) -> Scatterers:
    """How atoms scatter in an image with this row of IMAGE_DTYPE."""
    return Scatterers(
        row["potential"].decode(),
        {"Ce": float(row["b_ce_a2"]), "O": float(row["b_o_a2"])},
        default_b=float(row["b_other_a2"]),
        frozen_phonons=row["thermal"] == b"frozen-phonon",
    )


def lens_of(row: np.void) -> Lens:
    """The lens of an image with this row of IMAGE_DTYPE."""
    return Lens(
        voltage_kv=float(row["voltage_kv"]),
        c3=angstrom_from_um(float(row["c3_um"])),
        c5=angstrom_from_mm(float(row["c5_mm"])),
        semiangle_1e=float(row["semiangle_1e_mrad"]) * 1e-3,
        c12=angstrom_from_nm(float(row["c12_nm"])),
        c12_angle=float(np.deg2rad(row["c12_angle_deg"])),
        c21=angstrom_from_nm(float(row["c21_nm"])),
        c21_angle=float(np.deg2rad(row["c21_angle_deg"])),
        beam_tilt=(float(row["beam_tilt_x_mrad"]) * 1e-3, float(row["beam_tilt_y_mrad"]) * 1e-3),
    )


def focal_stack(waves: Waves, frame: Frame, optics: OpticsConfig, index: np.ndarray) -> FocalStack:
    """The focal stack that serves all images in `index` (IMAGE_DTYPE), whose lens is the same."""
    lens = lens_of(index[0])
    c1, spread = angstrom_from_nm(1) * index["c1_nm"], angstrom_from_nm(1) * index["focal_spread_1e_nm"]
    if spread.max() == 0:
        return FocalStack(waves, frame, lens, sorted({float(value) for value in c1}))
    nodes = focal_nodes(
        float(c1.min()),
        float(c1.max()),
        float(spread.min()),
        float(spread.max()),
        step=angstrom_from_nm(optics.focal_step_nm),
    )
    return FocalStack(waves, frame, lens, nodes)


def stack_image(stack: FocalStack, row: np.void, mtf: Transfer | None = None) -> np.ndarray:
    """The image with the optics of one row of IMAGE_DTYPE, float32 (H, W)."""
    image = stack.image(
        c1=angstrom_from_nm(float(row["c1_nm"])),
        focal_spread_1e=angstrom_from_nm(float(row["focal_spread_1e_nm"])),
        image_spread=angstrom_from_pm(float(row["image_spread_pm"])),
        mtf=mtf,
    )
    return image.cpu().numpy()


def within_image(columns: np.ndarray, frame: Frame) -> np.ndarray:
    """The columns whose centres lie in the image; the field's margin is dropped."""
    return columns[frame.shows(columns)]


def _specimen_row(config: SimulateConfig, planned: PlannedSpecimen, scene: Scene) -> np.void:
    row = np.zeros(1, SPECIMEN_DTYPE)
    plan = scene.plan
    row["id"], row["split"] = planned.id, planned.split
    row["kind"], row["surface"] = plan.kind, plan.surface
    row["thickness"], row["seed"] = plan.thickness, config.seed
    row["crystal"] = plan.crystal.name[:48]
    row["rotation_deg"], row["lattice_scale"] = np.rad2deg(plan.rotation), plan.lattice_scale
    row["tilt_x_deg"], row["tilt_y_deg"] = np.rad2deg(plan.tilt)
    row["temperature_k"] = scene.temperature_k
    row["support_thickness_nm"], row["neighbour"] = plan.support_thickness / 10, plan.neighbour
    row["pixel_error_percent"] = 100 * scene.pixel_error
    return row[0]
