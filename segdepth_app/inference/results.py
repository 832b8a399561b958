"""The result file (HDF5): what a model says of a series. Read here without torch.

/depth, /confidence   uint8 (T, h, w), chunk = frame: the likeliest class, and its probability in 255ths;
                      class 255 with confidence 0 outside the frame and in frames that are not done
/probability          uint8 (T, 11, h, w) in 255ths, chunked along time: a click reads a few chunks
/done                 bool (T): frames that are not done hold nothing, not zeros
/columns              one row per column and frame done, COLUMN_DTYPE, by frame and column
/columns_through_time the same rows by column and frame: a click on a column reads a piece
/events               one row per change of a column's count, EVENT_DTYPE
/activity             float32 (h, w): how much each pixel changes through the series, in atoms
/shift_px             float32 (T, 2): the drift (dy, dx) of each image that was undone, in source pixels
/source_shift_px      float64 (n, 2): the same of every frame of the file, as it was used; only where drift was undone
attributes            format, version, and ResultInfo, field by field (lists and objects as JSON)

The first format has neither events, activity nor shifts, and its maps are never turned. Coordinates: see ResultReader.
h5py is imported when a file is opened, so that the window can import this module early.
"""

from collections.abc import Iterator
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segdepth_app.errors import InputError, ResultError
from segdepth_app.hdf5 import Kind, attributes_of, one_line, open_own
from segdepth_app.inference.result_info import (
    BY_COLUMN,
    COLUMN_DTYPE,
    COLUMNS_HEADER,
    EVENT_DTYPE,
    FORMAT,
    FORMATS,
    OUTSIDE,
    PROBABILITY_FIELDS,
    SOURCE_SHIFTS,
    UNKNOWN_ELEMENT,
    ResultInfo,
    column_texts,
    read_info,
    write_info,
)
from segdepth_app.inference.result_reader import ResultReader, Steps
from segdepth_app.models.card import ModelCard

if TYPE_CHECKING:
    import h5py

__all__ = [
    "COLUMNS_HEADER",
    "COLUMN_DTYPE",
    "EVENT_DTYPE",
    "FORMAT",
    "OUTSIDE",
    "PROBABILITY_FIELDS",
    "UNKNOWN_ELEMENT",
    "Result",
    "ResultInfo",
    "column_texts",
    "find_result_for",
    "fingerprint_of",
    "write_info",
]

AGAIN = "Analyse the series again."
KIND = Kind("result", "Result file", FORMATS, "`segdepth infer`", AGAIN, ResultError)
BLOCK_FRAMES, BLOCK_PX = 100, 32
"""Frames and edge of what is read at once for the mean of a region: whole chunks, 1 MB."""


