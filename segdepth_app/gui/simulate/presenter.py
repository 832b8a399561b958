"""Decisions of the Simulate tab: what is listed, what may be done, and which job does it. No widgets."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app.config import SimulateConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.simulate import costing
from segdepth_app.gui.simulate.composing import Composer
from segdepth_app.gui.simulate.exporting import Exports
from segdepth_app.gui.simulate.library import DatasetEntry, Library
from segdepth_app.gui.simulate.table_job import VERIFY, TableJobs
from segdepth_app.gui.texts import duration, size
from segdepth_app.paths import datasets_folder, move_to_trash
from segdepth_app.reporting import Command

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.process import Job
    from segdepth_app.gui.simulate.browsing import BrowserPresenter
    from segdepth_app.gui.simulate.previewing import PreviewPresenter
    from segdepth_app.gui.simulate.view import SimulateView

ACTIONS = ("pause", "resume", "cancel", "verify", "export", "delete", "reveal")
ENABLED: dict[str, frozenset[str]] = {
    "complete": frozenset({"verify", "export", "delete", "reveal"}),
    "unreadable": frozenset({"delete", "reveal"}),
    "unfinished": frozenset({"resume", "delete", "reveal"}),
    "live": frozenset({"pause", "cancel"}),  # and the job has the last word
    "none": frozenset(),
}
"""The one table from a dataset's state to the buttons that are enabled."""


@dataclass(frozen=True)
class Row:
    """One line of the list, as shown."""

    path: Path
    name: str
    specimens: str
    images: str
    size: str
    preset: str
    state: str


