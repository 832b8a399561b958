"""Series of FEI's TIA program (.ser, and .emi, which is the cover sheet of its .ser), read frame by frame.

RosettaSciIO's reader takes the whole file into memory at every frame. Layout: header with the place of every element;
an element is 50 bytes of calibration in m, number type and size, and then its rows from the lowest to the highest.

Reference: C. Boothroyd, "TIA (Emispec) file format" (2006); numbers are little-endian.
"""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import square_pixel_pm
from segdepth_app.series.source import Calibration, Source, check_numbers, cut_short, foreign_faults, stack_shape

SERIES_ID = 0x0197
WIDE_OFFSETS_FROM = 0x0220
IMAGES, SPECTRA = 0x4122, 0x4120
ELEMENT = struct.Struct("<ddiddihii")
TYPES = {1: "u1", 2: "<u2", 3: "<u4", 4: "i1", 5: "<i2", 6: "<i4", 7: "<f4", 8: "<f8", 9: "<c8", 10: "<c16"}
MOST_HEADER_BYTES = 64 << 20


@dataclass
class SerSource(Source):
    """Frames at known places of a file, each with a header of its own."""

    places: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    stored: str = "u1"

    def __post_init__(self) -> None:
        self._file = self.paths[0].open("rb")

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        with foreign_faults(self.paths[0], f"read frame {index} of"):
            self._file.seek(int(self.places[index]))
            *_, kind, width, height = ELEMENT.unpack(self._file.read(ELEMENT.size))
            if (height, width, TYPES.get(kind)) != (self.height_px, self.width_px, self.stored):
                raise SeriesError(
                    f"Frame {index} of {self.paths[0].name} is {height} × {width} px; "
                    f"the series began with {self.height_px} × {self.width_px} px.",
                    "The file may be damaged; leave this frame out.",
                )
            data = self._file.read(height * width * self.dtype.itemsize)
            return np.frombuffer(data, self.stored).reshape(height, width)[::-1]

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def open_ser(path: Path) -> Source:
    """A .ser file; nothing but its table of elements is read."""
    with foreign_faults(path), path.open("rb") as file:
        places, n_all = _table(file, path)
        file.seek(int(places[0]))
        _, step_x, _, _, step_y, _, kind, width, height = ELEMENT.unpack(file.read(ELEMENT.size))
        if kind not in TYPES:
            raise SeriesError(f"{path.name} is damaged: it has numbers of type {kind}.", "Copy it again.")
        stored = np.dtype(TYPES[kind])
        check_numbers(stored, path.name)
        n, height, width = stack_shape((len(places), height, width), path.name)
    remarks = cut_short(path, places + ELEMENT.size + height * width * stored.itemsize)
    if n_all > n:
        remarks.append(f"{path.name} was stopped early: it holds {n} of the {n_all} frames that were planned.")
    calibration = Calibration(square_pixel_pm((step_y, "m"), (step_x, "m"), path.name))
    return SerSource(
        (path,), n, height, width, stored.newbyteorder("="), calibration, remarks, places=places, stored=TYPES[kind]
    )


def _table(file: BinaryIO, path: Path) -> tuple[np.ndarray, int]:
    """Where each valid element begins, and how many were planned."""
    start = file.read(30)
    order, series, version, data, _, n_all, n = struct.unpack("<HHHIIII", start[:22])
    if (order, series) != (0x4949, SERIES_ID) or n == 0 or data not in (IMAGES, SPECTRA):
        raise SeriesError(f"{path.name} is no .ser file, or it holds no data.", "Choose a file with images.")
    if data == SPECTRA:
        raise SeriesError(f"{path.name} holds spectra, not images.", "Open images.")
    is_wide = version >= WIDE_OFFSETS_FROM
    (table,) = struct.unpack_from("<Q" if is_wide else "<I", start, 22)
    item = np.dtype("<u8" if is_wide else "<u4")
    size = path.stat().st_size
    if n * item.itemsize > MOST_HEADER_BYTES or table + n * item.itemsize > size:
        raise SeriesError(f"{path.name} is damaged or cut short: its table lies outside.", "Copy it again.")
    file.seek(table)
    return np.frombuffer(file.read(n * item.itemsize), item).astype(np.int64), n_all


def open_emi(path: Path) -> Source:
    """The image series that belongs to an .emi file. Raises: SeriesError for diffraction and a missing .ser."""
    text = path.read_bytes().decode("latin-1")
    modes = re.findall(r"<Mode>([^<]*)</Mode>", text)
    if any("diffraction" in mode.lower() for mode in modes):
        raise SeriesError(f"{path.name} is a diffraction pattern (mode {modes[0].strip()}).", "Open the image itself.")
    files = sorted(path.parent.glob(f"{_escaped(path.stem)}_[0-9]*.ser"))
    if not files:
        raise SeriesError(
            f"{path.name} is only the cover sheet of {path.stem}_1.ser, which is not there.",
            "Copy the .ser file beside it.",
        )
    source = open_ser(files[0])
    if len(files) > 1:
        source.warnings.append(f"Of the series of {path.name}, {files[0].name} was taken.")
    return source


def _escaped(text: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", text)
