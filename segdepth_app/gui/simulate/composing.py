"""Decisions of the panel for a new dataset: draft, reasons, preview, cost. No widgets."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app.config import ConvergenceConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.simulate import costing
from segdepth_app.gui.simulate.costing import Measured
from segdepth_app.gui.simulate.places import at_fields
from segdepth_app.gui.simulate.recipe import Recipe
from segdepth_app.gui.simulate.table_job import SAMPLING, TableJobs

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.simulate.previewing import PreviewPresenter
    from segdepth_app.gui.simulate.view import SimulateView


class Composer:
    """One draft at a time; it waits while the user looks at something else."""

    def __init__(
        self,
        view: "SimulateView",
        preview: "PreviewPresenter",
        context: "AppContext",
        folder: Path,
        launch: Callable[[dict[str, Any]], None],
    ) -> None:
        self._view = view
        self._preview = preview
        self._context = context
        self._folder = folder
        self._launch = launch
        self._tables = TableJobs(view, context.jobs)
        self.recipe: Recipe | None = None
        self._shelved: Recipe | None = None
        self._measured: Measured | None = None
        self._refused: dict[str, str] = {}
        """Reason by field that only the preview could find: a file that cannot be used."""
        preview.on_measured = self._on_measured
        preview.on_refused = self._on_refused
        view.preset_chosen.connect(self.take_preset)
        view.field_changed.connect(self.set_field)
        view.name_changed.connect(self.set_name)
        view.start_requested.connect(self.start)
        view.sampling_requested.connect(self.check_sampling)

    @property
    def is_open(self) -> bool:
        """Whether the panel is up."""
        return self.recipe is not None

    def open(self) -> None:
        """Opens the panel, with what was typed there before the user looked at something else."""
        self.recipe, self._shelved = self.recipe or self._shelved or Recipe(self._folder), None
        self.recipe.check()
        self._measured = None
        self._refused = {}
        self._view.open_panel(self.recipe.presets, self.recipe.preset, self.recipe.name, self.recipe.typed)
        self._preview.open()
        self._show()

    def shelve(self) -> None:
        """The user looks at something else; what was typed waits."""
        if self.recipe is not None:
            self._shelved, self.recipe = self.recipe, None
            self._preview.close()

    def close(self) -> None:
        """Nothing is started; what was typed is forgotten."""
        self.recipe = self._shelved = None
        self._preview.close()

    def take_preset(self, name: str) -> None:
        """Fills the panel from a preset."""
        if self.recipe and name != self.recipe.preset:
            self._refused = {}
            self.recipe.take_preset(name)
            self._view.fill_panel(self.recipe.typed)
            self._show()

    def set_field(self, field: str, value: Any) -> None:
        """The user typed a setting."""
        self._refused = {}  # a zone axis may be right for another file: the preview tells anew
        if self.recipe:
            self.recipe.set(field, value)
            self._show()

    def set_name(self, name: str) -> None:
        """The user typed the name."""
        if self.recipe:
            self.recipe.set_name(name)
            self._show()

    def start(self) -> None:
        """Starts the job from what the panel holds."""
        if self.recipe is None or not self.recipe.valid or self._refused:
            return
        try:
            config = self.recipe.config()
        except SegDepthError as error:
            self._context.report(error)
            return
        self.close()
        self._launch(config.model_dump(mode="json"))

    def check_sampling(self) -> None:
        """The error of the draft's sampling against a finer one, in a dialog."""
        if self.recipe is None or not self.recipe.simulable:
            return
        values = self.recipe.config().model_dump(mode="json", include=set(ConvergenceConfig.model_fields) - {"out"})
        self._tables.start(SAMPLING, "convergence", values)

    def _show(self) -> None:
        assert self.recipe is not None
        self._view.allow_sampling(self.recipe.simulable)
        self._view.show_complaints({**at_fields(self.recipe.complaints), **self._refused})
        self._show_cost()
        # the name says nothing about the specimens
        values = {name: value for name, value in self.recipe.values().items() if name != "out"}
        self._preview.update(values if self.recipe.simulable else None)

    def _show_cost(self) -> None:
        if self.recipe is None or not self.recipe.simulable:
            self._view.show_cost("", True)
            return
        found = costing.cost(
            self.recipe.config(),
            measured=self._measured,
            pace=costing.remembered(self._context.settings),
            free_bytes=costing.free_space(self._folder),
        )
        self._view.show_cost(found.text(), found.fits)

    def _on_refused(self, field: str, reason: str) -> None:
        if self.recipe is not None:
            self._refused = {field: reason}
            self._view.show_complaints({**at_fields(self.recipe.complaints), **self._refused})

    def _on_measured(self, measured: Measured) -> None:
        self._measured = measured
        self._show_cost()
