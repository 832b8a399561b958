"""Decisions about studies: which are listed, which is shown, and the jobs that work on them. No widgets."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from segdepth_app.config import StudyConfig, build
from segdepth_app.errors import InputError, ResultError, SegDepthError
from segdepth_app.evaluation.study_records import STUDY_FILE, Study, list_studies, read_study
from segdepth_app.gui.evaluate import study_words
from segdepth_app.gui.texts import duration
from segdepth_app.paths import move_to_trash, studies_folder
from segdepth_app.reporting import Command

if TYPE_CHECKING:
    from collections.abc import Callable

    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.study_page import StudyPage
    from segdepth_app.gui.process import Job

NEWS = ("started", "progress", "checkpoint", "artifact", "table")
"""Events after which the study's record may say more."""
LONG_STEPS = ("simulate", "train")
"""Steps that a pause keeps as far as they are, and a cancel does not."""


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
        self._studies: dict[Path, Study] = {}
        self._opened: dict[Path, Study] = {}
        """Studies from other folders, opened by hand."""
        self._entries: dict[Path, str] | None = None
        self._selected: Path | None = None
        self._stamps: dict[Path, int] = {}
        """When the record of a study was written that is being worked on."""
        page.resume_requested.connect(self.resume)
        page.pause_requested.connect(self.pause)
        page.cancel_requested.connect(self.cancel)
        page.delete_requested.connect(self.delete)
        page.reveal_requested.connect(self.reveal)
        context.evaluations_changed.connect(self.refresh)
        context.jobs.job_started.connect(self._follow)
        for job in context.jobs.live:
            self._follow(job)
        self.refresh()

    # what there is

    def refresh(self) -> None:
        """Looks at the folder of studies again."""
        found = {study.folder: study for study in list_studies(studies_folder())}
        self._opened = {folder: _read_again(study) for folder, study in self._opened.items() if folder not in found}
        to_come = {folder: _to_come(job.config) for folder, job in self._jobs().items() if folder not in found}
        self._studies = {**to_come, **self._opened, **found}
        self._show_entries()
        if self._selected is not None and self._selected not in self._studies:
            self._selected = None
            self._page.show_idle()
            self._host.show_no_study()
        self._show_selected()

    def select(self, folder: Path | None) -> None:
        """Shows a study of the list."""
        if folder not in self._studies:
            return
        self._selected = folder
        self._host.mark_study(folder)
        self._show_selected()

    @property
    def shown(self) -> str:
        """The folder of the study on show, or nothing."""
        return str(self._selected or "")

    def open_path(self, path: Path) -> bool:
        """Shows a study folder or its study.json, wherever it lies; False for anything else."""
        folder = path.parent if path.name == STUDY_FILE else path
        if not (folder / STUDY_FILE).is_file():
            return False
        try:
            study = read_study(folder)
        except ResultError as error:
            # said here: nobody else could open it either
            self._context.report(error)
            return True
        self._opened[study.folder] = study
        self.refresh()
        self.select(study.folder)
        return True

    def reveal(self, study: Study) -> None:
        """Opens the folder with tables and figures in the file manager."""
        self._host.reveal(study.folder)

    def delete(self, study: Study) -> None:
        """Moves a study to the trash, after asking."""
        if study.folder not in self._jobs():
            text = f"Its folder, with {_steps(study)}, is moved to SegDepth's trash folder."
            self._host.ask(f"Delete {study.folder.name}?", text, "Delete", lambda: self._move_to_trash(study.folder))

    def _move_to_trash(self, folder: Path) -> None:
        if folder in self._jobs():  # begun while the question stood
            return
        try:
            move_to_trash(folder)
        except (SegDepthError, OSError) as error:
            self._context.report(error)
        self._opened.pop(folder, None)
        self._context.evaluations_changed.emit()

    # the jobs

    def start(self, values: dict[str, Any]) -> None:
        """Starts a study from what its dialog gave."""
        try:
            config = build(StudyConfig, values)
        except InputError as error:
            self._context.report(error)
            return
        if config.out in self._jobs():
            self.select(config.out)
            return
        title = f"{config.facts.title}: {config.out.name}"
        self._context.jobs.start("study", config.model_dump(mode="json"), title)
        self.refresh()
        self.select(config.out)

    def resume(self, study: Study) -> None:
        """Goes on with a study that did not end, with the settings in its record."""
        # a folder that was moved or copied goes on where it lies now
        self.start({**study.config, "kind": study.kind, "out": str(study.folder)})

    def pause(self) -> None:
        """Ends the job on show so that it can be resumed."""
        job = self._job()
        if job is not None and job.may(Command.PAUSE):
            job.pause()

    def cancel(self) -> None:
        """Ends the job on show, after asking where hours of work would be lost."""
        folder, job = self._selected, self._job()
        if folder is None or job is None or not job.may(Command.CANCEL):
            return
        study = self._studies.get(folder)
        step = _running(study) if study else None
        if step is None or step["what"] not in LONG_STEPS:
            job.cancel()
            return
        text = (
            f"What this step has made so far is lost: {step['label']}. What is done stays, and the study can be "
            "resumed later. Pause keeps both."
        )
        self._host.ask(f"Cancel {folder.name}?", text, "Cancel the study", lambda: self._cancel(folder))

    def _cancel(self, folder: Path) -> None:
        job = self._jobs().get(folder)  # as it is now: the question may have stood for long
        if job is not None and job.may(Command.CANCEL):
            job.cancel()

    def _jobs(self) -> dict[Path, "Job"]:
        """Live studies of this window, by their folder."""
        return {Path(job.config["out"]): job for job in self._context.jobs.live if job.name == "study"}

    def _job(self) -> "Job | None":
        return self._jobs().get(self._selected) if self._selected else None

    def _follow(self, job: "Job") -> None:
        if job.name == "study":
            job.told.connect(lambda event: self._on_event(job, event))
            job.state_changed.connect(lambda _: self._on_state(job))

    def _on_event(self, job: "Job", event: dict[str, Any]) -> None:
        if event["event"] == "error":
            self._context.report(event["message"], event["hint"])
        elif event["event"] in NEWS:
            self._read_news(Path(job.config["out"]))

    def _on_state(self, job: "Job") -> None:
        # what it wrote last, then the list without it among the live ones
        self._stamps.pop(Path(job.config["out"]), None)
        self.refresh()

    def _read_news(self, folder: Path) -> None:
        try:
            stamp = (folder / STUDY_FILE).stat().st_mtime_ns
            if stamp != self._stamps.get(folder):
                self._stamps[folder] = stamp
                self._studies[folder] = read_study(folder)
                self._show_entries()
        except (OSError, ResultError):
            return  # not written yet; the next event comes soon
        finally:
            if folder == self._selected:
                self._show_selected()

    # what is shown

    def _show_entries(self) -> None:
        jobs = self._jobs()
        ordered = sorted(self._studies.values(), key=lambda study: study.created, reverse=True)
        entries = {
            study.folder: study_words.list_entry(study, str(jobs[study.folder].state) if study.folder in jobs else "")
            for study in ordered
        }
        if entries != self._entries:
            self._entries = entries
            self._host.set_studies(entries)

    def _show_selected(self) -> None:
        study = self._studies.get(self._selected) if self._selected else None
        if study is None:
            return
        self._page.show_study(study)
        job = self._job()
        if job is None:
            self._page.show_idle()
            return
        done, total, _ = job.progress or (0, 0, "")
        may_pause, may_cancel = (job.may(verb) for verb in (Command.PAUSE, Command.CANCEL))
        self._page.show_job(_job_text(job, study), done, total, may_pause, may_cancel)


def _job_text(job: "Job", study: Study) -> str:
    step = _running(study)
    parts = [f"{job.state}: {step['label']}" if step else f"{job.state}…"]
    if job.progress and job.progress[1]:
        done, total, unit = job.progress
        parts.append(f"{done} %" if unit == "%" else f"{done} of {total} {unit}")
    if job.seconds_left is not None:
        parts.append(f"about {duration(job.seconds_left)} left")
    return ", ".join(parts)


def _running(study: Study) -> dict[str, Any] | None:
    return next((step for step in study.steps if step["state"] == "running"), None)


def _steps(study: Study) -> str:
    return "no step done" if not study.n_done else f"{study.n_done} step{'s' * (study.n_done > 1)} done"


def _to_come(config: dict[str, Any]) -> Study:
    """A study whose job has not made its folder yet."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Study(Path(config["out"]), config["kind"], "running", now, config, (), (), (), (), (), {})


def _read_again(study: Study) -> Study:
    try:
        return read_study(study.folder)
    except ResultError:
        return study
