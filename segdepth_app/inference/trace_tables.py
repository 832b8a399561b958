"""Traces as CSV: `frame,time_s,p0,…,p10` of a pixel, a region or a column. Frames that are not done are left out."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from segdepth_app.inference.results import PROBABILITY_FIELDS, Result
from segdepth_app.paths import writable_target, written_whole

TRACE_HEADER = ("frame", "time_s", *PROBABILITY_FIELDS)

Row = Iterable[object]
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
        return csv_file(csv_path, TRACE_HEADER, _rows(result, trace))


def _rows(result: Result, trace: npt.NDArray[np.float32]) -> Iterator[Row]:
    times = result.time_s
    for frame in np.flatnonzero(result.done):
        # the time is empty where the series does not say it
        time = "" if times is None else f"{times[frame]:.6g}"
        yield [int(frame), time, *(f"{value:.4f}" for value in trace[frame])]


def csv_file(path: str | Path, header: Iterable[str], rows: Iterable[Row]) -> Path:
    """A CSV file, whole or not there. Raises: InputError where it cannot be written."""
    target = writable_target(path)
    with written_whole(target) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        write_rows(stream, header, rows)
    return target


def write_rows(stream: io.TextIOBase, header: Iterable[str], rows: Iterable[Row]) -> None:
    """Header and rows as CSV."""
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
