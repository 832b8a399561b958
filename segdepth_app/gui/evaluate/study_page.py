"""One study: its steps, tables, plots and pictures. Widgets only."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from segdepth_app.evaluation.study_records import Study
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import study_words
from segdepth_app.gui.evaluate.study_header import StudyHeader
from segdepth_app.gui.evaluate.study_pictures import StudyPicture
from segdepth_app.gui.evaluate.study_plots import PlotCard
from segdepth_app.gui.evaluate.study_steps import StudySteps
from segdepth_app.gui.evaluate.study_tables import StudyTable
from segdepth_app.gui.widgets.lines import Lines
from segdepth_app.gui.widgets.section import Section

TWO_COLUMNS_PX = 760
"""Two plots stand side by side from this width on."""
NOTHING_YET = "Nothing is found yet: tables and plots appear here as the steps are done."
W = TypeVar("W", bound=QWidget)


class StudyPage(QWidget):
    """Shows a study as far as it is done; says what the user wants. It scrolls by itself where it must."""

    resume_requested = Signal(object)
    """The Study to go on with."""
    pause_requested = Signal()
    cancel_requested = Signal()
    delete_requested = Signal(object)
    reveal_requested = Signal(object)
    """The Study whose folder is to be shown."""
    open_evaluation = Signal(object)
    """Path of the evaluation folder of a step."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.study: Study | None = None
        self.header = StudyHeader()
        self.header.resume_clicked.connect(lambda: self.resume_requested.emit(self.study))
        self.header.pause_clicked.connect(self.pause_requested)
        self.header.cancel_clicked.connect(self.cancel_requested)
        self.header.delete_clicked.connect(lambda: self.delete_requested.emit(self.study))
        self.header.reveal_clicked.connect(lambda: self.reveal_requested.emit(self.study))
        self.steps = StudySteps()
        self.steps.open_evaluation.connect(self.open_evaluation)
        self.steps_section = Section("Steps", self.steps)
        self.nothing = _words(NOTHING_YET, "muted")
        self.notes = _words("", "")
        self.facts = Lines("Settings and origin of the study")
        self.facts_section = Section("Settings and origin", self.facts, is_open=False)
        self.tables: list[StudyTable] = []
        self.plots: list[PlotCard] = []
        self.pictures: list[StudyPicture] = []
        self._lay_out()

    def show_study(self, study: Study) -> None:
        """Everything that is known of a study now; what did not change is not drawn again."""
        before, self.study = self.study, study
        if study == before:
            return
        is_another = before is None or before.folder != study.folder
        self.header.show_study(study)
        self.steps.show_study(study)
        if is_another or (before is not None and before.state != study.state):
            # while it runs its steps are what one looks for, then its results are
            self.steps_section.heading.setChecked(study.state != "done")
        if is_another or before is None or before.tables != study.tables:
            self._show_tables(study)
        if is_another or before is None or before.plots != study.plots:
            self._show_plots(study)
        # a file may come later than its line
        self._show_pictures(study)
        self.nothing.setVisible(not (_filled(study.tables, "rows") or study.pictures))
        self.notes.setText("\n".join(f"• {note}" for note in study.notes))
        self.notes_title.setVisible(bool(study.notes))
        self.notes.setVisible(bool(study.notes))
        self.facts.show_lines(study_words.settings_lines(study), headings=(study_words.SETTINGS, study_words.ORIGIN))
        if is_another:
            self.area.verticalScrollBar().setValue(0)

    def show_job(self, text: str, done: int, total: int, may_pause: bool = True, may_cancel: bool = True) -> None:
        """The study on show is being worked on."""
        self.header.show_job(text, done, total, may_pause=may_pause, may_cancel=may_cancel)

    def show_idle(self) -> None:
        """Nobody here works on the study on show."""
        self.header.show_idle()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        for card in self.plots:
            card.plot.restyle()
        self.content.update()

    # inside

    def _show_tables(self, study: Study) -> None:
        # a table without rows is one to come
        for card, record in _dealt(self.tables, _filled(study.tables, "rows"), self._new_table):
            card.show_table(record)

    def _show_plots(self, study: Study) -> None:
        plots = _filled(study.plots, "curves")
        for card, record in _dealt(self.plots, plots, self._new_plot):
            card.show_plot(record)
        self.grid.arrange(self.plots[: len(plots)])

    def _show_pictures(self, study: Study) -> None:
        for card, record in _dealt(self.pictures, study.pictures, self._new_picture):
            card.show_picture(record["title"], record.get("text", ""), study.picture(record["name"]))

    def _new_table(self) -> StudyTable:
        card = StudyTable(self.content)
        self._tables_column.addWidget(card)
        return card

    def _new_plot(self) -> PlotCard:
        return PlotCard(self.grid)

    def _new_picture(self) -> StudyPicture:
        card = StudyPicture(self.content)
        self._pictures_column.addWidget(card)
        return card

    def _lay_out(self) -> None:
        self.content = QWidget()
        self.grid = Columns()
        self.notes_title = _words("Notes", "heading")
        self._tables_column, self._pictures_column = _column(), _column()
        column = _column()
        self.content.setLayout(column)
        column.addWidget(self.header)
        column.addWidget(self.steps_section)
        column.addWidget(self.nothing)
        column.addLayout(self._tables_column)
        column.addWidget(self.grid)
        column.addLayout(self._pictures_column)
        for widget in (self.notes_title, self.notes, self.facts_section):
            column.addWidget(widget)
        column.addStretch(1)
        self.area = QScrollArea()
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setWidgetResizable(True)
        self.area.setWidget(self.content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.area)


class Columns(QWidget):
    """Cards in one column, or two where there is room."""

    def __init__(self) -> None:
        super().__init__()
        self._cards: Sequence[QWidget] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(theme.SPACING_PX)

    @property
    def n_columns(self) -> int:
        """How many there is room for."""
        return 2 if self.width() >= TWO_COLUMNS_PX and len(self._cards) > 1 else 1

    def arrange(self, cards: Sequence[QWidget]) -> None:
        """Puts the cards in their places; a lone last one takes the whole width."""
        self._cards = list(cards)
        while self._grid.count():
            self._grid.takeAt(0)
        n = self.n_columns
        for number, card in enumerate(self._cards):
            lone = n == 2 and number == len(self._cards) - 1 and number % 2 == 0
            self._grid.addWidget(card, number // n, number % n, 1, 2 if lone else 1)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1 if n == 2 else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Another width, another number of columns."""
        before = self._grid.columnStretch(1) + 1
        super().resizeEvent(event)
        if self._cards and self.n_columns != before:
            self.arrange(self._cards)


def _filled(records: Sequence[dict[str, Any]], what: str) -> list[dict[str, Any]]:
    return [record for record in records if record[what]]


def _dealt(cards: list[W], records: Sequence[dict[str, Any]], new: Callable[[], W]) -> list[tuple[W, dict[str, Any]]]:
    """A card for each record, made where one is missing; those that are too many are hidden."""
    while len(cards) < len(records):
        cards.append(new())
    for number, card in enumerate(cards):
        card.setVisible(number < len(records))
    return list(zip(cards, records, strict=False))


def _column() -> QVBoxLayout:
    column = QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(theme.SPACING_PX)
    return column


def _words(text: str, role: str) -> QLabel:
    label = QLabel(text)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    theme.set_role(label, role)
    return label
