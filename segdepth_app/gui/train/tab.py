"""Puts the Train tab together."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.simulate.library import Library
from segdepth_app.gui.train.presenter import TrainPresenter
from segdepth_app.gui.train.view import TrainView
from segdepth_app.gui.train.wizard import Wizard
from segdepth_app.gui.train.wizard_presenter import WizardPresenter
from segdepth_app.gui.train.wizard_view import WizardView
from segdepth_app.paths import datasets_folder

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext

POLL_MS = 1000


class TrainTab(TrainView):
    """The view with its presenter; looks at the run folders every second while it is shown."""

    def __init__(self, context: "AppContext") -> None:
        super().__init__()
        self._context = context
        self.presenter = TrainPresenter(self, context)
        self.wizard: WizardPresenter | None = None
        self.new_requested.connect(self.open_wizard)
        context.theme_changed.connect(self.restyle)
        self._poll = QTimer(self, interval=POLL_MS)
        self._poll.timeout.connect(lambda: self.presenter.poll() if self.isVisible() else None)
        self._poll.start()

    def open_wizard(self) -> WizardView:
        """The New run dialog."""
        dialog = WizardView(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.wizard = WizardPresenter(
            dialog,
            Wizard(self.presenter.folder),
            Library(datasets_folder()).scan(),
            start=self.presenter.start,
            report=self._context.report,
        )
        dialog.open()
        return dialog

    def open_path(self, path: str | Path) -> bool:
        """Shows a run folder; False for anything else."""
        return self.presenter.open_path(Path(path))

    def save_state(self) -> dict[str, Any]:
        """Which runs are selected."""
        return {"selected": [str(path) for path in self.presenter.selected]}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Selects them again, where they are still there."""
        for path in state.get("selected", [])[:1]:
            self.open_path(path)


def create_tab(context: "AppContext") -> QWidget:
    """The Train tab."""
    return TrainTab(context)
