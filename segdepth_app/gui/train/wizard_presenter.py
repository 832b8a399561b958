"""Carries what is typed in the New run dialog to the wizard, and its verdict back. No widgets."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.simulate.library import DatasetEntry
from segdepth_app.gui.train.advising import COUNTING, LOOKING, Advisor
from segdepth_app.gui.train.estimating import Estimator
from segdepth_app.gui.train.profile import profile_of
from segdepth_app.gui.train.where import PREFIX
from segdepth_app.gui.train.wizard import Wizard

if TYPE_CHECKING:
    from segdepth_app.gui.train.wizard_view import WizardView

REFERENCE_PIXEL_PM = 5.3
"""The paper's, for as long as no dataset says another."""


class WizardPresenter:
    """One dialog, one wizard; `start` or `export` is called once, with the finished settings."""

    def __init__(
        self,
        view: "WizardView",
        wizard: Wizard,
        datasets: list[DatasetEntry],
        *,
        jobs: Any,
        start: Callable[[TrainConfig], None],
        export: Callable[[ClusterConfig], None],
        report: Callable[[BaseException], None],
    ) -> None:
        self._view = view
        self.wizard = wizard
        self._start = start
        self._export = export
        self._report = report
        self.advisor = Advisor(jobs)
        self.estimator = Estimator(jobs, view.show_estimate)
        self._asked_network: dict[str, Any] | None = None
        view.next_requested.connect(self.go_on)
        view.back_requested.connect(self.go_back)
        view.field_changed.connect(self.set)
        view.preset_chosen.connect(self.take_preset)
        view.finished.connect(self.leave)
        complete = [(entry.name, str(entry.path)) for entry in datasets if entry.state == "complete"]
        view.set_choices(complete, wizard.data.presets, wizard.data.preset)
        if complete and not wizard.data.typed.get("dataset"):
            wizard.data.set("dataset", complete[0][1])
        view.show_device(LOOKING)
        self.advisor.about_device(view.show_device)
        self._show_page()

    def set(self, field: str, value: Any) -> None:
        """The user typed something on the page shown."""
        self.wizard.current.set(field, value)
        self._judge()

    def take_preset(self, name: str) -> None:
        """The user starts from another preset."""
        self.wizard.data.take_preset(name)
        self._show_page()

    def go_on(self) -> None:
        """Next, or Start (Export) on the last page."""
        if not self.wizard.can_go_on:
            self._judge()
            return
        try:
            if not self.wizard.is_last:
                self.wizard.next()
                self._show_page()
                return
            config = self.wizard.finish()
            cluster = self.wizard.export(config) if self.wizard.is_export else None
        except SegDepthError as error:
            self._report(error)
            return
        self._view.accept()
        if cluster is None:
            self._start(config)
        else:
            self._export(cluster)

    def go_back(self) -> None:
        """The page before."""
        self.wizard.back()
        self._show_page()

    def leave(self, _: int = 0) -> None:
        """The dialog is closed: its helpers end."""
        self.estimator.cancel()
        self.advisor.close()

    def _show_page(self) -> None:
        wizard, page = self.wizard, self.wizard.current
        values = dict(page.typed)
        if page is wizard.where:
            values |= {PREFIX + name: value for name, value in wizard.where.cluster.items()}
        self._view.show_page(wizard.index, page.title, page.hint, values)
        self._judge()
        if page is wizard.review:
            self._measure()
        else:
            self.estimator.cancel()

    def _measure(self) -> None:
        try:
            self.estimator.measure(self.wizard.planned())
        except SegDepthError as error:
            self._view.show_estimate(str(error), True)

    def _judge(self) -> None:
        wizard, page = self.wizard, self.wizard.current
        self._view.show_complaints(page.name, page.complaints)
        if page is wizard.data:
            labels = wizard.data.labels()
            self._view.show_facts(wizard.draft.facts, wizard.data.preset_sentence())
            self._view.show_profile(profile_of(labels) if labels else None)
        elif page is wizard.network:
            self._ask_for_size()
        elif page is wizard.review:
            self._view.show_summary(wizard.review.summary())
        last = ("Export" if wizard.is_export else "Start") if wizard.is_last else ""
        self._view.set_ways(back=wizard.can_go_back, on=wizard.can_go_on, last=last)

    def _ask_for_size(self) -> None:
        """Asks once for each network; one with a bad setting has no size."""
        page = self.wizard.network
        network = page.network()
        if any(field.startswith("network.") and field != "network.kind" for field in page.complaints):
            self._asked_network = None
            self._view.show_network_size("")
        elif network != self._asked_network:
            self._asked_network = network
            self._view.show_network_size(COUNTING)
            facts = self.wizard.draft.facts
            pixel = facts.pixel_size_pm if facts else REFERENCE_PIXEL_PM
            self.advisor.about_network(network, pixel, self._view.show_network_size)
