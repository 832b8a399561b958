"""Finished specimens of a dataset in the making: one file each, in `<out>.parts`, until all are there.

A part is written under a temporary name and moved, so a kill at any moment leaves whole parts only. The disk is
watched: where it gets full the job stops in time, with all that is finished kept.
"""

import errno
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.store import SimulatedSpecimen, crystal_from_json, crystal_json
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.paths import written_whole

BYTES_PER_STORED_PIXEL = 2
RESERVE_BYTES = 100_000_000
"""What is left to other programs, and to the tables that are not counted."""
WHERE_IT_RUNS = {"workers", "device", "out", "batch_specimens", "scheduler"}
"""Settings that do not change the dataset; the same dataset may be finished with others."""


def parts_folder(out: Path) -> Path:
    """Where finished specimens wait until the dataset is complete."""
    return out.with_name(out.name + ".parts")


def bytes_of_specimens(config: SimulateConfig, n: int) -> int:
    """Size of the images of n specimens; the tables are small beside them."""
    grid = config.grid
    pixels = (grid.height_px // grid.binning) * (grid.width_px // grid.binning)
    return n * config.n_defoci * pixels * BYTES_PER_STORED_PIXEL


def estimated_bytes(config: SimulateConfig) -> int:
    """Size of a dataset's images."""
    return bytes_of_specimens(config, config.n_specimens)


def check_space_at_start(config: SimulateConfig, out: Path, n_todo: int) -> None:
    """The parts to come and the file made of all of them must fit. Raises: InputError with both numbers."""
    needed = bytes_of_specimens(config, n_todo) + estimated_bytes(config) + RESERVE_BYTES
    free = shutil.disk_usage(out.parent).free
    if needed > free:
        raise InputError(
            f"The dataset needs about {needed / 1e9:.1f} GB while it is made; "
            f"{out.parent} has {free / 1e9:.1f} GB free.",
            "Choose another disk, or fewer or smaller images.",
        )


class Parts:
    """The folder of parts of one dataset.

    Raises: InputError where it holds what was begun with other settings; SegDepthError where the disk gets full.
    """

    def __init__(self, config: SimulateConfig, out: Path) -> None:
        self.config = config
        self.folder = parts_folder(out)
        self.folder.mkdir(exist_ok=True)
        settings = config.model_dump_json(exclude=WHERE_IT_RUNS)
        record = self.folder / "config.json"
        if not record.exists():
            with self._disk_watched(), written_whole(record) as temporary:
                temporary.write_text(settings, encoding="utf-8")
        elif record.read_text(encoding="utf-8") != settings:
            raise InputError(
                f"{self.folder} holds a dataset that was begun with other settings.",
                "Go on with the same settings, choose another name, or delete that folder.",
            )

    def path(self, specimen: int) -> Path:
        """The file of one specimen."""
        return self.folder / f"{specimen:06d}.npz"

    def has(self, specimen: int) -> bool:
        """Whether a specimen is finished."""
        return self.path(specimen).exists()

    def write(self, made: SimulatedSpecimen) -> int:
        """Keeps one specimen whole; returns its id."""
        specimen = int(made.specimen["id"])
        with self._disk_watched(), written_whole(self.path(specimen)) as temporary, temporary.open("wb") as stream:
            np.savez(
                stream,
                specimen=np.array([made.specimen]),
                columns=made.columns,
                images=made.images,
                index=made.index,
                crystal=np.array(crystal_json(made.crystal)),
            )
        return specimen

    def read(self, specimens: Iterable[int]) -> Iterator[SimulatedSpecimen]:
        """The specimens, one after the other."""
        for specimen in specimens:
            with np.load(self.path(specimen), allow_pickle=False) as part:
                yield SimulatedSpecimen(
                    part["specimen"][0],
                    part["columns"],
                    part["images"],
                    part["index"],
                    crystal_from_json(str(part["crystal"])),
                )

    def check_space(self, n_in_flight: int) -> None:
        """What is being made must still fit. Raises: SegDepthError with the numbers."""
        needed = bytes_of_specimens(self.config, n_in_flight) + RESERVE_BYTES
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise self._full(f"{free / 1e6:,.0f} MB are free, {needed / 1e6:,.0f} MB are needed to go on")

    @contextmanager
    def assembling(self) -> Iterator[None]:
        """While the dataset is put together from all parts."""
        needed = estimated_bytes(self.config) + RESERVE_BYTES
        free = shutil.disk_usage(self.folder).free
        if free < needed:
            raise self._full(f"{free / 1e6:,.0f} MB are free, the dataset takes {needed / 1e6:,.0f} MB")
        with self._disk_watched():
            yield

    def remove(self) -> None:
        """Takes the folder away."""
        shutil.rmtree(self.folder, ignore_errors=True)

    @contextmanager
    def _disk_watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if not is_disk_full(error):
                raise
            raise self._full("nothing more could be written") from error

    def _full(self, what: str) -> SegDepthError:
        done = sum(1 for _ in self.folder.glob("*.npz"))
        return SegDepthError(
            f"The disk of {self.folder} is full: {what}.",
            f"{done} of {self.config.n_specimens} specimens are kept; make room and give the same command again.",
        )


def is_disk_full(error: OSError) -> bool:
    """The system's ways to say it, and HDF5's, which has no error number."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left on device" in str(error)
