"""Puts the Evaluate tab together."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.evaluate.presenter import EvaluatePresenter
from segdepth_app.gui.evaluate.study_presenter import StudyPresenter
from segdepth_app.gui.evaluate.view import EvaluateView

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext


class EvaluateTab(EvaluateView):
    """The view with its presenter; looks at the folders again when it comes into sight."""

    def __init__(self, context: "AppContext") -> None:
        super().__init__()
        self.presenter = EvaluatePresenter(self, context, lambda host: self._make_studies(host, context))
        context.theme_changed.connect(self.restyle)

    def _make_studies(self, host: EvaluatePresenter, context: "AppContext") -> StudyPresenter:
        self.studies = StudyPresenter(self.study_page, host, context)
        self.study_page.open_evaluation.connect(lambda folder: host.open_path(Path(folder)))
        return self.studies

    def showEvent(self, event: QShowEvent) -> None:
        """Something may have been made from the command line meanwhile."""
        super().showEvent(event)
        if not event.spontaneous():
            self.presenter.planning.refresh_choices()
            self.presenter.refresh()
            self.studies.refresh()

    def open_path(self, path: str | Path) -> bool:
        """Shows an evaluation or study folder, or takes a model file; False for anything else."""
        return self.presenter.open_path(Path(path))

    def save_state(self) -> dict[str, Any]:
        """What was typed, and which evaluation or study is shown, on which sheet."""
        return {"form": self.form.typed(), "shown": self.presenter.shown, "sheet": self.page.current}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Puts it back as far as it is still there."""
        self.form.fill(state.get("form", {}))
        self.page.select(state.get("sheet", ""))
        if state.get("shown"):
            self.open_path(state["shown"])


def create_tab(context: "AppContext") -> QWidget:
    """The Evaluate tab."""
    return EvaluateTab(context)
