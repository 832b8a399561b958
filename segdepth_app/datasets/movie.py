"""The movie job: counted electrons of a moving ceria surface, with its truth beside it.

Writes `<out>` (TIFF stack of counts with pixel size and frame time), `<stem>_truth.csv` (the count of every
column in every frame) and `<stem>_card.json` (what made it).
"""

import csv
import json
from pathlib import Path

import numpy as np

from segdepth_app import __version__
from segdepth_app.commands import repeating_command
from segdepth_app.config import MovieConfig
from segdepth_app.errors import InputError
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Command, Reporter
from segdepth_app.specimen.build import MAX_COUNT, SpecimenPlan, build_specimen
from segdepth_app.specimen.movement import choose_switching, counts_in_time
from segdepth_app.specimen.table import SYMBOLS
from segdepth_app.units import PM_PER_ANGSTROM, dose_per_area


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
    plan = SpecimenPlan(config.surface, config.kind, config.thickness_atoms, "both")
    table = build_specimen(plan, frame.extent, rng)
    half = frame.pixel / 2
    height, width = (n * frame.pixel for n in frame.shape)
    x, y = table["x"] + half, table["y"] + half
    visible = np.flatnonzero((x >= 0) & (x < width) & (y >= 0) & (y < height))
    switching = visible[choose_switching(table[visible], config.n_switching, rng)]
    counts = counts_in_time(table, switching, config.n_frames, rng, max_count=MAX_COUNT)

    images = _Images(config, table, device)
    frames = np.zeros((config.n_frames, *frame.shape), np.uint8)
    for t in range(config.n_frames):
        expected = images.at(counts[t]) * config.dose_e_per_px
        frames[t] = np.minimum(rng.poisson(expected), 255)
        reporter.progress(t + 1, config.n_frames, "frames")
        if reporter.command() is not None:
            reporter.raise_if_cancelled()
            if reporter.command() in (Command.STOP, Command.PAUSE):
                return
    _write(config, out, frames, table[visible], counts[:, visible], np.isin(visible, switching))
    for path in (out, truth_path(out), card_path(out)):
        reporter.artifact(path)


class _Images:
    """Clean images by the counts that made them; most frames repeat an earlier state."""

    def __init__(self, config: MovieConfig, table: np.ndarray, device: object) -> None:
        from segdepth_app.datasets.store import IMAGE_DTYPE
        from segdepth_app.microscope.frame import frame_from_config

        self.config = config
        self.table = table
        self.device = device
        self.frame = frame_from_config(config.grid)
        optics = config.optics
        row = np.zeros(1, IMAGE_DTYPE)
        row["c1_nm"] = (optics.c1_low_nm + optics.c1_high_nm) / 2
        row["focal_spread_1e_nm"] = (optics.focal_spread_1e_low_nm + optics.focal_spread_1e_high_nm) / 2
        row["image_spread_pm"] = (optics.image_spread_low_pm + optics.image_spread_high_pm) / 2
        self.row = row
        self.known: dict[bytes, np.ndarray] = {}

    def at(self, counts: np.ndarray) -> np.ndarray:
        """The clean image, float32 (H, W), vacuum = 1."""
        key = counts.tobytes()
        if key not in self.known:
            from segdepth_app.datasets.simulate_one import focal_stack, stack_image

            table = self.table.copy()
            table["count"] = counts
            potential = "lobato" if self.config.optics.potential == "mixed" else self.config.optics.potential
            stack = focal_stack(table, self.frame, self.config.optics, potential, self.row, self.device)  # type: ignore[arg-type]
            self.known[key] = np.maximum(stack_image(stack, self.row[0]), 0)
        return self.known[key]


def _write(
    config: MovieConfig, out: Path, frames: np.ndarray, table: np.ndarray, counts: np.ndarray, switching: np.ndarray
) -> None:
    import tifffile

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
    with written_whole(truth_path(out)) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["frame", "column", "element", "x_px", "y_px", "atoms"])
        for t in range(len(counts)):
            for i, row in enumerate(table):
                writer.writerow(
                    [
                        t,
                        i,
                        SYMBOLS[int(row["element"])],
                        f"{row['x'] * scale:.2f}",
                        f"{row['y'] * scale:.2f}",
                        counts[t, i],
                    ]
                )
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
