"""The movie job: counted electrons of a moving specimen, with its truth beside it.

The specimen is a random ceria surface or a column table, its changes are random or listed in a file.

Writes `<out>` (TIFF stack of counts with pixel size and frame time), `<stem>_truth.csv` (the count of every
column in every frame) and `<stem>_card.json` (what made it).
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from segdepth_app import __version__
from segdepth_app.commands import repeating_command
from segdepth_app.config import MovieConfig
from segdepth_app.csv_file import write_csv
from segdepth_app.errors import InputError
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Command, Reporter
from segdepth_app.specimen.build import SpecimenPlan, build_specimen
from segdepth_app.specimen.deviations import MAX_COUNT
from segdepth_app.specimen.movement import choose_switching, counts_after, counts_in_time
from segdepth_app.specimen.readers import read_changes, read_column_table
from segdepth_app.specimen.specimen import Specimen
from segdepth_app.units import PM_PER_ANGSTROM, dose_per_area

if TYPE_CHECKING:
    import torch

    from segdepth_app.microscope.frame import Frame

BRIGHT = 40.0
"""From this dose on counts need 16 bits: columns are up to 4 times as bright as vacuum, and 8 bits end at 255."""


def truth_path(out: Path) -> Path:
    """Where a movie's truth lies."""
    return out.with_name(out.stem + "_truth.csv")


def card_path(out: Path) -> Path:
    """Where a movie's card lies."""
    return out.with_name(out.stem + "_card.json")


def run(config: MovieConfig, reporter: Reporter) -> None:
    """Simulates every frame, counts electrons, writes the three files.

    Raises: InputError where the target exists or cannot be written, or the binning is not 1.
    """
    from segdepth_app.microscope.device import pick_device
    from segdepth_app.microscope.frame import frame_from_config

    out = writable_target(config.out)
    if out.exists():
        raise InputError(f"{out} exists already.", "Choose another name, or delete it first.")
    if config.grid.binning != 1:
        raise InputError("A movie is made of reference pixels.", "Set grid.binning to 1.")
    device = pick_device(config.device)
    reporter.started(device=str(device), folder=str(out.parent), version=__version__)

    rng = np.random.default_rng(config.seed)
    frame = frame_from_config(config.grid)
    moving = moving_specimen(config, frame, rng)
    if moving.n_outside:
        reporter.warning(f"Columns of {config.structure} outside the image were left out: {moving.n_outside}.")
    images = _Images(config, frame, moving.specimen, device)
    kind = np.uint8 if config.dose_e_per_px < BRIGHT else np.uint16
    frames = np.zeros((config.n_frames, *frame.shape), kind)
    for t in range(config.n_frames):
        expected = images.at(moving.counts[t]) * config.dose_e_per_px
        frames[t] = np.minimum(rng.poisson(expected), np.iinfo(kind).max)
        reporter.progress(t + 1, config.n_frames, "frames")
        if reporter.command() is not None:
            reporter.raise_if_cancelled()
            if reporter.command() in (Command.STOP, Command.PAUSE):
                return
    _write(config, out, frames, moving)
    for path in (out, truth_path(out), card_path(out)):
        reporter.artifact(path)


@dataclass(frozen=True)
class MovingSpecimen:
    """A specimen, and the counts that its columns have in every frame."""

    specimen: Specimen
    counts: np.ndarray  # (n_frames, n_columns), int8
    visible: np.ndarray  # rows of the columns in the image
    switching: np.ndarray  # rows of those that may change
    n_outside: int = 0  # columns of a file that were left out


def plan_of(config: MovieConfig) -> SpecimenPlan:
    """The random specimen of a movie."""
    return SpecimenPlan(config.surface, config.kind, config.thickness_atoms, "both")


def moving_specimen(config: MovieConfig, frame: "Frame", rng: np.random.Generator) -> MovingSpecimen:
    """The specimen of a movie, from a file or at random, and its counts, from a list of changes or at random.

    Raises: InputError for files that cannot be used.
    """
    n_outside = 0
    if config.structure is None:
        specimen = build_specimen(plan_of(config), frame.extent, rng)
    else:
        specimen, n_outside = _specimen_of_file(config.structure, frame)
    table = specimen.table
    visible = np.flatnonzero(frame.shows(table))
    if config.changes is None:
        switching = visible[choose_switching(table[visible], config.n_switching, rng)]
        counts = counts_in_time(
            table, switching, config.n_frames, rng, max_count=MAX_COUNT, mean_stay_frames=config.mean_stay_frames
        )
    else:
        changes = read_changes(config.changes, table, pixel=frame.pixel)
        switching = np.unique([change.row for change in changes])
        counts = counts_after(table, changes, config.n_frames)
    return MovingSpecimen(specimen, counts, visible, switching, n_outside)


