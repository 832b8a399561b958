"""Runs the doctor in a child process and fills its dialog; the window itself has no torch to ask. No widgets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segdepth_app.gui.doctor_dialog import DoctorDialog
    from segdepth_app.gui.process import Job, JobRunner

TITLE = "Check of this installation"
WELL = "Everything is in place."
UNFINISHED = "The check did not come to its end."
ENDED = ("The check of this installation ended without a word.", "Start SegDepth again; its log may say more.")


class DoctorCheck:
    """One check; closing the dialog ends it."""

    def __init__(self, view: "DoctorDialog", jobs: "JobRunner", report: Callable[[str, str], object]) -> None:
        """`report` puts a fault of the check itself on a card of the window."""
        self._view = view
        self._report = report
        self._over = False
        self._job: Job = jobs.start("doctor", {}, TITLE)
        self._job.told.connect(self._on_event)
        self._job.state_changed.connect(self._on_state)
        view.left.connect(self._leave)

    def _leave(self) -> None:
        self._over = True
        if not self._job.has_ended:
            self._job.terminate()

    def _on_event(self, event: dict[str, Any]) -> None:
        if self._over:
            return
        if event["event"] == "answer":
            self._over = True
            self._view.show_findings(event["faults"], event["warnings"])
            self._view.show_report(event["lines"])
            self._view.show_verdict(*verdict(len(event["faults"]), len(event["warnings"])))
        elif event["event"] == "error":
            self._fail(event["message"], event["hint"])

    def _on_state(self, _: str) -> None:
        if self._job.has_ended and not self._over:
            self._fail(*ENDED)

    def _fail(self, message: str, hint: str) -> None:
        self._over = True
        self._view.show_verdict(UNFINISHED, "bad")
        self._view.show_findings([{"message": message, "advice": hint}], [])
        self._view.show_report([])
        self._report(message, hint)


def verdict(n_faults: int, n_warnings: int) -> tuple[str, str]:
    """The outcome in a sentence, and the look it has."""
    if n_faults:
        return ("One fault was found." if n_faults == 1 else f"{n_faults} faults were found."), "bad"
    if n_warnings:
        more = "One thing to know:" if n_warnings == 1 else f"{n_warnings} things to know:"
        return f"{WELL} {more}", "warning"
    return WELL, "good"