class SimulatePresenter:
    """Between the view, the datasets folder and the simulate jobs."""

    def __init__(
        self, view: "SimulateView", browser: "BrowserPresenter", preview: "PreviewPresenter", context: "AppContext"
    ) -> None:
        self._view = view
        self._browser = browser
        self._context = context
        self.folder = datasets_folder()
        self._library = Library(self.folder)
        self._entries: dict[Path, DatasetEntry] = {}
        self._selected: Path | None = None
        self._tables = TableJobs(view, context.jobs)
        self._exports = Exports(view, context)
        self.new = Composer(view, preview, context, self.folder, self._launch)
        view.new_requested.connect(self.begin_new)
        view.new_closed.connect(self.leave_new)
        view.selected.connect(self.select)
        view.action_requested.connect(self.act)
        context.datasets_changed.connect(self.refresh)
        context.jobs.job_started.connect(self._follow)
        for job in context.jobs.jobs:
            self._follow(job)
        self.refresh()

    # the list

    @property
    def selected(self) -> Path | None:
        """The dataset the buttons are about."""
        return self._selected

    def refresh(self) -> None:
        """Looks at the folder again."""
        self._entries = {entry.path: entry for entry in self._library.scan()}
        for path in self._jobs():
            self._entries.setdefault(path, DatasetEntry(path, "unfinished"))
        self._view.show_rows([self._row(entry) for entry in self._entries.values()])
        if self._selected not in self._entries:
            self._selected = next(iter(self._entries), None)
        self._view.select(self._selected)
        self._show_selected()

    def select(self, path: Path) -> None:
        """The user chose a line of the list; what was typed for a new dataset waits for the panel."""
        self._selected = path
        self.new.shelve()
        self._show_selected()

    def open_path(self, path: Path) -> bool:
        """Shows a dataset, wherever it lies; False for anything else."""
        found = self._library.find(path)
        self.refresh()
        if found is None or found not in self._entries:
            return False
        self._view.select(found)
        self.select(found)
        return True

    def _row(self, entry: DatasetEntry) -> Row:
        specimens = "" if entry.n_specimens is None else str(entry.n_specimens)
        images = "" if entry.n_images is None else str(entry.n_images)
        return Row(
            entry.path, entry.name, specimens, images, size(entry.size_bytes), entry.preset, self._state_text(entry)
        )

    def _state_text(self, entry: DatasetEntry) -> str:
        job = self._jobs().get(entry.path)
        if job is not None:
            done = f" {job.progress[0]} of {job.progress[1]}" if job.progress else ""
            return f"{job.state}{done}"
        if entry.state == "unfinished":
            of = f" of {entry.n_specimens}" if entry.n_specimens else ""
            return f"in progress, {entry.n_parts}{of}"
        return entry.state

    # what is selected

    def _show_selected(self) -> None:
        entry = self._entries.get(self._selected) if self._selected else None
        self._show_actions(entry)
        self._show_progress(entry)
        self._exports.show(self._selected)
        if self.new.is_open:
            return
        if entry is None:
            self._browser.close()
            self._view.show_empty()
        elif entry.state == "complete":
            try:
                self._browser.open(entry.path)
            except (SegDepthError, OSError) as error:
                self._browser.close()
                self._view.show_message(str(error))
            else:
                self._view.show_browser()
        else:
            self._browser.close()
            self._view.show_message(entry.problem or self._unfinished_text(entry))

    def _unfinished_text(self, entry: DatasetEntry) -> str:
        if entry.path in self._jobs():
            return f"{entry.name} is being made. It can be browsed once it is complete."
        if entry.config is None:
            return f"{entry.name} was begun, but its settings cannot be read: it cannot be resumed."
        return f"{entry.name} is not complete: {entry.n_parts} of {entry.n_specimens} specimens. Resume goes on there."

    def _show_actions(self, entry: DatasetEntry | None) -> None:
        job = self._jobs().get(entry.path) if entry else None
        enabled = set(ENABLED["live" if job else entry.state if entry else "none"])
        if job:
            enabled = {name for name in enabled if job.may(Command(name))} | {"reveal"}
        elif entry and entry.config is None:
            enabled.discard("resume")
        self._view.set_actions({name: name in enabled for name in ACTIONS})

    def _show_progress(self, entry: DatasetEntry | None) -> None:
        job = self._jobs().get(entry.path) if entry else None
        if job is None:
            self._view.show_progress("", 0, 0)
            return
        done, total, unit = job.progress or (0, 0, "")
        text = f"{job.state}: {done} of {total} {unit}" if total else str(job.state)
        if job.seconds_left is not None:
            text += f", about {duration(job.seconds_left)} left"
        self._view.show_progress(text, done, total)

    # a new dataset

    def begin_new(self) -> None:
        """Opens the panel."""
        self.new.open()

    def leave_new(self) -> None:
        """Closes the panel; nothing is started."""
        self.new.close()
        self._show_selected()

    def _launch(self, config: dict[str, Any]) -> None:
        path = Path(config["out"])
        self._selected = path
        self._context.jobs.start("simulate", config, f"Simulate {path.stem}")
        self.refresh()

    # actions on what is selected

    def act(self, action: str) -> None:
        """One of ACTIONS, on the selected dataset."""
        entry = self._entries.get(self._selected) if self._selected else None
        if entry is None:
            return
        job = self._jobs().get(entry.path)
        if action == "reveal":
            self._view.reveal(entry.path if entry.path.exists() else entry.parts)
        elif action == "resume" and job is None and entry.config is not None:
            self._launch(entry.config)
        elif action == "verify" and job is None:
            self._tables.start(VERIFY, "verify", {"dataset": str(entry.path)}, name=entry.name)
        elif action == "export" and entry.state == "complete":
            self._exports.begin(entry.path)
        elif action == "delete" and job is None:
            reason = "It is moved to SegDepth's trash folder."
            self._view.ask(f"Delete {entry.name}?", reason, "Delete", lambda: self._move_to_trash(entry))
        elif action == "pause" and job is not None:
            job.pause()
        elif action == "cancel" and job is not None:
            reason = "The specimens made so far are lost. Pause keeps them."
            self._view.ask(f"Cancel {entry.name}?", reason, "Cancel dataset", job.cancel)

    def _move_to_trash(self, entry: DatasetEntry) -> None:
        self._browser.close()  # an open file cannot be moved on Windows
        try:
            for path in (entry.path, entry.parts):
                if path.exists():
                    move_to_trash(path)
        except (SegDepthError, OSError) as error:
            self._context.report(error)
        self._context.datasets_changed.emit()

    # jobs

    def _jobs(self) -> dict[Path, "Job"]:
        """Live simulate jobs of this window, by what they make."""
        return {Path(job.config["out"]): job for job in self._context.jobs.live if job.name == "simulate"}

    def _follow(self, job: "Job") -> None:
        if job.name != "simulate":
            return
        path = Path(job.config["out"])
        job.told.connect(lambda event: self._on_event(job, path, event))
        job.state_changed.connect(lambda _: self._on_state(path))

    def _on_event(self, job: "Job", path: Path, event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self._learn_pace(job)
            self._on_state(path)
        elif event["event"] == "error":
            self._context.report(event["message"], event["hint"])

    def _learn_pace(self, job: "Job") -> None:
        """For the next estimate."""
        if job.seconds_left and job.progress:
            config = SimulateConfig.model_validate(job.config)
            costing.remember(self._context.settings, config, job.progress[1] - job.progress[0], job.seconds_left)

    def _on_state(self, path: Path) -> None:
        entry = self._entries.get(path)
        if entry is None:
            return
        self._view.update_row(self._row(entry))
        if path == self._selected:
            self._show_actions(entry)
            self._show_progress(entry)
