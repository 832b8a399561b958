"""A result in other programs' formats: CSV of traces and columns, TIFF stacks of maps, a figure.

Frames that are not done are left out of tables and are 255 in maps, never 0. Coordinates are source pixels.
tifffile and matplotlib are imported when they are needed; torch never.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from segdepth_app.errors import InputError, ResultError
from segdepth_app.inference.results import COLUMNS_HEADER, Result, column_texts
from segdepth_app.inference.trace_tables import at_pixel, csv_file, write_trace
from segdepth_app.paths import writable_target, written_whole

NOT_DONE = 255
"""Value of maps in frames that are not done; no class has it."""
FIGURE_ENDINGS = (".png", ".svg", ".pdf")


def export_trace(result_path: str | Path, x_px: float, y_px: float, csv_path: str | Path) -> Path:
    """The probabilities at one source pixel through time: `frame,time_s,p0,…,p10`.

    Raises: InputError where the pixel lies outside the frame (with the range), or the target cannot be written.
    """
    return write_trace(result_path, at_pixel(x_px, y_px), csv_path)


def export_columns(result_path: str | Path, csv_path: str | Path) -> Path:
    """All columns of all frames: `frame,column,element,x_px,y_px,count,confidence,hmm_count`."""
    with Result(result_path) as result:
        table = result.columns_table()
    if not len(table):
        raise ResultError(f"{result_path} holds no columns.", "The model found none in this series.")
    return csv_file(csv_path, COLUMNS_HEADER, (column_texts(row) for row in table))


def export_tiff(result_path: str | Path, tiff_path: str | Path) -> list[Path]:
    """Depth (classes) at tiff_path and confidence (in 255ths) beside it as `…_confidence.tif`.

    Both are 8-bit ImageJ stacks of all frames with pixel size and frame time.
    """
    target = writable_target(tiff_path)
    if target.suffix.lower() not in (".tif", ".tiff"):
        raise InputError(f"{target.name} has no TIFF ending.", "Name a .tif file.")
    beside = target.with_name(f"{target.stem}_confidence{target.suffix}")
    with Result(result_path) as result:
        for path, read in ((target, result.depth), (beside, result.confidence)):
            _stack(path, result, (read(t) if result.done[t] else None for t in range(result.n_frames)))
    return [target, beside]


def _stack(path: Path, result: Result, frames: Iterable[np.ndarray | None]) -> None:
    import tifffile

    pixel_nm = result.info.pixel_size_pm * result.scale / 1000
    about: dict[str, object] = {"axes": "TYX", "unit": "nm"}
    if result.info.frame_time_s:
        about["finterval"] = result.info.frame_time_s
    pages = (np.full(result.shape, NOT_DONE, np.uint8) if frame is None else frame for frame in frames)
    with written_whole(path) as temporary:
        tifffile.imwrite(
            temporary,
            pages,
            shape=(result.n_frames, *result.shape),
            dtype=np.uint8,
            imagej=True,
            resolution=(1 / pixel_nm, 1 / pixel_nm),
            metadata=about,
        )


def export_figure(
    result_path: str | Path,
    figure_path: str | Path,
    *,
    frame: int | None = None,
    pixels: tuple[tuple[float, float], ...] = (),
) -> Path:
    """A sheet with depth, confidence, and traces at up to two source pixels (.png, .svg, .pdf).

    Without a frame the first one that is done is shown; without pixels, the column that changes most is traced.
    """
    target = writable_target(figure_path)
    if target.suffix.lower() not in FIGURE_ENDINGS:
        raise InputError(f"A figure cannot be written as {target.name}.", f"Choose {', '.join(FIGURE_ENDINGS)}.")
    from segdepth_app.inference.figure import result_sheet, save_figure

    with Result(result_path) as result:
        sheet = result_sheet(result, frame=frame, pixels=pixels)
        save_figure(sheet, [target])
    return target
