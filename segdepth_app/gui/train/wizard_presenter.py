"""Carries what is typed in the New run dialog to the wizard, and its verdict back. No widgets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segdepth_app.config import TrainConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.simulate.library import DatasetEntry
from segdepth_app.gui.train.wizard import Wizard

if TYPE_CHECKING:
    from segdepth_app.gui.train.wizard_view import WizardView


class WizardPresenter:
    """One dialog, one wizard; `start` is called once, with the finished settings."""

    def __init__(
        self,
        view: "WizardView",
        wizard: Wizard,
        datasets: list[DatasetEntry],
        *,
        start: Callable[[TrainConfig], None],
        report: Callable[[BaseException], None],
    ) -> None:
        self._view = view
        self.wizard = wizard
        self._start = start
        self._report = report
        view.next_requested.connect(self.go_on)
        view.back_requested.connect(self.go_back)
        view.field_changed.connect(self.set)
        view.preset_chosen.connect(self.take_preset)
        complete = [(entry.name, str(entry.path)) for entry in datasets if entry.state == "complete"]
        view.set_choices(complete, wizard.data.presets, wizard.data.preset)
        if complete and not wizard.data.typed.get("dataset"):
            wizard.data.set("dataset", complete[0][1])
        self._show_page()

    def set(self, field: str, value: Any) -> None:
        """The user typed something on the page shown."""
        self.wizard.current.set(field, value)
        self._judge()

    def take_preset(self, name: str) -> None:
        """The user starts from another preset."""
        self.wizard.data.take_preset(name)
        self._judge()

    def go_on(self) -> None:
        """Next, or Start on the last page."""
        if not self.wizard.can_go_on:
            self._judge()
            return
        try:
            if not self.wizard.is_last:
                self.wizard.next()
                self._show_page()
                return
            config = self.wizard.finish()
        except SegDepthError as error:
            self._report(error)
            return
        self._view.accept()
        self._start(config)

    def go_back(self) -> None:
        """The page before."""
        self.wizard.back()
        self._show_page()

    def _show_page(self) -> None:
        page = self.wizard.current
        self._view.show_page(self.wizard.index, page.title, page.hint, dict(page.typed))
        self._judge()

    def _judge(self) -> None:
        wizard, page = self.wizard, self.wizard.current
        self._view.show_complaints(page.name, page.complaints)
        facts = wizard.draft.facts
        self._view.show_facts(facts.sentence() if facts else "", wizard.data.preset_sentence())
        if page is wizard.review:
            self._view.show_summary(wizard.review.summary())
        self._view.set_ways(back=wizard.can_go_back, on=wizard.can_go_on, is_last=wizard.is_last)
