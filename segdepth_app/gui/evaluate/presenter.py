"""Decisions of the Evaluate tab: what is listed, what is shown, and which job judges. No widgets."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app.config import EvaluateConfig, build
from segdepth_app.errors import InputError, ResultError, SegDepthError
from segdepth_app.evaluation.records import Evaluation, list_evaluations, read_evaluation
from segdepth_app.gui.evaluate import choices, wording
from segdepth_app.gui.texts import duration
from segdepth_app.models.card import read_card
from segdepth_app.paths import evaluations_folder, move_to_trash
from segdepth_app.reporting import Command

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.view import EvaluateView
    from segdepth_app.gui.process import Job


class EvaluatePresenter:
    """Between the view, the evaluations folder and the evaluate jobs."""

    def __init__(self, view: "EvaluateView", context: "AppContext") -> None:
        self._view = view
        self._context = context
        self._evaluations: dict[Path, Evaluation] = {}
        self._opened: dict[Path, Evaluation] = {}
        """Evaluations from other folders, opened by hand."""
        self._selected: Path | None = None
        self._dose = ""
        self._job: Job | None = None
        view.start_requested.connect(self.start)
        view.cancel_requested.connect(self.cancel)
        view.selected.connect(self.select)
        view.dose_chosen.connect(self.show_dose)
        view.delete_requested.connect(self.delete)
        view.reveal_requested.connect(self.reveal)
        context.evaluations_changed.connect(self.refresh)
        context.datasets_changed.connect(self.refresh_choices)
        context.runs_changed.connect(self.refresh_choices)
        context.jobs.job_started.connect(self._follow)
        for job in context.jobs.live:
            self._follow(job)
        self.refresh_choices()
        self.refresh()

    # what there is

    def refresh_choices(self) -> None:
        """Looks for models and datasets again."""
        self._view.set_choices(choices.models(), choices.datasets())

    def refresh(self) -> None:
        """Looks at the folder of evaluations again."""
        found = {item.folder: item for item in list_evaluations(evaluations_folder())}
        opened = {folder: item for folder, item in self._opened.items() if folder not in found}
        self._evaluations = {**opened, **found}
        self._view.set_evaluations({folder: wording.list_entry(item) for folder, item in self._evaluations.items()})
        if self._selected not in self._evaluations:
            self._selected = next(iter(self._evaluations), None)
        self.select(self._selected)

    # what is shown

    def select(self, folder: Path | None) -> None:
        """Shows an evaluation; None: what to do when there is none."""
        evaluation = self._evaluations.get(folder) if folder else None
        if evaluation is None:
            self._selected = None
            self._view.show_nothing()
            return
        self._selected = evaluation.folder
        self._view.mark_selected(evaluation.folder)
        dose = self._dose if self._dose in evaluation.doses else next(iter(evaluation.doses))
        self._view.show_header(evaluation.title, list(evaluation.doses), dose)
        self.show_dose(dose)

    def show_dose(self, dose: str) -> None:
        """Shows one dose of the selected evaluation."""
        evaluation = self._evaluations.get(self._selected) if self._selected else None
        if evaluation is None or dose not in evaluation.doses:
            return
        self._dose = dose
        try:
            arrays = evaluation.arrays(dose)
            self._view.show_provenance(wording.provenance_line(evaluation, dose), wording.notes_at(evaluation, dose))
            self._view.show_figures(evaluation.doses[dose], arrays)
        except ResultError as error:
            self._context.report(error)
        except (KeyError, TypeError, ValueError):
            # made by another version, or by hand
            self._context.report(
                ResultError(f"{evaluation.folder} lacks figures this version shows.", "Evaluate the model again.")
            )

    def open_path(self, path: Path) -> bool:
        """Shows an evaluation folder or its metrics.json, or chooses a model file; False for anything else."""
        if path.suffix.lower() == ".safetensors":
            return self._choose_model(path)
        try:
            evaluation = read_evaluation(path)
        except ResultError:
            return False
        self._opened[evaluation.folder] = evaluation
        self._selected = evaluation.folder
        self.refresh()
        return True

    def _choose_model(self, path: Path) -> bool:
        try:
            read_card(path)
        except InputError as error:
            # said here: another tab could not open it either
            self._context.report(error)
        else:
            self._view.choose_model(choices.Choice(path.name, str(path)))
        return True

    @property
    def shown(self) -> str:
        """The folder of the evaluation on show, or nothing."""
        return str(self._selected or "")

    def reveal(self) -> None:
        """Opens the folder with the figures in the file manager."""
        if self._selected:
            self._view.reveal(self._selected)

    def delete(self) -> None:
        """Moves the selected evaluation to the trash, after asking."""
        evaluation = self._evaluations.get(self._selected) if self._selected else None
        if evaluation is not None:
            reason = "It is moved to SegDepth's trash folder."
            self._view.ask(f"Delete {evaluation.title}?", reason, "Delete", lambda: self._move_to_trash(evaluation))

    def _move_to_trash(self, evaluation: Evaluation) -> None:
        try:
            move_to_trash(evaluation.folder)
        except (SegDepthError, OSError) as error:
            self._context.report(error)
        self._opened.pop(evaluation.folder, None)
        self._context.evaluations_changed.emit()

    # the job

    def start(self, typed: dict[str, Any]) -> None:
        """Starts the job from what the form holds: model, dataset, split, doses (text), max_images."""
        try:
            config = self._config(typed)
        except InputError as error:
            self._view.show_complaint(str(error))
            return
        self._view.show_complaint("")
        title = f"Evaluate {typed['model_label']} on {config.dataset.stem}"
        self._context.jobs.start("evaluate", config.model_dump(mode="json"), title)

    def _config(self, typed: dict[str, Any]) -> EvaluateConfig:
        if not typed["model"]:
            raise InputError("There is no model yet.", "Train one, or choose a model file.")
        if not typed["dataset"]:
            raise InputError("There is no dataset yet.", "Simulate one, or choose a dataset file.")
        doses = choices.doses_from_text(typed["doses"])
        wrong = [str(dose) for dose in doses if not isinstance(dose, float) or not 0 < dose <= 1e6]
        if wrong or not doses:
            what = f"No dose: {', '.join(wrong)}." if wrong else "A dose is missing."
            raise InputError(what, "Give electrons per pixel, for example 1; 2.5; 5.")
        return build(
            EvaluateConfig,
            {
                "model": typed["model"],
                "dataset": typed["dataset"],
                "split": typed["split"],
                "doses_e_per_px": doses,
                "max_images": typed["max_images"],
                "out": choices.new_folder(typed["model"], typed["dataset"], datetime.now()),
            },
        )

    def cancel(self) -> None:
        """Ends the running evaluation; it leaves nothing behind."""
        if self._job is not None:
            self._job.cancel()

    def _follow(self, job: "Job") -> None:
        if job.name != "evaluate":
            return
        self._job = job
        job.event.connect(lambda event: self._on_event(job, event))
        job.state_changed.connect(lambda _: self._show_job(job))
        self._show_job(job)

    def _on_event(self, job: "Job", event: dict[str, Any]) -> None:
        if event["event"] == "progress":
            self._show_job(job)
        elif event["event"] == "error":
            self._context.report(event["message"], event["hint"])
        elif event["event"] == "end" and event.get("reason") == "done":
            # the list is read again when the process has gone; then this one is shown
            self._selected = Path(job.config["out"])

    def _show_job(self, job: "Job") -> None:
        if job is not self._job:
            return
        if job.has_ended:
            self._job = None
            self._view.show_idle()
            return
        done, total, unit = job.progress or (0, 0, "")
        text = f"{job.state}: {done} of {total} {unit}" if total else f"{job.state}…"
        if job.seconds_left is not None:
            text += f", about {duration(job.seconds_left)} left"
        self._view.show_job(text, done, total, job.may(Command.CANCEL))
