"""Evaluations and reports as jobs: started and followed. Studies have a presenter of their own. No widgets."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app.config import ReportConfig, build
from segdepth_app.errors import InputError
from segdepth_app.gui.texts import duration
from segdepth_app.reporting import Command

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.view import EvaluateView
    from segdepth_app.gui.process import Job

REPORT_FILE = "report.html"


class EvaluateJobs:
    """Shows the progress of the newest evaluation at the form, that of a report over the page."""

    def __init__(self, view: "EvaluateView", context: "AppContext", on_done: Callable[[Path], object]) -> None:
        self._view = view
        self._context = context
        self._on_done = on_done
        """Takes the folder of an evaluation that is done."""
        self._evaluation: Job | None = None
        view.cancel_requested.connect(self.cancel)
        context.jobs.job_started.connect(self._follow)
        for job in context.jobs.live:
            self._follow(job)

    def evaluate(self, config: dict[str, Any], title: str) -> None:
        """Starts an evaluation."""
        self._context.jobs.start("evaluate", config, title)

    def report(self, values: dict[str, Any]) -> None:
        """Starts a report from what its dialog gave."""
        try:
            config = build(ReportConfig, values)
        except InputError as error:
            self._context.report(error)
            return
        self._context.jobs.start("report", config.model_dump(mode="json"), f"Report {config.out.name}")

    def cancel(self) -> None:
        """Ends the running evaluation; it leaves nothing behind."""
        if self._evaluation is not None:
            self._evaluation.cancel()

    def _follow(self, job: "Job") -> None:
        if job.name == "evaluate":
            self._evaluation = job
            job.told.connect(lambda event: self._on_event(job, event))
            job.state_changed.connect(lambda _: self._show(job))
            self._show(job)
        elif job.name == "report":
            job.told.connect(lambda event: self._on_report_event(job, event))
            job.state_changed.connect(lambda _: self._show_report(job))
            self._show_report(job)

    def _on_event(self, job: "Job", event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self._show(job)
        elif event["event"] == "error":
            self._context.report(event["message"], event["hint"])
        elif event["event"] == "end" and event.get("reason") == "done":
            # the list is read again when the process has gone; then this one is shown
            self._on_done(Path(job.config["out"]))

    def _on_report_event(self, job: "Job", event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self._show_report(job)
        elif event["event"] == "error":
            self._context.report(event["message"], event["hint"])

    def _show(self, job: "Job") -> None:
        if job is not self._evaluation:
            return
        if job.has_ended:
            self._evaluation = None
            self._view.show_idle()
            return
        done, total, _ = job.progress or (0, 0, "")
        self._view.show_job(_progress_text(job), done, total, job.may(Command.CANCEL))

    def _show_report(self, job: "Job") -> None:
        out = Path(job.config["out"])
        if not job.has_ended:
            self._view.show_writing(f"Writing the report {out.name}: {_progress_text(job)}")
        elif job.state == "done":
            self._view.show_report(f"The report is in {out}.", out / REPORT_FILE)
        else:
            self._view.show_writing("")


def _progress_text(job: "Job") -> str:
    done, total, unit = job.progress or (0, 0, "")
    text = f"{job.state}: {done} of {total} {unit}" if total else f"{job.state}…"
    return text if job.seconds_left is None else f"{text}, about {duration(job.seconds_left)} left"
