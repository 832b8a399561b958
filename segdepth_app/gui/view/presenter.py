"""Decisions of the View tab: what is opened, which frame is shown, what a session keeps. No widgets."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import ResultError
from segdepth_app.gui.kinds import HDF5_SUFFIXES, MODEL_SUFFIX
from segdepth_app.gui.view.analysis import AnalysisPresenter
from segdepth_app.gui.view.analysis_run import PARTIAL_SUFFIX
from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.companion import Companion
from segdepth_app.gui.view.events_presenter import EventsPresenter
from segdepth_app.gui.view.export import Exporter
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.laying import fits, refusal
from segdepth_app.gui.view.marking import MarkingPresenter
from segdepth_app.gui.view.picturing import PicturesPresenter
from segdepth_app.gui.view.readout import Readout
from segdepth_app.gui.view.result_view import ResultView, prepare
from segdepth_app.gui.view.results_presenter import ResultsPresenter
from segdepth_app.gui.view.saliency_client import SaliencyClient
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.series_client import SeriesClient
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.shelf import Shelf
from segdepth_app.gui.view.tracing import Tracing
from segdepth_app.gui.view.typed import Typed

READ_AHEAD = 4
HINT_ANALYSE = "Press Analyse to estimate the atoms per column."
HINT_RUNNING = "Analysing: the maps appear frame by frame."
HINT_GAP = "This frame was not analysed."
HINT_NOT_YET = "This frame is not analysed yet."


class ViewPresenter:
    """The tab's head; the marker and analysis presenters do their part on the same scene."""

    def __init__(
        self,
        view: Any,
        context: Any,
        series: SeriesClient,
        saliency: SaliencyClient,
        helper: HelperClient,
        shelf: Shelf,
        chores: Chores,
    ) -> None:
        self._view, self._context, self._series, self._saliency = view, context, series, saliency
        self._helper, self._chores = helper, chores
        self.scene = Scene()
        self.companion = Companion()
        """The calibration goes along with what happens here."""
        self.analysis = AnalysisPresenter(
            view,
            context,
            self.scene,
            on_result=lambda path: self.results.finished(path),
            on_growth=lambda folder: self.results.grow(folder),
            on_reopen=self._reopen,
            on_run=self._show_run,
        )
        self.results = ResultsPresenter(
            view,
            context,
            self.scene,
            self.analysis.run,
            shelf,
            chores,
            on_loaded=self._result_loaded,
            on_growth=self._result_grew,
            on_reopen=self._reopen,
        )
        self.tracing = Tracing(self.scene, helper, lambda: self.analysis.model, chores)
        self.marking = MarkingPresenter(
            view, context, self.scene, saliency, lambda: self.analysis.model, self.tracing, chores
        )
        self.events = EventsPresenter(view, self.scene, self.marking, self._go_to)
        self.exporter = Exporter(view, context, self.scene, self.marking.traces, self.events.events)
        self.analysis.on_typed = lambda: self.companion.typed()
        self.analysis.on_refresh = lambda: self.companion.refreshed()
        self.pictures = PicturesPresenter(view, context, self.scene, series.samples)
        self.readout = Readout(view, context, self.scene)
        self._wanted: dict[str, Any] = {}
        self._pictured = -1
        self._reopening = False
        self._n_shown = 0
        self._resume = ""
        series.opened.connect(self._on_opened)
        series.frame_ready.connect(self._on_frame)
        series.frame_failed.connect(self._on_frame_failure)
        series.contrast_ready.connect(self.pictures.contrast.take_found)
        series.failed.connect(self._on_series_failure)
        self.analysis.show_models()
        self.show_welcome()

    # --- opening

    def show_welcome(self) -> None:
        """Nothing is open."""
        self._view.show_welcome(self._context.settings.recent())

    def open_path(self, path: str | Path, wanted: dict[str, Any] | None = None) -> bool:
        """Opens a series (file or folder) or a result, or chooses a model; whether it looks like something of the kind.

        `wanted` is what a session kept: typed values, frame, markers.
        """
        path = Path(path)
        if not path.exists():
            self._context.report(f"Not found: {path}.", "It may have been moved or renamed.")
            return False
        if path.suffix.lower() == MODEL_SUFFIX:
            return self.analysis.take_model(str(path))
        try:
            result = ResultView(path) if _is_result(path) else None
        except ResultError as error:
            if not error.message.endswith("is not a SegDepth result."):
                self._context.report(error)
                return False
            result = None  # some microscopes write series as HDF5
        self._leave()
        self._context.status("")  # what was said of the series before
        self._context.settings.add_recent(str(path))
        self._wanted = wanted or {}
        self.scene.typed = Typed.restored(self._wanted)
        if result is None:
            self._open_series((str(path),))
        else:
            self._open_result(result)
        return True

    def close(self) -> None:
        """Ends the children and closes the files."""
        self._leave()
        self._series.close()
        self._saliency.close()
        self._chores.clear()  # leaving put things to do on the list, for widgets that go now

    def _leave(self) -> None:
        self.analysis.run.leave()
        self.results.forget()
        self._chores.clear()
        self._saliency.close()
        self.companion.left()
        if self.scene.result:
            self.scene.result.close()
        self.scene.reset()
        self._wanted, self._reopening, self._pictured = {}, False, -1
        self.marking.clear()
        self.pictures.clear()
        self._view.clear_pictures()

    def _open_series(self, paths: tuple[str, ...]) -> None:
        self.scene.paths = paths
        name = Path(paths[0]).name
        self._view.show_workspace(name)
        self._view.show_hint("frame", f"Opening {name}…")
        self._series.open(self.scene.shown_options(), name)
        self._chores.run("prepare", prepare())  # while the reader starts

    def _open_result(self, result: ResultView) -> None:
        self.scene.result = result
        facts = result.facts
        if self.scene.typed == Typed():
            self.scene.typed = result.typed
        self.scene.follow(result)
        if all(Path(source).exists() for source in result.sources):
            self._open_series(result.sources)
        else:
            self._series.close()
            self._view.show_workspace(facts.name)
            self._view.show_hint("frame", f"The source file is missing:\n{result.source_text}")
        self._take_size(facts)
        self._result_loaded()

    def _reopen(self) -> None:
        self._reopening = True
        self._series.open(self.scene.shown_options(), Path(self.scene.paths[0]).name)

    def _on_opened(self, facts: SeriesFacts) -> None:
        scene = self.scene
        scene.file_facts = facts
        if self.companion.opened(facts):
            self._series.open(scene.shown_options(), facts.name)
            return
        if self._reopening:
            self._reopening = False
            self._take_changed_size(facts)
            self.analysis.refresh()
            self.show_frame(scene.frame)
            self.marking.calibration_changed()
            return
        if scene.result and not fits(scene.result.facts, facts):
            self._context.report(*refusal(scene.result, facts))
            scene.drop_result()
        self._take_size(facts)
        self._result_loaded()
        if facts.fingerprint:
            self.results.look(facts.fingerprint)
            self._resume_if_wanted()

    def _resume_if_wanted(self) -> None:
        """The window was closed while it analysed this series: it goes on by itself."""
        wanted, self._resume = self._resume, ""
        run = self.analysis.run
        if wanted and run.waiting is not None and str(run.waiting.out) == wanted:
            self.analysis.ask("resume")

    def _take_size(self, facts: SeriesFacts) -> None:
        self._n_shown = facts.n_frames
        self._view.set_series(facts.n_frames, facts.frame_time_s, facts.width_px, facts.height_px)

    def _take_changed_size(self, facts: SeriesFacts) -> None:
        """Opened anew with other sums or shifts, frames are others: a result of the old ones is not laid over them."""
        scene = self.scene
        if scene.result and not fits(scene.result.facts, facts):
            self._context.status(refusal(scene.result, facts)[0])
            scene.drop_result()
            self.results.show_entries()
            self.marking.result_changed()
            self.events.result_changed()
        if facts.n_frames != self._n_shown:
            self._take_size(facts)
            scene.frame = min(scene.frame, facts.n_frames - 1)
            self._view.set_frame(scene.frame)

    def _result_loaded(self) -> None:
        """Another result, or none: what hangs on it follows step by step, so that the window never stands still."""
        self.scene.depth = self.scene.confidence = None  # those of the one before may have another size
        self._chores.run("loaded", self._take_up())

    def _take_up(self) -> Iterator[None]:
        """What a session kept is used up where it is needed: the steps may be begun anew before they end."""
        scene, overlays = self.scene, self.pictures.overlays
        self._view.set_can_export(result=scene.result is not None)
        self.show_frame(min(int(self._wanted.pop("frame", scene.frame)), scene.n_frames - 1))
        self._view.set_frame(scene.frame)
        yield
        self.analysis.refresh()
        yield
        self.marking.result_changed()
        yield
        if "markers" in self._wanted:
            self.marking.restore(self._wanted.pop("markers"))
            yield
        self.pictures.restore(self._wanted.pop("pictures", None))
        followed = self.marking.markers.region
        if followed is not None:
            overlays.lie_at(followed)
        yield
        overlays.result_changed()
        self._chores.run("tables", self._fill_tables())

    def _fill_tables(self) -> Iterator[None]:
        """After what is looked at first."""
        yield
        self.events.result_changed()

    def _result_grew(self) -> None:
        """More frames are analysed: the maps of the frame shown may be among them, traces get longer."""
        if self.scene.depth is None:
            self._show_run()
        self.marking.result_grew()
        self._chores.run("tables", self._fill_tables())

    def _on_series_failure(self, message: str, hint: str) -> None:
        if not self.companion.refused(message, hint):
            self._context.report(message, hint)
        if self.scene.file_facts is None and self.scene.result is None:
            self._leave()
            self.show_welcome()
        else:
            self._view.show_hint("frame", message)

    # --- frames

    def show_frame(self, frame: int) -> None:
        """Shows a frame and its maps, as soon as it is there."""
        scene = self.scene
        if not 0 <= frame < scene.n_frames:
            return
        scene.frame = frame
        if scene.file_facts is None:
            self._show_maps(frame)
            return
        self._series.wish(frame)
        self._series.read_ahead((frame + i) % scene.n_frames for i in range(1, READ_AHEAD + 1))

    def settled(self) -> None:
        """The frame has not changed for a moment: now what takes longer may be asked for."""
        self.marking.ask_saliency()

    def _on_frame(self, frame: int, image: np.ndarray) -> None:
        """A late frame is shown too while the one wished for is not there: it is the newest there is."""
        if frame != self.scene.frame and self._pictured == self.scene.frame:
            return
        self._pictured = frame
        self.scene.image = image
        self._view.show_hint("frame", "")
        self._view.show_frame(image)
        self._show_maps(frame)

    def _on_frame_failure(self, frame: int, reason: str) -> None:
        """A frame that cannot be read is a gap that says why; the frames around it are shown as ever."""
        if frame != self.scene.frame:
            return
        self._pictured = frame
        self.scene.image = None
        self._view.hide_frame(f"Frame {frame} cannot be read.\n{reason}")
        self._show_maps(frame)

    def _show_maps(self, frame: int) -> None:
        scene = self.scene
        scene.take_maps(frame)
        waiting = HINT_RUNNING if self.analysis.running else HINT_ANALYSE
        missing = HINT_NOT_YET if scene.result and scene.result.is_partial else HINT_GAP
        hint = waiting if scene.result is None else missing if scene.depth is None else ""
        self._view.show_maps(scene.depth, scene.confidence, scene.result.grid if scene.result else 1.0, hint)
        self._view.show_cursor(frame)
        if len(self.marking.markers):
            self.marking.show_rows()
        self.events.frame_changed()
        self.pictures.overlays.show(frame)

    def _go_to(self, frame: int, x: float, y: float) -> None:
        """An event or a column was chosen in its table."""
        self._view.go_to(frame)
        self._view.look_at(x, y)

    def _show_run(self) -> None:
        """The analysis began, grew or ended: empty panes say what they wait for."""
        self.results.fall_back()
        if self._pictured >= 0 and self.scene.depth is None:
            self._show_maps(self._pictured)

    # --- session

    def save_state(self) -> dict[str, Any]:
        """What a session keeps, as JSON can hold it."""
        scene = self.scene
        if not scene.paths and scene.result is None:
            return {}
        return {
            "path": self._kept_path(),
            **scene.typed.kept(),
            "frame": scene.frame,
            "markers": self._wanted.get("markers", self.marking.markers.kept()),
            "pictures": self._wanted.get("pictures") or self.pictures.state(),
            **self._kept_analysis(),
        }

    def _kept_path(self) -> str:
        """The series while an analysis of it is unfinished, else the result, which knows its series."""
        result = self.scene.result
        if result is None or (result.is_partial and self.scene.paths):
            return self.scene.paths[0]
        return str(result.path)

    def _kept_analysis(self) -> dict[str, Any]:
        run = self.analysis.run
        return {
            "options": self.analysis.options,
            "events": asdict(self.events.filter),
            "analysing": str(run.out) if run.out else "",
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Opens what was open, if it is still there; says nothing if it is not."""
        path = str(state.get("path") or "")
        if isinstance(state.get("options"), dict):
            self.analysis.restore_options(state["options"])
        self.events.restore(state.get("events"))
        if path and Path(path).exists() and self.open_path(path, state):
            self._resume = str(state.get("analysing") or "")


def _is_result(path: Path) -> bool:
    """A finished result, or the folder of an analysis that did not end: its blocks are no frames of a series."""
    return path.name.endswith(PARTIAL_SUFFIX) if path.is_dir() else path.suffix.lower() in HDF5_SUFFIXES
