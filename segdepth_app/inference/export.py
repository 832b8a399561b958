"""Tables of a result as CSV: traces, columns, events.

Frames that are not done are left out, never 0. Coordinates are source pixels, and nm from the centre of the first
pixel. Neither torch nor matplotlib is imported.
"""

from pathlib import Path

import numpy as np

from segdepth_app.csv_file import number, write_table
from segdepth_app.errors import ResultError
from segdepth_app.inference.result_info import EVENTS_HEADER, event_texts, in_nm
from segdepth_app.inference.results import COLUMNS_HEADER, PROBABILITY_FIELDS, Result, column_texts
from segdepth_app.inference.trace_tables import at_pixel, write_trace
from segdepth_app.paths import writable_target, written_whole

COLUMNS_CSV_HEADER = (*COLUMNS_HEADER, "x_nm", "y_nm", *PROBABILITY_FIELDS)
"""The probabilities are those of the frame alone, pooled over the column's disc."""


def export_trace(result_path: str | Path, x_px: float, y_px: float, csv_path: str | Path) -> Path:
    """The probabilities at one source pixel through time: `frame,time_s,p0,…,p10`.

    Raises: InputError where the pixel lies outside the frame (with the range), or the target cannot be written.
    """
    return write_trace(result_path, at_pixel(x_px, y_px), csv_path)


def export_columns(result_path: str | Path, csv_path: str | Path) -> Path:
    """All columns of all frames: COLUMNS_CSV_HEADER."""
    target = writable_target(csv_path)
    with Result(result_path) as result, written_whole(target) as temporary:
        write_columns(result, temporary)
    return target


def write_columns(result: Result, path: Path) -> None:
    """All columns of all frames, COLUMNS_CSV_HEADER. Raises: ResultError where there are none."""
    table = result.columns_table()
    if not len(table):
        raise ResultError(f"{result.path} holds no columns.", "The model found none in this series.")
    size = result.info.pixel_size_pm
    write_table(path, COLUMNS_CSV_HEADER, ([*column_texts(row), *_column_rest(row, size)] for row in table))


def write_events(result: Result, path: Path) -> None:
    """The changes of columns, EVENTS_HEADER, by frame; only the header where there are none."""
    size, frame_time = result.info.pixel_size_pm, result.info.frame_time_s
    write_table(path, EVENTS_HEADER, (event_texts(row, size, frame_time) for row in result.events()))


def _column_rest(row: np.void, pixel_size_pm: float) -> list[str]:
    return [*in_nm(row, pixel_size_pm), *(number(row[name]) for name in PROBABILITY_FIELDS)]
