"""One evaluation at one dose: figures beside the paper's, confusion, reliability, deviating columns, groups."""

from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate import wording
from segdepth_app.gui.evaluate.cards import Card, VerdictPanel, figures_table
from segdepth_app.gui.evaluate.matrix import ConfusionMatrix
from segdepth_app.gui.evaluate.plots import BarPlot, ReliabilityPlot

MATRICES = {"columns": "confusion_columns", "pixels": "confusion_pixels", "pixels at centres": "confusion_centres"}
RELIABILITIES = {"columns": "column", "pixels": "pixel"}


class ReportView(QWidget):
    """Header, provenance, and six cards."""

    dose_chosen = Signal(str)
    delete_requested = Signal()
    reveal_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, Any] = {}
        self._arrays: dict[str, np.ndarray] = {}
        self.title = QLabel()
        theme.set_role(self.title, "title")
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.dose = QComboBox()
        self.dose.currentIndexChanged.connect(lambda _: self.dose_chosen.emit(self.dose.currentData() or ""))
        self.reveal = QPushButton("Show in folder")
        self.reveal.clicked.connect(self.reveal_requested)
        self.delete = QPushButton("Delete…")
        self.delete.clicked.connect(self.delete_requested)
        self.provenance = QLabel()
        self.provenance.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.notes = QLabel()
        for label in (self.provenance, self.notes):
            label.setWordWrap(True)
            theme.set_role(label, "muted")
        self.table = figures_table()
        self.matrix = ConfusionMatrix()
        self.reliability = ReliabilityPlot()
        self.verdict = VerdictPanel()
        self.deviating = BarPlot("Deviating columns", stacked=True)
        self.groups = BarPlot("Column accuracy by group")
        self._make_cards()
        self._lay_out()

    def _make_cards(self) -> None:
        self.table_card = Card("Figures", self.table)
        self.table_card.remark.setText(wording.PAPER_REMARK)
        self.matrix_card = Card("Confusion", self.matrix, MATRICES)
        self.reliability_card = Card("Reliability", self.reliability, RELIABILITIES)
        self.verdict_card = Card("Columns or neighbourhoods?", self.verdict)
        self.deviating_card = Card("Columns off their surroundings", self.deviating)
        breakdowns = {label: name for name, label in wording.BREAKDOWNS.items()}
        self.groups_card = Card("Column accuracy by", self.groups, breakdowns)
        self.matrix.cell_described.connect(self._read_cell)
        self.matrix_card.choice.currentIndexChanged.connect(lambda _: self._show_matrix())
        self.reliability_card.choice.currentIndexChanged.connect(lambda _: self._show_reliability())
        self.groups_card.choice.currentIndexChanged.connect(lambda _: self._show_groups())

    def _lay_out(self) -> None:
        dose_label = QLabel("&λ")
        dose_label.setBuddy(self.dose)
        head = QHBoxLayout()
        head.setSpacing(theme.SPACING_PX)
        head.addWidget(self.title, 1)
        for widget in (dose_label, self.dose, self.reveal, self.delete):
            head.addWidget(widget)
        words = QVBoxLayout()
        words.setSpacing(theme.SPACING_PX)
        words.addWidget(self.table_card)
        words.addWidget(self.verdict_card, 1)
        grid = QGridLayout()
        grid.setSpacing(theme.SPACING_PX)
        grid.addLayout(words, 0, 0, 2, 1)
        grid.addWidget(self.matrix_card, 0, 1)
        grid.addWidget(self.reliability_card, 0, 2)
        grid.addWidget(self.deviating_card, 1, 1)
        grid.addWidget(self.groups_card, 1, 2)
        grid.setRowStretch(0, 12)
        grid.setRowStretch(1, 10)
        for column, stretch in enumerate((10, 12, 11)):
            grid.setColumnStretch(column, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addLayout(head)
        layout.addWidget(self.provenance)
        layout.addWidget(self.notes)
        layout.addLayout(grid, 1)

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

    def show_figures(self, figures: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
        """Everything of one dose."""
        self._figures, self._arrays = figures, arrays
        for number, row in enumerate(wording.figure_rows(figures)):
            for column, text in enumerate((row.label, row.value, row.paper)):
                item = self.table.item(number, column)
                item.setText(text)
                item.setToolTip(row.help)
        self._show_matrix()
        self._show_reliability()
        self._show_verdict()
        self._show_groups()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        for plot in (self.reliability, self.deviating, self.groups):
            plot.restyle()
        self.matrix.update()
        if self._figures:
            self._show_reliability()
            self._show_verdict()
            self._show_groups()

    # inside

    def _show_matrix(self) -> None:
        if self._arrays:
            unit = "columns" if self.matrix_card.choice.currentText() == "columns" else "pixels"
            self.matrix.set_matrix(self._arrays[self.matrix_card.choice.currentData()], unit)
            self._read_cell("")

    def _read_cell(self, text: str) -> None:
        total = f"{self.matrix.counts.sum():,} {self.matrix.unit}; colour is the share of the row."
        self.matrix_card.remark.setText(text or total)

    def _show_reliability(self) -> None:
        if not self._arrays:
            return
        what = self.reliability_card.choice.currentData()
        self.reliability.show_table(self._arrays[f"reliability_{what}s"], self._arrays["reliability_edges"])
        before, after = (_patch(theme.colour(name)) for name in ("crosshair", "accent"))
        self.reliability_card.remark.setText(wording.reliability_remark(self._figures, what, before, after))

    def _show_verdict(self) -> None:
        deviating = self._figures["deviating"]
        self.verdict.show_verdict(deviating)
        bars = wording.deviating_bars(deviating)
        self.deviating.show_bars(bars, line=deviating["straight"]["right"])
        self.deviating_card.remark.setText(_legend(bars, self.deviating) + " ┄ straight")
        self.deviating_card.setToolTip(wording.DEVIATING_HELP)

    def _show_groups(self) -> None:
        if not self._figures:
            return
        bars = wording.breakdown(self._figures, self.groups_card.choice.currentData())
        self.groups.show_bars(bars)
        self.groups_card.remark.setText(_legend(bars, self.groups))


def _patch(colour: str) -> str:
    return f'<span style="color: {colour}">■</span>'


def _legend(bars: wording.Bars, plot: BarPlot) -> str:
    return " ".join(f"{_patch(colour)} {name}" for name, colour in zip(bars.series, plot.colours(), strict=False))
