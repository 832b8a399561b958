"""Tabs that are imported and built when they are first needed."""

import logging
from importlib import import_module
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QWidget

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.widgets.empty_state import EmptyState

log = logging.getLogger(__name__)

TABS = {"simulate": "Simulate", "train": "Train", "evaluate": "Evaluate", "view": "View"}
"""Name of the room and of the tab, in the order of the bar."""


class LazyTab(QWidget):
    """Holds a place for a tab. With a `front` page it waits until it is asked for, else until it is shown."""

    loaded = Signal()

    def __init__(self, name: str, context: AppContext, front: QWidget | None = None) -> None:
        super().__init__()
        self.name = name
        self.content: QWidget | None = None
        self._context = context
        self._waits = front is not None
        self._failed: QWidget | None = None
        self._layout = QStackedLayout(self)
        self._layout.addWidget(front or EmptyState(TABS[name], "Opening…"))

    def load(self) -> QWidget | None:
        """The tab itself; None where it cannot be built, and an error card says why."""
        if self.content is not None:
            return self.content
        try:
            module = import_module(f"segdepth_app.gui.{self.name}.tab")
            content: QWidget = module.create_tab(self._context)
        except Exception as error:  # a tab that fails must not take the others with it
            log.exception("The tab %s cannot be built", self.name)
            self._context.report(error)
            self._show_failure()
            return None
        self.content = content
        self._layout.addWidget(content)
        self._layout.setCurrentWidget(content)
        self.loaded.emit()
        return content

    def open_path(self, path: str) -> bool:
        """Hands a path to the tab."""
        content = self.load()
        return content is not None and bool(content.open_path(path)) if hasattr(content, "open_path") else False

    def commands(self) -> list[QAction]:
        """What the tab offers in the command palette while it is in front."""
        return self.content.commands() if hasattr(self.content, "commands") else []

    def save_state(self) -> dict[str, Any]:
        """What the tab wants to find again; nothing when it was never built."""
        return self.content.save_state() if hasattr(self.content, "save_state") else {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Builds the tab and gives it back what it kept."""
        content = self.load() if state else None
        if hasattr(content, "restore_state"):
            content.restore_state(state)

    def showEvent(self, event: QShowEvent) -> None:  # Qt's name
        """Builds the tab after this page is on the screen."""
        super().showEvent(event)
        if self.content is None and not self._waits and self._failed is None:
            QTimer.singleShot(0, self, self.load)

    def _show_failure(self) -> None:
        if self._failed is None:
            text = "The message above says what is wrong. The other tabs work."
            self._failed = EmptyState(f"The {TABS[self.name]} tab could not be opened", text, {"Try again": self.load})
            self._layout.addWidget(self._failed)
        self._layout.setCurrentWidget(self._failed)
