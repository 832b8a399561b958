"""One job in a list: title, state, progress, time left, and the buttons that make sense now."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.process import Job
from segdepth_app.gui.texts import duration
from segdepth_app.gui.widgets.elided import Elided
from segdepth_app.jobs.supervisor import State
from segdepth_app.reporting import Command

STATE_TEXTS = {
    State.IDLE: ("waiting", "muted"),
    State.STARTING: ("starting", "muted"),
    State.RUNNING: ("running", "good"),
    State.PAUSING: ("pausing…", "warning"),
    State.STOPPING: ("stopping…", "warning"),
    State.DONE: ("done", "good"),
    State.STOPPED: ("stopped", "muted"),
    State.PAUSED: ("paused", "warning"),
    State.CANCELLED: ("cancelled", "muted"),
    State.FAILED: ("failed", "bad"),
    State.LOST: ("lost", "bad"),
}
VERB_TEXTS = {Command.PAUSE: "Pause", Command.STOP: "Stop and keep", Command.CANCEL: "Cancel"}
VERB_HELP = {
    Command.PAUSE: "End now; the same job can go on later",
    Command.STOP: "End now and keep what is good so far",
    Command.CANCEL: "End and leave nothing half-made behind",
}
TITLE_WIDTH_PX = 420
"""A longer title would leave no room for how far the job is."""
DISCARDS = ("train", "simulate")
"""Jobs of hours: their cancel is asked for twice."""


class JobRow(QFrame):
    """Follows one job. `remove` is called when the user dismisses an ended one."""

    def __init__(self, job: Job, remove: Callable[[Job], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.job = job
        self._asked_twice = False
        title = Elided()
        title.setText(job.title)
        title.setToolTip(job.title)
        title.setMinimumWidth(160)
        title.setMaximumWidth(TITLE_WIDTH_PX)
        self.state = QLabel()
        self.state.setMinimumWidth(70)
        self.bar = QProgressBar()
        self.bar.setAccessibleName(f"Progress of {job.title}")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(10)
        self.bar.setMinimumWidth(120)
        self.text = QLabel()
        self.text.setTextFormat(Qt.TextFormat.PlainText)
        self.text.setMinimumWidth(80)
        theme.set_role(self.text, "muted")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(theme.SPACING_PX, 2, theme.SPACING_PX, 2)
        layout.addWidget(title)
        layout.addWidget(self.state)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.text, 2)
        self.buttons: dict[Command, QPushButton] = {}
        for verb in (Command.PAUSE, Command.STOP, Command.CANCEL):
            if verb in job.verbs:
                button = QPushButton(VERB_TEXTS[verb])
                button.setToolTip(VERB_HELP[verb])
                button.setAccessibleName(f"{VERB_TEXTS[verb]}: {job.title}")
                button.clicked.connect(lambda _checked=False, verb=verb: self._ask(verb))
                self.buttons[verb] = button
                layout.addWidget(button)
        self.dismiss = QPushButton("Dismiss")
        self.dismiss.setAccessibleName(f"Dismiss: {job.title}")
        self.dismiss.clicked.connect(lambda: remove(job))
        layout.addWidget(self.dismiss)
        job.state_changed.connect(self.refresh)
        job.told.connect(self._on_event)
        self.refresh()

    def refresh(self) -> None:
        """Shows the job as it is now."""
        job = self.job
        words, role = STATE_TEXTS[job.state]
        self.state.setText(words)
        theme.set_role(self.state, role)
        for verb, button in self.buttons.items():
            button.setVisible(not job.has_ended)
            button.setEnabled(job.may(verb))
        self.dismiss.setVisible(job.has_ended)
        self.refresh_progress()

    def refresh_progress(self) -> None:
        """Bar and words only: it comes ten times a second."""
        job = self.job
        self.bar.setVisible(not job.has_ended)
        if job.error is not None:
            self.text.setText(job.error["message"])
            self.text.setToolTip(job.error["hint"])
        elif job.progress is None:
            self.bar.setRange(0, 0 if not job.has_ended else 1)
            self.text.setText("")
        else:
            done, total, unit = job.progress
            self.bar.setRange(0, max(total, 1))
            self.bar.setValue(done)
            left = "" if job.seconds_left is None or job.has_ended else f", {duration(job.seconds_left)} left"
            self.text.setText(f"{done} of {total} {unit}{left}")

    def _on_event(self, event: dict) -> None:
        if event["event"] in ("progress", "error"):
            self.refresh_progress()

    def _ask(self, verb: Command) -> None:
        button = self.buttons[verb]
        if verb is Command.CANCEL and self.job.name in DISCARDS and not self._asked_twice:
            self._asked_twice = True
            button.setText("Discard the work?")
            return
        {Command.PAUSE: self.job.pause, Command.STOP: self.job.stop, Command.CANCEL: self.job.cancel}[verb]()
