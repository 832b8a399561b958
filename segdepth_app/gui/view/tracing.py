"""The traces of markers: read from the result once, grown while it grows, smoothed by the helper child. No widgets."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.markers import Marker, Trace
from segdepth_app.gui.view.result_view import ResultView, Site
from segdepth_app.gui.view.scene import Scene

NOTE_COLUMN = "line: its count after smoothing through time"
NOTE_SMOOTHED = "line: its count after smoothing through time"
NOTE_SUMMED = "line: count of the column it lies on, after smoothing through time"


class Tracing:
    """Traces by what their markers lie on."""

    def __init__(self, scene: Scene, helper: HelperClient, model: Callable[[], str | None], chores: Chores) -> None:
        self._scene, self._helper, self._model, self._chores = scene, helper, model, chores
        self._traces: dict[tuple[Any, ...], Trace] = {}
        self.changed: Callable[[], object] = lambda: None
        """Called when a trace got more than it had: a line, or the mean of a rectangle."""

    def forget(self) -> None:
        """Another result is shown."""
        self._traces.clear()
        self._chores.drop("region")

    def grow(self) -> None:
        """The result has more frames: each trace is read again when it is asked for."""
        self._traces = {place: trace for place, trace in self._traces.items() if trace.marker.region}
        for trace in list(self._traces.values()):
            self._read_region(trace.marker)

    def known(self, marker: Marker) -> Trace | None:
        """The trace of a marker if it has been read."""
        return self._traces.get(marker.place)

    def of(self, marker: Marker) -> Trace:
        """The trace of a marker; what takes long is filled in later, see `changed`."""
        if marker.place not in self._traces:
            self._traces[marker.place] = self._read(marker)
            if marker.region is not None:
                self._forget_other_regions(marker)
                self._read_region(marker)  # and smooth it then
            else:
                self._smooth(self._traces[marker.place])
        known = self._traces[marker.place]
        if known.marker != marker:  # another number or name
            known = self._traces[marker.place] = replace(known, marker=marker)
        return known

    def _read(self, marker: Marker) -> Trace:
        result = self._scene.result
        assert result is not None
        time = result.info.frame_time_s
        if marker.region is not None:
            empty = np.zeros((result.n_frames, N_CLASSES), np.uint8)
            return Trace(marker, empty, None, f"{marker.what}: the mean of its pixels", time)
        if marker.column is not None:
            return self._read_column(marker, result)
        values = result.probability(marker.x, marker.y)
        site = result.site_at(marker.x, marker.y)
        if site is None:
            return Trace(marker, values, None, f"{marker.what}, on no column", time)
        note = f"{marker.what}, on {site.element or 'column'} column {site.number}, {NOTE_SUMMED}"
        return Trace(marker, values, result.hmm_path(site), note, time, _events(result, site))

    def _read_column(self, marker: Marker, result: ResultView) -> Trace:
        assert marker.column is not None
        values, site = result.column_probability(marker.column), result.site(marker.column)
        if values is None or site is None:
            empty = np.zeros((result.n_frames, N_CLASSES), np.uint8)
            return Trace(marker, empty, None, f"{marker.what} is not in this result", result.info.frame_time_s)
        note = f"{site.element} {marker.what}, pooled over its disc, {NOTE_COLUMN}".strip()
        events = _events(result, site)
        return Trace(marker, values, result.hmm_path(site), note, result.info.frame_time_s, events)

    def _forget_other_regions(self, marker: Marker) -> None:
        """There is one rectangle; while it is dragged it is at thirty places a second."""
        for place, trace in list(self._traces.items()):
            if trace.marker.region is not None and place != marker.place:
                del self._traces[place]

    def _read_region(self, marker: Marker) -> None:
        """The mean of a large rectangle takes seconds: it is read in steps, and shown as it fills."""
        result = self._scene.result
        assert result is not None
        assert marker.region is not None
        region, place = marker.region, marker.place

        def steps() -> Iterator[None]:
            values = yield from result.region_steps(*region)
            trace = self._traces.get(place)
            if trace is not None and self._scene.result is result:
                self._traces[place] = replace(trace, probability=values)
                self._smooth(self._traces[place])
                self.changed()

        self._chores.run("region", steps())

    def _smooth(self, trace: Trace) -> None:
        """Asks for the line of a pixel beside all columns, or of a rectangle; a column has its own."""
        result = self._scene.result
        if result is None or result.is_partial or trace.path is not None or trace.marker.column is not None:
            return
        if not self._scene.paths or self._scene.file_facts is None or not trace.probability.any():
            return
        self._helper.use(self._scene.shown_options(), self._model())
        region = trace.marker.region or (trace.marker.x, trace.marker.y, 1, 1)
        place = trace.marker.place

        def take(answer: dict[str, Any]) -> None:
            if answer.get("error"):
                return  # there is no line then; the trace itself says all that is known
            path = take_array(answer["path"])
            take_array(answer["posterior_path"])
            known = self._traces.get(place)
            if known is not None and self._scene.result is result and len(path) == len(known.probability):
                done = known.probability.any(axis=1)
                note = f"{known.note}, {NOTE_SMOOTHED}"
                self._traces[place] = replace(known, path=np.where(done, path, np.nan), note=note)
                self.changed()

        self._helper.ask("smooth", take, result=str(result.path), region=list(region))


def _events(result: ResultView, site: Site) -> tuple[tuple[int, float], ...]:
    return tuple((int(event["frame"]), float(event["probability"])) for event in result.events_of(site.number))
