"""Puts the Train tab together."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.simulate.library import Library
from segdepth_app.gui.train.advising import LOOKING, Advisor
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
        self.presenter = TrainPresenter(self, context, self.open_wizard)
        self.wizard: WizardPresenter | None = None
        self._advisor: Advisor | None = None
        self.new_requested.connect(lambda: self.open_wizard())
        context.theme_changed.connect(self.restyle)
        self._poll = QTimer(self, interval=POLL_MS)
        self._poll.timeout.connect(lambda: self.presenter.poll() if self.isVisible() else None)
        self._poll.start()

    def showEvent(self, event: QShowEvent) -> None:  # Qt's name
        """Asks for the device when the tab is seen for the first time."""
        super().showEvent(event)
        if self._advisor is None:
            self.show_device(LOOKING)
            self._advisor = Advisor(self._context.jobs)
            self._advisor.about_device(self._tell_device)

    def open_wizard(self, run: str = "", config: dict[str, Any] | None = None) -> WizardView:
        """The New run dialog; with a run's name and settings, those to start from."""
        dialog = WizardView(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        wizard = Wizard(self.presenter.folder)
        if config is not None:
            wizard.take_run(run, config)
        self.wizard = WizardPresenter(
            dialog,
            wizard,
            Library(datasets_folder()).scan(),
            jobs=self._context.jobs,
            start=self.presenter.start,
            export=self.presenter.export_for_cluster,
            report=self._context.report,
        )
        dialog.open()
        return dialog

    def _tell_device(self, text: str) -> None:
        self.show_device(text)
        if self._advisor is not None:
            self._advisor.close()

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