def _specimen_of_file(path: Path, frame: "Frame") -> tuple[Specimen, int]:
    """The specimen of a column table, without the columns outside the field, and how many of those there were."""
    specimen = read_column_table(path, pixel=frame.pixel)
    x0, x1, y0, y1 = frame.extent  # what lies outside would come in again at the other side
    x, y = specimen.table["x"], specimen.table["y"]
    inside = (x >= x0) & (x < x1) & (y >= y0) & (y < y1)
    if not frame.shows(specimen.table).any():
        raise InputError(
            f"No column of {path} lies in the image.", "Check the pixel size, and the height and width of the image."
        )
    return replace(specimen, table=specimen.table[inside]), int((~inside).sum())


class _Images:
    """Clean images by the counts that made them; most frames repeat an earlier state."""

    def __init__(self, config: MovieConfig, frame: "Frame", specimen: Specimen, device: "torch.device") -> None:
        from segdepth_app.datasets.draws import draw_optics
        from segdepth_app.microscope.mtf import mtf_of

        self.config, self.frame, self.specimen, self.device = config, frame, specimen, device
        self.plan = plan_of(config)
        self.mtf = mtf_of(config.detector)
        optics = config.optics
        # generators of their own: those of the columns and of the noise give what they always gave
        self.rng = np.random.default_rng([config.seed, 1])
        self.index, self.temperature_k = draw_optics(optics, 0, 1, *self.rng.spawn(2))
        self.index["c1_nm"] = (optics.c1_low_nm + optics.c1_high_nm) / 2
        self.index["focal_spread_1e_nm"] = (optics.focal_spread_1e_low_nm + optics.focal_spread_1e_high_nm) / 2
        self.index["image_spread_pm"] = (optics.image_spread_low_pm + optics.image_spread_high_pm) / 2
        if optics.potential == "mixed":
            self.index["potential"] = "lobato"
        self.known: dict[bytes, np.ndarray] = {}

    def at(self, counts: np.ndarray) -> np.ndarray:
        """The clean image, float32 (H, W), vacuum = 1."""
        key = counts.tobytes()
        if key not in self.known:
            from segdepth_app.datasets.simulate_one import Scene, focal_stack, stack_image, waves_of

            table = self.specimen.table.copy()
            table["count"] = counts
            specimen = replace(self.specimen, table=table)
            scene = Scene(specimen, self.plan, self.frame, 0.0, self.index, self.temperature_k, self.rng)
            waves = waves_of([scene], self.device)[0]
            stack = focal_stack(waves, self.frame, self.config.optics, self.index)
            self.known[key] = np.maximum(stack_image(stack, self.index[0], self.mtf), 0)
        return self.known[key]


def _write(config: MovieConfig, out: Path, frames: np.ndarray, moving: MovingSpecimen) -> None:
    import tifffile
    from ase.data import chemical_symbols

    table, counts = moving.specimen.table[moving.visible], moving.counts[:, moving.visible]
    switching = np.isin(moving.visible, moving.switching)
    pixel_nm = config.grid.pixel_size_pm / 1000
    with written_whole(out) as temporary:
        tifffile.imwrite(
            temporary,
            frames,
            imagej=True,
            resolution=(1 / pixel_nm, 1 / pixel_nm),
            metadata={"axes": "TYX", "unit": "nm", "finterval": config.frame_time_s},
            compression="zlib",
        )
    scale = PM_PER_ANGSTROM / config.grid.pixel_size_pm
    places = [
        (chemical_symbols[int(row["element"])], f"{row['x'] * scale:.2f}", f"{row['y'] * scale:.2f}") for row in table
    ]
    rows = ((t, i, *place, counts[t, i]) for t in range(len(counts)) for i, place in enumerate(places))
    write_csv(truth_path(out), ("frame", "column", "element", "x_px", "y_px", "atoms"), rows)
    changes = np.argwhere(np.diff(counts, axis=0) != 0)
    card = {
        "format": "segdepth-movie-1",
        "version": __version__,
        "command": repeating_command("movie", config, leave_out={"out", "device"}, out=out.name),
        "config": json.loads(config.model_dump_json(exclude={"out"})),
        "dose_e_per_a2": dose_per_area(config.dose_e_per_px, config.grid.pixel_size_pm),
        "columns": len(table),
        "switching_columns": [int(i) for i in np.flatnonzero(switching)],
        "changes": [
            {"frame": int(t) + 1, "column": int(i), "from": int(counts[t, i]), "to": int(counts[t + 1, i])}
            for t, i in changes
        ],
    }
    with written_whole(card_path(out)) as temporary:
        temporary.write_text(json.dumps(card, indent=1), encoding="utf-8")
