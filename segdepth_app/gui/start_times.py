"""How long a start takes, for the benchmark: SEGDEPTH_START_TIMES names a file, and the window closes when it is done.

Written there, as JSON, is when the window was first painted on the screen, and when the event loop had nothing left to
do: seconds since the epoch, so that whoever started the program can take off when that was.
"""

import json
import os
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

VARIABLE = "SEGDEPTH_START_TIMES"


def watch(window: QWidget) -> None:
    """Measures this start, where that is wanted."""
    target = os.environ.get(VARIABLE)
    if target:
        _Watch(window, Path(target))


class _Watch(QObject):
    def __init__(self, window: QWidget, target: Path) -> None:
        super().__init__(window)
        self._window, self._target = window, target
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """The first paint after the window is exposed."""
        handle = self._window.windowHandle()
        if event.type() == QEvent.Type.Paint and handle is not None and handle.isExposed():
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self._painted)
        return False

    def _painted(self) -> None:
        painted = time.time()
        # a timer of no length fires when no event is left
        QTimer.singleShot(0, self, lambda: self._idle(painted))

    def _idle(self, painted: float) -> None:
        self._target.write_text(json.dumps({"painted": painted, "idle": time.time()}), encoding="utf-8")
        self._window.close()
