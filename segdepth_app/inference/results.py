"""The result file (HDF5): what a model says of a series. Read here without torch.

/depth, /confidence   uint8 (T, h, w), chunk = frame: the likeliest class, and its probability in 255ths
/probability          uint8 (T, 11, h, w) in 255ths, chunk (50, 11, 32, 32): a click reads a few chunks
/done                 bool (T): frames that are not done hold nothing, not zeros
/columns              one row per column and frame done, COLUMN_DTYPE
attributes            format, version, and ResultInfo, field by field (lists and objects as JSON)

A result pixel is `scale` source pixels wide; coordinates follow units.binned_from_px.
h5py is imported when a file is opened, so that the window can import this module early.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import numpy.typing as npt

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import InputError, ResultError, SegDepthError
from segdepth_app.models.card import ModelCard
from segdepth_app.paths import existing_file
from segdepth_app.units import binned_from_px

if TYPE_CHECKING:
    import h5py

FORMAT = "segdepth-result-1"
PROBABILITY_FIELDS = tuple(f"p{n}" for n in range(N_CLASSES))
UNKNOWN_ELEMENT = "?"

COLUMN_DTYPE = np.dtype(
    [
        ("frame", "u4"),
        ("column", "u4"),  # the same site has the same number in every frame
        ("element", "S2"),
        ("x_px", "f4"),  # source pixels
        ("y_px", "f4"),
        ("count", "u1"),  # of this frame alone
        ("confidence", "f4"),
        *((name, "f4") for name in PROBABILITY_FIELDS),
        ("hmm_count", "u1"),  # of the whole series
        ("hmm_confidence", "f4"),
    ]
)

EVENT_DTYPE = np.dtype(
    [
        ("column", "u4"),
        ("element", "S2"),
        ("x_px", "f4"),  # source pixels
        ("y_px", "f4"),
        ("frame", "u4"),  # the first with the new count
        ("from", "u1"),
        ("to", "u1"),
        ("probability", "f4"),  # that the column changed so, within two frames of this one
    ]
)


COLUMNS_HEADER = ("frame", "column", "element", "x_px", "y_px", "count", "confidence", "hmm_count")


def column_texts(row: np.void) -> list[object]:
    """A row of COLUMN_DTYPE as tables of columns show it, in the order of COLUMNS_HEADER."""
    return [
        int(row["frame"]),
        int(row["column"]),
        row["element"].decode(),
        f"{row['x_px']:.2f}",
        f"{row['y_px']:.2f}",
        int(row["count"]),
        f"{row['confidence']:.4f}",
        int(row["hmm_count"]),
    ]


@dataclass(frozen=True)
class ResultInfo:
    """Where a result came from and what was assumed; the attributes of the file."""

    source: list[str]
    fingerprint: str
    model_card: dict[str, Any]
    model_sha256: str
    n_frames: int
    height_px: int
    width_px: int
    pixel_size_pm: float
    pixel_size_source: str
    vacuum: float
    vacuum_source: str
    dose_e_per_px: float
    dose_source: str
    frame_time_s: float | None
    frame_time_source: str
    scale: float
    temperature: float
    mirror: bool
    stay_probability: float
    warnings: list[str]


def write_info(file: "h5py.File", info: ResultInfo, version: str) -> None:
    """Puts format, version and info into the attributes; None is left out."""
    file.attrs.update(format=FORMAT, version=version)
    for name, value in asdict(info).items():
        if value is not None:
            file.attrs[name] = json.dumps(value) if isinstance(value, list | dict) else value


def _read_info(attributes: Any) -> ResultInfo:
    values: dict[str, Any] = {}
    for field in fields(ResultInfo):
        value = attributes.get(field.name)
        if field.name in ("source", "model_card", "warnings"):
            value = json.loads(value)
        elif isinstance(value, np.generic):
            value = value.item()
        if value is None and field.name != "frame_time_s":
            raise KeyError(field.name)
        values[field.name] = value
    return ResultInfo(**values)


class Result:
    """A result opened for reading. Use as a context manager.

    Raises: ResultError where the file is missing, damaged or something else.
    """

    def __init__(self, path: str | Path) -> None:
        import h5py

        self.path = _existing(path)
        try:
            self._file = h5py.File(self.path, "r", locking="best-effort")
        except OSError as error:
            raise ResultError(
                f"{self.path} is not a readable HDF5 file.", "It may be truncated; analyse the series again."
            ) from error
        try:
            self._open()
        except (KeyError, ValueError, TypeError, OSError) as error:
            self._file.close()
            raise ResultError(
                f"{self.path} is a damaged result: {str(error).strip(chr(34) + chr(39))}.", "Analyse the series again."
            ) from error
        except ResultError:
            self._file.close()
            raise

    def _open(self) -> None:
        if self._file.attrs.get("format") != FORMAT:
            raise ResultError(f"{self.path} is not a SegDepth result.", "Name a file made by `segdepth infer`.")
        self.version = str(self._file.attrs["version"])
        self.info = _read_info(self._file.attrs)
        self.card = ModelCard.model_validate(self.info.model_card)
        self._depth: h5py.Dataset = self._file["depth"]
        self._confidence: h5py.Dataset = self._file["confidence"]
        self._probability: h5py.Dataset = self._file["probability"]
        self.done: npt.NDArray[np.bool_] = self._file["done"][:].astype(bool)
        n_frames, _, height, width = self._probability.shape
        for name, shape in (("depth", self._depth.shape), ("confidence", self._confidence.shape)):
            if shape != (n_frames, height, width):
                raise ValueError(f"{name} is {shape}, not {(n_frames, height, width)}")
        if self.done.shape != (n_frames,) or n_frames != self.info.n_frames:
            raise ValueError(f"it has {n_frames} frames, not {self.info.n_frames}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes the file; info, card and done stay usable."""
        self._file.close()

    @property
    def attributes(self) -> dict[str, Any]:
        """version and every field of ResultInfo."""
        return {"format": FORMAT, "version": self.version, **asdict(self.info)}

    @property
    def n_frames(self) -> int:
        """Frames of the series, done or not."""
        return self.info.n_frames

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in result pixels."""
        height, width = self._depth.shape[1:]
        return int(height), int(width)

    @property
    def scale(self) -> float:
        """Source pixels per result pixel."""
        return self.info.scale

    @property
    def time_s(self) -> npt.NDArray[np.floating] | None:
        """Time of each frame from the first, where the series says so."""
        frame_time = self.info.frame_time_s
        return None if frame_time is None else np.arange(self.n_frames) * frame_time

    def depth(self, t: int) -> npt.NDArray[np.uint8]:
        """Likeliest class of every pixel of frame t, (h, w). Raises: InputError where it is not done."""
        self._check_frame(t)
        return np.asarray(self._read(self._depth, t))

    def confidence(self, t: int) -> npt.NDArray[np.uint8]:
        """Probability of that class in 255ths, (h, w). Raises: InputError where it is not done."""
        self._check_frame(t)
        return np.asarray(self._read(self._confidence, t))

    def probability(self, t: int) -> npt.NDArray[np.float32]:
        """All probabilities of frame t, (11, h, w). Slow beside trace(): the file is laid out along time."""
        self._check_frame(t)
        return _normalised(self._read(self._probability, t), axis=0)

    def trace(self, x_px: float, y_px: float) -> npt.NDArray[np.float32]:
        """Probabilities at a source pixel through time, (T, 11); NaN in frames that are not done.

        Raises: InputError where the pixel lies outside the frame.
        """
        x, y = self.to_result_px(x_px, y_px)
        values = _normalised(self._read(self._probability, (slice(None), slice(None), y, x)), axis=1)
        values[~self.done] = np.nan
        return values

    def to_result_px(self, x_px: float, y_px: float) -> tuple[int, int]:
        """The result pixel (x, y) that holds a source pixel. Raises: InputError outside the frame."""
        if not (0 <= x_px <= self.info.width_px - 1 and 0 <= y_px <= self.info.height_px - 1):
            raise InputError(
                f"Pixel {x_px:g},{y_px:g} lies outside the frame.",
                f"x runs from 0 to {self.info.width_px - 1}, y from 0 to {self.info.height_px - 1}.",
            )
        height, width = self.shape
        # a rim narrower than a result pixel belongs to the last one
        x, y = (int(np.floor(binned_from_px(value, self.scale) + 0.5)) for value in (x_px, y_px))
        return min(x, width - 1), min(y, height - 1)

    def columns_table(self) -> np.ndarray:
        """All columns of all frames done, COLUMN_DTYPE, by frame and column."""
        if "columns" not in self._file:
            raise ResultError(f"{self.path} has no table of columns.", "Analyse the series again.")
        return np.asarray(self._read(self._file["columns"], slice(None)))

    def _check_frame(self, t: int) -> None:
        if not 0 <= t < self.n_frames:
            raise InputError(f"There is no frame {t}.", f"Frames run from 0 to {self.n_frames - 1}.")
        if not self.done[t]:
            raise InputError(f"Frame {t} was not analysed.", "The job was stopped early; analyse the series again.")

    def _read(self, dataset: "h5py.Dataset", where: Any) -> np.ndarray:
        try:
            return np.asarray(dataset[where])
        except OSError as error:
            raise ResultError(f"{self.path} is damaged: {error}.", "Analyse the series again.") from error


def _existing(path: str | Path) -> Path:
    try:
        return existing_file(path, "Result file")
    except InputError as error:
        raise ResultError(error.message, error.hint) from error


def _normalised(in_255ths: np.ndarray, *, axis: int) -> npt.NDArray[np.float32]:
    """Rounding to 255ths leaves sums that are a little off 1."""
    values = in_255ths.astype(np.float32)
    return values / np.maximum(values.sum(axis=axis, keepdims=True), 1)


def find_result_for(fingerprint: str, folder: str | Path) -> Path | None:
    """The newest result in a folder that was made from the series with this fingerprint."""
    files = sorted(Path(folder).glob("*.h5"), key=lambda path: path.stat().st_mtime, reverse=True)
    return next((path for path in files if _fingerprint(path) == fingerprint), None)


def _fingerprint(path: Path) -> str | None:
    try:
        with Result(path) as result:
            return result.info.fingerprint
    except SegDepthError:  # a folder may hold other files
        return None
