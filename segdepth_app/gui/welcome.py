"""The first page of the View tab: what can be opened. Light, so that the window is there at once."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.paths import resources

WIDTH_PX = 640
RECENT_MARGIN_PX = 64


def sample_series() -> Path | None:
    """The series that ships with SegDepth."""
    return next(iter(sorted((resources() / "samples").glob("*.tif"))), None)


class WelcomePage(QWidget):
    """Sample, file, folder, recent files, last session."""

    sample_wanted = Signal()
    file_wanted = Signal()
    folder_wanted = Signal()
    session_wanted = Signal()
    path_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("SegDepth")
        theme.set_role(title, "title")
        text = QLabel(
            "Atoms per atomic column, with calibrated confidence, from noisy TEM images and series. Open a series "
            "to browse it and click pixels, or drop a file anywhere on this window."
        )
        text.setWordWrap(True)
        theme.set_role(text, "muted")
        self.sample = QPushButton("Open sample series")
        theme.set_role(self.sample, "primary")
        self.file = QPushButton("Open file…")
        self.folder = QPushButton("Open folder of frames…")
        self.sample.clicked.connect(self.sample_wanted)
        self.file.clicked.connect(self.file_wanted)
        self.folder.clicked.connect(self.folder_wanted)
        buttons = QHBoxLayout()
        for button in (self.sample, self.file, self.folder):
            buttons.addWidget(button)
        buttons.addStretch()
        self._make_notice()
        self._make_recent()
        self._lay_out(title, text, buttons)
        sample = sample_series()
        self.sample.setEnabled(sample is not None)
        self.sample.setToolTip(str(sample) if sample else "This installation has no sample series")
        self.offer_session({})
        self.set_recent([])

    def _make_notice(self) -> None:
        self.notice = QFrame()
        theme.set_role(self.notice, "card")
        self.notice_text = QLabel()
        self.notice_text.setWordWrap(True)
        self.restore = QPushButton("Restore")
        self.restore.clicked.connect(self.session_wanted)
        notice = QHBoxLayout(self.notice)
        notice.addWidget(self.notice_text, 1)
        notice.addWidget(self.restore)

    def _make_recent(self) -> None:
        self._recent_title = QLabel("Recent files")
        theme.set_role(self._recent_title, "heading")
        self.recent = QListWidget()
        self.recent.setAccessibleName("Recent files")
        self.recent.itemActivated.connect(lambda item: self.path_wanted.emit(item.data(Qt.ItemDataRole.UserRole)))
        self.recent.itemClicked.connect(lambda item: self.path_wanted.emit(item.data(Qt.ItemDataRole.UserRole)))
        self._recent_title.setBuddy(self.recent)

    def _lay_out(self, title: QLabel, text: QLabel, buttons: QHBoxLayout) -> None:
        column = QWidget()
        column.setMaximumWidth(WIDTH_PX)
        inner = QVBoxLayout(column)
        inner.setSpacing(theme.SPACING_PX)
        for label in (title, text):
            inner.addWidget(label)
        inner.addSpacing(theme.SPACING_PX)
        inner.addLayout(buttons)
        inner.addSpacing(theme.SPACING_PX)
        for widget in (self.notice, self._recent_title, self.recent):
            inner.addWidget(widget)
        outer = QVBoxLayout(self)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(column, 100)
        row.addStretch(1)
        outer.addStretch(1)
        outer.addLayout(row)
        outer.addStretch(2)

    def set_recent(self, paths: list[str]) -> None:
        """Recent files that are still there."""
        self.recent.clear()
        for path in paths:
            if Path(path).exists():
                words = f"{Path(path).name}   —   {Path(path).parent}"
                room = WIDTH_PX - RECENT_MARGIN_PX
                item = QListWidgetItem(self.recent.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, room))
                item.setData(Qt.ItemDataRole.UserRole, path)
                item.setToolTip(path)
                self.recent.addItem(item)
        rows = self.recent.count()
        self.recent.setVisible(rows > 0)
        self._recent_title.setVisible(rows > 0)
        self.recent.setFixedHeight(min(rows, 8) * (self.fontMetrics().height() + 6) + 8)

    def offer_session(self, session: dict[str, Any]) -> None:
        """Offers to go on where the last session ended; says so when it did not end well."""
        self.notice.setVisible(any(session.get("tabs", {}).values()))
        if session.get("clean", True):
            self.notice_text.setText("Go on where you left off.")
        else:
            self.notice_text.setText("SegDepth did not close properly last time. What was open can be restored.")
        theme.set_role(self.notice, "card" if session.get("clean", True) else "notice")
