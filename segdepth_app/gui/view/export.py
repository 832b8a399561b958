"""What leaves the window as files: traces and events as CSV written here; everything else by the job export-result."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.csv_file import number, write_csv
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.view.events_logic import write_events
from segdepth_app.gui.view.export_draft import ExportDraft
from segdepth_app.gui.view.markers import Trace
from segdepth_app.gui.view.result_view import ResultView
from segdepth_app.gui.view.scene import Scene

TRACE_FIELDS = (
    "marker",
    "name",
    "x_px",
    "y_px",
    "width_px",
    "height_px",
    "column",
    "frame",
    "time_s",
    *(f"p{n}" for n in range(N_CLASSES)),
    "hmm_count",
)
SETTINGS_KEY = "view/export"
KEPT = ("panes", "frames_per_second")


def traces_csv(traces: list[Trace], path: Path) -> int:
    """The traces of the markers under each other; the number of rows. Frames not analysed are left out."""
    rows = [row for trace in traces for row in _trace_rows(trace)]
    write_csv(path, TRACE_FIELDS, rows)
    return len(rows)


def _trace_rows(trace: Trace) -> Iterable[list[object]]:
    marker = trace.marker
    region = marker.region[2:] if marker.region else ("", "")
    column = "" if marker.column is None else marker.column
    for frame in np.flatnonzero(trace.probability.any(axis=1)):
        count = "" if trace.path is None or np.isnan(trace.path[frame]) else int(trace.path[frame])
        time = number(None if trace.frame_time_s is None else frame * trace.frame_time_s)
        total = max(int(trace.probability[frame].sum()), 1)  # rounding to 255ths leaves sums a little off
        shares = [number(np.float32(value / total)) for value in trace.probability[frame]]
        yield [
            marker.number, marker.name, marker.x, marker.y, *region, column, int(frame), time, *shares, count
        ]  # fmt: skip


class Exporter:
    """Asks where to, writes or has written, and says what was."""

    def __init__(
        self,
        view: Any,
        context: Any,
        scene: Scene,
        traces: Callable[[], list[Trace]],
        events: Callable[[], np.ndarray],
    ) -> None:
        self._view, self._context, self._scene = view, context, scene
        self._traces, self._events = traces, events

    def export(self, what: str) -> None:
        """`result` (by a job), `traces` or `events` of the result that is shown."""
        result = self._scene.result
        reason = self._why_not(what, result)
        if reason or result is None:
            self._context.status(reason)
        elif what == "result":
            self._view.ask_export(self._draft(result), self._start)
        else:
            self._write_table(what, result)

    def _why_not(self, what: str, result: ResultView | None) -> str:
        if result is None:
            return "Analyse first."
        if what == "traces" and not self._traces():
            return "Click a pixel first: its trace is what is exported."
        if what != "traces" and result.is_partial:
            return "The analysis has not ended: stop and keep it, or wait for it."
        return "There is no event to export." if what == "events" and not len(self._events()) else ""

    def _write_table(self, what: str, result: ResultView) -> None:
        suggestion = result.path.with_name(f"{result.path.stem}_{what}.csv")
        target = self._view.ask_target(f"Export {what}", str(suggestion), "CSV (*.csv)")
        if not target:
            return
        try:
            if what == "traces":
                n = traces_csv(self._traces(), Path(target))
            else:
                size = result.info.pixel_size_pm
                n = write_events(Path(target), self._events(), result.info.frame_time_s, size)
            self._context.status(f"{n} rows written to {Path(target).name}")
        except (SegDepthError, OSError) as error:
            self._context.report(error)

    def _draft(self, result: ResultView) -> ExportDraft:
        """What was chosen last time, for this result; the pixels of the markers go into the figure."""
        kept = self._context.settings.get(SETTINGS_KEY, {})
        kept = kept if isinstance(kept, dict) else {}
        traces = [trace.marker for trace in self._traces()]
        return ExportDraft(
            result=str(result.path),
            folder=str(result.path.parent),
            stem=result.path.stem,
            n_frames=result.n_frames,
            targets={str(name): str(ending) for name, ending in kept.get("targets", {"tiff": ".tif"}).items()},
            values={
                **{name: kept[name] for name in KEPT if name in kept},
                "frame": self._scene.frame,
                "pixels": [[marker.x, marker.y] for marker in traces],
            },
        )

    def _start(self, draft: ExportDraft) -> None:
        kept = {"targets": draft.targets, **{name: draft.values[name] for name in KEPT}}
        self._context.settings.set(SETTINGS_KEY, kept)
        job = self._context.jobs.start("export-result", draft.config(), f"Export {draft.stem}")
        files = ", ".join(draft.path(name).name for name in draft.targets)
        job.state_changed.connect(lambda state: self._on_state(job, state, files))

    def _on_state(self, job: Any, state: str, files: str) -> None:
        if state == "done":
            self._context.status(f"Written: {files}")
        elif state in ("failed", "lost"):
            error = job.error or {}
            self._context.report(str(error.get("message") or "The export failed."), str(error.get("hint") or ""))
