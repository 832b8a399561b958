"""What `segdepth doctor` finds, for people without a terminal: faults and what to do, then the report. Widgets only."""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.errors import open_log_folder
from segdepth_app.gui.log import last_lines, masked
from segdepth_app.gui.widgets.dialogs import fit_to_screen

TITLE = "Check of this installation"
SIZE_PX = (860, 600)
LOOKING = "Looking at versions, devices, folders and shipped files…"


class DoctorDialog(QDialog):
    """Shows what it is told; tells when it is closed."""

    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(TITLE)
        fit_to_screen(self, *SIZE_PX)
        self.verdict = QLabel(LOOKING)
        self.verdict.setWordWrap(True)
        theme.set_role(self.verdict, "heading")
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setRange(0, 0)
        self.progress.setAccessibleName(TITLE)
        self._cards = QVBoxLayout()
        self.report = QPlainTextEdit()
        self.report.setReadOnly(True)
        self.report.setAccessibleName("The whole report")
        self.report.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.copy = QPushButton("&Copy for a bug report")
        self.copy.setEnabled(False)
        self.copy.setToolTip("The report and the last lines of the log; the name of your home folder is left out")
        self.copy.clicked.connect(self._copy)
        folder = QPushButton("Open &log folder")
        folder.clicked.connect(open_log_folder)
        self.close_button = QPushButton("Close")
        self.close_button.clicked.connect(self.close)
        self.close_button.setDefault(True)
        self._lay_out(self.copy, folder, self.close_button)
        self.finished.connect(lambda _: self.left.emit())

    def show_findings(self, faults: Iterable[Mapping[str, str]], warnings: Iterable[Mapping[str, str]]) -> None:
        """A card for each fault, then for each warning: `message` and `advice`."""
        for role, findings in (("fault", faults), ("notice", warnings)):
            for finding in findings:
                self._cards.addWidget(_card(finding["message"], finding["advice"], role))

    def show_report(self, lines: Sequence[str]) -> None:
        """The whole of it, and what only the window knows."""
        self.report.setPlainText("\n".join([*lines[:1], *window_lines(), *lines[1:]]))
        self.copy.setEnabled(True)

    def show_verdict(self, text: str, role: str) -> None:
        """The outcome in one sentence; nothing more is waited for. `role`: good, warning or bad."""
        self.progress.hide()
        self.verdict.setText(text)
        theme.set_role(self.verdict, role)

    def _copy(self) -> None:
        parts = [self.report.toPlainText(), "", "Last log lines:", *last_lines.lines]
        QGuiApplication.clipboard().setText(masked("\n".join(parts)))
        self.copy.setText("Copied")

    def _lay_out(self, copy: QPushButton, folder: QPushButton, close: QPushButton) -> None:
        below = QHBoxLayout()
        below.addWidget(copy)
        below.addWidget(folder)
        below.addStretch(1)
        below.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.verdict)
        layout.addWidget(self.progress)
        layout.addLayout(self._cards)
        layout.addWidget(self.report, 1)
        layout.addLayout(below)


def window_lines() -> list[str]:
    """The window's own facts: how it is drawn, and on what."""
    screens = [
        f"{screen.size().width()} × {screen.size().height()} at {100 * screen.devicePixelRatio():.0f} %"
        for screen in QGuiApplication.screens()
    ]
    look = "dark" if theme.is_dark() else "light"
    return [f"Window: {QGuiApplication.platformName()}, {look}; screens: {', '.join(screens) or 'none'}"]


def _card(message: str, advice: str, role: str) -> QFrame:
    card = QFrame()
    theme.set_role(card, role)
    card.setAccessibleName(f"{message} {advice}".strip())
    layout = QVBoxLayout(card)
    layout.setContentsMargins(12, 8, 12, 8)
    layout.setSpacing(2)
    for text, look in ((message, "heading"), (advice, "")):
        label = QLabel(text)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        if look:
            theme.set_role(label, look)
        label.setVisible(bool(text))
        layout.addWidget(label)
    return card
