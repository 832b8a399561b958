"""Decisions around the markers: their list, traces and the saliency of the last one clicked. No widgets."""

from collections.abc import Callable
from typing import Any

from segdepth_app.gui.view.markers import MAX_MARKERS, Marker, MarkerRow, Markers, Trace
from segdepth_app.gui.view.saliency_client import SaliencyClient, SaliencyMap, SaliencyRequest
from segdepth_app.gui.view.scene import Scene

HINT_NO_RESULT = "Analyse the series, then click a pixel to see its depth through time."
HINT_NO_MARKER = "Click a pixel to see its depth through time. Up to nine pixels; a right click clears them."


class MarkingPresenter:
    """Markers and all that hangs on them."""

    def __init__(
        self, view: Any, context: Any, scene: Scene, saliency: SaliencyClient, model: Callable[[], str | None]
    ) -> None:
        self._view, self._context, self._scene = view, context, scene
        self._saliency, self._model = saliency, model
        self._traces: dict[int, Trace] = {}
        self._just_set: int | None = None
        self._shown: SaliencyRequest | None = None
        self.markers = Markers()
        self.depth: int | None = None
        saliency.ready.connect(self._on_map)
        saliency.failed.connect(self._on_failure)

    def click(self, x: int, y: int) -> None:
        """A pixel was clicked in any pane."""
        if not self._scene.contains(x, y):
            return
        n_before = len(self.markers)
        marker = self.markers.add(x, y)
        self._just_set = marker.number if marker and len(self.markers) > n_before else None
        if marker is None:
            self._context.status(f"All {MAX_MARKERS} markers are set: remove one first.")
            return
        self._changed()

    def take_back(self) -> None:
        """The last click was the first half of a double click, which means the zoom, not a pixel."""
        if self._just_set is not None:
            self.remove(self._just_set)
            self._just_set = None

    def select(self, number: int) -> None:
        """A marker was chosen in the list."""
        self.markers.select(number)
        self.show_rows()
        self.ask_saliency()

    def remove(self, number: int) -> None:
        """One marker goes."""
        self.markers.remove(number)
        self._traces.pop(number, None)
        self._changed()

    def clear(self) -> None:
        """All markers go."""
        self.markers.clear()
        self._traces.clear()
        self._changed()

    def restore(self, pixels: list[list[int]]) -> None:
        """The markers of a session."""
        facts = self._scene.facts
        if facts:
            self.markers.restore(pixels, facts.width_px, facts.height_px)
            self._changed()

    def result_changed(self) -> None:
        """Another result, or none: traces are read again."""
        self._traces.clear()
        self._changed()

    def calibration_changed(self) -> None:
        """The map shown was made with other values: it is asked for again."""
        self._shown = None
        self.ask_saliency()

    def choose_depth(self, depth: int | None) -> None:
        """The depth class the saliency is wanted for."""
        self.depth = depth
        self.ask_saliency()

    def _changed(self) -> None:
        self._view.show_markers(list(self.markers))
        self.show_rows()
        self.show_traces()
        self.ask_saliency()

    def show_rows(self) -> None:
        """The list, for the frame shown now."""
        selected = self.markers.selected
        rows = [self._row(marker) for marker in self.markers]
        self._view.show_marker_rows(rows, selected.number if selected else None)

    def _row(self, marker: Marker) -> MarkerRow:
        scene = self._scene
        values = scene.values_at(marker.x, marker.y)
        site = scene.result.site_at(marker.x, marker.y) if scene.result else None
        size = scene.facts.pixel_size_pm if scene.facts else None
        return MarkerRow(
            number=marker.number,
            colour=marker.colour,
            depth="" if values.depth is None else str(values.depth),
            confidence="" if values.confidence is None else f"{values.confidence:.2f}",
            pixel=f"{marker.x}, {marker.y}",
            nanometre="" if size is None else f"{marker.x * size / 1000:.2f}, {marker.y * size / 1000:.2f}",
            element=site.element if site else "",
        )

    def traces(self) -> list[Trace]:
        """The traces of all markers, read from the result when first asked for."""
        if self._scene.result is None:
            return []
        return [self._trace(marker) for marker in self.markers]

    def _trace(self, marker: Marker) -> Trace:
        known = self._traces.get(marker.number)
        if known and (known.x, known.y) == (marker.x, marker.y):
            return known
        result = self._scene.result
        assert result is not None
        site = result.site_at(marker.x, marker.y)
        where = f"pixel {marker.x}, {marker.y}"
        on = f"on {site.element or 'column'} column {site.number}, line: its count after HMM smoothing" if site else ""
        trace = Trace(
            number=marker.number,
            colour=marker.colour,
            x=marker.x,
            y=marker.y,
            probability=result.probability(marker.x, marker.y),
            path=result.hmm_path(site) if site else None,
            note=f"{where}, {on}" if on else f"{where}, on no column",
            frame_time_s=self._scene.frame_time_s,
        )
        self._traces[marker.number] = trace
        return trace

    def show_traces(self) -> None:
        """The rows of the trace panel."""
        self._view.show_traces(self.traces(), HINT_NO_MARKER if self._scene.result else HINT_NO_RESULT)

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
            self._saliency.request(self._scene.options(), model, request)

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
        self._view.show_saliency(answer.values, answer.scale)
        marker = next((m for m in self.markers if (m.x, m.y) == (request.x, request.y)), None)
        name = f"marker {marker.number}" if marker else f"{request.x}, {request.y}"
        text = f"{name} · frame {request.frame + 1} · depth {answer.depth} · p = {answer.probability:.2f}"
        self._view.show_saliency_text(text, "")

    def _on_failure(self, message: str, hint: str) -> None:
        self._shown = None
        self._view.show_saliency(None, 1.0)
        self._view.show_saliency_text("", f"{message} {hint}".strip())
