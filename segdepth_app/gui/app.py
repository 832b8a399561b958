"""Starts the window."""

import os
import sys
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QApplication

from segdepth_app import __version__
from segdepth_app.errors import InputError
from segdepth_app.gui import start_times, theme
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.errors import Hooks
from segdepth_app.gui.keep_awake import KeepAwake
from segdepth_app.gui.log import start_log, stop_log
from segdepth_app.gui.main_window import MainWindow
from segdepth_app.gui.opening import FirstPaint, paths_from
from segdepth_app.gui.settings import Settings
from segdepth_app.gui.widgets.clean_copies import CleanCopies
from segdepth_app.paths import APP_NAME, resources

RESET = "--reset-settings"


def create_application(argv: Sequence[str]) -> QApplication:
    """The Qt application, with name, icon and style; the one there is, where there is one.

    Raises: InputError where there is no screen.
    """
    _require_a_screen()
    application = QCoreApplication.instance() or QApplication(list(argv))
    if not isinstance(application, QApplication):
        raise TypeError("A QCoreApplication without widgets is running already")
    application.setApplicationName(APP_NAME)
    application.setApplicationDisplayName(APP_NAME)
    application.setApplicationVersion(__version__)
    application.setDesktopFileName("segdepth")
    icon = resources() / "icons" / "segdepth.svg"
    if icon.is_file():
        application.setWindowIcon(QIcon(str(icon)))
    return application


def _require_a_screen() -> None:
    """Without one Qt ends the whole program, with a dozen lines that blame a library."""
    places = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in places):
        raise InputError(
            "There is no screen to open the window on (DISPLAY and WAYLAND_DISPLAY are not set).",
            "Sign in at the computer's screen, or with `ssh -X`; `segdepth --help` lists what works without a window.",
        )


def create_main_window() -> MainWindow:
    """The main window, not yet shown; closes its log and hooks when it closes."""
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise TypeError("Call create_application first")
    log_file = start_log()
    settings = Settings()
    theme.apply_theme(application, settings.get("theme"))
    context = AppContext(settings)
    window = MainWindow(context)
    context.setParent(window)
    hooks = Hooks(context.report)
    awake = KeepAwake(context.jobs, parent=window)
    copies = CleanCopies(application)

    def follow_system() -> None:
        if settings.get("theme") == "system":
            window.set_theme("system")

    def leave() -> None:
        application.styleHints().colorSchemeChanged.disconnect(follow_system)
        hooks.remove()
        awake.release()
        copies.deleteLater()
        stop_log(log_file)

    application.styleHints().colorSchemeChanged.connect(follow_system)
    window.closed.connect(leave)
    if not settings.can_be_kept:
        context.report(
            f"Settings and the session cannot be kept: {settings.path} cannot be written.",
            "Change its permissions, or set SEGDEPTH_HOME to a folder of yours.",
        )
    for key in settings.reset_keys:
        context.report(
            f"The setting {key!r} could not be read and was reset.", f"The old file is kept: {settings.path}.bak"
        )
    return window


def main(argv: Sequence[str]) -> int:
    """Shows the window, on the paths among the arguments; returns when it closes."""
    application = create_application(argv)
    if RESET in argv:
        Settings().reset()
    window = create_main_window()
    paths = paths_from([argument for argument in argv[1:] if argument != RESET])
    if paths:
        # a tab takes longer than the window: first something is seen
        FirstPaint(window, lambda: window.opener.bring(paths))
    start_times.watch(window)
    window.show()
    code = application.exec()
    if window.context.jobs.left_alone:
        # Qt kills the children of what it destroys; a training that writes its pause shall finish it
        sys.stdout.flush()
        os._exit(code)
    return code
