"""How a job tells its caller what it does, and how the caller asks it to end.

Every job is a function `run(config, reporter)`. The reporter is silent here; `jobs` has the one that
writes JSON lines and `cli` the one with a progress bar.
"""

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

from segdepth_app.errors import Cancelled


class Command(StrEnum):
    """What the caller may ask of a running job."""

    STOP = "stop"
    """End early, keep what is good so far."""
    PAUSE = "pause"
    """End such that the same job can be resumed."""
    CANCEL = "cancel"
    """End and leave no half-made output behind."""


class Reporter:
    """Takes a job's events; this one drops them all."""

    def started(self, **facts: Any) -> None:
        """The job begins. `device`, `folder`, `versions` as far as known."""

    def progress(self, done: int, total: int, unit: str) -> None:
        """`done` of `total` units are finished."""

    def epoch(self, **values: float) -> None:
        """One epoch of training ended, with its figures."""

    def checkpoint(self, path: Path) -> None:
        """A checkpoint was written."""

    def artifact(self, path: Path) -> None:
        """An output file is complete and in place."""

    def warning(self, message: str) -> None:
        """Something the user should know, though the job goes on."""

    def table(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Figures that are the job's outcome: rows with the same keys, in the order they are to be shown."""

    def answer(self, request: int, **values: Any) -> None:
        """The answer to request number `request` of an interactive job."""

    def command(self) -> Command | None:
        """The last command the caller gave, if any."""
        return None

    def requests(self) -> Iterator[dict[str, Any]]:
        """Requests to an interactive job, as they come; ends when the caller is gone or says stop. None here."""
        return iter(())

    def raise_if_cancelled(self) -> None:
        """Raises Cancelled after a cancel; jobs call it between units of work."""
        if self.command() is Command.CANCEL:
            raise Cancelled("The job was cancelled.")
