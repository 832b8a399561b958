"""Decisions of the Evaluate tab: what is listed, what is shown, and which job judges. No widgets."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from segdepth_app.errors import ResultError, SegDepthError
from segdepth_app.evaluation.records import EXAMPLES_FILE, Evaluation, list_evaluations, read_evaluation
from segdepth_app.gui.evaluate import comparing, wording
from segdepth_app.gui.evaluate.figures import figure_rows, paper_figures
from segdepth_app.gui.evaluate.jobs import EvaluateJobs
from segdepth_app.gui.evaluate.planning import Planning, Studies
from segdepth_app.gui.evaluate.shown import Shown
from segdepth_app.paths import evaluations_folder, move_to_trash

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.view import EvaluateView

NO_EXAMPLES = "This evaluation keeps no examples: it is of an older version, or was made with none. Evaluate again."
NONE_KEPT = "No column of this cell."
NO_WORST = "This evaluation keeps no images: it is of an older version, or was made with none. Evaluate again."


class EvaluatePresenter:
    """Between the view, the evaluations folder and the jobs; host of the studies."""

    def __init__(
        self,
        view: "EvaluateView",
        context: "AppContext",
        make_studies: "Callable[[EvaluatePresenter], Studies]",
    ) -> None:
        self._view = view
        self._context = context
        self._evaluations: dict[Path, Evaluation] = {}
        self._opened: dict[Path, Evaluation] = {}
        """Evaluations from other folders, opened by hand."""
        self._selected: Path | None = None
        self._dose = ""
        self._on_page: tuple[Evaluation, str] | None = None
        self._study_in_front = False
        self._has_studies = False
        self._studies = make_studies(self)
        self._jobs = EvaluateJobs(view, context, self._on_done)
        self.planning = Planning(view, context, self._jobs, self._studies)
        self._connect()
        self.refresh()

    def _connect(self) -> None:
        view, context = self._view, self._context
        for signal, slot in (
            (view.selected, self.select),
            (view.study_selected, self._studies.select),
            (view.dose_chosen, self.show_dose),
            (view.cell_chosen, self.show_cell),
            (view.image_chosen, self.open_image),
            (view.line_chosen, self.show_line),
            (view.report_requested, self.report),
            (view.delete_requested, self.delete),
            (view.reveal_requested, self.reveal_shown),
            (context.evaluations_changed, self.refresh),
            (context.datasets_changed, self.planning.refresh_choices),
            (context.runs_changed, self.planning.refresh_choices),
        ):
            signal.connect(slot)

    # what there is

    def refresh(self) -> None:
        """Looks at the folder of evaluations again."""
        found = {item.folder: item for item in list_evaluations(evaluations_folder())}
        opened = {folder: item for folder, item in self._opened.items() if folder not in found}
        self._evaluations = {**opened, **found}
        self._view.set_evaluations({folder: wording.list_entry(item) for folder, item in self._evaluations.items()})
        self._show_reportable()
        if self._selected not in self._evaluations:
            self._selected = next(iter(self._evaluations), None)
        if not self._study_in_front:
            self.select(self._selected)

    # what is shown

    def select(self, folder: Path | None) -> None:
        """Shows an evaluation; None: what to do when there is none."""
        evaluation = self._evaluations.get(folder) if folder else None
        self._study_in_front = False
        if evaluation is None:
            self._selected, self._on_page = None, None
            self._view.show_nothing()
            return
        self._selected = evaluation.folder
        self._view.mark_selected(evaluation.folder)
        dose = self._dose if self._dose in evaluation.doses else next(iter(evaluation.doses))
        self._view.show_header(evaluation.title, list(evaluation.doses), dose)
        self.show_dose(dose)
        everything = list(self._evaluations.values())
        self._view.show_others(everything, evaluation, comparing.lines(everything))

    def show_dose(self, dose: str) -> None:
        """Shows one dose of the selected evaluation."""
        evaluation = self._evaluation
        if evaluation is None or dose not in evaluation.doses:
            return
        self._dose = dose
        if self._on_page == (evaluation, dose):
            return  # read again, and the same: a chosen cell or sheet stays
        self._on_page = evaluation, dose
        try:
            self._view.show_provenance(wording.provenance_line(evaluation, dose), wording.notes_at(evaluation, dose))
            self._view.show_dose(self._everything(evaluation, dose))
        except ResultError as error:
            self._context.report(error)
        except (KeyError, TypeError, ValueError):
            # made by another version, or by hand
            self._context.report(
                ResultError(f"{evaluation.folder} lacks figures this version shows.", "Evaluate the model again.")
            )

    def _everything(self, evaluation: Evaluation, dose: str) -> Shown:
        worst = evaluation.worst(dose)
        return Shown(
            rows=figure_rows(evaluation, dose),
            paper=paper_figures(evaluation)[1],
            figures=evaluation.doses[dose],
            arrays=evaluation.arrays(dose),
            worst=worst,
            worst_note="" if worst else NO_WORST,
        )

    def show_cell(self, true: int, called: int) -> None:
        """Shows the examples behind a cell of the columns' confusion."""
        evaluation = self._evaluation
        if evaluation is None:
            return
        try:
            examples = evaluation.examples(self._dose, true, called)
        except ResultError as error:
            self._context.report(error)
            return
        note = NONE_KEPT if (evaluation.folder / EXAMPLES_FILE).exists() else NO_EXAMPLES
        self._view.show_examples(true, called, examples, "" if examples else note)

    def show_line(self, folder: Path, dose: str) -> None:
        """Shows the evaluation and dose of a line of the table of all."""
        self._dose = dose
        self.select(folder)

    def open_image(self, path: Path) -> None:
        """Opens an image of the evaluation in the View tab."""
        self._context.open(str(path))

    def open_path(self, path: Path) -> bool:
        """Shows an evaluation or a study folder, or chooses a model file; False for anything else."""
        if path.suffix.lower() == ".safetensors":
            return self.planning.choose_model(path)
        try:
            evaluation = read_evaluation(path)
        except ResultError:
            return self._studies.open_path(path)
        self._opened[evaluation.folder] = evaluation
        self._selected = evaluation.folder
        self._study_in_front = False
        self.refresh()
        return True

    @property
    def _evaluation(self) -> Evaluation | None:
        return self._evaluations.get(self._selected) if self._selected else None

    @property
    def shown(self) -> str:
        """The folder of the evaluation or study on show, or nothing."""
        return self._studies.shown if self._study_in_front else str(self._selected or "")

    # what is done with it

    def reveal_shown(self) -> None:
        """Opens the evaluation's folder in the file manager."""
        if self._selected:
            self._view.reveal(self._selected)

    def delete(self) -> None:
        """Moves the selected evaluation to the trash, after asking."""
        evaluation = self._evaluation
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

    def report(self) -> None:
        """Plans a report, with what is on show ticked."""
        self.planning.plan_report(list(self._evaluations.values()), self.shown)

    # the jobs

    def _on_done(self, folder: Path) -> None:
        self._selected = folder
        self._study_in_front = False

    # host of the studies

    def set_studies(self, entries: dict[Path, str]) -> None:
        """The studies of the list."""
        self._view.set_studies(entries)
        self._has_studies = bool(entries)
        self._show_reportable()

    def _show_reportable(self) -> None:
        self._view.set_reportable(bool(self._evaluations) or self._has_studies)

    def mark_study(self, folder: Path) -> None:
        """A study comes to the front."""
        self._study_in_front = True
        self._view.mark_study(folder)

    def show_no_study(self) -> None:
        """The study on show is gone: back to the evaluations."""
        self.select(self._selected)

    def ask(self, question: str, explanation: str, verb: str, then: "Callable[[], object]") -> None:
        """Asks before something is lost."""
        self._view.ask(question, explanation, verb, then)

    def reveal(self, folder: Path) -> None:
        """Opens a folder in the file manager."""
        self._view.reveal(folder)
