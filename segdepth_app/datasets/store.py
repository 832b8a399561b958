"""The dataset file (HDF5): column table, images, and the optics of every image.

/columns       table of all specimens' columns, with `specimen`; fields of specimen.table.COLUMN_DTYPE
/specimens     one row per specimen: id, split, kind, surface, mean thickness, seed
/images        float16 (N, H, W), vacuum = 1, one chunk per image, means over binning × binning pixels
/images_index  one row per image: specimen and all optics
attributes     format, version, config (JSON), pixel_size_pm (reference), binning, preset

A stored pixel is pixel_size_pm × binning wide. A file is written under a temporary name and moved.
h5py is imported when a file is opened, so that the window can import this module early.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from segdepth_app import __version__
from segdepth_app.errors import DatasetError
from segdepth_app.paths import existing_file, written_whole
from segdepth_app.specimen.table import COLUMN_DTYPE

if TYPE_CHECKING:
    import h5py

FORMAT = "segdepth-dataset-1"
SPLITS = ("train", "validation", "test")

STORED_COLUMN_DTYPE = np.dtype(
    [("specimen", "u4"), *((name, COLUMN_DTYPE[name].str) for name in COLUMN_DTYPE.names or ())]
)

SPECIMEN_DTYPE = np.dtype(
    [("id", "u4"), ("split", "S10"), ("kind", "S10"), ("surface", "S10"), ("thickness", "f4"), ("seed", "u8")]
)

IMAGE_DTYPE = np.dtype(
    [
        ("specimen", "u4"),
        ("voltage_kv", "f4"),
        ("c1_nm", "f4"),
        ("c3_um", "f4"),
        ("c5_mm", "f4"),
        ("focal_spread_1e_nm", "f4"),
        ("semiangle_1e_mrad", "f4"),
        ("image_spread_pm", "f4"),
        ("b_ce_a2", "f4"),
        ("b_o_a2", "f4"),
        ("potential", "S10"),
    ]
)


@dataclass(frozen=True)
class SimulatedSpecimen:
    """One specimen with its images, ready to be stored."""

    specimen: np.void  # SPECIMEN_DTYPE
    columns: np.ndarray  # COLUMN_DTYPE, (n,)
    images: np.ndarray  # float16, (k, H, W), vacuum = 1
    index: np.ndarray  # IMAGE_DTYPE, (k,)


def write_dataset(
    path: Path, specimens: Iterator[SimulatedSpecimen], *, config: dict[str, Any], image_shape: tuple[int, int]
) -> None:
    """Writes the whole file, specimen by specimen; memory does not grow with their number."""
    import h5py

    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        images = file.create_dataset(
            "images", (0, *image_shape), "f2", maxshape=(None, *image_shape), chunks=(1, *image_shape)
        )
        tables = {
            "columns": file.create_dataset("columns", (0,), STORED_COLUMN_DTYPE, maxshape=(None,), chunks=(4096,)),
            "specimens": file.create_dataset("specimens", (0,), SPECIMEN_DTYPE, maxshape=(None,), chunks=(256,)),
            "images_index": file.create_dataset("images_index", (0,), IMAGE_DTYPE, maxshape=(None,), chunks=(256,)),
        }
        for item in specimens:
            columns = np.zeros(len(item.columns), STORED_COLUMN_DTYPE)
            columns["specimen"] = item.specimen["id"]
            for name in COLUMN_DTYPE.names or ():
                columns[name] = item.columns[name]
            _append(images, item.images)
            _append(tables["columns"], columns)
            _append(tables["specimens"], np.array([item.specimen], SPECIMEN_DTYPE))
            _append(tables["images_index"], item.index)
        grid = config["grid"]
        file.attrs.update(
            format=FORMAT,
            version=__version__,
            config=json.dumps(config),
            preset=config["preset"],
            pixel_size_pm=grid["pixel_size_pm"],
            binning=grid["binning"],
        )


def _append(dataset: "h5py.Dataset", rows: np.ndarray) -> None:
    start = dataset.shape[0]
    dataset.resize(start + len(rows), axis=0)
    dataset[start:] = rows


class Dataset:
    """A dataset opened for reading. Use as a context manager.

    Raises: DatasetError where the file is missing, damaged or something else.
    """

    def __init__(self, path: str | Path) -> None:
        import h5py

        self.path = existing_file(path, "Dataset")
        try:
            self._file = h5py.File(self.path, "r", locking="best-effort")
        except OSError as error:
            raise DatasetError(
                f"{self.path} is not a readable HDF5 file.", "It may be truncated; simulate or copy it again."
            ) from error
        if self._file.attrs.get("format") != FORMAT:
            self._file.close()
            raise DatasetError(f"{self.path} is not a SegDepth dataset.", "Name a file made by `segdepth simulate`.")
        attributes = self._file.attrs
        self.config: dict[str, Any] = json.loads(attributes["config"])
        self.version = str(attributes["version"])
        self.preset = str(attributes["preset"])
        self.pixel_size_pm = float(attributes["pixel_size_pm"])
        self.binning = int(attributes["binning"])
        self.images: h5py.Dataset = self._file["images"]
        self.index: np.ndarray = self._file["images_index"][:]
        self.specimens: np.ndarray = self._file["specimens"][:]
        self._columns: np.ndarray = self._file["columns"][:]
        self._rows_of = _rows_by_specimen(self._columns["specimen"])

    def __len__(self) -> int:
        return len(self.index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; the tables stay usable."""
        self._file.close()

    @property
    def stored_pixel_pm(self) -> float:
        """Width of a stored pixel."""
        return self.pixel_size_pm * self.binning

    def image(self, i: int) -> np.ndarray:
        """Image i, float32 (H, W), vacuum = 1."""
        return np.asarray(self.images[i], dtype=np.float32)

    def columns(self, specimen: int) -> np.ndarray:
        """The columns of one specimen; fields of STORED_COLUMN_DTYPE, x and y in Å."""
        return self._columns[self._rows_of.get(specimen, slice(0, 0))]

    def specimen(self, specimen: int) -> np.void:
        """The row of one specimen (SPECIMEN_DTYPE)."""
        rows = self.specimens[self.specimens["id"] == specimen]
        if not len(rows):
            raise DatasetError(f"{self.path} has no specimen {specimen}.")
        return rows[0]

    def images_of(self, split: str) -> np.ndarray:
        """Indices of the images in a split; `all` for every image."""
        if split == "all":
            return np.arange(len(self.index))
        ids = self.specimens["id"][self.specimens["split"] == split.encode()]
        return np.flatnonzero(np.isin(self.index["specimen"], ids))


def _rows_by_specimen(specimen_of_row: np.ndarray) -> dict[int, slice]:
    """Rows of one specimen lie together: its slice, by id."""
    if not len(specimen_of_row):
        return {}
    edges = np.flatnonzero(np.diff(specimen_of_row)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(specimen_of_row)]
    return {int(specimen_of_row[a]): slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)}
