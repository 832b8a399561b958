"""Columns off their surroundings: does the network read them, or fill them in?"""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, ValueTable, VerdictPanel, chooser
from segdepth_app.gui.evaluate.groups import (
    ALL_KINDS,
    DEVIATING_HELP,
    deviating,
    deviating_kinds,
    deviating_of,
)
from segdepth_app.gui.evaluate.plots import BarPlot


class DeviatingSheet(Sheet):
    """Bars by deviation with their numbers, of all specimens or of one kind, and the verdict."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, Any] = {}
        self.plot = BarPlot("Deviating columns", stacked=True)
        self.plot.setMinimumSize(280, 200)
        self.plot.setToolTip(DEVIATING_HELP)
        self.kind = chooser("Kind of specimen", {ALL_KINDS: ALL_KINDS})
        self.kind.currentIndexChanged.connect(lambda _: self._show())
        self.table = ValueTable("Deviating columns, in numbers")
        self.table.setMinimumWidth(330)
        self.verdict = VerdictPanel()
        self.card = Card("Columns off their surroundings", self.plot, self.kind)
        self.verdict_card = Card("Columns or neighbourhoods?", self.verdict)
        self.table_card = Card("In numbers", self.table)
        right = QVBoxLayout()
        right.setSpacing(theme.SPACING_PX)
        right.addWidget(self.verdict_card)
        right.addWidget(self.table_card, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.card, 11)
        layout.addLayout(right, 9)

    def show_figures(self, figures: dict[str, Any]) -> None:
        """Those of one dose; the kind stays where it is there."""
        self._figures = figures
        kinds, kept = deviating_kinds(figures), self.kind.currentData()
        self.kind.blockSignals(True)
        self.kind.clear()
        for kind in kinds:
            self.kind.addItem(kind, kind)
        self.kind.setCurrentIndex(max(self.kind.findData(kept), 0))
        self.kind.setEnabled(len(kinds) > 1)
        self.kind.blockSignals(False)
        self._show()

    def lines(self) -> Lines:
        """The table of the kind that is shown."""
        return self.table.lines()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.plot.restyle()
        self._show()

    def _show(self) -> None:
        if not self._figures:
            return
        chosen = deviating_of(self._figures, self.kind.currentData())
        shown = deviating(chosen)
        self.plot.show_bars(shown.bars, line=chosen["straight"]["right"])
        self.card.say(f"{self.plot.legend(shown.bars)} ┄ straight columns called right<br>{shown.remark}")
        self.table.show_lines(shown.headers, shown.rows)
        self.verdict.show_verdict(chosen)
