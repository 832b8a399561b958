"""What a result says of itself: where it came from, what was assumed, and how its tables are laid out.

Numbers of a result of the first format that it did not keep are None, with a source that says so.
"""

import json
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from segdepth_app import colours
from segdepth_app.config import N_CLASSES
from segdepth_app.csv_file import number

if TYPE_CHECKING:
    import h5py

FIRST_FORMAT = "segdepth-result-1"
FORMAT = "segdepth-result-2"
FORMATS = (FIRST_FORMAT, FORMAT)
"""What can be read; the last is what is written."""
NOT_KEPT = "not kept in the result"
UNKNOWN_ELEMENT = "?"
OUTSIDE = colours.OUTSIDE
"""Class of result pixels outside the frame, and in frames that could not be read; their confidence is 0."""

PROBABILITY_FIELDS = tuple(f"p{n}" for n in range(N_CLASSES))

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
        ("probability", "f4"),
    ]
)

BY_COLUMN = "columns_through_time"
"""Dataset with the rows of /columns by column and frame."""
SOURCE_SHIFTS = "source_shift_px"
"""Dataset with the drift of every frame of the file."""

EVENTS_HEADER = ("frame", "time_s", "column", "element", "x_px", "y_px", "x_nm", "y_nm", "from", "to", "probability")
"""Of tables of events that users get; `frame` counts from 0 and is the first with the new count."""

COLUMNS_HEADER = ("frame", "column", "element", "x_px", "y_px", "count", "confidence", "hmm_count")


def column_texts(row: np.void) -> list[object]:
    """A row of COLUMN_DTYPE as tables of columns show it, in the order of COLUMNS_HEADER."""
    return [
        int(row["frame"]),
        int(row["column"]),
        row["element"].decode(),
        number(row["x_px"]),
        number(row["y_px"]),
        int(row["count"]),
        number(row["confidence"]),
        int(row["hmm_count"]),
    ]


@dataclass(frozen=True)
class ResultInfo:
    """Where a result came from and what was assumed; the attributes of the file.

    `n_frames` counts images, each the sum of `sum_frames` frames of the file, and `frame_time_s` is theirs; vacuum,
    offset, gain and dose are those of one frame of the file.
    """

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
    stay_probability: float | None
    """None while it is not fitted yet."""
    warnings: list[str]
    rotation_deg: float = 0.0
    sum_frames: int = 1
    align: str = "none"
    gain: float | None = None
    gain_source: str = NOT_KEPT
    offset: float | None = None
    offset_source: str = NOT_KEPT
    stay_source: str = "typed"
    longest_sum_frames: int = 1
    precision: str = "float32"
    grid: dict[str, Any] | None = None
    raw: str | None = None
    """Layout of a file without a header, as it was given."""
    """series.grid.Grid of the maps; None in the first format, which knew no rotation."""
    prior: list[float] = field(default_factory=list)
    """Share of each count among columns, by which a posterior is divided before it is smoothed through time."""


def write_info(file: "h5py.File", info: ResultInfo, version: str) -> None:
    """Puts format, version and info into the attributes; None is left out."""
    file.attrs.update(format=FORMAT, version=version)
    for name, value in asdict(info).items():
        if value is not None:
            file.attrs[name] = json.dumps(value) if isinstance(value, list | dict) else value


def read_info(attributes: Any) -> ResultInfo:
    """Inverse of write_info. Raises: KeyError with the name of what is missing."""
    values: dict[str, Any] = {}
    for entry in fields(ResultInfo):
        value = attributes.get(entry.name)
        if isinstance(value, np.generic):
            value = value.item()
        if value is not None:
            values[entry.name] = json.loads(value) if _is_json(entry.type) else value
        elif "None" in str(entry.type):
            values[entry.name] = None
        elif entry.default is MISSING and entry.default_factory is MISSING:
            raise KeyError(entry.name)
    return ResultInfo(**values)


def _is_json(kind: Any) -> bool:
    return str(kind).startswith(("list", "dict"))


def event_texts(event: np.void, pixel_size_pm: float | None, frame_time_s: float | None) -> list[object]:
    """A record of EVENT_DTYPE under EVENTS_HEADER; what is unknown stays empty."""
    frame = int(event["frame"])
    time = number(None if frame_time_s is None else frame * frame_time_s)
    px = [number(event[name]) for name in ("x_px", "y_px")]
    counts = [int(event["from"]), int(event["to"]), number(event["probability"])]
    return [frame, time, int(event["column"]), event["element"].decode(), *px, *in_nm(event, pixel_size_pm), *counts]


def in_nm(row: np.void, pixel_size_pm: float | None) -> list[str]:
    """x and y of a column or event in nm from the centre of the first pixel, as cells; empty where it is unknown."""
    if pixel_size_pm is None:
        return ["", ""]
    # as precise as the pixels are: float32
    return [number(np.float32(float(row[name]) * pixel_size_pm / 1000)) for name in ("x_px", "y_px")]
