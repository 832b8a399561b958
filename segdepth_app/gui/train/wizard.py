"""The way through the New run wizard: data → network → schedule → where → review. No Qt."""

from pathlib import Path
from typing import Any

from segdepth_app.config import ClusterConfig, TrainConfig, build
from segdepth_app.gui.train.draft import Draft, Page
from segdepth_app.gui.train.pages import DataPage, NetworkPage, SchedulePage
from segdepth_app.gui.train.review import ReviewPage, free_name
from segdepth_app.gui.train.where import CLUSTER, WherePage


class Wizard:
    """Which page is shown, and which way is open."""

    def __init__(self, folder: Path) -> None:
        self.draft = Draft()
        self.network = NetworkPage(self.draft)
        self.schedule = SchedulePage(self.draft)
        self.where = WherePage(self.draft, folder.parent / "exports")
        self.data = DataPage(self.draft, self._forget_typed)
        self.review = ReviewPage(self.draft, folder, self.data.starting_point)
        self.pages: tuple[Page, ...] = (self.data, self.network, self.schedule, self.where, self.review)
        self.index = 0
        self.current.on_ready()

    def take_run(self, run: str, config: dict[str, Any]) -> None:
        """Starts from an earlier run's settings and data, under a new name."""
        self.data.take_run(run, config)
        self.review.typed["name"] = free_name(self.review.folder, run)
        self.data.check()

    @property
    def current(self) -> Page:
        """The page shown."""
        return self.pages[self.index]

    @property
    def is_last(self) -> bool:
        """The next step is Start."""
        return self.index == len(self.pages) - 1

    @property
    def is_export(self) -> bool:
        """A folder for a cluster is made instead of a run."""
        return self.where.place == CLUSTER

    @property
    def can_go_back(self) -> bool:
        """There is a page before this one, and nothing is being started."""
        return self.index > 0 and not self.current.busy

    @property
    def can_go_on(self) -> bool:
        """This page is valid and idle; on the last one, Start may be pressed."""
        return self.current.valid and not self.current.busy

    def next(self) -> None:
        """Applies this page and shows the next. Raises: InputError while this one is not valid."""
        self.current.apply()
        if not self.is_last:
            self.index += 1
            self.current.on_ready()

    def back(self) -> None:
        """Shows the page before; what was typed here stays."""
        if self.can_go_back:
            self.index -= 1
            self.current.on_ready()

    def planned(self) -> TrainConfig:
        """The settings as they stand on the last page, for an estimate. Raises: InputError."""
        return build(TrainConfig, {**self.draft.values, "out": str(self.review.folder / self.review.run_name)})

    def finish(self) -> TrainConfig:
        """Applies the last page and gives the settings; the page is busy from now on, so Start counts once.

        Raises: InputError where anything is not valid.
        """
        if not self.is_last:
            raise ValueError("finish() belongs to the last page")
        self.current.apply()
        config = self.draft.config()
        self.current.busy = True
        return config

    def export(self, config: TrainConfig) -> ClusterConfig:
        """The settings of the folder for a cluster. Raises: InputError."""
        return build(ClusterConfig, self.where.cluster_values(config.model_dump(mode="json")))

    def _forget_typed(self) -> None:
        for page in (self.network, self.schedule, self.where):
            page.typed = {}
