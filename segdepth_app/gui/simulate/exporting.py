"""Exports of datasets: asks for the folder, starts the job, and tells what became of it. No widgets."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.process import Job
    from segdepth_app.gui.simulate.view import SimulateView

FOLDER_KEY = "last_folder"


class Exports:
    """Of the dataset that is shown, the last export is told beside it; the jobs dock shows all of them."""

    def __init__(self, view: "SimulateView", context: "AppContext") -> None:
        self._view = view
        self._context = context
        self._shown: Path | None = None

    def show(self, dataset: Path | None) -> None:
        """Another dataset is looked at: nothing is told of the one before."""
        if dataset != self._shown:
            self._shown = dataset
            self._view.show_exported("", "")

    def begin(self, dataset: Path) -> None:
        """Asks for the folder."""
        start = str(self._context.settings.get(FOLDER_KEY) or "")
        title = f"Export {dataset.stem}: a new or empty folder"
        self._view.ask_folder(title, start, lambda folder: self.take(dataset, folder))

    def take(self, dataset: Path, folder: Path) -> None:
        """Starts the job, unless the folder is refused."""
        if reason := folder_complaint(folder):
            self._tell(dataset, reason, "bad")
            return
        self._context.settings.set(FOLDER_KEY, str(folder.parent))
        config = {"dataset": str(dataset), "out": str(folder)}
        job = self._context.jobs.start("export-dataset", config, f"Export {dataset.stem}")
        self._tell(dataset, f"Exporting to {folder} …", "muted")
        job.told.connect(lambda event: self._on_event(dataset, event))
        job.state_changed.connect(lambda _: self._on_state(job, dataset, folder))

    def _on_event(self, dataset: Path, event: dict[str, Any]) -> None:
        if event["event"] == "error":
            self._tell(dataset, f"{event['message']} {event['hint']}".strip(), "bad")

    def _on_state(self, job: "Job", dataset: Path, folder: Path) -> None:
        if job.state == "done":
            self._tell(dataset, f"Exported to {folder}.", "good")
        elif job.state == "cancelled":
            self._tell(dataset, "The export was cancelled; nothing was written.", "muted")

    def _tell(self, dataset: Path, text: str, role: str) -> None:
        if dataset == self._shown:
            self._view.show_exported(text, role)


def folder_complaint(folder: Path) -> str:
    """Why a dataset cannot be exported there; nothing where it can."""
    if folder.is_file():
        return f"{folder} is a file. Choose a folder."
    try:
        is_full = folder.is_dir() and any(folder.iterdir())
    except OSError as error:
        return f"{folder} cannot be read: {error.strerror or error}. Choose another folder."
    return f"{folder} is not empty. Choose an empty folder, or make a new one in it." if is_full else ""
