"""Decisions of the Train tab: which runs there are, what may be done to them, and by which job. No widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from segdepth_app.config import ClusterConfig, TrainConfig
from segdepth_app.errors import SegDepthError
from segdepth_app.gui.train.model_export import export_model, suggestion, targets
from segdepth_app.gui.train.roster import CurveReader, Roster, details
from segdepth_app.gui.train.settings import compare
from segdepth_app.paths import move_to_trash, runs_folder
from segdepth_app.reporting import Command
from segdepth_app.training.runs import RunInfo, ask, is_run, read_config

if TYPE_CHECKING:
    from segdepth_app.gui.context import AppContext
    from segdepth_app.gui.process import Job
    from segdepth_app.gui.train.view import TrainView

VERBS = {"stop": Command.STOP, "pause": Command.PAUSE, "discard": Command.CANCEL}
ACTIONS = ("stop", "pause", "resume", "discard", "reveal", "evaluate", "export", "duplicate", "compare")
ALWAYS = frozenset({"reveal", "duplicate", "compare"})
KEPT = ALWAYS | {"discard", "evaluate", "export"}
ENABLED: dict[str, frozenset[str]] = {
    "starting": ALWAYS | VERBS.keys(),
    "running": ALWAYS | VERBS.keys() | {"evaluate", "export"},
    "done": KEPT,
    "stopped": KEPT | {"resume"},
    "paused": KEPT | {"resume"},
    "failed": KEPT | {"resume"},
    "lost": KEPT | {"resume"},
}
"""The one table from a run's state to the buttons that can make sense; see `actions_for`."""

ELSEWHERE = "This run was started by another program; it hears from here within a few seconds."


@dataclass(frozen=True)
class Row:
    """One line of the list, as shown."""

    path: Path
    name: str
    state: str
    epoch: str
    loss: str
    accuracy: str


def actions_for(run: RunInfo, job: "Job | None", n_selected: int = 1) -> set[str]:
    """What can be done: by state, and then by what is there and who has the run's process."""
    enabled = set(ENABLED[run.state])
    if not run.is_resumable:
        enabled.discard("resume")
    if not run.has_model:
        enabled -= {"evaluate", "export"}
    if n_selected < 2:
        enabled.discard("compare")
    if job is not None:  # its own state knows best what it heeds now
        enabled -= VERBS.keys() | {"resume"}
        enabled |= {name for name in VERBS if job.may(VERBS[name])}
    return enabled


