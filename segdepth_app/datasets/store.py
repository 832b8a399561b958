"""The dataset file (HDF5): column table, images, and the optics of every image.

/columns       table of all specimens' columns, with `specimen`; fields of specimen.table.COLUMN_DTYPE
/specimens     one row per specimen (SPECIMEN_DTYPE): id, split, kind, and all else that was drawn for it
/images        float16 (N, H, W), vacuum = 1, means over binning × binning pixels; a chunk with checksum per image
/images_index  one row per image (IMAGE_DTYPE): specimen and all optics
attributes     format, version, config (JSON), crystal (JSON), pixel_size_pm (reference), binning, preset

A stored pixel is pixel_size_pm × binning wide, and x, y of columns are in Å of that scale: where the true pixel
of a specimen differs (pixel_error_percent), its columns are given as they lie in the image.
A file is written under a temporary name and moved. Files of the first format, which lack some fields, are
read as if their settings had been written out. h5py is imported when a file is opened, so that the window can
import this module early.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from segdepth_app import __version__
from segdepth_app.errors import DatasetError
from segdepth_app.hdf5 import Kind, attributes_of, one_line, open_own
from segdepth_app.paths import written_whole
from segdepth_app.specimen.ceria import CERIA_110
from segdepth_app.specimen.crystal import Crystal, Layers, Site
from segdepth_app.specimen.table import COLUMN_DTYPE

if TYPE_CHECKING:
    import h5py

FIRST_FORMAT = "segdepth-dataset-1"
FORMAT = "segdepth-dataset-2"
FORMATS = (FIRST_FORMAT, FORMAT)
"""What can be read; the last is what is written."""

MAKE_AGAIN = "Simulate it or copy it again."
KIND = Kind("dataset", "Dataset", FORMATS, "`segdepth simulate`", MAKE_AGAIN, DatasetError)

SPLITS = ("train", "validation", "test")

STORED_COLUMN_DTYPE = np.dtype(
    [("specimen", "u4"), *((name, COLUMN_DTYPE[name].str) for name in COLUMN_DTYPE.names or ())]
)

SPECIMEN_DTYPE = np.dtype(
    [
        ("id", "u4"),
        ("split", "S10"),
        ("kind", "S10"),
        ("surface", "S10"),
        ("thickness", "f4"),  # mean atoms per column that were asked for
        ("seed", "u8"),  # of the dataset
        ("crystal", "S48"),
        ("rotation_deg", "f4"),  # in the image plane, x towards y
        ("lattice_scale", "f4"),
        ("tilt_x_deg", "f4"),
        ("tilt_y_deg", "f4"),
        ("temperature_k", "f4"),  # NaN where B factors were given instead
        ("support_thickness_nm", "f4"),  # of amorphous carbon; 0: none
        ("neighbour", "u1"),  # 1: another particle lies in the vacuum
        ("pixel_error_percent", "f4"),  # true over reference pixel, less 1
    ]
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
        ("c12_nm", "f4"),
        ("c12_angle_deg", "f4"),
        ("c21_nm", "f4"),
        ("c21_angle_deg", "f4"),
        ("beam_tilt_x_mrad", "f4"),
        ("beam_tilt_y_mrad", "f4"),
        ("b_other_a2", "f4"),
        ("thermal", "S14"),
        ("n_phonons", "u2"),  # configurations averaged; 1 with damped potentials
    ]
)

ABSENT = {
    "crystal": CERIA_110.name.encode(),
    "lattice_scale": 1.0,
    "temperature_k": np.nan,
    "b_other_a2": np.nan,  # there was nothing but Ce and O
    "thermal": b"debye-waller",
    "n_phonons": 1,
}
"""What a field that the first format lacks would have held, where that is not 0."""


@dataclass(frozen=True)
class SimulatedSpecimen:
    """One specimen with its images, ready to be stored."""

    specimen: np.void  # SPECIMEN_DTYPE
    columns: np.ndarray  # COLUMN_DTYPE, (n,)
    images: np.ndarray  # float16, (k, H, W), vacuum = 1
    index: np.ndarray  # IMAGE_DTYPE, (k,)
    crystal: Crystal = CERIA_110


def crystal_json(crystal: Crystal) -> str:
    """A crystal as the file keeps it."""
    return json.dumps(asdict(crystal), separators=(",", ":"))


def crystal_from_json(text: str) -> Crystal:
    """Inverse of crystal_json. Raises: ValueError, KeyError or TypeError for anything else."""
    values = json.loads(text)
    sites = tuple(Site(site["u"], site["v"], tuple((z, e) for z, e in site["atoms"])) for site in values["sites"])
    (ax, ay), (bx, by) = values["cell"]
    return Crystal(values["name"], ((ax, ay), (bx, by)), sites, Layers(**values["layers"]))


def write_dataset(
    path: Path, specimens: Iterator[SimulatedSpecimen], *, config: dict[str, Any], image_shape: tuple[int, int]
) -> None:
    """Writes the whole file, specimen by specimen; memory does not grow with their number."""
    import h5py

    crystal = CERIA_110

    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        images = file.create_dataset(
            "images", (0, *image_shape), "f2", maxshape=(None, *image_shape), chunks=(1, *image_shape), fletcher32=True
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
            crystal = item.crystal  # one dataset, one crystal
        grid = config["grid"]
        file.attrs.update(
            format=FORMAT,
            version=__version__,
            config=json.dumps(config),
            crystal=crystal_json(crystal),
            preset=config["preset"],
            pixel_size_pm=grid["pixel_size_pm"],
            binning=grid["binning"],
        )


def _append(dataset: "h5py.Dataset", rows: np.ndarray) -> None:
    start = dataset.shape[0]
    dataset.resize(start + len(rows), axis=0)
    dataset[start:] = rows


def is_dataset(path: str | Path) -> bool:
    """Whether a file says of itself that it is a dataset; False for one that cannot be read."""
    return attributes_of(path).get("format") in FORMATS


class Dataset:
    """A dataset opened for reading. Use as a context manager.

    Raises: DatasetError where the file is missing, damaged or something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self.format = open_own(path, KIND)
        try:
            self._read()
        except DatasetError:
            self._file.close()
            raise
        except (KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
            self._file.close()
            raise DatasetError(f"{self.path} is damaged: {one_line(error)}.", MAKE_AGAIN) from error

    def _read(self) -> None:
        attributes = self._file.attrs
        self.config: dict[str, Any] = json.loads(attributes["config"])
        self.version = str(attributes["version"])
        self.preset = str(attributes["preset"])
        self.crystal = CERIA_110 if self.format == FIRST_FORMAT else crystal_from_json(attributes["crystal"])
        self.pixel_size_pm = float(attributes["pixel_size_pm"])
        self.binning = int(attributes["binning"])
        self.images: h5py.Dataset = self._file["images"]
        self.index = self._table("images_index", IMAGE_DTYPE)
        self.specimens = self._table("specimens", SPECIMEN_DTYPE)
        self._columns = self._table("columns", STORED_COLUMN_DTYPE)
        self._rows_of = _rows_by_specimen(self._columns["specimen"])

    def _table(self, name: str, dtype: np.dtype[np.void]) -> np.ndarray:
        rows: np.ndarray = self._file[name][:]
        missing = [field for field in dtype.names or () if field not in (rows.dtype.names or ())]
        if self.format == FIRST_FORMAT:
            return _completed(rows, dtype)
        if missing:
            raise DatasetError(f"{self.path} is damaged: /{name} lacks {', '.join(missing)}.", MAKE_AGAIN)
        return rows

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
        try:
            return np.asarray(self.images[i], dtype=np.float32)
        except OSError as error:
            raise DatasetError(f"{self.path} is damaged: image {i} cannot be read.", MAKE_AGAIN) from error

    def columns(self, specimen: int) -> np.ndarray:
        """The columns of one specimen; fields of STORED_COLUMN_DTYPE, x and y in Å."""
        return self._columns[self._rows_of.get(specimen, slice(0, 0))]

    @property
    def column_owners(self) -> np.ndarray:
        """The specimen of every column of the file, (n,)."""
        owners: np.ndarray = self._columns["specimen"]
        return owners

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


def _completed(rows: np.ndarray, dtype: np.dtype[np.void]) -> np.ndarray:
    """The rows with all fields of dtype; those that the first format lacks get what it meant."""
    table = np.zeros(len(rows), dtype)
    for name in dtype.names or ():
        if name in (rows.dtype.names or ()):
            table[name] = rows[name]
        elif name == "site":
            table[name] = _sites(rows["element"], rows["parity"])
        elif name in ABSENT:
            table[name] = ABSENT[name]
    return table


def _sites(element: np.ndarray, parity: np.ndarray) -> np.ndarray:
    """Sites of ceria's columns, of which the first format kept the layer alone."""
    sites = np.zeros(len(element), np.uint8)
    for z, layer in {(int(z), int(p)) for z, p in zip(element, parity, strict=True)}:
        sites[(element == z) & (parity == layer)] = CERIA_110.index_of(z, layer)
    return sites


def _rows_by_specimen(specimen_of_row: np.ndarray) -> dict[int, slice]:
    """Rows of one specimen lie together: its slice, by id."""
    if not len(specimen_of_row):
        return {}
    edges = np.flatnonzero(np.diff(specimen_of_row)) + 1
    starts, stops = np.r_[0, edges], np.r_[edges, len(specimen_of_row)]
    return {int(specimen_of_row[a]): slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)}
