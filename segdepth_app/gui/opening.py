"""What a double click, a command line or a drop hands to the window, and which tab it is opened in."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer, QUrl
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.kinds import MODEL_SUFFIX, tab_for
from segdepth_app.gui.tabs import TABS, LazyTab

PATIENCE_MS = 1000
"""A window that starts as an icon is never painted: what it was given is opened all the same."""


def paths_from(arguments: Sequence[str]) -> list[str]:
    """Absolute paths: a desktop may hand over file URLs, and the recent files outlive the folder we were started in."""
    return [os.path.abspath(_local(text)) for text in arguments if text]


def _local(text: str) -> str:
    if not text.lower().startswith("file:") or os.path.lexists(text):
        return text
    return QUrl(text).toLocalFile() or text


class FirstPaint(QObject):
    """Does something once, right after a window has been painted for the first time."""

    def __init__(self, window: QWidget, act: Callable[[], None]) -> None:
        super().__init__(window)
        self._act = act
        self._window = window
        self._latest = QTimer(self)
        self._latest.setSingleShot(True)
        self._latest.timeout.connect(self._now)
        self._latest.start(PATIENCE_MS)
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # Qt's name
        """Waits for the paint, lets it happen, and acts in the next turn."""
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            self._latest.start(0)
        return False

    def _now(self) -> None:
        self._window.removeEventFilter(self)
        self._act()
        self.deleteLater()


class Opener:
    """Puts paths into the tabs they belong to."""

    def __init__(
        self,
        context: AppContext,
        tabs: Mapping[str, LazyTab],
        select_tab: Callable[[str], None],
        show_recent: Callable[[list[str]], None],
        window: QWidget,
    ) -> None:
        self._context, self._tabs, self._select_tab, self._show_recent = context, tabs, select_tab, show_recent
        self._window = window

    def bring(self, paths: Sequence[str]) -> None:
        """From outside, one after the other: of several for the same tab the last one stays. A model shows its card."""
        for path in paths:
            if path.lower().endswith(MODEL_SUFFIX) and os.path.isfile(path):
                self._bring_model(path)
            else:
                self.open(path)

    def open(self, path: str) -> None:
        """A file or folder in its tab; a card where that cannot be."""
        if not os.path.exists(path):
            self._context.report(f"Not found: {path}.", "It may have been moved, renamed or deleted.")
        else:
            self._open_in(tab_for(Path(path)), path)

    def _open_in(self, name: str, path: str) -> bool:
        context = self._context
        self._select_tab(name)
        said = context.n_reported
        if not self._tabs[name].open_path(path):
            if said == context.n_reported:
                context.report(f"{path} cannot be opened in {TABS[name]}.", "It may be damaged, or something else.")
            return False
        context.settings.set("last_folder", str(Path(path).parent))
        self._show_recent(context.settings.add_recent(path))
        return True

    def _bring_model(self, path: str) -> None:
        """It is chosen in View, where most models are used; its card says what it is, and leads to Evaluate."""
        from segdepth_app.gui.model_sheet import ModelSheet

        if self._open_in("view", path):
            sheet = ModelSheet(path, self._window)
            sheet.evaluation_wanted.connect(lambda: self.open(path))
            sheet.open()
