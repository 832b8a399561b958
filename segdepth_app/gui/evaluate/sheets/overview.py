"""Figures of merit beside the paper's, the verdict, and accuracy by depth."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import ROW_PX, Card, Lines, Sheet, ValueTable, VerdictPanel
from segdepth_app.gui.evaluate.figures import FIGURES, FigureRow
from segdepth_app.gui.evaluate.groups import grouping
from segdepth_app.gui.evaluate.plots import BarPlot

HEADERS = ("Figure", "Value", "95 % interval", "Paper")


class OverviewSheet(Sheet):
    """A table on the left, words and a plot on the right."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, Any] = {}
        self.table = ValueTable("Figures of merit beside the paper's")
        self.table.show_lines(HEADERS, [["", "", "", ""] for _ in FIGURES])
        # all rows at once: a scroll bar in a dozen lines is a nuisance
        self.table.setFixedHeight(self.table.horizontalHeader().sizeHint().height() + len(FIGURES) * ROW_PX + 2)
        self.table.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setMinimumWidth(400)
        self.verdict = VerdictPanel()
        self.depths = BarPlot("Column accuracy by true depth")
        self.table_card = Card("Figures", self.table)
        self.verdict_card = Card("Columns or neighbourhoods?", self.verdict)
        self.depths_card = Card("Column accuracy by true depth", self.depths)
        left, right = QVBoxLayout(), QVBoxLayout()
        for column in (left, right):
            column.setSpacing(theme.SPACING_PX)
        left.addWidget(self.table_card)
        left.addStretch(1)
        right.addWidget(self.verdict_card)
        right.addWidget(self.depths_card, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addLayout(left, 11)
        layout.addLayout(right, 10)

    def show_figures(self, rows: list[FigureRow], paper: str, figures: dict[str, Any]) -> None:
        """Everything of one dose, and which network of the paper stands beside it."""
        self._figures = figures
        for number, row in enumerate(rows):
            cells = (
                (row.label, row.help),
                (row.value, row.value_help),
                (row.interval, row.interval_help),
                (row.paper, row.paper_help),
            )
            for column, (text, help_text) in enumerate(cells):
                self.table.put(number, column, text, is_number=column > 0, help_text=help_text)
        self.table_card.say(paper)
        self.restyle()

    def lines(self) -> Lines:
        """The figures."""
        return self.table.lines()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.depths.restyle()
        if self._figures:
            self.verdict.show_verdict(self._figures["deviating"])
            bars = grouping(self._figures, "by_depth").bars
            self.depths.show_bars(bars)
            self.depths_card.say(self.depths.legend(bars))
