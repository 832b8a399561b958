"""The convergence job: what the sampling of a dataset's settings costs in accuracy, and what a finer one in time.

One specimen of the settings, three images of it: both ends and the middle of the defocus range, at the lowest focal
and image spread, where errors show most. Each wave sampling is compared with the finest, and, separately, the
focal step and its half with its quarter. The grid is cut to 512 px each way, which changes the time but not the
error. Thermal motion is that of damped potentials, whatever the settings say: the noise of frozen phonons would
hide the rest.

The error is the rms of the difference over the standard deviation of the reference image, and the largest
difference at a column's centre in per cent of the vacuum level; of the three images the worst.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from segdepth_app import __version__
from segdepth_app.config import ConvergenceConfig, OpticsConfig, SimulateConfig
from segdepth_app.datasets.labels import pixel_positions
from segdepth_app.datasets.plan import plan_dataset
from segdepth_app.datasets.simulate_one import Scene, draw_scene, focal_stack, stack_image, waves_of, within_image
from segdepth_app.microscope.device import pick_device
from segdepth_app.microscope.frame import frame_from_config
from segdepth_app.microscope.mtf import mtf_of
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.units import PM_PER_ANGSTROM

LARGEST_EDGE_PX = 512


@dataclass(frozen=True)
class Made:
    """Images at one sampling and one focal step."""

    images: np.ndarray  # float64 (3, H, W)
    seconds: float
    samples: str
    """Of the wave."""


def run(config: ConvergenceConfig, reporter: Reporter) -> None:
    """Gives the table of errors and times, and writes it where `out` is named.

    Raises: InputError for a target that cannot be written, or an unusable structure or MTF file.
    """
    target = None if config.out is None else writable_target(config.out)
    device = pick_device(config.device)
    reporter.started(device=str(device), version=__version__)
    study = Study(config, device)
    if study.cut:
        reporter.warning(study.cut)
    rows = []
    for row in study.rows():
        rows.append(row)
        reporter.progress(len(rows), study.n_rows, "samplings")
        reporter.raise_if_cancelled()
    reporter.table("convergence", rows)
    if target is not None:
        facts = {"format": "segdepth-convergence-1", "version": __version__, "device": str(device), "rows": rows}
        settings = config.model_dump(mode="json", exclude={"out"})
        with written_whole(target) as temporary:
            temporary.write_text(json.dumps({**facts, "note": study.cut, "config": settings}, indent=1), "utf-8")
        reporter.artifact(target)


class Study:
    """One specimen, imaged at several samplings and focal steps."""

    def __init__(self, config: ConvergenceConfig, device: torch.device) -> None:
        self.config = config
        self.device = device
        self.settings, self.cut = _settings(config)
        optics = self.settings.optics
        scene = draw_scene(self.settings, plan_dataset(self.settings)[0])
        index = scene.index.copy()
        index["c1_nm"] = np.linspace(optics.c1_low_nm, optics.c1_high_nm, len(index))
        index["focal_spread_1e_nm"] = optics.focal_spread_1e_low_nm
        index["image_spread_pm"] = optics.image_spread_low_pm
        self.scene = replace(scene, index=index)
        self.mtf = mtf_of(self.settings.detector)
        columns = within_image(scene.specimen.projected(), scene.frame)
        pixel_pm = scene.frame.pixel * PM_PER_ANGSTROM
        centres = pixel_positions(columns, pixel_size_pm=pixel_pm, binning=scene.frame.binning)
        height, width = scene.frame.shape
        self.centres = np.clip(np.rint(centres).astype(int), 0, (height - 1, width - 1)).T

    @property
    def n_rows(self) -> int:
        """How many rows there will be."""
        return len(self.config.samplings_pm) + 1 + (3 if self._has_focal_step() else 0)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The reference and every wave sampling, then the same of focal steps."""
        optics, at = self.settings.optics, self.settings.grid.wave_sampling_pm
        reference = self.made(self.config.against_pm, optics)
        yield self._row("wave sampling", f"{self.config.against_pm:g} pm", reference, None)
        for sampling in self.config.samplings_pm:
            yield self._row("wave sampling", f"{sampling:g} pm", self.made(sampling, optics), reference)
        if not self._has_focal_step():
            return
        step = optics.focal_step_nm
        finest = self.made(at, _with_step(optics, step / 4))
        yield self._row("focal step", f"{step / 4:g} nm", finest, None)
        for divided in (step / 2, step):
            yield self._row("focal step", f"{divided:g} nm", self.made(at, _with_step(optics, divided)), finest)

    def made(self, sampling_pm: float, optics: OpticsConfig) -> Made:
        """The three images at one sampling of the wave and one focal step."""
        grid = self.settings.grid.model_copy(update={"wave_sampling_pm": sampling_pm})
        # the field is that of the stored pixels, whatever the sampling: images compare pixel by pixel
        frame = replace(self.scene.frame, wave_shape=frame_from_config(grid).wave_shape)
        scene: Scene = replace(self.scene, frame=frame)
        begun = time.perf_counter()
        stack = focal_stack(waves_of([scene], self.device)[0], frame, optics, scene.index)
        images = np.stack([stack_image(stack, row, self.mtf) for row in scene.index])
        height, width = frame.wave_shape
        return Made(images.astype(float), time.perf_counter() - begun, f"{height} × {width}")

    def _has_focal_step(self) -> bool:
        return self.settings.optics.focal_spread_1e_low_nm > 0

    def _row(self, what: str, value: str, made: Made, reference: Made | None) -> dict[str, Any]:
        errors = (None, None) if reference is None else self.errors(made.images, reference.images)
        return {
            "varied": what,
            "value": value if reference is not None else f"{value} (reference)",
            "wave_samples": made.samples,
            "rms_percent": errors[0],
            "centre_percent": errors[1],
            "seconds": round(made.seconds, 3),
        }

    def errors(self, images: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
        """Of the worst image: rms over the reference's spread, and the largest error at a centre; in per cent."""
        apart = images - reference
        rms = np.sqrt((apart**2).mean(axis=(1, 2))) / reference.std(axis=(1, 2))
        at_centres = np.abs(apart[:, *self.centres])
        return round(100 * float(rms.max()), 4), round(100 * float(at_centres.max(initial=0)), 4)


def _settings(config: ConvergenceConfig) -> tuple[SimulateConfig, str]:
    """Settings of one specimen with three images, and what was left out of the grid, in words."""
    grid = config.grid
    height, width = min(grid.height_px, LARGEST_EDGE_PX), min(grid.width_px, LARGEST_EDGE_PX)
    cut = ""
    if (height, width) != (grid.height_px, grid.width_px):
        cut = (
            f"Computed on {height} × {width} px of the {grid.height_px} × {grid.width_px}: times are those of the "
            "smaller image, errors do not depend on it."
        )
    settings = SimulateConfig(
        out=Path("unused.h5"),
        specimen=config.specimen,
        optics=config.optics.model_copy(update={"thermal": "debye-waller"}),
        grid=grid.model_copy(update={"height_px": height, "width_px": width}),
        detector=config.detector,
        n_specimens=1,
        n_defoci=3,
        validation_share=0,
        test_share=0,
        seed=config.seed,
    )
    return settings, cut


def _with_step(optics: OpticsConfig, step_nm: float) -> OpticsConfig:
    return optics.model_copy(update={"focal_step_nm": step_nm})
