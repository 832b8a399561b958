"""Click → drawn trace on 1,000 frames, cold and warm, and the longest stall of the window while an analysis runs.

The whole tab is used, offscreen: a click goes in as the panes send it, and it counts until the row with its trace has
been painted. Cold: the file's pages were dropped from memory before (Linux only; elsewhere the first click of its
part of the file), and the part of the file was not read since it was opened.
"""

import os
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from segdepth_app.config import N_CLASSES
from segdepth_app.gui.view.traces_row import TraceRow
from segdepth_app.inference.result_info import COLUMN_DTYPE, EVENT_DTYPE
from segdepth_app.inference.result_writer import ResultWriter
from tests.gui.view_files import result_info

N_FRAMES, EDGE, N_COLUMNS, SCALE = 1_000, 128, 300, 2
TICK_MS = 2
LIMITS_MS = {"cold": 20, "warm": 10, "stall": 50}


def measure_clicks(folder: Path, *, quick: bool) -> list[str]:
    """Lines of a table."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    app = _application()
    path = make_result(folder / "clicks.h5")
    cold, warm = _click_times(app, folder, path, 8 if quick else 40)
    stalls, frames = _stall(app, folder)
    rows = ["| what | median ms | 95 % ms | longest ms | wanted |", "|---|---|---|---|---|"]
    rows.append(_row(f"click → trace of {N_FRAMES} frames, cold", cold, "cold"))
    rows.append(_row(f"click → trace of {N_FRAMES} frames, warm", warm, "warm"))
    rows.append(_row(f"gaps of the event loop while {frames} frames are analysed", stalls, "stall"))
    return rows


def _row(what: str, seconds: list[float], limit: str) -> str:
    ms = sorted(1000 * value for value in seconds)
    high = ms[min(round(0.95 * len(ms)), len(ms) - 1)]
    return f"| {what} | {statistics.median(ms):.1f} | {high:.1f} | {ms[-1]:.1f} | ≤ {LIMITS_MS[limit]} |"


def make_result(path: Path) -> Path:
    """A result of 1,000 frames of 128² with 300 columns, as the infer job lays it out."""
    rng = np.random.default_rng(1)
    base = rng.dirichlet([0.2] * N_CLASSES, (EDGE, EDGE)).transpose(2, 0, 1).astype(np.float32)
    info = result_info(n_frames=N_FRAMES, height_px=SCALE * EDGE, width_px=SCALE * EDGE, source=["gone.tif"])
    with ResultWriter(path, n_frames=N_FRAMES, shape=(EDGE, EDGE)) as writer:
        depth = base.argmax(axis=0).astype(np.uint8)
        confidence = np.rint(base.max(axis=0) * 255).astype(np.uint8)
        for frame in range(N_FRAMES):
            writer.add(frame, depth, confidence, np.roll(base, frame % EDGE, axis=1))
        table, events = _tables(rng)
        writer.finish(_Tracked(table, events), np.zeros((EDGE, EDGE)), None, info)
    return path


class _Tracked:
    """The two tables that a result takes of what was tracked."""

    def __init__(self, table: np.ndarray, events: np.ndarray) -> None:
        self.table, self.events = table, events


def _tables(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    table = np.zeros(N_FRAMES * N_COLUMNS, COLUMN_DTYPE)
    table["frame"] = np.repeat(np.arange(N_FRAMES), N_COLUMNS)
    table["column"] = np.tile(np.arange(N_COLUMNS), N_FRAMES)
    places = rng.uniform(0, SCALE * EDGE - 1, (2, N_COLUMNS))
    table["x_px"], table["y_px"] = np.tile(places[0], N_FRAMES), np.tile(places[1], N_FRAMES)
    table["element"] = b"Ce"
    table["hmm_count"] = rng.integers(3, 5, len(table))
    events = np.zeros(6 * N_COLUMNS, EVENT_DTYPE)
    events["column"] = np.repeat(np.arange(N_COLUMNS), 6)
    events["frame"] = rng.integers(1, N_FRAMES, len(events))
    return table, events


def _application() -> Any:
    from segdepth_app.gui.app import create_application

    return create_application(["bench"])


def _make_tab(folder: Path) -> Any:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.settings import Settings
    from segdepth_app.gui.view.tab import create_tab

    context = AppContext(Settings(folder / "settings.ini"))
    tab: Any = create_tab(context)
    tab.context = context
    tab.resize(1280, 720)
    tab.show()
    return tab


class _Clock:
    """When a row was last painted to its end."""

    painted: float | None = None


def _watch_rows() -> None:
    """Rows made from now on tell the clock."""
    paint = TraceRow.paintEvent

    def timed(row: TraceRow, event: Any) -> None:
        paint(row, event)
        _Clock.painted = time.perf_counter()

    TraceRow.paintEvent = timed  # type: ignore[method-assign]


def _click_times(app: Any, folder: Path, path: Path, repetitions: int) -> tuple[list[float], list[float]]:
    _watch_rows()
    tab = _make_tab(folder)
    times: dict[str, list[float]] = {"cold": [], "warm": []}
    rng = np.random.default_rng(2)
    for number in range(repetitions + 1):
        _drop_from_memory(path)
        tab.open_path(str(path))
        _turn(app)
        x, y = (int(value) for value in rng.integers(0, SCALE * EDGE - 2, 2))
        for kind, place in (("cold", (x, y)), ("warm", (x + 1, y)), ("warm", (x, y + 1))):
            seconds = _click(app, tab, *place)
            if number:  # the first pass imports and builds
                times[kind].append(seconds)
    tab.close_children()
    tab.close()
    tab.deleteLater()
    _turn(app)
    return times["cold"], times["warm"]


def _click(app: Any, tab: Any, x: int, y: int) -> float:
    """Seconds from the click to the painted trace."""
    _Clock.painted = None
    begin = time.perf_counter()
    tab.view.panes.pixel_clicked.emit(x, y)
    while _Clock.painted is None:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents)
    seconds: float = _Clock.painted - begin
    _turn(app)
    return seconds


def _turn(app: Any) -> None:
    for _ in range(20):
        app.processEvents()
        time.sleep(0.005)  # the window rests between clicks, as its user does


def _drop_from_memory(path: Path) -> None:
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _stall(app: Any, folder: Path) -> tuple[list[float], int]:
    """Gaps between turns of the event loop from Analyse to the result, with five markers and a rectangle set."""
    from segdepth_app.gui.welcome import sample_series

    os.environ["SEGDEPTH_HOME"] = str(folder)
    tab = _make_tab(folder)
    presenter = tab.presenter
    tab.open_path(str(sample_series()))
    _until(app, lambda: presenter.scene.image is not None)
    for number in range(5):
        presenter.marking.click(40 + 60 * number, 300)
    presenter.marking.set_region(100, 250, 200, 200)
    gaps: list[float] = []
    last = [time.perf_counter()]

    def tick() -> None:
        now = time.perf_counter()
        gaps.append(max(now - last[0] - TICK_MS / 1000, 0.0))
        last[0] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(TICK_MS)
    timer.timeout.connect(tick)
    presenter.analysis.ask("analyse")
    timer.start()
    _until(app, lambda: presenter.scene.result is not None and not presenter.scene.result.is_partial)
    timer.stop()
    n_frames = presenter.scene.n_frames
    tab.close_children()
    _until(app, lambda: not tab.context.jobs.live)
    tab.close()
    return gaps, n_frames


def _until(app: Any, ready: Any, patience_s: float = 400) -> None:
    until = time.perf_counter() + patience_s
    while not ready():
        if time.perf_counter() > until:
            raise TimeoutError("the window did not get there")
        app.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
