"""The Simulate tab: list of datasets, and beside it the browser or the panel for a new one. Widgets only."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QGridLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.simulate.browser import BrowserView
from segdepth_app.gui.simulate.panel import NewDatasetPanel
from segdepth_app.gui.simulate.presenter import ACTIONS, Row
from segdepth_app.gui.widgets import asking
from segdepth_app.gui.widgets.empty_state import EmptyState
from segdepth_app.gui.widgets.lists import list_table, put_side_by_side, scrolling, set_cell, titled_list
from segdepth_app.gui.widgets.table_dialog import TableDialog

HEADERS = ("Name", "Specimens", "Images", "Size", "Preset", "State")
WIDE_COLUMNS = (1, 2, 3, 4)
LIST_WIDTH_PX = 480
NARROW_LIST_PX = 230
PRESET_WIDTH_PX = 64
SMALL_PX = 900
"""A tab below this has no room for a wide list."""
TITLES = {
    "pause": "Pause",
    "resume": "Resume",
    "cancel": "Cancel…",
    "verify": "Verify…",
    "delete": "Delete…",
    "reveal": "Show in folder",
}


class SimulateView(QWidget):
    """Shows what the presenter gives it; says what the user wants."""

    new_requested = Signal()
    new_closed = Signal()
    preset_chosen = Signal(str)
    name_changed = Signal(str)
    field_changed = Signal(str, object)
    start_requested = Signal()
    sampling_requested = Signal()
    selected = Signal(object)
    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths: list[Path] = []
        self._is_narrow = False
        self.table = self._make_table()
        self.new = QPushButton("New dataset…")
        theme.set_role(self.new, "primary")
        self.new.clicked.connect(self.new_requested)
        self.browser = BrowserView()
        self.action_buttons = {name: QPushButton(TITLES[name]) for name in ACTIONS if name != "export"}
        self.action_buttons["export"] = self.browser.export
        for name, button in self.action_buttons.items():
            button.clicked.connect(lambda _=False, name=name: self.action_requested.emit(name))
        self.progress = QProgressBar()
        self.progress.setTextVisible(False)
        self.progress.setMaximumHeight(8)
        self.progress.setAccessibleName("Progress")
        self.progress_text = QLabel()
        self.panel = NewDatasetPanel()
        self.panel.closed.connect(self.new_closed)
        self.panel.preset_chosen.connect(self.preset_chosen)
        self.panel.name_changed.connect(self.name_changed)
        self.panel.field_changed.connect(self.field_changed)
        self.panel.start_requested.connect(self.start_requested)
        self.panel.sampling_requested.connect(self.sampling_requested)
        self.message = QLabel()
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        theme.set_role(self.message, "muted")
        self.empty = EmptyState(
            "No datasets yet",
            "A dataset holds simulated images of ceria together with the atoms in each of their columns.",
            {"New dataset…": self.new_requested.emit},
        )
        # at 200 % a small screen has less room than they need
        self.browser_area = scrolling(self.browser)
        self.stack = QStackedWidget()
        for page in (self.empty, self.message, self.browser_area, self.panel):
            self.stack.addWidget(page)
        self._lay_out()

    # setters

    def show_rows(self, rows: list[Row]) -> None:
        """The whole list anew."""
        self.table.blockSignals(True)
        self._paths = [row.path for row in rows]
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            self._fill(number, row)
        self.table.blockSignals(False)

    def update_row(self, row: Row) -> None:
        """One line changed."""
        if row.path in self._paths:
            self._fill(self._paths.index(row.path), row)

    def select(self, path: Path | None) -> None:
        """Marks a line without saying so."""
        self.table.blockSignals(True)
        if path in self._paths:
            self.table.selectRow(self._paths.index(path))
        else:
            self.table.clearSelection()
        self.table.blockSignals(False)

    def set_actions(self, enabled: dict[str, bool]) -> None:
        """Which buttons can be pressed. Pause and Resume share their place."""
        for name, button in self.action_buttons.items():
            button.setEnabled(enabled[name])
        self.action_buttons["resume"].setVisible(enabled["resume"])
        self.action_buttons["pause"].setVisible(not enabled["resume"])

    def show_progress(self, text: str, done: int, total: int) -> None:
        """A bar with words; no words take it away."""
        self.progress_text.setText(text)
        self.progress_text.setVisible(bool(text))
        self.progress.setVisible(bool(text))
        self.progress.setRange(0, total)
        self.progress.setValue(done)

    def show_empty(self) -> None:
        """Nothing there yet: says what to do."""
        self.stack.setCurrentWidget(self.empty)
        self._share_room()

    def show_message(self, text: str) -> None:
        """Words in place of the browser."""
        self.message.setText(text)
        self.stack.setCurrentWidget(self.message)
        self._share_room()

    def show_browser(self) -> None:
        """The browser, with what its presenter has put there."""
        self.stack.setCurrentWidget(self.browser_area)
        self._share_room()

    def open_panel(self, presets: list[str], preset: str, name: str, values: dict[str, Any]) -> None:
        """The panel for a new dataset."""
        self.stack.setCurrentWidget(self.panel)
        self._share_room()
        self.panel.open(presets, preset, name, values)

    def fill_panel(self, values: dict[str, Any]) -> None:
        """Other values in the panel."""
        self.panel.fill(values)

    def show_complaints(self, complaints: dict[str, str]) -> None:
        """Reasons, by field."""
        self.panel.show_complaints(complaints)

    def show_cost(self, text: str, fits: bool) -> None:
        """What the dataset will take, and whether the disk has room for it."""
        self.panel.show_cost(text, fits=fits)

    def allow_sampling(self, allowed: bool) -> None:
        """Whether the sampling of the draft can be checked."""
        self.panel.sampling.setEnabled(allowed)

    def open_table(self, title: str, text: str, headers: tuple[str, ...]) -> TableDialog:
        """A dialog for a job that ends in a table."""
        dialog = TableDialog(title, text, headers, self)
        dialog.open()
        return dialog

    def ask(self, question: str, explanation: str, verb: str, then: Callable[[], object]) -> None:
        """Asks before something is lost; calls `then` on yes."""
        asking.ask(self, question, explanation, verb, then)

    def ask_folder(self, title: str, start: str, then: Callable[[Path], object]) -> None:
        """Asks for a folder; calls `then` with it."""
        asking.ask_folder(self, title, start, then)

    def show_exported(self, text: str, role: str) -> None:
        """What became of an export of the dataset that is shown."""
        self.browser.show_exported(text, role)

    def reveal(self, path: Path) -> None:
        """Opens the folder in the file manager."""
        asking.reveal(path)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.browser.restyle()
        self.panel.preview.restyle()

    # inside

    def resizeEvent(self, event: QResizeEvent) -> None:  # Qt's name
        """Another width may leave the list another share."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        """The panel with its preview is wide, or the window small: then the list shows names and states only."""
        is_narrow = self.stack.currentWidget() is self.panel or self.width() < SMALL_PX
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        for column in WIDE_COLUMNS:
            self.table.setColumnHidden(column, is_narrow)
        self._lay_out_buttons(columns=2 if is_narrow else 3)
        self.splitter.widget(0).layout().activate()  # or the list is held to the width of one row of buttons
        room = sum(self.splitter.sizes())
        wanted = NARROW_LIST_PX if is_narrow else LIST_WIDTH_PX
        self.splitter.setSizes([wanted, max(room - wanted, wanted)])

    def _lay_out_buttons(self, *, columns: int) -> None:
        for place, name in enumerate(("pause", "cancel", "verify", "delete", "reveal")):
            self.buttons.addWidget(self.action_buttons[name], place // columns, place % columns)
        self.buttons.addWidget(self.action_buttons["resume"], 0, 0)
        self.buttons.setColumnStretch(4, 1)

    def _fill(self, number: int, row: Row) -> None:
        texts = (row.name, row.specimens, row.images, row.size, row.preset, row.state)
        for column, text in enumerate(texts):
            set_cell(self.table, number, column, text, is_number=1 <= column <= 3)

    def _make_table(self) -> QTableWidget:
        table = list_table("Datasets", HEADERS, QAbstractItemView.SelectionMode.SingleSelection)
        header = table.horizontalHeader()
        header.setMinimumSectionSize(50)
        header.setSectionResizeMode(4, QHeaderView.ResizeMode.Interactive)  # preset names are long
        header.resizeSection(4, PRESET_WIDTH_PX)
        table.itemSelectionChanged.connect(self._on_selection)
        return table

    def _on_selection(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            self.selected.emit(self._paths[rows[0].row()])

    def _lay_out(self) -> None:
        self.buttons = QGridLayout()
        self._lay_out_buttons(columns=3)
        left, side = titled_list("Datasets", self.new, self.table)
        side.addWidget(self.progress_text)
        side.addWidget(self.progress)
        side.addLayout(self.buttons)
        self.splitter = put_side_by_side(self, left, self.stack, sizes_px=(LIST_WIDTH_PX, 2 * LIST_WIDTH_PX))
