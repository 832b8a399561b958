"""Traces as CSV: `frame,time_s,p0,…,p10` of a pixel, a region or a column. Frames that are not done are left out."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segdepth_app.csv_file import Row, number, write_csv, write_rows
from segdepth_app.inference.results import PROBABILITY_FIELDS, Result

TRACE_HEADER = ("frame", "time_s", *PROBABILITY_FIELDS)

Place = Callable[[Result], npt.NDArray[np.float32]]
"""Reads the trace (T, 11) of a place in a result."""


def at_pixel(x_px: float, y_px: float) -> Place:
    """A source pixel."""
    return lambda result: result.trace(x_px, y_px)


def in_region(x_px: int, y_px: int, width_px: int, height_px: int) -> Place:
    """The mean of a rectangle of source pixels."""
    return lambda result: result.roi_trace(x_px, y_px, width_px, height_px)


def of_column(number: int) -> Place:
    """A column, by its number in the table of columns."""
    return lambda result: result.column_trace(number)


def trace_text(result_path: str | Path, place: Place) -> str:
    """The trace as CSV text. Raises: InputError where the place lies outside the frame, or there is none."""
    stream = io.StringIO()
    with Result(result_path) as result:
        write_rows(stream, TRACE_HEADER, _rows(result, place(result)))
    return stream.getvalue()


def write_trace(result_path: str | Path, place: Place, csv_path: str | Path) -> Path:
    """The same as a file. Raises: also InputError where the target cannot be written."""
    with Result(result_path) as result:
        trace = place(result)
        return write_csv(csv_path, TRACE_HEADER, _rows(result, trace))


def _rows(result: Result, trace: npt.NDArray[np.float32]) -> Iterator[Row]:
    times = result.time_s
    for frame in np.flatnonzero(result.done):
        # the time is empty where the series does not say it
        time = None if times is None else times[frame]
        yield [int(frame), number(time), *map(number, trace[frame])]
