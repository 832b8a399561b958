"""Closing the window while jobs run: each is asked to end in the way that loses least.

Trainings and simulations pause (they can be resumed), analyses stop and keep the frames they have, the rest is
cancelled. After ten seconds the window closes anyway: what cannot be resumed is killed; a training or a simulation
that is still writing its pause is left to finish it.
"""

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QDialog, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.process import JobRunner
from segdepth_app.gui.texts import shortened

WAIT_MS = 10_000
SHOW_AFTER_MS = 300


class Closing(QObject):
    """One attempt to close; `finished` is called once, when no job stands in the way."""

    def __init__(self, jobs: JobRunner, finished: Callable[[], None], parent: QWidget) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._finished = finished
        self._over = False
        self.dialog = ClosingDialog([job.title for job in jobs.close_all()], parent)
        self.dialog.now.clicked.connect(self.finish)
        jobs.job_ended.connect(self._check)
        # nobody needs to see a dialog for what takes a blink
        self._timers = [self._after(SHOW_AFTER_MS, self.dialog.open), self._after(WAIT_MS, self.finish)]

    def finish(self) -> None:
        """Waits no longer."""
        if not self._over:
            self._over = True
            for timer in self._timers:
                timer.stop()
            self._jobs.job_ended.disconnect(self._check)
            self._jobs.kill_all()
            self.dialog.close()
            self.dialog.deleteLater()
            self._finished()

    def _after(self, milliseconds: int, act: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(act)
        timer.start(milliseconds)
        return timer

    def _check(self) -> None:
        if not self._jobs.live:
            self.finish()


TITLE_LETTERS = 80


class ClosingDialog(QDialog):
    """Which jobs are waited for."""

    def __init__(self, titles: list[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Closing SegDepth")
        heading = QLabel("Waiting for jobs to save their work")
        theme.set_role(heading, "heading")
        text = QLabel("Trainings and simulations pause and can be resumed; analyses keep the frames they have.")
        text.setWordWrap(True)
        self.now = QPushButton("Close now")
        self.now.setAutoDefault(False)  # Enter is hit in passing, and gives up what jobs have not written yet
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        for widget in (
            heading,
            QLabel("\n".join(f"•  {shortened(title, TITLE_LETTERS)}" for title in titles)),
            text,
            self.now,
        ):
            layout.addWidget(widget)
