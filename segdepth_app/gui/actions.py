"""Every action of the window, once: menus and shortcuts show the same objects."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from segdepth_app.gui.about import about_box
from segdepth_app.gui.context import AppContext
from segdepth_app.gui.doctor_check import DoctorCheck
from segdepth_app.gui.doctor_dialog import DoctorDialog
from segdepth_app.gui.errors import open_log_folder
from segdepth_app.gui.guide import GuideWindow, guide_file
from segdepth_app.gui.palette import COMMAND, CommandPalette
from segdepth_app.gui.tabs import TABS, LazyTab
from segdepth_app.gui.texts import shortened
from segdepth_app.gui.view.help_sheet import HelpSheet, menu_actions
from segdepth_app.gui.widgets.dialogs import come_up

RECENT_LETTERS = 90
"""Of a path in the menu; a longer one would be as wide as the screen."""
THEMES = {"system": "As the system", "light": "Light", "dark": "Dark"}


class Shell(Protocol):
    """What the actions need of the main window."""

    tabs: dict[str, LazyTab]

    @property
    def current_tab(self) -> str: ...

    def choose_file(self) -> None: ...
    def choose_folder(self) -> None: ...
    def open_sample(self) -> None: ...
    def select_tab(self, name: str) -> None: ...
    def set_theme(self, choice: str) -> None: ...


class Actions:
    """Made by the main window, which also keeps it."""

    def __init__(self, window: QMainWindow, shell: Shell, context: AppContext) -> None:
        self._window, self._shell, self._context = window, shell, context
        self._guide_window: GuideWindow | None = None
        self._doctor_check: DoctorCheck | None = None
        self.open_file = self._make("&Open file…", shell.choose_file, QKeySequence.StandardKey.Open)
        self.open_folder = self._make("Open &folder…", shell.choose_folder, "Ctrl+Shift+O")
        self.open_sample = self._make("Open &sample series", shell.open_sample)
        self.quit = self._make("&Quit", window.close, "Ctrl+Q")
        self.tabs = {
            name: self._make(title, partial(shell.select_tab, name), f"Ctrl+{number}")
            for number, (name, title) in enumerate(TABS.items(), start=1)
        }
        for name, action in self.tabs.items():
            action.setProperty(COMMAND, f"Tab: {TABS[name]}")
        self.themes = self._make_themes(shell)
        self.keys = self._make("&Keys", self._show_keys, "F1")
        self.palette = self._make("&Commands…", self._show_palette, "Ctrl+K")
        self.palette.setShortcuts([QKeySequence("Ctrl+K"), QKeySequence("Ctrl+Shift+P")])
        self.guide = self._make("User &guide", self._open_guide, "Shift+F1")
        self.guide.setEnabled(guide_file() is not None)
        self.doctor = self._make("Check this &installation…", self._show_doctor)
        self.log_folder = self._make("Open &log folder", open_log_folder)
        self.about = self._make("&About SegDepth", self._show_about)

    def fill(self, jobs_toggle: QAction) -> None:
        """Puts the actions into the window's menus."""
        bar = self._window.menuBar()
        file = bar.addMenu("&File")
        file.addActions([self.open_file, self.open_folder])
        recent = file.addMenu("Open &recent")
        recent.aboutToShow.connect(lambda: self._fill_recent(recent))
        file.addAction(self.open_sample)
        file.addSeparator()
        file.addAction(self.quit)
        view = bar.addMenu("&View")
        view.addActions(list(self.tabs.values()))
        view.addSeparator()
        jobs_toggle.setText("&Jobs and log")
        jobs_toggle.setShortcut("Ctrl+J")
        jobs_toggle.setProperty(COMMAND, "Jobs and log: show or hide")
        view.addAction(jobs_toggle)
        view.addMenu("&Theme").addActions(list(self.themes.values()))
        help_menu = bar.addMenu("&Help")
        help_menu.addActions([self.keys, self.palette, self.guide, self.doctor, self.log_folder, self.about])

    def _make(
        self, text: str, slot: Callable[[], object], shortcut: QKeySequence.StandardKey | str | None = None
    ) -> QAction:
        action = QAction(text, self._window)
        action.triggered.connect(lambda: slot())
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
        return action

    def _make_themes(self, shell: Shell) -> dict[str, QAction]:
        group = QActionGroup(self._window)
        actions = {}
        for choice, text in THEMES.items():
            action = self._make(text, partial(shell.set_theme, choice))
            action.setProperty(COMMAND, f"Theme: {text.lower()}")
            action.setCheckable(True)
            action.setChecked(self._context.settings.get("theme") == choice)
            group.addAction(action)
            actions[choice] = action
        return actions

    def _fill_recent(self, menu: QMenu) -> None:
        menu.clear()
        menu.setToolTipsVisible(True)
        for path in self._context.settings.recent():
            action = menu.addAction(shortened(path, RECENT_LETTERS).replace("&", "&&"))
            action.setToolTip(path)
            action.setEnabled(Path(path).exists())
            action.triggered.connect(lambda _checked=False, path=path: self._context.open(path))
        if menu.isEmpty():
            menu.addAction("No recent files").setEnabled(False)

    def _show_keys(self) -> None:
        HelpSheet(self._window).open()

    def _show_palette(self) -> None:
        tab = self._shell.tabs[self._shell.current_tab]
        others = [action for action in menu_actions(self._window) if action is not self.palette]
        CommandPalette([*tab.commands(), *others], self._window).open()

    def _open_guide(self) -> None:
        if self._guide_window is None:
            self._guide_window = GuideWindow(self._window)
            self._guide_window.show_page()
        come_up(self._guide_window)

    def _show_doctor(self) -> None:
        dialog = DoctorDialog(self._window)
        self._doctor_check = DoctorCheck(dialog, self._context.jobs, self._context.report)
        dialog.open()

    def _show_about(self) -> None:
        about_box(self._window).open()
