"""The window: four tabs, menus, the jobs dock, the status bar. It composes and passes on, nothing else."""

import base64

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import (
    QApplication,
    QFileDialog,
    QLabel,
    QMainWindow,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.actions import Actions
from segdepth_app.gui.closing import Closing
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.errors import ErrorArea
from segdepth_app.gui.jobs_dock import JobsDock
from segdepth_app.gui.opening import Opener
from segdepth_app.gui.process import Job
from segdepth_app.gui.session import Session
from segdepth_app.gui.tabs import TABS, LazyTab
from segdepth_app.gui.welcome import WelcomePage, sample_series

SAVE_EVERY_MS = 30_000
DEFAULT_SIZE = (1280, 800)
LEAST_VISIBLE_PX = 80
JOBS_HEIGHT_PX = 150
ANY_SERIES = "TEM series, results, datasets, models (*)"


class MainWindow(QMainWindow):
    """Made by `app.create_main_window`."""

    closed = Signal()

    def __init__(self, context: AppContext, session: Session | None = None) -> None:
        super().__init__()
        self.context = context
        self._session = session or Session()
        # what another open window keeps did not end, and must not be opened twice
        self._last_session = self._session.read() if self._session.claim() else {}
        self._closing: Closing | None = None
        self._may_close = False
        self.setWindowTitle("SegDepth")
        self.setAcceptDrops(True)
        self.errors = ErrorArea()
        self.welcome = self._make_welcome()
        self.tabs = {name: LazyTab(name, context, self.welcome if name == "view" else None) for name in TABS}
        self.opener = Opener(context, self.tabs, self.select_tab, self.welcome.set_recent, self)
        self.tab_bar = QTabWidget()
        self.tab_bar.setObjectName("rooms")
        self.tab_bar.tabBar().setDrawBase(False)
        for name, tab in self.tabs.items():
            self.tab_bar.addTab(tab, TABS[name])
        self.select_tab("view")
        self.jobs_dock = JobsDock(context.jobs, self)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, self.jobs_dock)
        self.jobs_dock.hide()
        self._compose()
        self.actions_ = Actions(self, self, context)
        self.actions_.fill(self.jobs_dock.toggleViewAction())
        context.fault_reported.connect(self.errors.show_fault, Qt.ConnectionType.QueuedConnection)
        context.status_changed.connect(self._readout.setText)
        context.open_requested.connect(self.open_path)
        context.jobs.job_started.connect(self._follow)
        context.theme_changed.connect(self.update)
        self._restore_geometry()
        self._autosave = QTimer(self)
        self._autosave.setInterval(SAVE_EVERY_MS)
        self._autosave.timeout.connect(lambda: self._save_session(clean=False))
        self._autosave.start()

    # --- what the actions and tabs ask for

    def select_tab(self, name: str) -> None:
        """Brings a tab to the front."""
        self.tab_bar.setCurrentWidget(self.tabs[name])

    @property
    def current_tab(self) -> str:
        """The room of the tab in front."""
        return next(name for name, tab in self.tabs.items() if tab is self.tab_bar.currentWidget())

    def open_path(self, path: str) -> None:
        """Opens a file or folder in the tab it belongs to."""
        self.opener.open(path)

    def choose_file(self) -> None:
        """Asks for a file and opens it."""
        path, _ = QFileDialog.getOpenFileName(self, "Open", self.context.settings.get("last_folder"), ANY_SERIES)
        if path:
            self.opener.bring([path])

    def choose_folder(self) -> None:
        """Asks for a folder of frames, or a run folder, and opens it."""
        path = QFileDialog.getExistingDirectory(self, "Open folder", self.context.settings.get("last_folder"))
        if path:
            self.opener.bring([path])

    def open_sample(self) -> None:
        """Opens the series that ships with SegDepth."""
        if (path := sample_series()) is None:
            self.context.report("This installation has no sample series.", "Install SegDepth again.")
        else:
            self.open_path(str(path))

    def set_theme(self, choice: str) -> None:
        """light, dark or system; kept for the next start."""
        self.context.settings.set("theme", choice)
        theme.apply_theme(QApplication.instance(), choice)
        self.context.theme_changed.emit()

    def restore_session(self) -> None:
        """Opens again what the last session had open."""
        states = self._last_session.get("tabs", {})
        for name, tab in self.tabs.items():
            tab.restore_state(states.get(name, {}))
        if self._last_session.get("current") in self.tabs:
            self.select_tab(self._last_session["current"])
        self.welcome.offer_session({})

    # --- Qt's own

    def closeEvent(self, event: QCloseEvent) -> None:  # Qt's name
        """Closes when no job is in the way; see `closing`."""
        if not self._may_close and self.context.jobs.live:
            event.ignore()
            if self._closing is None:
                self._closing = Closing(self.context.jobs, self._close_for_good, self)
            return
        self._autosave.stop()
        self._save_session(clean=True)
        self._session.release()
        settings = self.context.settings
        settings.set("geometry", _text(self.saveGeometry()))
        settings.set("window_state", _text(self.saveState()))
        settings.save()
        event.accept()
        self.closed.emit()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # Qt's name
        """Takes local files."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:  # Qt's name
        """Opens what was dropped."""
        event.acceptProposedAction()
        self.opener.bring([url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()])

    # --- its own

    def _compose(self) -> None:
        centre = QWidget()
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.errors)
        layout.addWidget(self.tab_bar, 1)
        self.setCentralWidget(centre)
        self._readout = QLabel()
        self._readout.setAccessibleName("Readout under the pointer")
        self._device = QLabel()
        self._device.setToolTip("Where the last job computes")
        self._jobs_button = QToolButton()
        self._jobs_button.setText("No job running")
        self._jobs_button.setAutoRaise(True)
        self._jobs_button.setToolTip("Show or hide jobs and log")
        self._jobs_button.clicked.connect(self.jobs_dock.toggleViewAction().trigger)
        self.jobs_dock.summary_changed.connect(self._jobs_button.setText)
        bar = self.statusBar()
        bar.addWidget(self._readout, 1)
        bar.addPermanentWidget(self._device)
        bar.addPermanentWidget(self._jobs_button)

    def _make_welcome(self) -> WelcomePage:
        page = WelcomePage()
        page.set_recent(self.context.settings.recent())
        page.offer_session(self._last_session)
        page.sample_wanted.connect(self.open_sample)
        page.file_wanted.connect(self.choose_file)
        page.folder_wanted.connect(self.choose_folder)
        page.session_wanted.connect(self.restore_session)
        page.path_wanted.connect(self.open_path)
        return page

    def _follow(self, job: Job) -> None:
        job.told.connect(self._on_job_event)

    def _on_job_event(self, event: dict) -> None:
        if event["event"] == "started" and event.get("device", "auto") != "auto":
            self._device.setText(f"Device: {event['device']}")

    def _save_session(self, *, clean: bool) -> None:
        if not self._session.claim():
            return
        kept = self._last_session.get("tabs", {})
        states = {}
        for name, tab in self.tabs.items():
            # a tab that was never opened this time keeps what it had
            states[name] = tab.save_state() if tab.content is not None else kept.get(name, {})
        self._session.write(self.current_tab, states, clean=clean)

    def _close_for_good(self) -> None:
        self._may_close = True
        self._closing = None
        self.close()

    def _restore_geometry(self) -> None:
        settings = self.context.settings
        room = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(DEFAULT_SIZE[0], room.width()), min(DEFAULT_SIZE[1], room.height()))
        if self.restoreGeometry(_bytes(settings.get("geometry"))) and not self._is_on_a_screen():
            self.resize(min(DEFAULT_SIZE[0], room.width()), min(DEFAULT_SIZE[1], room.height()))
            self.move(room.topLeft())
        if not self.restoreState(_bytes(settings.get("window_state"))):
            self.resizeDocks([self.jobs_dock], [JOBS_HEIGHT_PX], Qt.Orientation.Vertical)
        self.jobs_dock.hide()

    def _is_on_a_screen(self) -> bool:
        """Whether enough of the title bar lies on a screen that is there now."""
        top = self.frameGeometry()
        top.setHeight(LEAST_VISIBLE_PX)
        seen = (screen.availableGeometry().intersected(top) for screen in QGuiApplication.screens())
        return any(part.width() >= LEAST_VISIBLE_PX and part.height() >= LEAST_VISIBLE_PX // 2 for part in seen)


def _text(data: QByteArray) -> str:
    return base64.b64encode(data.data()).decode("ascii")


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except ValueError:
        return QByteArray()
