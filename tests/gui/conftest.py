"""For every test of the window: no question that nobody answers, and nothing left behind."""

import os
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QProcess, QThread, QTimer
from PySide6.QtWidgets import QApplication, QMenu, QMessageBox, QWidget

from segdepth_app.gui import theme
from tests.gui.shell_tools import fake_tabs, files, window  # noqa: F401 (fixtures)


def alive() -> dict[int, QObject]:
    """Windows, running timers, threads and processes that exist now."""
    found = {}
    for item in shiboken6.getAllValidWrappers():
        if (
            # pyqtgraph's plots hold menus without a parent: they are windows for Qt, but nobody sees them
            (isinstance(item, QWidget) and item.isWindow() and item.parent() is None and not isinstance(item, QMenu))
            or (isinstance(item, QTimer) and item.isActive())
            or (isinstance(item, QThread) and item.isRunning() and item is not QThread.currentThread())
            or (isinstance(item, QProcess) and item.state() is not QProcess.ProcessState.NotRunning)
        ):
            found[id(item)] = item
    return found


def settle() -> None:
    """Carries out what was only announced: posted events and deferred deletes."""
    for _ in range(2):
        QCoreApplication.processEvents()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture(autouse=True)
def _nothing_left_behind(qapp: QApplication, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fails a test after which a window, an active timer, a thread or a process is still there."""
    before = alive()
    yield
    settle()
    left = [item for number, item in alive().items() if number not in before]
    if left:
        import gc

        del left
        gc.collect()
        settle()
        left = [item for number, item in alive().items() if number not in before]
    names = [f"{type(item).__name__} {item.objectName()}".strip() for item in left]
    assert not names, f"left behind: {', '.join(names)}"


@pytest.fixture(autouse=True)
def _no_unanswered_question(monkeypatch: pytest.MonkeyPatch) -> None:
    """A modal question would wait for ever."""

    def refuse(*_: object, **__: object) -> int:
        pytest.fail("a modal message box came up")

    for name in ("exec", "question", "warning", "critical", "information", "about"):
        monkeypatch.setattr(QMessageBox, name, refuse)


@pytest.fixture(autouse=True)
def _light_look(qapp: QApplication) -> None:
    """The same look for every test, whatever ran before."""
    if theme.is_dark() or qapp.style().objectName() != "fusion":
        theme.apply_theme(qapp, "light")
