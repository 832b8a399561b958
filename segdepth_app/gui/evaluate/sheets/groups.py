"""Column accuracy by depth, element, defocus, spread, kind, split and step: a plot and its numbers."""

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.evaluate.cards import Card, Lines, Sheet, ValueTable, chooser
from segdepth_app.gui.evaluate.groups import BREAKDOWNS, grouping
from segdepth_app.gui.evaluate.plots import BarPlot

TABLE_PX = 330


class GroupsSheet(Sheet):
    """One grouping at a time."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figures: dict[str, Any] = {}
        self.plot = BarPlot("Column accuracy by group")
        self.plot.setMinimumSize(280, 220)
        self.table = ValueTable("Column accuracy by group, in numbers")
        self.table.setMinimumWidth(TABLE_PX)
        self.by = chooser("Grouped by", {label: name for name, label in BREAKDOWNS.items()})
        self.by.currentIndexChanged.connect(lambda _: self._show())
        self.card = Card("Column accuracy by", self.plot, self.by)
        self.table_card = Card("In numbers", self.table)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, theme.SPACING_PX, 0, 0)
        layout.setSpacing(theme.SPACING_PX)
        layout.addWidget(self.card, 11)
        layout.addWidget(self.table_card, 9)

    def show_figures(self, figures: dict[str, Any]) -> None:
        """All groupings of one dose."""
        self._figures = figures
        self._show()

    def lines(self) -> Lines:
        """The table of the grouping that is shown."""
        return self.table.lines()

    def restyle(self) -> None:
        """Takes the theme's colours again."""
        self.plot.restyle()
        self._show()

    def _show(self) -> None:
        if not self._figures:
            return
        shown = grouping(self._figures, self.by.currentData())
        self.plot.show_bars(shown.bars)
        self.card.say("<br>".join(part for part in (self.plot.legend(shown.bars), shown.remark) if part))
        words = sum(header in ("Depth", "Element", "Step", "Defocus, nm") for header in shown.headers) or 1
        self.table.show_lines(shown.headers, shown.rows, words=words)
        self.table_card.setVisible(bool(shown.rows))