class TrainPresenter:
    """Between the view, the run folders and the training jobs."""

    def __init__(
        self,
        view: "TrainView",
        context: "AppContext",
        duplicate: Callable[[str, dict[str, Any]], object] = lambda run, config: None,
    ) -> None:
        """`duplicate` opens the New run dialog with an earlier run's name and settings."""
        self._view = view
        self._duplicate = duplicate
        self._context = context
        self.folder = runs_folder()
        self._roster = Roster(self.folder)
        self._reader = CurveReader()
        self._runs: dict[Path, RunInfo] = {}
        self._selected: list[Path] = []
        self._shown_rows: list[Row] = []
        view.selection_changed.connect(self.select)
        view.action_requested.connect(self.act)
        context.runs_changed.connect(self.poll)
        context.jobs.job_started.connect(self._follow)
        for job in context.jobs.jobs:
            self._follow(job)
        self.poll()

    @property
    def selected(self) -> list[Path]:
        """The runs whose curves are drawn; the first is the one the buttons are about."""
        return list(self._selected)

    def poll(self) -> None:
        """Looks at the folders again: runs of other windows and of the command line live there too."""
        self._runs = {run.path: run for run in self._roster.scan()}
        rows = [self._row(run) for run in self._runs.values()] + self._rows_to_come()
        kept = [path for path in self._selected if path in self._runs or path in self._jobs()]
        chosen = kept or [row.path for row in rows[:1]]
        if rows != self._shown_rows:
            self._shown_rows = rows
            self._view.show_rows(rows)
            self._view.select(chosen)
        elif chosen != self._selected:
            self._view.select(chosen)
        self._selected = chosen
        self._show_selected()

    def select(self, paths: list[Path]) -> None:
        """The user chose runs."""
        self._selected = list(paths)
        self._show_selected()

    def open_path(self, path: Path) -> bool:
        """Shows a run folder, wherever it lies; False for anything else."""
        if not is_run(path):
            return False
        if path.parent != self.folder and path not in self._roster.others:
            self._roster.others.append(path)
        self._selected = [path]
        self.poll()
        self._view.select([path])
        return True

    def _row(self, run: RunInfo) -> Row:
        job = self._jobs().get(run.path)
        epoch = f"{run.epoch}/{run.max_epochs}" if run.max_epochs else str(run.epoch)
        loss = f"{run.val_loss:.4g}" if isfinite(run.val_loss) else "–"
        accuracy = f"{run.centre_accuracy:.3f}" if isfinite(run.centre_accuracy) else "–"
        return Row(run.path, run.name, str(job.state) if job else run.state, epoch, loss, accuracy)

    def _rows_to_come(self) -> list[Row]:
        """Jobs that have not made their folder yet."""
        paths = [path for path in self._jobs() if path not in self._runs]
        return [Row(path, path.name, "starting", "–", "–", "–") for path in paths]

    def _show_selected(self) -> None:
        runs = [path for path in self._selected if path in self._runs]
        curves = self._reader.curves(runs)
        self._view.show_curves(curves)
        focus = self._selected[0] if self._selected else None
        run, job = (self._runs.get(focus), self._jobs().get(focus)) if focus else (None, None)
        if run is None:
            self._view.show_details([("State", "starting")] if job else [], "")
            enabled = {name for name, verb in VERBS.items() if job.may(verb)} if job else set()
        else:
            note = ELSEWHERE if run.is_live and job is None else ""
            lines = [("Run", run.name)] if len(runs) > 1 else []
            lines += details(run, curves[runs.index(run.path)], job.seconds_left if job else None)
            self._view.show_details(lines, note)
            enabled = actions_for(run, job, len(runs))
        self._view.set_actions({name: name in enabled for name in ACTIONS})
        self._view.show_empty(not self._shown_rows)

    def start(self, config: TrainConfig) -> None:
        """Starts a new run."""
        self._launch(config.model_dump(mode="json"))

    def _launch(self, config: dict[str, Any]) -> None:
        path = Path(config["out"])
        self._selected = [path]
        self._context.jobs.start("train", config, f"Train {path.name}")
        self.poll()
        self._view.select([path])

    def export_for_cluster(self, config: ClusterConfig) -> None:
        """Writes the folder for a cluster, and shows it once it is there."""
        job = self._context.jobs.start("export-cluster", config.model_dump(mode="json"), f"Export {config.folder.name}")
        job.told.connect(self._on_event)
        job.state_changed.connect(lambda state: self._view.reveal(config.folder) if state == "done" else None)

    def act(self, action: str) -> None:
        """One of ACTIONS, on the first selected run."""
        focus = self._selected[0] if self._selected else None
        if focus is None:
            return
        run, job = self._runs.get(focus), self._jobs().get(focus)
        if action == "discard":
            self._ask_to_discard(focus, run, job)
        elif action == "compare":
            self._compare()
        elif job is not None and action in VERBS:
            {"stop": job.stop, "pause": job.pause}[action]()
        elif run is not None and run.is_live and action in VERBS:
            self._ask(run.path, action)
        elif run is not None and action == "reveal":
            self._view.reveal(run.path)
        elif run is not None and action == "evaluate" and run.has_model:
            self._context.open_requested.emit(str(run.path / "model.safetensors"))
        elif run is not None and action == "export" and run.has_model:
            self._view.ask_target(suggestion(run.name, self.folder.parent), lambda path: self._export(run, path))
        elif run is not None and action == "duplicate" and (config := self._settings_of(run)) is not None:
            self._duplicate(run.name, config)
        elif run is not None and action == "resume" and run.is_resumable and job is None:
            self._resume(run)

    def _settings_of(self, run: RunInfo) -> dict[str, Any] | None:
        config = read_config(run.path)
        if config is None:
            self._context.report(f"The settings of {run.name} cannot be read.", "Its model can still be used.")
        return config

    def _resume(self, run: RunInfo) -> None:
        config = self._settings_of(run)
        if config is not None:
            # a folder that was moved or copied trains where it lies now
            self._launch({**config, "out": str(run.path), "resume": True})

    def _compare(self) -> None:
        """The settings in which the selected runs differ."""
        runs = [self._runs[path] for path in self._selected if path in self._runs]
        if len(runs) > 1:
            self._view.show_comparison(
                [run.name for run in runs], compare((run.name, read_config(run.path)) for run in runs)
            )

    def _export(self, run: RunInfo, target: Path) -> None:
        """Asks first where a file would be replaced."""
        there = [path for path in targets(target) if path.exists()]
        if there:
            names = " and ".join(path.name for path in there)
            text = f"In {there[0].parent} there is a file of that name already; the export takes its place."
            self._view.ask(f"Replace {names}?", text, "Replace", lambda: self._write_export(run, target))
        else:
            self._write_export(run, target)

    def _write_export(self, run: RunInfo, target: Path) -> None:
        try:
            model, _ = export_model(run.path / "model.safetensors", target)
        except SegDepthError as error:
            self._context.report(error)
        else:
            self._context.status(f"The model of {run.name} was saved as {model}, its card beside it.")

    def _ask(self, path: Path, action: str) -> None:
        """Tells a run that another program started."""
        try:
            ask(path, VERBS[action])
        except OSError as error:
            self._context.report(f"{path} cannot be written: {error.strerror or error}.", "Check its permissions.")
        else:
            self._context.status(f"{path.name} was asked to {action}; it hears within a few seconds.")

    def _ask_to_discard(self, path: Path, run: RunInfo | None, job: "Job | None") -> None:
        text = "Its folder is moved to SegDepth's trash folder."
        if job is not None or (run is not None and run.is_live):
            text = f"The training ends, and its folder is moved to SegDepth's trash folder. {KEEPERS}"
        self._view.ask(f"Discard {path.name}?", text, "Discard", lambda: self._discard(path))

    def _discard(self, path: Path) -> None:
        job = self._jobs().get(path)  # as it is now: the question may have stood for long
        if job is not None:
            job.cancel()
            return
        run = self._runs.get(path)
        if run is not None and run.is_live:
            self._ask(path, "discard")
            return
        try:
            move_to_trash(path)
        except SegDepthError as error:
            self._context.report(error)
        self._context.runs_changed.emit()

    def _jobs(self) -> dict[Path, "Job"]:
        """Live trainings of this window, by their folder."""
        return {Path(job.config["out"]): job for job in self._context.jobs.live if job.name == "train"}

    def _follow(self, job: "Job") -> None:
        if job.name == "train":
            job.told.connect(self._on_event)
            job.state_changed.connect(lambda _: self.poll())

    def _on_event(self, event: dict[str, Any]) -> None:
        if event["event"] == "error":
            self._context.report(event["message"], event["hint"])
        elif event["event"] == "epoch":
            self.poll()


KEEPERS = "Stop keeps the best model, Pause lets it go on later."
