"""The job `doctor`: what `segdepth doctor` finds, for the window, which has no torch to ask."""

from segdepth_app.config import Config
from segdepth_app.doctor.report import examine, report_lines
from segdepth_app.reporting import Reporter


class DoctorConfig(Config):
    """Nothing to set."""


def run(_config: DoctorConfig, reporter: Reporter) -> None:
    """Answers request 0 with faults, warnings (each a message and an advice) and all lines of the report."""
    reporter.started()
    found = examine()
    reporter.answer(0, faults=found["faults"], warnings=found["warnings"], lines=report_lines(found))
