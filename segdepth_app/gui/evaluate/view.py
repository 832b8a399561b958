"""The Evaluate tab: the form and the list on the left, an evaluation or a study on the right. Widgets only."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from segdepth_app.config import STUDIES
from segdepth_app.evaluation.records import Evaluation, Example
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.choices import Choice
from segdepth_app.gui.evaluate.comparing import Line
from segdepth_app.gui.evaluate.form import EvaluateForm
from segdepth_app.gui.evaluate.library import Library
from segdepth_app.gui.evaluate.notice import ReportNotice
from segdepth_app.gui.evaluate.page import EvaluationPage
from segdepth_app.gui.evaluate.report_dialog import ask_for_report
from segdepth_app.gui.evaluate.shown import Shown
from segdepth_app.gui.evaluate.study_dialog import ask_for_study
from segdepth_app.gui.evaluate.study_page import StudyPage
from segdepth_app.gui.widgets import asking
from segdepth_app.gui.widgets.empty_state import EmptyState
from segdepth_app.gui.widgets.lists import put_side_by_side, scrolling

SIDE_WIDTH_PX = 272


class EvaluateView(QWidget):
    """Shows what the presenters give it; says what the user wants."""

    form_changed = Signal(dict)
    start_requested = Signal(dict)
    cancel_requested = Signal()
    selected = Signal(object)
    study_selected = Signal(object)
    study_requested = Signal(str)
    dose_chosen = Signal(str)
    cell_chosen = Signal(int, int)
    image_chosen = Signal(object)
    line_chosen = Signal(object, str)
    report_requested = Signal()
    delete_requested = Signal()
    reveal_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = EvaluateForm()
        self.library = Library()
        self.page = EvaluationPage()
        self.study_page = StudyPage()
        self.notice = ReportNotice()
        self.nothing = EmptyState(
            "No evaluation yet",
            "An evaluation shows how well a model counts atoms: by depth, element and defocus, how far its confidence "
            "can be trusted, and whether it reads single columns or fills them in from their neighbours. "
            "Tick a model and a dataset on the left, then Evaluate.",
        )
        self.new_study = self._make_study_button()
        self.report = QPushButton("Report…")
        self.report.setToolTip("HTML report with figures (PNG, SVG, PDF) and all tables (CSV), of one or several")
        self.stack = QStackedWidget()
        self.pages = {"nothing": self.nothing, "evaluation": scrolling(self.page), "study": self.study_page}
        for page in self.pages.values():
            self.stack.addWidget(page)
        self._connect()
        self._lay_out()

    # setters: the form

    def set_choices(self, models: list[Choice], datasets: list[Choice]) -> None:
        """What can be evaluated."""
        self.form.set_choices(models, datasets)

    def choose_model(self, model: Choice) -> None:
        """Puts a model file into the form."""
        self.form.choose_model(model)

    def show_problems(self, problems: dict[str, str]) -> None:
        """Why an evaluation cannot be started, by field."""
        self.form.show_problems(problems)

    def show_amount(self, text: str) -> None:
        """How much would be judged."""
        self.form.show_amount(text)

    def show_job(self, text: str, done: int, total: int, may_cancel: bool) -> None:
        """A running evaluation."""
        self.form.show_job(text, done, total, may_cancel)

    def show_idle(self) -> None:
        """No evaluation runs."""
        self.form.show_idle()

    # setters: the list

    def set_evaluations(self, entries: dict[Path, str]) -> None:
        """The evaluations of the list anew, without saying that anything was chosen."""
        self.library.set_group("evaluations", entries)

    def set_studies(self, entries: dict[Path, str]) -> None:
        """The studies of the list anew, without saying that anything was chosen."""
        self.library.set_group("studies", entries)

    def mark_selected(self, folder: Path) -> None:
        """Marks an evaluation, without saying so."""
        self.library.mark(folder)

    def mark_study(self, folder: Path) -> None:
        """Marks a study and brings its page to the front, without saying so."""
        self.library.mark(folder)
        self._bring("study")

    # setters: the page

    def show_nothing(self) -> None:
        """There is no evaluation."""
        self._bring("nothing")

    def show_header(self, title: str, doses: list[str], dose: str) -> None:
        """Which evaluation, and the doses it has; brings its page to the front."""
        self.page.show_header(title, doses, dose)
        self._bring("evaluation")

    def show_provenance(self, line: str, notes: list[str]) -> None:
        """What was judged on what, and what is missing."""
        self.page.show_provenance(line, notes)

    def show_dose(self, shown: Shown) -> None:
        """Everything of one dose."""
        self.page.show_dose(shown)

    def show_others(self, evaluations: list[Evaluation], shown: Evaluation, lines: list[Line]) -> None:
        """What stands beside the evaluation on show: curves over the dose, the table of all."""
        self.page.show_others(evaluations, shown, lines)

    def show_examples(self, true: int, called: int, examples: list[Example], note: str) -> None:
        """What is behind a cell of the confusion."""
        self.page.show_examples(true, called, examples, note)

    def show_writing(self, text: str) -> None:
        """A report is being written; no text: none is."""
        self.notice.show_text(text)

    def show_report(self, text: str, report: Path) -> None:
        """A report that is there."""
        self.notice.show_report(text, report)

    def set_reportable(self, reportable: bool) -> None:
        """Whether there is anything to report about."""
        self.report.setEnabled(reportable)

    # asking

    def ask(self, question: str, explanation: str, verb: str, then: Callable[[], object]) -> None:
        """Asks before something is lost; calls `then` on yes."""
        asking.ask(self, question, explanation, verb, then)

    def ask_study(
        self, kind: str, models: list[Choice], datasets: list[Choice], start: Callable[[dict[str, Any]], object]
    ) -> None:
        """Plans a study of a kind; calls `start` with its settings."""
        ask_for_study(self, kind, models, datasets, start)

    def ask_report(
        self, sources: Sequence[Choice], ticked: str, out: Path, start: Callable[[dict[str, Any]], object]
    ) -> None:
        """Plans a report; calls `start` with its settings."""
        ask_for_report(self, sources, ticked, out, start)

    def reveal(self, folder: Path) -> None:
        """Opens the folder in the file manager."""
        asking.reveal(folder)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.page.restyle()
        self.study_page.restyle()
        self.library.restyle()

    # inside

    def _bring(self, name: str) -> None:
        self.stack.setCurrentWidget(self.pages[name])

    def _connect(self) -> None:
        for signal, own in (
            (self.form.changed, self.form_changed),
            (self.form.start_requested, self.start_requested),
            (self.form.cancel_requested, self.cancel_requested),
            (self.library.evaluation_selected, self.selected),
            (self.library.study_selected, self.study_selected),
            (self.page.dose_chosen, self.dose_chosen),
            (self.page.cell_chosen, self.cell_chosen),
            (self.page.image_chosen, self.image_chosen),
            (self.page.line_chosen, self.line_chosen),
            (self.report.clicked, self.report_requested),
            (self.page.delete_requested, self.delete_requested),
            (self.page.reveal_requested, self.reveal_requested),
        ):
            signal.connect(own)

    def _make_study_button(self) -> QPushButton:
        button = QPushButton("New study")
        button.setToolTip("Several models together: a table or figure of the paper, or one that it lacks")
        menu = QMenu(button)
        for kind, facts in STUDIES.items():
            text = f"{facts.title} ({facts.paper})" if facts.paper else facts.title
            action = menu.addAction(f"{text}…")
            action.setToolTip(facts.question)
            action.setData(kind)
        menu.setToolTipsVisible(True)
        menu.triggered.connect(lambda action: self.study_requested.emit(action.data()))
        button.setMenu(menu)
        return button

    def _lay_out(self) -> None:
        title = QLabel("Evaluate")
        theme.set_role(title, "title")
        buttons = QHBoxLayout()
        buttons.setSpacing(theme.SPACING_PX)
        for button in (self.new_study, self.report):
            buttons.addWidget(button, 1)
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_PX)
        column.addWidget(title)
        column.addWidget(self.form)
        column.addLayout(buttons)
        column.addWidget(self.library, 1)
        right = QWidget()
        pages = QVBoxLayout(right)
        pages.setContentsMargins(0, 0, 0, 0)
        pages.setSpacing(theme.SPACING_PX)
        pages.addWidget(self.notice)
        pages.addWidget(self.stack, 1)
        put_side_by_side(self, scrolling(side), right, sizes_px=(SIDE_WIDTH_PX, 4 * SIDE_WIDTH_PX))
