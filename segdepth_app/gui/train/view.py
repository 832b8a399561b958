"""The Train tab: list of runs, their curves, and the verbs. Widgets only."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.train.curves import MAX_RUNS, Curves
from segdepth_app.gui.train.presenter import ACTIONS, Row
from segdepth_app.gui.train.roster import Curve
from segdepth_app.gui.widgets import asking
from segdepth_app.gui.widgets.elided import Elided
from segdepth_app.gui.widgets.empty_state import EmptyState
from segdepth_app.gui.widgets.lists import list_table, put_side_by_side, scrolling, set_cell, titled_list
from segdepth_app.gui.widgets.table_dialog import TableDialog

HEADERS = ("Name", "State", "Epoch", "Best loss", "Centre acc.")
LIST_WIDTH_PX = 420
CURVES_MIN_WIDTH_PX = 320
"""In a narrow window the list gives way first."""
COMPARED = "Only settings that differ are listed."
TITLES = {
    "stop": "Stop and keep the best",
    "pause": "Pause",
    "resume": "Resume",
    "discard": "Discard…",
    "reveal": "Show in folder",
    "evaluate": "Use in Evaluate",
    "export": "Export model…",
    "duplicate": "Duplicate…",
    "compare": "Compare settings",
}
HELP = {
    "stop": "Ends the training now; the best model so far is kept",
    "pause": "Ends the training such that it can be resumed later",
    "resume": "Goes on from the last checkpoint",
    "discard": "Moves the run to SegDepth's trash folder",
    "reveal": "Opens the run folder in the file manager",
    "evaluate": "Opens the run's model in the Evaluate tab; the View tab lists it too",
    "export": "Saves the best model elsewhere, with its card beside it",
    "duplicate": "Opens a new run with this run's data and settings",
    "compare": "The settings in which the selected runs differ; select two or more (Ctrl or Shift)",
}
BELOW_LIST = ("duplicate", "compare")
BELOW_CURVES = ("stop", "pause", "resume", "discard")
ABOUT_MODEL = ("evaluate", "export", "reveal")


class TrainView(QWidget):
    """Shows what the presenter gives it; says what the user wants."""

    new_requested = Signal()
    selection_changed = Signal(object)
    action_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._paths: list[Path] = []
        self.table = self._make_table()
        self.new = QPushButton("New run…")
        theme.set_role(self.new, "primary")
        self.new.clicked.connect(self.new_requested)
        self.action_buttons = {name: QPushButton(TITLES[name]) for name in ACTIONS}
        for name, button in self.action_buttons.items():
            button.setToolTip(HELP[name])
            button.clicked.connect(lambda _=False, name=name: self.action_requested.emit(name))
        self.curves = Curves()
        self.note = QLabel()
        self.note.setWordWrap(True)
        theme.set_role(self.note, "warning")
        self.device = QLabel()
        self.device.setWordWrap(True)
        theme.set_role(self.device, "muted")
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(2 * theme.SPACING_PX)
        self._facts.setVerticalSpacing(2)
        self._facts.setColumnStretch(1, 1)
        self._facts.setColumnStretch(3, 1)
        self._labels: list[tuple[QLabel, QLabel]] = []
        self.empty = EmptyState(
            "No runs yet",
            "A run trains a model on a dataset. Make a dataset in the Simulate tab first.",
            {"New run…": self.new_requested.emit},
        )
        self.stack = QStackedWidget()
        self._lay_out()

    # setters

    def show_rows(self, rows: list[Row]) -> None:
        """The whole list anew."""
        self.table.blockSignals(True)
        self._paths = [row.path for row in rows]
        self.table.setRowCount(len(rows))
        for number, row in enumerate(rows):
            for column, text in enumerate((row.name, row.state, row.epoch, row.loss, row.accuracy)):
                set_cell(self.table, number, column, text, is_number=column > 1)
        self.table.blockSignals(False)

    def select(self, paths: list[Path]) -> None:
        """Marks lines without saying so."""
        model = self.table.selectionModel()
        wanted = QItemSelection()
        for path in paths:
            if path in self._paths:
                index = self.table.model().index(self._paths.index(path), 0)
                wanted.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.table.blockSignals(True)
        model.select(wanted, flags.ClearAndSelect | flags.Rows)
        self.table.blockSignals(False)

    def show_curves(self, curves: list[Curve]) -> None:
        """The curves of the selected runs."""
        self.curves.show_runs(curves)

    def show_details(self, lines: list[tuple[str, str]], note: str) -> None:
        """Facts about the first selected run, in two columns, and what is special about it."""
        half = (len(lines) + 1) // 2
        while len(self._labels) < len(lines):
            self._labels.append(self._make_fact(len(self._labels)))
        for number, (name, value) in enumerate(self._labels):
            shown = number < len(lines)
            name.setVisible(shown)
            value.setVisible(shown)
            if shown:
                name.setText(lines[number][0])
                value.setText(lines[number][1])
                value.setToolTip(lines[number][1])
                row, column = number % half, 2 * (number // half)
                self._facts.addWidget(name, row, column)
                self._facts.addWidget(value, row, column + 1)
        self.note.setText(note)
        self.note.setVisible(bool(note))

    def set_actions(self, enabled: dict[str, bool]) -> None:
        """Which buttons can be pressed. Pause and Resume share their place."""
        for name, button in self.action_buttons.items():
            button.setEnabled(enabled[name])
        self.action_buttons["resume"].setVisible(enabled["resume"])
        self.action_buttons["pause"].setVisible(not enabled["resume"])

    def show_empty(self, empty: bool) -> None:
        """Nothing there yet: says what to do."""
        self.stack.setCurrentIndex(int(empty))

    def ask(self, question: str, explanation: str, verb: str, then: Callable[[], object]) -> None:
        """Asks before something is lost; calls `then` on yes."""
        asking.ask(self, question, explanation, verb, then)

    def ask_target(self, suggestion: Path, then: Callable[[Path], object]) -> None:
        """Where a model is to be saved; whether a file may be replaced is asked afterwards."""
        dialog = QFileDialog(self, "Export model", str(suggestion.parent), "Models (*.safetensors)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)
        dialog.selectFile(suggestion.name)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()

    def show_comparison(self, runs: list[str], lines: list[tuple[str, list[str]]]) -> None:
        """The settings in which runs differ: (setting, its value in each run)."""
        dialog = TableDialog("Settings that differ", COMPARED, ("Setting", *runs), self)
        dialog.show_lines([[name, *values] for name, values in lines], [False] * (len(runs) + 1))
        if not lines:
            dialog.show_note("These runs have the same settings.")
        dialog.show_ended()
        dialog.open()

    def show_device(self, text: str) -> None:
        """What this computer trains on, or why not on a GPU."""
        self.device.setText(text)

    def reveal(self, path: Path) -> None:
        """Opens the folder in the file manager."""
        asking.reveal(path)

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.curves.restyle()

    # inside

    def _row_of(self, names: tuple[str, ...]) -> QHBoxLayout:
        """These buttons, from the left."""
        row = QHBoxLayout()
        for name in names:
            row.addWidget(self.action_buttons[name])
        row.addStretch(1)
        return row

    def _make_fact(self, number: int) -> tuple[QLabel, QLabel]:
        name, value = QLabel(), Elided()
        theme.set_role(name, "muted")
        value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return name, value

    def _make_table(self) -> QTableWidget:
        table = list_table("Training runs", HEADERS, QAbstractItemView.SelectionMode.ExtendedSelection)
        table.setToolTip(f"Select up to {MAX_RUNS} runs (Ctrl or Shift) to draw their curves over each other")
        table.itemSelectionChanged.connect(self._on_selection)
        return table

    def _on_selection(self) -> None:
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        current = self.table.currentRow()
        # the line clicked last comes first: the buttons are about it
        ordered = sorted(rows, key=lambda row: (row != current, row))
        if ordered:
            self.selection_changed.emit([self._paths[row] for row in ordered])

    def _lay_out(self) -> None:
        left, column = titled_list("Runs", self.new, self.table)
        column.addLayout(self._row_of(BELOW_LIST))
        column.addWidget(self.device)
        for page in (self._make_right(), self.empty):
            self.stack.addWidget(page)
        self.stack.setMinimumWidth(CURVES_MIN_WIDTH_PX)
        put_side_by_side(self, left, self.stack, sizes_px=(LIST_WIDTH_PX, 2 * LIST_WIDTH_PX))

    def _make_right(self) -> QWidget:
        facts = QWidget()
        facts.setLayout(self._facts)
        self._facts.setContentsMargins(0, 0, 0, 0)
        scroll = scrolling(facts)
        scroll.setMinimumHeight(136)
        scroll.setMaximumHeight(156)
        buttons = self._row_of(BELOW_CURVES)
        for name in ABOUT_MODEL:
            buttons.addWidget(self.action_buttons[name])
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACING_PX)
        column.addWidget(self.curves, 1)
        column.addWidget(scroll)
        column.addWidget(self.note)
        column.addLayout(buttons)
        return scrolling(right)  # at 200 % a small screen has less room than the plots need
