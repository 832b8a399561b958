"""Playback in the View tab: `python -m tests.benchmarks.view_playback` (offscreen, or on the screen there is).

1024² frames of counts, a depth map and a confidence map at a quarter of that for each, 5,000 columns with their
counts on the frame and the depth over it at 50 %. Measured from setting a frame to its being painted, all panes and
one enlarged, and what playing by the clock at 60 frames/s comes to in the whole tab. `worst` is the longest time in
which the window answers to nothing. Written into RESULTS.md with --write.
"""

import argparse
import os
import statistics
import sys
from time import perf_counter, process_time

import numpy as np
from PySide6.QtCore import QEvent, QObject

SIZE = 1024
N_FRAMES = 24
N_COLUMNS = 5000
N_SHOWN = 240
N_WARM = 10
PLAY_S = 4.0
WINDOW = (1280, 720)
TITLE = "Playback in the View tab"


def make_frames() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Counts float32 (1024, 1024) and classes uint8 (256, 256), from a generator with a seed."""
    rng = np.random.default_rng(6)
    frames = [rng.poisson(1.83, (SIZE, SIZE)).astype(np.float32) for _ in range(N_FRAMES)]
    depths = [rng.integers(0, 11, (SIZE // 4, SIZE // 4), dtype=np.uint8) for _ in range(N_FRAMES)]
    return frames, depths


class Stage:
    """The tab's widget with everything switched on."""

    def __init__(self, rotation_deg: float) -> None:
        from segdepth_app.gui.view.overlay_dots import Dots
        from segdepth_app.gui.view.overlay_options import OverlayOptions
        from segdepth_app.gui.view.view import View
        from segdepth_app.series.grid import grid_for

        self.view = View()
        self.view.resize(*WINDOW)
        self.view.show_workspace("benchmark")
        self.view.set_series(N_FRAMES, 0.1, SIZE, SIZE)
        self.view.set_contrast(0, 6)
        self.view.set_pixel_size(5.3)
        self.view.show_overlay_options(OverlayOptions(columns=True, depth_percent=50))
        self.frames, depths = make_frames()
        self.grid = grid_for(SIZE, SIZE, 5.3, 4 * 5.3, rotation_deg)
        rng = np.random.default_rng(7)
        self.depths = [np.resize(depth, self.grid.shape) for depth in depths]
        self.dots = [
            Dots(*rng.uniform(0, SIZE, (2, N_COLUMNS)), rng.integers(0, 11, N_COLUMNS, dtype=np.uint8))
            for _ in range(N_FRAMES)
        ]
        self.view.show()
        self.painted = _Paints(self.view.panes.panes)

    def show(self, number: int) -> None:
        """All that a frame changes in the pictures."""
        from segdepth_app.gui.view.overlay_dots import Changes

        i = number % N_FRAMES
        self.view.show_frame(self.frames[i])
        self.view.show_maps(self.depths[i], self.depths[i], self.grid, "")
        self.view.show_dots(self.dots[i], Changes(), SIZE / np.sqrt(N_COLUMNS))

    def paint(self) -> None:
        """Returns when every pane that changes with the frame has been painted, once, as Qt does by itself."""
        from PySide6.QtWidgets import QApplication

        wanted = [pane for name, pane in self.view.panes.panes.items() if pane.isVisible() and name != "saliency"]
        before = [self.painted.of(pane) for pane in wanted]
        while any(self.painted.of(pane) == n for pane, n in zip(wanted, before, strict=True)):
            QApplication.processEvents()


class _Paints(QObject):
    """Counts how often each pane was painted."""

    def __init__(self, panes: dict) -> None:
        super().__init__()
        self._counts = {pane.plot.viewport(): 0 for pane in panes.values()}
        for viewport in self._counts:
            viewport.installEventFilter(self)

    def of(self, pane: object) -> int:
        return self._counts[pane.plot.viewport()]  # type: ignore[attr-defined]

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and watched in self._counts:
            self._counts[watched] += 1
        return False


def times_to_paint(stage: Stage) -> list[float]:
    """Seconds from setting a frame to its being painted."""
    seconds = []
    for number in range(N_WARM + N_SHOWN):
        begin = perf_counter()
        stage.show(number)
        stage.paint()
        seconds.append(perf_counter() - begin)
    return seconds[N_WARM:]


def processor_time(stage: Stage) -> float:
    """Seconds of the processor for a frame, from setting it to its being painted; others matter little for it."""
    panes = [pane for pane in stage.view.panes.panes.values() if pane.isVisible()]
    begin = process_time()
    for number in range(N_SHOWN):
        stage.show(number)
        for pane in panes:
            pane.plot.viewport().repaint()
    return (process_time() - begin) / N_SHOWN


def play(stage: Stage) -> tuple[float, float]:
    """Frames shown per second while the bar plays at 60 a second, and the longest stall in seconds."""
    from PySide6.QtCore import QEventLoop, Qt, QTimer

    view, bar = stage.view, stage.view.play_bar
    bar.speed.setCurrentIndex(bar.speed.findData(60))
    beats = [perf_counter()]
    view.frame_changed.connect(stage.show)
    frame = view.panes.panes["frame"]
    before = stage.painted.of(frame)
    pulse = QTimer()
    pulse.setTimerType(Qt.TimerType.PreciseTimer)
    pulse.setInterval(2)
    pulse.timeout.connect(lambda: beats.append(perf_counter()))
    loop = QEventLoop()
    QTimer.singleShot(int(1000 * PLAY_S), loop.quit)
    pulse.start()
    bar.toggle()
    loop.exec()
    bar.stop()
    pulse.stop()
    return (stage.painted.of(frame) - before) / PLAY_S, float(np.diff(beats).max())


def measure() -> list[str]:
    """Lines of a table, one for each arrangement."""
    from PySide6.QtWidgets import QApplication

    from segdepth_app.gui import theme

    application = QApplication.instance() or QApplication(["benchmark"])
    theme.apply_theme(application, "light")
    lines = [
        "| panes | grid | frames/s of one core | processor | shown after | worst | playing at 60/s | longest stall |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for rotation_deg in (0.0, 17.0):
        for enlarged in (None, "frame"):
            stage = Stage(rotation_deg)
            stage.view.panes.enlarge(enlarged)
            for _ in range(5):
                QApplication.processEvents()
            seconds = times_to_paint(stage)
            busy = processor_time(stage)
            shown, stall = play(stage)
            median = statistics.median(seconds)
            turned = f"turned by {rotation_deg:g}°" if rotation_deg else "upright"
            times = " | ".join(f"{1e3 * value:.1f} ms" for value in (busy, median, max(seconds)))
            lines.append(
                f"| {enlarged or 'all four'} | {turned} | {1 / busy:.0f} | {times} | {shown:.0f}/s "
                f"| {1e3 * stall:.0f} ms |"
            )
            stage.view.close()
            stage.view.deleteLater()
            QApplication.processEvents()
    return lines


def main() -> None:
    """Measures; prints, or writes a section of RESULTS.md."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.view_playback", allow_abbrev=False)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    lines = measure()
    from PySide6.QtGui import QGuiApplication

    head = (
        f"{SIZE}² frames, depth over the frame, {N_COLUMNS} columns, window of {WINDOW[0]} × {WINDOW[1]} px, "
        f"platform {QGuiApplication.platformName()}.\n\n"
    )
    sys.stdout.write(head + "\n".join(lines) + "\n")
    if arguments.write:
        from tests.benchmarks.results import write_section

        write_section(f"{TITLE} ({QGuiApplication.platformName()})", head + "\n".join(lines))


if __name__ == "__main__":
    main()
