"""What is to be done next: the form, new studies, reports. No widgets."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from segdepth_app.errors import InputError
from segdepth_app.evaluation.records import Evaluation
from segdepth_app.evaluation.study_records import list_studies
from segdepth_app.gui.evaluate import choices, requests, wording
from segdepth_app.models.card import read_card
from segdepth_app.paths import reports_folder, studies_folder

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.evaluate.jobs import EvaluateJobs
    from segdepth_app.gui.evaluate.view import EvaluateView


class Studies(Protocol):
    """What the tab needs of the studies' presenter."""

    def select(self, folder: Path | None) -> None:
        """Shows a study."""

    def start(self, values: dict[str, Any]) -> None:
        """Starts a study."""

    def open_path(self, path: Path) -> bool:
        """Shows a study folder; False for anything else."""

    @property
    def shown(self) -> str:
        """Folder of the study on show, or nothing."""


class Planning:
    """Between the form, the dialogs and the jobs."""

    def __init__(self, view: "EvaluateView", context: "AppContext", jobs: "EvaluateJobs", studies: Studies) -> None:
        self._view = view
        self._context = context
        self._jobs = jobs
        self._studies = studies
        view.form_changed.connect(self.check)
        view.start_requested.connect(self.start)
        view.study_requested.connect(self.plan_study)
        self.refresh_choices()

    def refresh_choices(self) -> None:
        """Looks for models and datasets again."""
        self._view.set_choices(choices.models(), choices.datasets())

    def choose_model(self, path: Path) -> bool:
        """Puts a model file into the form, where it is one; True: it was for this tab."""
        try:
            read_card(path)
        except InputError as error:
            # said here: another tab could not open it either
            self._context.report(error)
        else:
            self._view.choose_model(choices.Choice(path.name, str(path)))
        return True

    def check(self, typed: dict[str, Any]) -> None:
        """Says how much the form asks for; a wrong dose at once, what is only missing when it is started."""
        reason = requests.problems(typed).get("doses")
        self._view.show_problems({"doses": reason} if reason else {})
        self._view.show_amount(requests.amount(typed))

    def start(self, typed: dict[str, Any]) -> None:
        """Starts what the form asks for, or says at its fields why it cannot."""
        found = requests.problems(typed)
        self._view.show_problems(found)
        if found:
            return
        try:
            request = requests.request(typed, datetime.now())
        except InputError as error:
            self._context.report(error)
            return
        if request.job == "study":
            self._studies.start(request.config)
        else:
            self._jobs.evaluate(request.config, request.title)

    def plan_study(self, kind: str) -> None:
        """Asks for what a kind of study needs, then starts it."""
        self._view.ask_study(kind, choices.models(), choices.datasets(), self._studies.start)

    def plan_report(self, evaluations: Sequence[Evaluation], shown: str) -> None:
        """Asks what goes into a report, then has it written."""
        sources = [choices.Choice(wording.label(item), str(item.folder)) for item in evaluations]
        sources += [
            choices.Choice(f"Study: {item.folder.name}", str(item.folder)) for item in list_studies(studies_folder())
        ]
        out = choices.free_folder(reports_folder(), Path(shown).name or "report")
        self._view.ask_report(sources, shown, out, self._jobs.report)
