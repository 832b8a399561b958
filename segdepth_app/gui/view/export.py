"""Tables and pictures out of a result, for other programs. Frames that were not analysed are left out, never zero."""

import csv
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import ResultError, SegDepthError
from segdepth_app.gui.view.markers import Trace
from segdepth_app.gui.view.result_view import ResultView
from segdepth_app.gui.view.scene import Scene
from segdepth_app.inference.results import COLUMNS_HEADER, column_texts
from segdepth_app.paths import writable_target, written_whole

TRACE_FIELDS = ("marker", "x_px", "y_px", "frame", "time_s", *(f"p{n}" for n in range(N_CLASSES)), "hmm_count")
NOT_ANALYSED = 255
"""Value of pixels in frames without a depth: no class has it."""


def _write_csv(path: Path, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    with (
        written_whole(writable_target(path)) as temporary,
        temporary.open("w", newline="", encoding="utf-8") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def columns_csv(result: ResultView, path: Path) -> int:
    """All columns of all frames; the number of rows. Raises: ResultError where there are none."""
    table = result.columns_table()
    if not len(table):
        raise ResultError("This result holds no columns.", "Analyse the whole series, or one with atomic columns.")
    _write_csv(path, COLUMNS_HEADER, (column_texts(row) for row in table))
    return len(table)


def traces_csv(traces: list[Trace], path: Path) -> int:
    """The traces of the markers under each other; the number of rows."""
    rows = [row for trace in traces for row in _trace_rows(trace)]
    _write_csv(path, TRACE_FIELDS, rows)
    return len(rows)


def _trace_rows(trace: Trace) -> Iterable[list[object]]:
    for frame in np.flatnonzero(trace.probability.any(axis=1)):
        count = "" if trace.path is None or np.isnan(trace.path[frame]) else int(trace.path[frame])
        time = "" if trace.frame_time_s is None else f"{frame * trace.frame_time_s:.6g}"
        shares = [f"{value / 255:.4f}" for value in trace.probability[frame]]
        yield [trace.number, trace.x, trace.y, int(frame), time, *shares, count]


def depth_tiff(result: ResultView, path: Path) -> int:
    """Depth of all frames as one 8-bit TIFF, a page each; the number of pages."""
    import tifffile

    size_nm = result.facts.pixel_size_pm * result.scale / 1000 if result.facts.pixel_size_pm else 1.0
    empty: np.ndarray | None = None
    with written_whole(writable_target(path)) as temporary, tifffile.TiffWriter(temporary, imagej=True) as writer:
        for frame in range(result.n_frames):
            depth = result.depth(frame)
            if depth is None:
                empty = np.full(result.shape, NOT_ANALYSED, np.uint8) if empty is None else empty
                depth = empty
            writer.write(depth, contiguous=True, resolution=(1 / size_nm, 1 / size_nm), metadata={"unit": "nm"})
    return result.n_frames


class Exporter:
    """Asks where to, writes, and says what was written."""

    def __init__(self, view: Any, context: Any, scene: Scene, traces: Callable[[], list[Trace]]) -> None:
        self._view, self._context, self._scene, self._traces = view, context, scene, traces

    def export(self, what: str) -> None:
        """`columns`, `traces` or `depth` of the result that is shown."""
        result = self._scene.result
        if result is None or (what == "traces" and not self._traces()):
            self._context.status("Click a pixel first: its trace is what is exported." if result else "Analyse first.")
            return
        ending, kinds = (".tif", "TIFF (*.tif)") if what == "depth" else (".csv", "CSV (*.csv)")
        suggestion = result.path.with_name(f"{result.path.stem}_{what}{ending}")
        target = self._view.ask_target(f"Export {what}", str(suggestion), kinds)
        if not target:
            return
        try:
            self._context.status(self._write(what, result, Path(target)))
        except (SegDepthError, OSError) as error:
            self._context.report(error)

    def _write(self, what: str, result: ResultView, target: Path) -> str:
        if what == "columns":
            return f"{columns_csv(result, target)} columns written to {target.name}"
        if what == "traces":
            return f"{traces_csv(self._traces(), target)} rows written to {target.name}"
        return f"{depth_tiff(result, target)} frames written to {target.name}"
