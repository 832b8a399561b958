"""One way to tell of a fault: from any exception, in any thread, to a card in the window."""

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from segdepth_app.errors import SegDepthError
from segdepth_app.gui import theme
from segdepth_app.gui.log import details
from segdepth_app.gui.outside import open_outside
from segdepth_app.paths import log_folder

log = logging.getLogger(__name__)
MAX_CARDS = 3


@dataclass(frozen=True)
class Fault:
    """What a card shows, and the traceback for its details."""

    message: str
    hint: str = ""
    trace: str = ""


def fault_from(error: BaseException | str, hint: str = "") -> Fault:
    """A sentence and a hint from whatever went wrong."""
    if isinstance(error, str):
        return Fault(error, hint)
    trace = "".join(traceback.format_exception(error))
    if isinstance(error, SegDepthError):
        return Fault(error.message, hint or error.hint, trace)
    first_line = (str(error).strip() or "no message").splitlines()[0]
    unexpected = "This is a fault of the program. Copy the details and report it."
    return Fault(f"{type(error).__name__}: {first_line}", hint or unexpected, trace)


class Hooks:
    """Sends exceptions that nobody caught to `report`, which must only emit a queued signal."""

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._before = (sys.excepthook, threading.excepthook)
        sys.excepthook = self._in_main
        threading.excepthook = self._in_thread

    def remove(self) -> None:
        """Puts the former hooks back."""
        sys.excepthook, threading.excepthook = self._before

    def _in_main(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        log.error("Nobody caught:\n%s", "".join(traceback.format_exception(kind, error, trace)))
        self._report(error)

    def _in_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            self._in_main(found.exc_type, found.exc_value, found.exc_traceback)


class ErrorCard(QFrame):
    """Cause, what to try, and the ways to tell somebody about it."""

    dismissed = Signal()

    def __init__(self, fault: Fault, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.fault = fault
        self._count = 1
        theme.set_role(self, "fault")
        self.setAccessibleName(f"Error: {fault.message}")
        self.message = QLabel(fault.message)
        self.hint = QLabel(fault.hint)
        theme.set_role(self.message, "heading")
        for label in (self.message, self.hint):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.hint.setVisible(bool(fault.hint))
        self.copy = QPushButton("Copy details")
        self.copy.clicked.connect(self._copy)
        folder = QPushButton("Open log folder")
        folder.clicked.connect(open_log_folder)
        close = QPushButton("Dismiss")
        close.clicked.connect(self.dismissed)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self.message)
        words.addWidget(self.hint)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 8, 8, 8)
        layout.addLayout(words, 1)
        for button in (self.copy, folder, close):
            layout.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)

    def again(self) -> None:
        """The same fault came once more."""
        self._count += 1
        self.message.setText(f"{self.fault.message} ({self._count} times)")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(details(self.fault.message, self.fault.hint, self.fault.trace))
        self.copy.setText("Copied")


class ErrorArea(QWidget):
    """The cards that are up, newest on top; the same fault twice is one card."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.cards: list[ErrorCard] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(theme.SPACING_PX, theme.SPACING_PX, theme.SPACING_PX, 0)
        self.hide()

    def show_fault(self, error: BaseException | str, hint: str = "") -> None:
        """Puts up a card."""
        fault = fault_from(error, hint)
        log.error("%s %s", fault.message, fault.hint)
        for card in self.cards:
            if (card.fault.message, card.fault.hint) == (fault.message, fault.hint):
                card.again()
                return
        card = ErrorCard(fault)
        card.dismissed.connect(lambda: self._remove(card))
        self.cards.insert(0, card)
        self._layout.insertWidget(0, card)
        for old in self.cards[MAX_CARDS:]:
            self._remove(old)
        self.show()

    def _remove(self, card: ErrorCard) -> None:
        self.cards.remove(card)
        self._layout.removeWidget(card)
        card.hide()
        card.deleteLater()
        self.setVisible(bool(self.cards))


def open_log_folder() -> None:
    """Shows the log folder in the system's file manager."""
    folder = log_folder()
    folder.mkdir(parents=True, exist_ok=True)
    open_outside(folder)
