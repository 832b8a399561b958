"""What the analysis controls show: one table from the phase of an analysis to its buttons. No Qt.

ready     nothing runs, nothing waits        running   a job is at work
ending    the job was asked to end           paused    a part of an analysis lies on disk and can go on
"""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["ready", "running", "ending", "paused"]
Verb = Literal["analyse", "pause", "resume", "keep", "discard"]

BUTTONS: dict[Phase, tuple[Verb, ...]] = {
    "ready": ("analyse",),
    "running": ("pause", "keep", "discard"),
    "ending": (),
    "paused": ("resume", "keep", "discard", "analyse"),
}
"""What may be asked in each phase; the first is the main thing to do."""


@dataclass(frozen=True)
class AnalysisState:
    """The buttons, and the words and the progress beside them."""

    phase: Phase = "ready"
    enabled: bool = False
    """May something new be started? (It needs a model, a pixel size and a dose.)"""
    reason: str = ""
    """Why not."""
    share: float | None = None
    """How much is done, 0 to 1; None while that is unknown."""
    text: str = ""
    done: int = 0
    total: int = 0
    """Frames of the analysis that waits."""

    @property
    def running(self) -> bool:
        """Is a job at work?"""
        return self.phase in ("running", "ending")

    @property
    def verbs(self) -> tuple[Verb, ...]:
        """What may be asked now, the main thing first."""
        return BUTTONS[self.phase]


@dataclass(frozen=True)
class ResultEntry:
    """A result of the open series that may be shown; `text` says when and how it was made."""

    path: str
    text: str
    chosen: bool = False
