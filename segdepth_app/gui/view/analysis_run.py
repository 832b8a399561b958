"""The analysis as a job: begun, paused, resumed, kept, discarded; and one that was left half done. No widgets."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

from segdepth_app.errors import SegDepthError
from segdepth_app.gui import texts
from segdepth_app.gui.view.analysis_state import AnalysisState
from segdepth_app.paths import move_to_trash, results_folder

PARTIAL_SUFFIX = ".partial"
REFRESH_S = 0.1
"""Shortest time between two looks at what an analysis has done so far."""
SETTINGS_KEY = "view/runs"
N_REMEMBERED = 20
DISCARD = ("Discard this analysis?", "What it has done so far goes to the trash folder; the series is left alone.")


def result_path(series: str, model: str, now: datetime) -> Path:
    """A new file for every analysis: an older result may be open."""
    return results_folder() / f"{Path(series).stem}_{Path(model).stem}_{now:%Y%m%d-%H%M%S}.h5"


def partial_of(out: Path) -> Path:
    """Where an analysis that writes `out` keeps what it has done."""
    return out.with_name(out.name + PARTIAL_SUFFIX)


@dataclass(frozen=True)
class Waiting:
    """An analysis of the open series that was paused or killed."""

    path: Path
    """Its folder."""
    done: int
    total: int

    @property
    def out(self) -> Path:
        """The result it was to become."""
        return self.path.with_name(self.path.name.removesuffix(PARTIAL_SUFFIX))


class AnalysisRun:
    """One infer job at a time, and the one that waits to be resumed."""

    def __init__(
        self,
        view: Any,
        context: Any,
        *,
        on_result: Callable[[Path], None],
        on_growth: Callable[[Path], None],
        on_run: Callable[[], None],
    ) -> None:
        self._view, self._context = view, context
        self._on_result, self._on_growth, self._on_run = on_result, on_growth, on_run
        self._job: Any = None
        self._config: dict[str, Any] = {}
        self._looked = 0.0
        self._reason = ""
        self._keep_at_once = False
        self.waiting: Waiting | None = None
        self.done: tuple[int, int] = (0, 0)
        """Frames done, and all of them, of the job."""

    @property
    def is_running(self) -> bool:
        """Is a job of this tab at work?"""
        return self._job is not None

    @property
    def out(self) -> Path | None:
        """The result the job at work will write."""
        return Path(self._config["out"]) if self._job is not None else None

    # --- what may be asked

    def start(self, config: dict[str, Any], title: str) -> None:
        """Begins, or goes on with, the analysis of these settings."""
        self._remember(config)
        self._config, self.waiting, self.done = config, None, (0, 0)
        job = self._context.jobs.start("infer", config, title)
        self._job = job
        job.told.connect(lambda event: self._on_event(job, event))
        job.state_changed.connect(lambda state: self._on_state(job, state))
        self._view.show_analysis(AnalysisState("running", True, text="Starting…"))
        self._on_run()

    def ask(self, verb: str, config: dict[str, Any]) -> None:
        """Pause, resume, keep or discard; `config`: the settings to resume with where none are remembered."""
        if verb == "pause" and self._job is not None:
            self._job.pause()
        elif verb == "keep" and self._job is not None:
            self._job.stop()
        elif verb in ("resume", "keep") and self.waiting is not None:
            self._keep_at_once = verb == "keep"
            known = self._remembered().get(str(self.waiting.out), config)
            self.start({**known, "out": str(self.waiting.out)}, f"Analyse {Path(known['series'][0]).name}")
        elif verb == "discard":
            self._view.ask_to_discard(*DISCARD, self.discard)

    def discard(self) -> None:
        """The job and what it has done go, or what was left of one."""
        if self._job is not None:
            self._job.cancel()
        elif self.waiting is not None:
            try:
                move_to_trash(self.waiting.path)
            except SegDepthError as error:
                self._context.report(error)
                return
            self.waiting = None
            self.show_ready(self._reason)
            self._on_run()

    def offer(self, waiting: Waiting | None) -> None:
        """An analysis of this series was found half done, or there is none."""
        if self._job is None:
            self.waiting = waiting
            self.show_ready(self._reason)

    def leave(self) -> None:
        """Another series is opened: the job goes on in the jobs dock, its result is not shown here."""
        self._job, self.waiting, self._keep_at_once = None, None, False

    def show_ready(self, reason: str) -> None:
        """What may be done while no job is at work; `reason`: why nothing can be analysed, or empty."""
        self._reason = reason
        if self._job is not None:
            return
        waiting = self.waiting
        if waiting is None:
            self._view.show_analysis(AnalysisState("ready", not reason, reason))
        else:
            self._view.show_analysis(
                AnalysisState("paused", not reason, reason, text="paused", done=waiting.done, total=waiting.total)
            )

    # --- what the job says

    def _on_event(self, job: Any, event: dict) -> None:
        if job is not self._job or event.get("event") != "progress":
            return
        done, total = event["done"], event["total"]
        self.done = (done, total)
        left = job.seconds_left
        text = f"{done} of {total} {event['unit']}" + (f", {texts.duration(left)} left" if left else "")
        if job.state == "running":
            self._view.show_analysis(AnalysisState("running", True, share=done / total if total else None, text=text))
        if monotonic() - self._looked >= REFRESH_S:
            self._looked = monotonic()
            self._on_growth(partial_of(Path(self._config["out"])))

    def _on_state(self, job: Any, state: str) -> None:
        if job is not self._job:
            if state in ("failed", "lost"):
                error = job.error or {}
                self._context.report(f"{job.title}: {error.get('message', 'It failed.')}", str(error.get("hint") or ""))
            return
        if state == "running" and self._keep_at_once:
            self._keep_at_once = False
            job.stop()
        elif state in ("stopping", "pausing"):
            words = "Pausing…" if state == "pausing" else "Stopping…"
            self._view.show_analysis(AnalysisState("ending", True, words, text=words))
        if job.has_ended:
            self._ended(job, state)

    def _ended(self, job: Any, state: str) -> None:
        out = Path(self._config["out"])
        self._job, self._keep_at_once = None, False
        if state in ("failed", "lost"):
            error = job.error or {}
            self._context.report(str(error.get("message") or "The analysis failed."), str(error.get("hint") or ""))
        if out.exists():
            self._on_result(out)
        elif partial_of(out).is_dir():
            self.waiting = Waiting(partial_of(out), *self.done)
            self._on_growth(self.waiting.path)
        self.show_ready(self._reason)
        self._on_run()

    # --- settings of analyses that may be resumed

    def _remembered(self) -> dict[str, dict[str, Any]]:
        known = self._context.settings.get(SETTINGS_KEY, {})
        return known if isinstance(known, dict) else {}

    def _remember(self, config: dict[str, Any]) -> None:
        known = self._remembered()
        known.pop(str(config["out"]), None)
        kept = dict(list(known.items())[-N_REMEMBERED + 1 :])
        self._context.settings.set(SETTINGS_KEY, {**kept, str(config["out"]): config})
        self._context.settings.save()  # a window that is killed must not forget how to go on
