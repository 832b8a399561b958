"""The dock at the bottom: jobs of this window, and the log. It is as high as its rows until the user says otherwise."""

import logging

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QDockWidget,
    QLabel,
    QMainWindow,
    QPlainTextEdit,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.log import FORMAT, last_lines
from segdepth_app.gui.process import Job, JobRunner
from segdepth_app.gui.texts import shortened
from segdepth_app.gui.widgets.job_row import JobRow
from segdepth_app.jobs.supervisor import State

QUIET_JOBS = ("explore", "preview", "advise", "estimate", "doctor")
"""Helpers of a tab, not work the user started."""
MAX_LOG_LINES = 2000
MOST_ROWS = 4
"""More of them scroll."""
LOG_HEIGHT_PX = 150
SLACK_PX = 2


SUMMARY_LETTERS = 60
"""Of a job's title in the status bar, which the readout needs too."""


class JobsDock(QDockWidget):
    """Comes up with the first job. Rows stay until they are dismissed, or done and one like them is done again."""

    summary_changed = Signal(str)

    def __init__(self, jobs: JobRunner, parent: QWidget | None = None) -> None:
        super().__init__("Jobs and log", parent)
        self.setObjectName("jobs_dock")
        self.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.setAllowedAreas(Qt.DockWidgetArea.BottomDockWidgetArea | Qt.DockWidgetArea.RightDockWidgetArea)
        self._jobs = jobs
        self.rows: dict[int, JobRow] = {}
        self._given_px: int | None = None
        """The height this dock has taken by itself; another one is the user's."""
        self._none = QLabel("No jobs yet. Simulations, trainings, evaluations and analyses appear here while they run.")
        theme.set_role(self._none, "muted")
        self._none.setWordWrap(True)
        self._none.setContentsMargins(8, 8, 8, 8)
        inside = QWidget()
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(0)
        self._list.addWidget(self._none)
        self._list.addStretch()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(inside)
        self.log_view = LogView()
        for page in (scroll, self.log_view):
            page.setMinimumHeight(self.fontMetrics().height())
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self.pages.addTab(scroll, "Jobs")
        self.pages.addTab(self.log_view, "Log")
        close = QToolButton()
        close.setText("×")
        close.setAutoRaise(True)
        close.setToolTip("Hide jobs and log (Ctrl+J)")
        close.setAccessibleName("Hide jobs and log")
        close.clicked.connect(self.hide)
        self.pages.setCornerWidget(close)
        self.setTitleBarWidget(QWidget())  # the pages' own bar says it all
        self.setWidget(self.pages)
        jobs.job_started.connect(self._add)
        jobs.job_removed.connect(self._forget)
        self._fitting = QTimer(self)  # once for all that happens in a turn of the event loop
        self._fitting.setSingleShot(True)
        self._fitting.timeout.connect(self._fit)
        self.pages.currentChanged.connect(lambda _: self._fitting.start())
        self.visibilityChanged.connect(lambda _: self._fitting.start())

    def _add(self, job: Job) -> None:
        if job.name in QUIET_JOBS:
            return
        row = JobRow(job, self._jobs.remove)
        self.rows[job.id] = row
        self._list.insertWidget(0, row)
        theme.set_role(row, "row")
        self._none.hide()
        job.state_changed.connect(self._summarise)
        job.ended.connect(lambda: self._replace_older(job))
        job.told.connect(lambda event: self._summarise() if event["event"] == "progress" else None)
        self.pages.setCurrentIndex(0)
        self.show()
        self._fitting.start()
        self._summarise()

    def _replace_older(self, job: Job) -> None:
        """A job that is done takes the rows of those before it that did the same."""
        if job.state is not State.DONE:
            return
        for row in list(self.rows.values()):
            older = row.job
            if older.id < job.id and older.state is State.DONE and (older.name, older.title) == (job.name, job.title):
                self._jobs.remove(older)

    def _row_height(self) -> int:
        for row in self.rows.values():
            for part in (row, *row.findChildren(QWidget)):
                part.ensurePolished()  # before its look is put on, a button says that it is lower
        heights = [row.sizeHint().height() for row in self.rows.values()]
        return max(heights, default=self._none.fontMetrics().height() + 2 * theme.SPACING_PX)

    def _fit(self) -> None:
        """Takes the height of the rows, unless the user has given it another."""
        window = self.parent()
        if not self.isVisible() or not isinstance(window, QMainWindow):
            return
        if self._given_px is not None and abs(self.height() - self._given_px) > SLACK_PX:
            return
        rows = min(max(len(self.rows), 1), MOST_ROWS) * self._row_height()
        wanted = rows if self.pages.currentIndex() == 0 else LOG_HEIGHT_PX
        window.resizeDocks([self], [self.pages.tabBar().height() + wanted + SLACK_PX], Qt.Orientation.Vertical)
        window.layout().activate()  # or the height is the old one until the next turn of the event loop
        self._given_px = self.height()

    def _forget(self, job: Job) -> None:
        row = self.rows.pop(job.id, None)
        if row is not None:
            self._list.removeWidget(row)
            row.hide()
            row.deleteLater()
            self._none.setVisible(not self.rows)
            self._fitting.start()

    def _summarise(self) -> None:
        live = [job for job in self._jobs.live if job.name not in QUIET_JOBS]
        if not live:
            self.summary_changed.emit("No job running")
            return
        job = live[-1]
        text = shortened(job.title, SUMMARY_LETTERS)
        if job.progress is not None and job.progress[1] > 0:
            text += f"  {100 * job.progress[0] // job.progress[1]} %"
        others = len(live) - 1
        self.summary_changed.emit(text + (f"  (+{others})" if others else ""))


class LogView(QPlainTextEdit):
    """The log's lines as they come, from any thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setMaximumBlockCount(MAX_LOG_LINES)
        self.setAccessibleName("Log")
        self.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        for line in last_lines.lines:
            self.appendPlainText(line)
        handler = _SignalHandler()
        handler.bridge.line.connect(self.appendPlainText, Qt.ConnectionType.QueuedConnection)
        logger = logging.getLogger("segdepth_app")
        logger.addHandler(handler)
        self.destroyed.connect(lambda: logger.removeHandler(handler))


class _Bridge(QObject):
    line = Signal(str)


class _SignalHandler(logging.Handler):
    """From logging, in whatever thread, to the event loop."""

    def __init__(self) -> None:
        super().__init__()
        self.bridge = _Bridge()
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        self.bridge.line.emit(self.format(record))
