"""Series in HDF5 files (.h5, .hdf5) of any program: HyperSpy's and EMD's by their own rules, else the one stack inside.

A bare dataset says neither pixel size nor frame time.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import hdf5
from segdepth_app.errors import SeriesError
from segdepth_app.series.source import Source, check_numbers, foreign_faults, stack_shape

LEAST_EDGE_PX = 16
"""Smaller tables are no images."""
OWN_FORMAT = "segdepth"


@dataclass
class Hdf5Source(Source):
    """Frames of a dataset (N, H, W), or the one of a dataset (H, W)."""

    file: Any = None
    dataset: Any = None

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        with foreign_faults(self.paths[0], f"read frame {index} of"):
            values = self.dataset[...] if self.n_frames == 1 else self.dataset[index]
            return np.asarray(values).reshape(self.height_px, self.width_px)

    def close(self) -> None:
        """Closes the file."""
        self.dataset = None
        self.file.close()


def open_hdf5(path: Path) -> Source:
    """An HDF5 file. Raises: SeriesError where it holds no stack, several, or is one of our own files."""
    file = hdf5.open_hdf5(path, SeriesError, "Copy it again from where it was recorded.")
    try:
        kind = _kind(file, path)
        if not kind:
            return _only_stack(file, path)
    except BaseException:
        file.close()
        raise
    file.close()
    from segdepth_app.series.rosetta import open_with_rosetta

    return open_with_rosetta(path, kind)


def _kind(file: Any, path: Path) -> str:
    """`hspy` or `emd` where the file follows their rules, else nothing."""
    if str(file.attrs.get("format", "")).startswith(OWN_FORMAT):
        raise SeriesError(
            f"{path.name} was made by SegDepth; it is no series.", "Open the series that it was made from."
        )
    if "Experiments" in file or file.attrs.get("file_format") == "HyperSpy":
        return "hspy"
    return "emd" if "version_major" in file.attrs else ""


def _only_stack(file: Any, path: Path) -> Source:
    import h5py

    found: list[Any] = []

    def visit(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim in (2, 3) and min(item.shape[-2:]) >= LEAST_EDGE_PX:
            found.append(item)

    with foreign_faults(path):
        file.visititems(visit)
    stacks = [item for item in found if item.dtype.kind in "buif"]
    if len(stacks) != 1:
        names = ", ".join(f"{item.name} ({' × '.join(map(str, item.shape))})" for item in stacks[:5])
        raise SeriesError(
            f"{path.name} holds {len(stacks)} images or stacks{f': {names}' if names else ''}; one was expected.",
            "Save the series alone, as .npy or .tif.",
        )
    dataset = stacks[0]
    check_numbers(dataset.dtype, path.name)
    n, height, width = stack_shape(tuple(dataset.shape), path.name)
    remarks = [] if len(found) == 1 else [f"Of what {path.name} holds, {dataset.name} was taken."]
    dtype = dataset.dtype.newbyteorder("=")
    return Hdf5Source((path,), n, height, width, dtype, warnings=remarks, file=file, dataset=dataset)
