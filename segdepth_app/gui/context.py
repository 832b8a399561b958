"""What every tab gets: jobs, settings, and ways to speak to the rest of the window."""

from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.process import Job, JobRunner
from segdepth_app.gui.settings import Settings

CHANGES = {
    "simulate": "datasets_changed",
    "train": "runs_changed",
    "evaluate": "evaluations_changed",
    "study": "evaluations_changed",
    "infer": "results_changed",
    "demo": "results_changed",
}
"""Which list an ended job may have changed."""


class AppContext(QObject):
    """Made once, by the application; handed to `create_tab` of every tab."""

    open_requested = Signal(str)
    """Somebody wants this path opened, in whichever tab it belongs to."""
    datasets_changed = Signal()
    runs_changed = Signal()
    evaluations_changed = Signal()
    results_changed = Signal()
    theme_changed = Signal()
    """Light became dark or back: plots take their colours from `theme` again."""
    status_changed = Signal(str)
    fault_reported = Signal(object, str)

    def __init__(self, settings: Settings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.settings = settings
        self.n_reported = 0
        """How many faults were told of."""
        self.jobs = JobRunner(self)
        self.jobs.job_ended.connect(self._job_ended)

    def report(self, error: BaseException | str, hint: str = "") -> None:
        """Shows an error card. From any thread: the card comes through the event loop."""
        self.n_reported += 1
        self.fault_reported.emit(error, hint)

    def status(self, message: str) -> None:
        """Text for the status bar's readout (pixel, intensity, depth); an empty one clears it."""
        self.status_changed.emit(message)

    def open(self, path: str) -> None:
        """Opens a series, result, dataset or run folder in its tab."""
        self.open_requested.emit(path)

    def _job_ended(self, job: Job) -> None:
        if job.name in CHANGES:
            getattr(self, CHANGES[job.name]).emit()
