"""Puts the Simulate tab together."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.simulate.browsing import BrowserPresenter
from segdepth_app.gui.simulate.presenter import SimulatePresenter
from segdepth_app.gui.simulate.preview_client import PreviewClient
from segdepth_app.gui.simulate.previewing import PreviewPresenter
from segdepth_app.gui.simulate.view import SimulateView

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext

RESCAN_MS = 3000


class SimulateTab(SimulateView):
    """The view with its presenters; looks at the folder again while it is shown."""

    def __init__(self, context: "AppContext") -> None:
        super().__init__()
        self.maps, self.previews = PreviewClient(context.jobs), PreviewClient(context.jobs)
        self.browsing = BrowserPresenter(self.browser, self.maps)
        self.previewing = PreviewPresenter(self.panel.preview, self.previews)
        self.presenter = SimulatePresenter(self, self.browsing, self.previewing, context)
        context.theme_changed.connect(self.restyle)
        self._rescan = QTimer(self, interval=RESCAN_MS)
        self._rescan.timeout.connect(lambda: self.presenter.refresh() if self.isVisible() else None)
        self._rescan.start()

    def open_path(self, path: str | Path) -> bool:
        """Shows a dataset; False for anything else."""
        return self.presenter.open_path(Path(path))

    def save_state(self) -> dict[str, Any]:
        """Which dataset is selected."""
        return {"selected": str(self.presenter.selected)} if self.presenter.selected else {}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Selects it again, where it is still there."""
        if "selected" in state:
            self.open_path(state["selected"])

    def event(self, event: QEvent) -> bool:
        """A tab that goes for good takes its helpers with it."""
        if event.type() == QEvent.Type.DeferredDelete:
            self._rescan.stop()
            self.browsing.close()
            self.previewing.close()
        return super().event(event)


def create_tab(context: "AppContext") -> QWidget:
    """The Simulate tab."""
    return SimulateTab(context)
