"""Jobs that end in a table: a dataset is verified, the sampling of a draft is checked. No widgets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segdepth_app.gui.process import Job, JobRunner
    from segdepth_app.gui.simulate.view import SimulateView
    from segdepth_app.gui.widgets.table_dialog import TableDialog


@dataclass(frozen=True)
class TableKind:
    """What is said of a kind of job, and the columns of its table: key → heading."""

    title: str
    text: str
    columns: Mapping[str, str]


VERIFY = TableKind(
    "Verify {name}",
    "Every check of the file: its settings, tables, columns and images; one specimen is simulated again and compared.",
    {"verdict": "Verdict", "check": "Check", "found": "Found"},
)
SAMPLING = TableKind(
    "Sampling of the new dataset",
    "One specimen of the draft, simulated with coarser and finer steps. Errors are against the reference, of the worst "
    "image: rms in per cent of the image's spread, and the largest at a column's centre in per cent of vacuum.",
    {
        "varied": "Step of",
        "value": "Value",
        "wave_samples": "Wave samples",
        "rms_percent": "rms error, %",
        "centre_percent": "At centres, %",
        "seconds": "Time, s",
    },
)
VERDICTS = {"ok": "✓ sound", "note": "○ note", "wrong": "✗ wrong"}


class TableJobs:
    """Opens dialogs, and keeps those that are open alive."""

    def __init__(self, view: "SimulateView", jobs: "JobRunner") -> None:
        self._view = view
        self._jobs = jobs
        self._open: list[TableJob] = []

    def start(self, kind: TableKind, job: str, config: dict[str, Any], **names: str) -> None:
        """Starts a job with its dialog."""
        title = kind.title.format(**names)
        dialog = self._view.open_table(title, kind.text, tuple(kind.columns.values()))
        started = TableJob(dialog, self._jobs, kind, job, config, title)
        self._open = [*(item for item in self._open if item.is_open), started]


class TableJob:
    """Follows one job and fills its dialog; closing the dialog cancels it."""

    def __init__(
        self, view: "TableDialog", jobs: "JobRunner", kind: TableKind, job: str, config: dict[str, Any], title: str
    ) -> None:
        self._view = view
        self._kind = kind
        self.is_open = True
        self._job: Job = jobs.start(job, config, title)
        self._job.told.connect(self._on_event)
        self._job.state_changed.connect(self._on_state)
        view.left.connect(self.leave)

    def leave(self) -> None:
        """The dialog was closed."""
        self.is_open = False
        if not self._job.has_ended:
            self._job.cancel()

    def _on_event(self, event: dict[str, Any]) -> None:
        if not self.is_open:
            return
        if event["event"] == "progress":
            self._view.show_progress(event["done"], event["total"])
        elif event["event"] == "table":
            rows = event["rows"]
            numbers = [any(isinstance(row.get(key), int | float) for row in rows) for key in self._kind.columns]
            self._view.show_lines([[cell(row.get(key)) for key in self._kind.columns] for row in rows], numbers)
        elif event["event"] == "warning":
            self._view.show_note(event["message"])
        elif event["event"] == "error":
            self._view.show_problem(f"{event['message']} {event['hint']}".strip())

    def _on_state(self, _: str) -> None:
        if self.is_open and self._job.has_ended:
            self._view.show_ended()


def cell(value: Any) -> str:
    """A value of a table as it is shown."""
    if value is None:
        return "–"
    return f"{value:.3g}" if isinstance(value, float) else VERDICTS.get(value, str(value))
