"""Decisions about studies: which are listed, which is shown, and the jobs that work on them. No widgets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.study_page import StudyPage


class StudyHost(Protocol):
    """What the tab around the page does for it."""

    def set_studies(self, entries: dict[Path, str]) -> None:
        """The list of studies anew (folder: two lines of text), without saying that anything was chosen."""

    def mark_study(self, folder: Path) -> None:
        """Marks a line of that list, and brings the page to the front, without saying so."""

    def show_no_study(self) -> None:
        """The study on show is gone, and there is no other."""

    def ask(self, question: str, explanation: str, verb: str, then: "Callable[[], object]") -> None:
        """Asks before something is lost; calls `then` on yes."""

    def reveal(self, folder: Path) -> None:
        """Opens the folder in the file manager."""


class StudyPresenter:
    """Between the page, the studies folder and the study jobs."""

    def __init__(self, page: "StudyPage", host: StudyHost, context: "AppContext") -> None:
        self._page = page
        self._host = host
        self._context = context

    def refresh(self) -> None:
        """Looks at the folder of studies again."""

    def select(self, folder: Path | None) -> None:
        """Shows a study of the list."""

    @property
    def shown(self) -> str:
        """The folder of the study on show, or nothing."""
        return ""

    def open_path(self, path: Path) -> bool:
        """Shows a study folder or its study.json, wherever it lies; False for anything else."""
        return False

    def start(self, values: dict[str, Any]) -> None:
        """Starts a study from what its dialog gave."""
