"""The tabs to the right of the pictures: Markers, Events, Columns, Facts."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QTabWidget, QWidget

from segdepth_app.gui.view.columns_panel import ColumnsPanel
from segdepth_app.gui.view.events_panel import EventsPanel
from segdepth_app.gui.view.facts_card import FactsCard
from segdepth_app.gui.view.marker_list import MarkerList


class SideTabs(QTabWidget):
    """One panel in sight at a time; the others are filled when they come into sight."""

    turned = Signal()
    """Another panel is in sight."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName("Markers, events, columns and facts")
        self.setDocumentMode(True)
        self.markers = MarkerList()
        self.events = EventsPanel()
        self.columns = ColumnsPanel()
        self.facts = FactsCard()
        panels: dict[str, QWidget] = {
            "&Markers": self.markers,
            "E&vents": self.events,
            "&Columns": self.columns,
            "&Facts": self.facts,
        }
        for title, panel in panels.items():
            self.addTab(panel, title)
        self.currentChanged.connect(lambda _: self.turned.emit())

    def minimumSizeHint(self) -> QSize:  # Qt's name
        """As wide as the titles, and no panel cut: in the fonts that are in use."""
        least = super().minimumSizeHint()
        return least.expandedTo(QSize(self.tabBar().sizeHint().width(), 0))

    def name(self) -> str:
        """The panel in sight: markers, events, columns, facts (or one that was added)."""
        return self.tabText(self.currentIndex()).replace("&", "").lower()