class Result(ResultReader):
    """A result opened for reading. Use as a context manager.

    Raises: ResultError where the file is missing, damaged or something else.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self._file, self.format = open_own(path, KIND)
        try:
            self._open()
        except (KeyError, ValueError, TypeError, OSError, RuntimeError) as error:
            self._file.close()
            raise ResultError(f"{self.path} is a damaged result: {one_line(error)}.", AGAIN) from error

    def _open(self) -> None:
        self.version = str(self._file.attrs["version"])
        self.info = read_info(self._file.attrs)
        self.card = ModelCard.model_validate(self.info.model_card)
        self._depth: h5py.Dataset = self._file["depth"]
        self._confidence: h5py.Dataset = self._file["confidence"]
        self._probability: h5py.Dataset = self._file["probability"]
        self.done = self._file["done"][:].astype(bool)
        n_frames, _, height, width = self._probability.shape
        for name, shape in (("depth", self._depth.shape), ("confidence", self._confidence.shape)):
            if shape != (n_frames, height, width):
                raise ValueError(f"{name} is {shape}, not {(n_frames, height, width)}")
        if self.done.shape != (n_frames,) or n_frames != self.info.n_frames:
            raise ValueError(f"it has {n_frames} frames, not {self.info.n_frames}")

    def close(self) -> None:
        """Closes the file; info, card and done stay usable."""
        self._file.close()

    @property
    def attributes(self) -> dict[str, Any]:
        """format, version and every field of ResultInfo."""
        return {"format": self.format, "version": self.version, **asdict(self.info)}

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in result pixels."""
        height, width = self._depth.shape[1:]
        return int(height), int(width)

    def depth(self, t: int) -> npt.NDArray[np.uint8]:
        """Likeliest class of every pixel of frame t, (h, w), 255 outside the frame.

        Raises: InputError where it is not done.
        """
        self._check_frame(t)
        return self._read(self._depth, t)

    def confidence(self, t: int) -> npt.NDArray[np.uint8]:
        """Probability of that class in 255ths, (h, w). Raises: InputError where it is not done."""
        self._check_frame(t)
        return self._read(self._confidence, t)

    def probability(self, t: int) -> npt.NDArray[np.float32]:
        """All probabilities of frame t, (11, h, w). Slow beside trace(): the file is laid out along time."""
        self._check_frame(t)
        return _normalised(self._read(self._probability, t), axis=0)

    @property
    def probability_chunk(self) -> tuple[int, int, int, int]:
        """Frames, classes, rows and columns of the probabilities that lie together in the file."""
        n_frames, n_classes, height, width = self._probability.shape
        whole = min(BLOCK_FRAMES, n_frames), n_classes, min(BLOCK_PX, height), min(BLOCK_PX, width)
        chunk: tuple[int, int, int, int] = self._probability.chunks or whole
        return chunk

    def probability_pieces(self) -> Iterator[tuple[slice, slice, npt.NDArray[np.uint8]]]:
        """All probabilities in 255ths, piece by piece: frames, rows of the maps, and values (n, 11, rows, w).

        Pieces are whole chunks of the file, a few MB each, block of frames after block. Frames that are not done are 0.
        """
        n_frames, _, height, _ = self._probability.shape
        frames, _, rows, _ = self.probability_chunk
        for start in range(0, n_frames, frames):
            for top in range(0, height, rows):
                where = slice(start, min(start + frames, n_frames)), slice(top, min(top + rows, height))
                yield *where, self._read(self._probability, (where[0], slice(None), where[1]))

    def columns_table(self) -> np.ndarray:
        """All columns of all frames done, COLUMN_DTYPE, by frame and column."""
        return self._read(self._columns, slice(None))

    def column_rows(self, number: int) -> np.ndarray:
        """The rows of one column, COLUMN_DTYPE, by frame; reads no others. Raises: InputError where there is none."""
        numbers = self._column_numbers
        found = np.flatnonzero(numbers == number)
        if not len(found):
            raise InputError(
                f"There is no column {number}.", f"The result has {len(numbers)} columns, by number from 0."
            )
        place, n_done = int(found[0]), int(self.done.sum())
        if BY_COLUMN in self._file:
            return self._read(self._file[BY_COLUMN], slice(place * n_done, (place + 1) * n_done))
        rows = self._read(self._columns, slice(place, None, len(numbers)))
        if (rows["column"] != number).any():  # a table of someone else, in another order
            table = self.columns_table()
            rows = table[table["column"] == number]
        return rows

    def columns_of(self, t: int) -> np.ndarray:
        """The columns of frame t, COLUMN_DTYPE; reads no others. Raises: InputError where it is not done."""
        self._check_frame(t)
        n, before = len(self._column_numbers), int(self.done[:t].sum())
        rows: np.ndarray = self._read(self._columns, slice(before * n, (before + 1) * n))
        if (rows["frame"] != t).any():  # a table of someone else, in another order
            table = self.columns_table()
            rows = table[table["frame"] == t]
        return rows

    def column_trace(self, number: int) -> npt.NDArray[np.float32]:
        """Probabilities of a column through time, (T, 11); NaN in frames that are not done."""
        rows = self.column_rows(number)
        values = np.full((self.n_frames, len(PROBABILITY_FIELDS)), np.nan, np.float32)
        for n, name in enumerate(PROBABILITY_FIELDS):
            values[rows["frame"], n] = rows[name]
        return values

    def events(self) -> np.ndarray:
        """Changes of counts, EVENT_DTYPE, by frame; the first format had none."""
        return self._read(self._file["events"], slice(None)) if "events" in self._file else np.zeros(0, EVENT_DTYPE)

    def activity(self) -> npt.NDArray[np.float32] | None:
        """How much each pixel changes through the series, (h, w), in atoms; None in the first format."""
        return self._read(self._file["activity"], slice(None)) if "activity" in self._file else None

    def shift_px(self) -> npt.NDArray[np.float32]:
        """Drift (dy, dx) of each image that was undone, (T, 2) source pixels; zeros where none was."""
        if "shift_px" in self._file:
            return self._read(self._file["shift_px"], slice(None))
        return np.zeros((self.n_frames, 2), np.float32)

    def source_shift_px(self) -> npt.NDArray[np.float64] | None:
        """Drift (dy, dx) of every frame of the file that was undone, (n, 2); None where frames stayed as they were.

        Raises: ResultError for sums of aligned frames by a version that kept only the mean drift of each sum.
        """
        if self.info.align == "none":
            return None
        if SOURCE_SHIFTS in self._file:
            return np.asarray(self._read(self._file[SOURCE_SHIFTS], slice(None)), np.float64)
        if self.info.sum_frames > 1:
            raise ResultError(f"{self.path} does not keep how each of its frames was moved.", AGAIN)
        return self.shift_px().astype(np.float64)

    def _pixel_trace(self, x: int, y: int) -> npt.NDArray[np.float32]:
        return _normalised(self._read(self._probability, (slice(None), slice(None), y, x)), axis=1)

    def _mean_steps(self, rows: slice, cols: slice, chosen: npt.NDArray[np.bool_]) -> Steps:
        values = np.zeros((self.n_frames, len(PROBABILITY_FIELDS)), np.float32)
        for start in range(0, self.n_frames, BLOCK_FRAMES):
            frames = slice(start, min(start + BLOCK_FRAMES, self.n_frames))
            for y in range(rows.start, rows.stop, BLOCK_PX):
                for x in range(cols.start, cols.stop, BLOCK_PX):
                    tile = slice(y, min(y + BLOCK_PX, rows.stop)), slice(x, min(x + BLOCK_PX, cols.stop))
                    picked = chosen[y - rows.start :, x - cols.start :][:BLOCK_PX, :BLOCK_PX]
                    block = self._read(self._probability, (frames, slice(None), *tile))
                    values[frames] += _normalised(block[:, :, picked], axis=1).sum(axis=2)
                    yield
        return values / np.float32(max(int(chosen.sum()), 1))

    @property
    def _columns(self) -> "h5py.Dataset":
        if "columns" not in self._file:
            raise ResultError(f"{self.path} has no table of columns.", AGAIN)
        return self._file["columns"]

    @cached_property
    def _column_numbers(self) -> np.ndarray:
        """Numbers of the columns in the order of the rows of the first frame done."""
        if not self.done.any() or not len(self._columns):
            return np.zeros(0, np.uint32)
        # every frame that is done has a row for each column
        n_columns = len(self._columns) // int(self.done.sum())
        numbers: np.ndarray = self._read(self._columns, slice(n_columns))["column"]
        return numbers

    def _read(self, dataset: "h5py.Dataset", where: Any) -> Any:
        try:
            return np.asarray(dataset[where])
        except OSError as error:
            raise ResultError(f"{self.path} is damaged: {error}.", AGAIN) from error


def _normalised(in_255ths: np.ndarray, *, axis: int) -> npt.NDArray[np.float32]:
    """Rounding to 255ths leaves sums that are a little off 1."""
    values = in_255ths.astype(np.float32)
    return values / np.maximum(values.sum(axis=axis, keepdims=True), 1)


def find_result_for(fingerprint: str, folder: str | Path) -> Path | None:
    """The newest result in a folder that was made from the series with this fingerprint."""
    files = sorted(Path(folder).glob("*.h5"), key=_modified, reverse=True)
    return next((path for path in files if fingerprint_of(path) == fingerprint), None)


def _modified(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # it has just been moved away
        return 0.0


def fingerprint_of(path: Path) -> str | None:
    """Of a result, from its attributes alone; None for any other file."""
    found = attributes_of(path)
    return str(found["fingerprint"]) if found.get("format") in FORMATS and "fingerprint" in found else None
