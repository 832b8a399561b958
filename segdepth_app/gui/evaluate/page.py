"""One evaluation: its head, and a sheet for each way to look at it. Widgets only."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from segdepth_app.evaluation.records import Evaluation, Example
from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import Sheet
from segdepth_app.gui.evaluate.comparing import Line
from segdepth_app.gui.evaluate.sheets.compare import CompareSheet
from segdepth_app.gui.evaluate.sheets.confusion import ConfusionSheet
from segdepth_app.gui.evaluate.sheets.deviating import DeviatingSheet
from segdepth_app.gui.evaluate.sheets.groups import GroupsSheet
from segdepth_app.gui.evaluate.sheets.overview import OverviewSheet
from segdepth_app.gui.evaluate.sheets.reliability import ReliabilitySheet
from segdepth_app.gui.evaluate.sheets.sweep import SweepSheet
from segdepth_app.gui.evaluate.sheets.worst import WorstSheet
from segdepth_app.gui.evaluate.shown import Shown
from segdepth_app.gui.widgets.elided import Elided

TITLES = {
    "overview": "Overview",
    "confusion": "Confusion",
    "reliability": "Reliability",
    "groups": "By group",
    "deviating": "Deviating",
    "sweep": "Dose sweep",
    "worst": "Worst",
    "compare": "Compare",
}


class EvaluationPage(QWidget):
    """Title, dose and buttons; provenance; the sheets."""

    dose_chosen = Signal(str)
    delete_requested = Signal()
    reveal_requested = Signal()
    cell_chosen = Signal(int, int)
    image_chosen = Signal(object)
    line_chosen = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = Elided()
        theme.set_role(self.title, "title")
        self.dose = QComboBox()
        self.dose.currentIndexChanged.connect(lambda _: self.dose_chosen.emit(self.dose.currentData() or ""))
        self.buttons = {
            "copy": _button("Copy table", "Puts the numbers of this sheet on the clipboard, for a spreadsheet"),
            "reveal": _button("Show in folder", "Opens the evaluation's folder in the file manager"),
            "delete": _button("Delete…", "Moves the evaluation to SegDepth's trash folder"),
        }
        self.provenance = QLabel()
        self.provenance.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.provenance.setAccessibleName("What was judged on what")
        self.notes = QLabel()
        for label in (self.provenance, self.notes):
            label.setWordWrap(True)
            theme.set_role(label, "muted")
        self.overview, self.confusion, self.reliability = OverviewSheet(), ConfusionSheet(), ReliabilitySheet()
        self.groups, self.deviating, self.sweep = GroupsSheet(), DeviatingSheet(), SweepSheet()
        self.worst, self.compare = WorstSheet(), CompareSheet()
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setAccessibleName("What is shown of the evaluation")
        for name, title in TITLES.items():
            self.tabs.addTab(self.sheet(name), title)
        self._connect()
        self._lay_out()

    def sheet(self, name: str) -> Sheet:
        """The sheet of a key of TITLES."""
        sheet: Sheet = getattr(self, name)
        return sheet

    @property
    def current(self) -> str:
        """The key of the sheet in front."""
        return list(TITLES)[self.tabs.currentIndex()]

    def select(self, name: str) -> None:
        """Brings a sheet to the front."""
        if name in TITLES:
            self.tabs.setCurrentWidget(self.sheet(name))

    def _connect(self) -> None:
        self.buttons["reveal"].clicked.connect(self.reveal_requested)
        self.buttons["delete"].clicked.connect(self.delete_requested)
        self.buttons["copy"].clicked.connect(self.copy_table)
        self.confusion.cell_chosen.connect(self.cell_chosen)
        self.worst.open_requested.connect(self.image_chosen)
        self.compare.chosen.connect(self.line_chosen)

    def _lay_out(self) -> None:
        dose_label = QLabel("&λ")
        dose_label.setBuddy(self.dose)
        head = QHBoxLayout()
        head.setSpacing(theme.SPACING_PX)
        head.addWidget(self.title, 1)
        for widget in (dose_label, self.dose, *self.buttons.values()):
            head.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addWidget(self.provenance)
        layout.addWidget(self.notes)
        layout.addWidget(self.tabs, 1)

    # setters

    def show_header(self, title: str, doses: list[str], dose: str) -> None:
        """Which evaluation, and the doses it has."""
        self.title.setText(title)
        self.title.setToolTip(title)
        self.dose.blockSignals(True)
        self.dose.clear()
        for item in doses:
            self.dose.addItem(f"{item} e/px", item)
        self.dose.setCurrentIndex(doses.index(dose))
        self.dose.setEnabled(len(doses) > 1)
        self.dose.blockSignals(False)

    def show_provenance(self, line: str, notes: list[str]) -> None:
        """What was judged on what, and what is missing."""
        self.provenance.setText(line)
        # all of them in the tooltip: a long list must not push the plots away
        more = f" And {len(notes) - 1} more." if len(notes) > 1 else ""
        self.notes.setText(f"Not given: {notes[0]}{more}" if notes else "")
        self.notes.setToolTip("\n".join(notes))
        self.notes.setVisible(bool(notes))

    def show_dose(self, shown: Shown) -> None:
        """Everything of one dose."""
        self.overview.show_figures(shown.rows, shown.paper, shown.figures)
        self.confusion.show_arrays(shown.figures, shown.arrays)
        self.reliability.show_arrays(shown.figures, shown.arrays)
        self.groups.show_figures(shown.figures)
        self.deviating.show_figures(shown.figures)
        self.worst.show_images(shown.worst, shown.worst_note)

    def show_others(self, evaluations: list[Evaluation], shown: Evaluation, lines: list[Line]) -> None:
        """What stands beside the evaluation on show."""
        self.sweep.show_evaluations(evaluations, shown)
        self.compare.show_lines(lines)

    def show_examples(self, true: int, called: int, examples: list[Example], note: str) -> None:
        """What is behind a cell of the matrix."""
        self.confusion.show_examples(true, called, examples, note)

    def copy_table(self) -> None:
        """Puts the numbers of the sheet in front on the clipboard."""
        lines = self.sheet(self.current).lines()
        QGuiApplication.clipboard().setText("\n".join("\t".join(line) for line in lines))

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        for name in TITLES:
            self.sheet(name).restyle()


def _button(text: str, help_text: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(help_text)
    return button
