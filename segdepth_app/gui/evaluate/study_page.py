"""One study: its steps, tables, plots and pictures. Widgets only."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from segdepth_app.evaluation.study_records import Study


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

    def show_study(self, study: Study) -> None:
        """Everything that is known of a study now; calls with the same study are cheap."""

    def show_job(self, text: str, done: int, total: int, may_pause: bool = True, may_cancel: bool = True) -> None:
        """The study on show is being worked on."""

    def show_idle(self) -> None:
        """Nobody here works on the study on show."""

    def restyle(self) -> None:
        """Takes the theme's colours again."""
