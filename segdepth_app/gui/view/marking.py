"""Decisions around the markers: their list and traces, and what follows from the one selected. No widgets."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.markers import MAX_MARKERS, Marker, MarkerRow, Markers
from segdepth_app.gui.view.saliency_client import SaliencyClient, SaliencyMap, SaliencyRequest
from segdepth_app.gui.view.scene import Scene
from segdepth_app.gui.view.tracing import Tracing

HINT_NO_RESULT = "Analyse the series, then click a pixel to see its depth through time."
HINT_NO_MARKER = "Click a pixel to see its depth through time. Up to nine markers; a right click clears them."
FULL = f"All {MAX_MARKERS} markers are set: remove one first."


class MarkingPresenter:
    """Markers and all that hangs on them."""

    def __init__(
        self,
        view: Any,
        context: Any,
        scene: Scene,
        saliency: SaliencyClient,
        model: Callable[[], str | None],
        tracing: Tracing,
        chores: Chores,
    ) -> None:
        self._view, self._context, self._scene = view, context, scene
        self._saliency, self._model, self._tracing, self._chores = saliency, model, tracing, chores
        self._just_set: int | None = None
        self._shown: SaliencyRequest | None = None
        self.markers = Markers()
        self.depth: int | None = None
        self.selection_changed: Callable[[], object] = lambda: None
        """Called when another marker is selected, or the selected one is another place."""
        tracing.changed = self._grown
        saliency.ready.connect(self._on_map)
        saliency.failed.connect(self._on_failure)

    # --- setting and removing

    def click(self, x: int, y: int) -> None:
        """A pixel was clicked in any pane."""
        if not self._scene.contains(x, y):
            return
        n_before = len(self.markers)
        marker = self.markers.add(x, y)
        self._just_set = marker.number if marker and len(self.markers) > n_before else None
        self._set(marker)

    def take_back(self) -> None:
        """The last click was the first half of a double click, which means the zoom, not a pixel."""
        if self._just_set is not None:
            self.remove(self._just_set)
            self._just_set = None

    def set_region(self, x: int, y: int, width: int, height: int) -> None:
        """The mean of a rectangle is followed."""
        self._set(self.markers.add_region(x, y, width, height))

    def move_region(self, x: int, y: int, width: int, height: int) -> None:
        """The rectangle drawn on the frame was moved: if it is followed, its marker goes along."""
        if self.markers.region is not None:
            self.set_region(x, y, width, height)

    def set_column(self, number: int, x: float, y: float) -> None:
        """An atomic column is followed."""
        self._set(self.markers.add_column(number, x, y))

    def widen(self) -> None:
        """The selected pixel becomes the whole column it lies on."""
        marker, result = self.markers.selected, self._scene.result
        site = result.site_at(marker.x, marker.y) if marker and result else None
        if marker is None or site is None:
            self._context.status("The selected marker lies on no column.")
            return
        self.markers.widen(marker.number, site.number, site.x_px, site.y_px)
        self._changed()

    def select(self, number: int) -> None:
        """A marker was chosen in the list, or by its key."""
        self.markers.select(number)
        self.show_rows()
        self.ask_saliency()
        self.selection_changed()

    def rename(self, number: int, name: str) -> None:
        """A marker got a name."""
        self.markers.rename(number, name)
        self.show_rows()
        self.show_traces()

    def remove(self, number: int) -> None:
        """One marker goes."""
        self.markers.remove(number)
        self._changed()

    def clear(self) -> None:
        """All markers go."""
        self.markers.clear()
        self._changed()

    def restore(self, kept: list[Any]) -> None:
        """The markers of a session."""
        facts = self._scene.facts
        if facts:
            self.markers.restore(kept, facts.width_px, facts.height_px)
            self._changed()

    def result_changed(self) -> None:
        """Another result, or none: traces are read anew."""
        self._tracing.forget()
        self._chores.run("traces", self._read_again(self._changed))

    def result_grew(self) -> None:
        """More frames are analysed."""
        self._tracing.grow()
        self._chores.run("traces", self._read_again(self._grown))

    def _grown(self) -> None:
        self.show_rows()
        self.show_traces()

    def _read_again(self, then: Callable[[], None]) -> Iterator[None]:
        """Marker by marker, so that nine of them do not hold up the window."""
        for marker in self.markers:
            if self._scene.result is not None:
                try:
                    self._tracing.of(marker)
                except SegDepthError:
                    break  # what is wrong with it is said where the traces are shown
            yield
        then()

    def choose_depth(self, depth: int | None) -> None:
        """The depth class the saliency is wanted for."""
        self.depth = depth
        self.ask_saliency()

    def _set(self, marker: Marker | None) -> None:
        if marker is None:
            self._context.status(FULL)
        else:
            self._changed()

    def _changed(self) -> None:
        """The trace comes first: the rings, the list and all the rest follow when it has been drawn."""
        self.show_traces()
        self._chores.run("markers", self._follow())

    def _follow(self) -> Iterator[None]:
        self._view.show_markers(list(self.markers))
        yield
        self.show_rows()
        self.ask_saliency()
        yield
        self.selection_changed()

    # --- the list and the traces

    def show_rows(self) -> None:
        """The list, for the frame shown now."""
        selected = self.markers.selected
        rows = [self._row(marker) for marker in self.markers]
        self._view.show_marker_rows(rows, selected.number if selected else None)

    def _row(self, marker: Marker) -> MarkerRow:
        scene = self._scene
        site = None
        if scene.result:
            site = (
                scene.result.site_at(marker.x, marker.y) if marker.column is None else scene.result.site(marker.column)
            )
        size = scene.facts.pixel_size_pm if scene.facts else None
        depth, confidence = self._estimate(marker)
        return MarkerRow(
            number=marker.number,
            colour=marker.colour,
            name=marker.name or _kind(marker),
            depth="" if depth is None else str(depth),
            confidence="" if confidence is None else f"{confidence:.2f}",
            pixel=f"{marker.x}, {marker.y}",
            nanometre="" if size is None else f"{marker.x * size / 1000:.2f}, {marker.y * size / 1000:.2f}",
            element=site.element if site and marker.region is None else "",
        )

    def _estimate(self, marker: Marker) -> tuple[int | None, float | None]:
        """The likeliest class in the frame shown: of the pixel from the map, of the others from their trace."""
        if marker.region is None and marker.column is None:
            values = self._scene.values_at(marker.x, marker.y)
            return values.depth, values.confidence
        trace = self._tracing.known(marker)
        if trace is None or not trace.probability[self._scene.frame].any():
            return None, None
        shares = trace.probability[self._scene.frame]
        return int(shares.argmax()), float(shares.max()) / 255

    def traces(self) -> list[Any]:
        """The traces of all markers, in their order."""
        return [] if self._scene.result is None else [self._tracing.of(marker) for marker in self.markers]

    def show_traces(self) -> None:
        """The rows of the trace panel."""
        try:
            traces = self.traces()
        except SegDepthError as error:
            self._view.show_traces([], error.message)
            return
        self._view.show_traces(traces, HINT_NO_MARKER if self._scene.result else HINT_NO_RESULT)

    def hover_text(self, number: int, frame: int) -> str:
        """What a trace says in a frame, from memory, for the status bar."""
        marker = self.markers.get(number)
        trace = self._tracing.known(marker) if marker else None
        if trace is None or not 0 <= frame < len(trace.probability):
            return ""
        time = "" if trace.frame_time_s is None else f" ({frame * trace.frame_time_s:.2f} s)"
        head = f"marker {number}, frame {frame}{time}"
        shares = trace.probability[frame] / max(int(trace.probability[frame].sum()), 1)
        if not shares.any():
            return f"{head}: not analysed"
        likely = [f"P({n}) = {shares[n]:.2f}" for n in np.argsort(-shares)[:3] if shares[n] >= 0.01]
        path = trace.path
        smoothed = "" if path is None or np.isnan(path[frame]) else f"   smoothed: {int(path[frame])}"
        return f"{head}: {', '.join(likely)}{smoothed}"

    # --- saliency

    def ask_saliency(self) -> None:
        """Asks for the map of the selected marker in the frame shown, unless it is there or cannot be had."""
        marker, model = self.markers.selected, self._model()
        reason = self._why_no_saliency(marker, model)
        if reason or marker is None or model is None:
            self._saliency.forget()
            self._shown = None
            self._view.show_saliency(None, 1.0)
            self._view.show_saliency_text("", reason)
            return
        request = SaliencyRequest(self._scene.frame, marker.x, marker.y, self.depth)
        if request != self._shown:
            self._view.show_saliency_text("computing…", "Computing…" if self._shown is None else "")
            self._saliency.request(self._scene.shown_options(), model, request)

    def calibration_changed(self) -> None:
        """The map shown was made with other values: it is asked for again."""
        self._shown = None
        self.ask_saliency()

    def _why_no_saliency(self, marker: Marker | None, model: str | None) -> str:
        facts = self._scene.file_facts
        if facts is None:
            return "The saliency needs the source file." if self._scene.result and not self._scene.paths else ""
        if marker is None:
            return "Click a pixel to see which part of the frame its depth hangs on."
        if model is None:
            return "The saliency needs a model: choose one."
        if self._scene.facts and (self._scene.facts.pixel_size_pm is None or self._scene.facts.dose_e_per_px is None):
            return "The saliency needs the pixel size and the dose."
        return ""

    def _on_map(self, answer: SaliencyMap) -> None:
        request = answer.request
        self._shown = request
        self._view.show_saliency(answer.values, answer.place)
        marker = next((m for m in self.markers if (m.x, m.y) == (request.x, request.y)), None)
        name = f"marker {marker.number}" if marker else f"{request.x}, {request.y}"
        text = f"{name} · frame {request.frame} · depth {answer.depth} · p = {answer.probability:.2f}"
        self._view.show_saliency_text(text, "")

    def _on_failure(self, message: str, hint: str) -> None:
        self._shown = None
        self._view.show_saliency(None, 1.0)
        self._view.show_saliency_text("", f"{message} {hint}".strip())


def _kind(marker: Marker) -> str:
    if marker.column is not None:
        return f"column {marker.column}"
    return "rectangle" if marker.region else ""
