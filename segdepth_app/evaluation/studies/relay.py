"""What a step reports, told as part of the whole study."""

from pathlib import Path
from typing import Any

from segdepth_app.reporting import Command, Reporter

PARTS = 100


class StepReporter(Reporter):
    """Passes a step's news on: progress as a share of the study, warnings with the step's label in front."""

    def __init__(self, outer: Reporter, label: str, *, before: float, share: float, whole: float, pauses: bool) -> None:
        """`before`, `share` and `whole`: weights of the steps before, of this one, and of all."""
        self._outer, self._label, self._pauses = outer, label, pauses
        self._before, self._share, self._whole = before, share, whole
        self._shown = -1

    def progress(self, done: int, total: int, unit: str) -> None:
        """The step's progress as a percentage of the study's."""
        weight = self._before + self._share * min(1.0, done / total if total else 0.0)
        shown = int(PARTS * weight / self._whole + 1e-9)
        if shown > self._shown:  # never backwards, as where a step counts two things one after the other
            self._shown = shown
            self._outer.progress(shown, PARTS, "%")

    def epoch(self, **values: float) -> None:
        """An epoch of the training that runs now."""
        self._outer.epoch(**values)

    def warning(self, message: str) -> None:
        """The warning, and where it comes from."""
        self._outer.warning(f"{self._label}: {message}")

    def command(self) -> Command | None:
        """What the caller asks; a step that cannot pause hears a pause as a cancel, and is done anew later."""
        command = self._outer.command()
        return Command.CANCEL if command is Command.PAUSE and not self._pauses else command

    def started(self, **facts: Any) -> None:
        """The study has started already."""

    def checkpoint(self, path: Path) -> None:
        """Of no concern to who watches the study."""

    def artifact(self, path: Path) -> None:
        """The study names its own files in the end."""
