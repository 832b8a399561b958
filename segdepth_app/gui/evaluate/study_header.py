"""Above a study's results: what it asks, how far it is, and what can be done with it."""

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.evaluation.study_records import Study
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import study_words
from segdepth_app.gui.widgets.elided import Elided

NARROW_PX = 620
STATE_ROLES = {"done": "good", "failed": "bad"}


class StudyHeader(QWidget):
    """Shows what it is told; says which button was pressed."""

    resume_clicked = Signal()
    pause_clicked = Signal()
    cancel_clicked = Signal()
    delete_clicked = Signal()
    reveal_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Elided()
        theme.set_role(self.title, "title")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.question, self.state, self.job = QLabel(), QLabel(), QLabel()
        theme.set_role(self.question, "muted")
        for label in (self.question, self.state, self.job):
            label.setWordWrap(True)
        self.resume = _button("Resume", self.resume_clicked, "Goes on where the study ended; what is done is kept.")
        theme.set_role(self.resume, "primary")
        self.pause = _button(
            "Pause", self.pause_clicked, "Ends so that the study can be resumed; what is done is kept."
        )
        self.cancel = _button("Cancel…", self.cancel_clicked, "Ends the study.")
        self.reveal = _button("Show in folder", self.reveal_clicked, "Figures as PNG, SVG and PDF, tables as CSV.")
        self.delete = _button("Delete…", self.delete_clicked, "Moves the study to SegDepth's trash folder.")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setAccessibleName("Progress of the study")
        self._study: Study | None = None
        self._row = 0
        """Of the buttons."""
        self._lay_out()
        self.show_idle()

    def _lay_out(self) -> None:
        self._head = QGridLayout()
        self._head.setHorizontalSpacing(theme.SPACING_PX)
        self._head.setVerticalSpacing(4)
        self._head.addWidget(self.title, 0, 0)
        self._head.setColumnStretch(0, 1)
        self.buttons = QWidget()
        buttons = QHBoxLayout(self.buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(theme.SPACING_PX)
        buttons.addStretch(1)
        for button in (self.resume, self.pause, self.cancel, self.reveal, self.delete):
            buttons.addWidget(button)
        self._head.addWidget(self.buttons, 0, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._head)
        for widget in (self.question, self.state, self.job, self.progress):
            layout.addWidget(widget)

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """The buttons go below the title where there is little room."""
        super().resizeEvent(event)
        row = 1 if self.width() < NARROW_PX else 0
        if self._row != row:
            self._row = row
            self._head.removeWidget(self.buttons)
            self._head.addWidget(self.buttons, row, 0 if row else 1, 1, 2 if row else 1)

    def show_study(self, study: Study) -> None:
        """What it is and how far it is."""
        self._study = study
        title = f"{study_words.kind_title(study.kind)}: {study.folder.name}"
        self.title.setText(title)
        self.title.setToolTip(title)
        self.question.setText(study_words.question(study.kind))
        self.question.setVisible(bool(self.question.text()))
        self._show_state()

    def show_job(self, text: str, done: int, total: int, *, may_pause: bool, may_cancel: bool) -> None:
        """A job works on it."""
        self.job.setText(text)
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self._show_running(True)
        self.pause.setEnabled(may_pause)
        self.cancel.setEnabled(may_cancel)

    def show_idle(self) -> None:
        """No job works on it."""
        self._show_running(False)

    def _show_running(self, running: bool) -> None:
        for widget in (self.job, self.progress, self.pause, self.cancel):
            widget.setVisible(running)
        # what a job writes to must not be taken away from under it
        self.delete.setEnabled(not running)
        self._show_state()

    @property
    def is_live(self) -> bool:
        """Whether a job works on it."""
        return not self.progress.isHidden()

    def _show_state(self) -> None:
        study = self._study
        self.resume.setVisible(study is not None and study.state != "done" and not self.is_live)
        if study is not None:
            self.state.setText(study_words.state_sentence(study, is_live=self.is_live))
            theme.set_role(self.state, STATE_ROLES.get(study.state, ""))


def _button(text: str, clicked: SignalInstance, help: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(help)
    button.clicked.connect(clicked)
    return button
