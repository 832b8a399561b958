"""Decisions around the tables of events and columns and the facts of the result. No widgets."""

from collections.abc import Callable
from typing import Any

import numpy as np

from segdepth_app.gui.view.events_logic import EventFilter, shown, state_counts, summary
from segdepth_app.gui.view.facts_lines import FactLine, fact_lines
from segdepth_app.gui.view.marking import MarkingPresenter
from segdepth_app.gui.view.scene import Scene
from segdepth_app.inference.result_info import EVENT_DTYPE

HINT_NONE = "Analyse the series: changes of columns through time are listed here."
HINT_RUNNING = "Columns and their changes are found when the analysis ends."
HINT_NO_COLUMNS = "No columns in this frame."


class EventsPresenter:
    """Fills the panel that is in sight; the others wait until somebody turns to them."""

    def __init__(
        self, view: Any, scene: Scene, marking: MarkingPresenter, go_to: Callable[[int, float, float], None]
    ) -> None:
        self._view, self._scene, self._marking, self._go_to = view, scene, marking, go_to
        self.filter = EventFilter()
        marking.selection_changed = self.show_events

    # --- what is shown

    def result_changed(self) -> None:
        """Another result, or none, or it grew."""
        self.show_events()
        self.frame_changed()
        if self._view.side_panel() == "facts":
            result = self._scene.result
            self._view.show_result_facts(fact_lines(result) if result else [FactLine("Result", "none yet")])

    def turned(self) -> None:
        """Another panel is in sight."""
        self.result_changed()

    def set_filter(self, chosen: EventFilter) -> None:
        """Slider or box of the events."""
        self.filter = chosen
        self.show_events()

    def restore(self, kept: Any) -> None:
        """The filter of a session, as far as it makes sense."""
        if isinstance(kept, dict) and isinstance(kept.get("lowest"), int | float):
            self.filter = EventFilter(min(max(float(kept["lowest"]), 0.0), 1.0), bool(kept.get("only_marked")))
            self._view.show_event_filter(self.filter)

    def events(self) -> np.ndarray:
        """The events that pass the filter."""
        result = self._scene.result
        if result is None:
            return np.zeros(0, EVENT_DTYPE)
        return shown(result.events, self.filter.lowest, self._columns_marked() if self.filter.only_marked else None)

    def _columns_marked(self) -> list[int]:
        """Columns of the selected marker: its own, the one its pixel lies on, or all in its rectangle."""
        marker, result = self._marking.markers.selected, self._scene.result
        if marker is None or result is None:
            return []
        if marker.region is not None:
            return result.columns_in(*marker.region)
        if marker.column is not None:
            return [marker.column]
        site = result.site_at(marker.x, marker.y)
        return [site.number] if site else []

    def show_events(self) -> None:
        """The table of events."""
        if self._view.side_panel() != "events":
            return
        result = self._scene.result
        hint = HINT_NONE if result is None else HINT_RUNNING if result.is_partial else ""
        events = self.events()
        n_all = len(result.events) if result else 0
        self._view.show_events(events, self._scene.frame_time_s, summary(events, n_all) if not hint else "", hint)
        self._show_counts()

    def _show_counts(self) -> None:
        result = self._scene.result
        if result is not None:
            self._view.show_state_counts(state_counts(self.events(), result.columns_of(self._scene.frame)["hmm_count"]))

    def frame_changed(self) -> None:
        """The columns of the frame shown, and how many have which count."""
        panel = self._view.side_panel()
        if panel == "events":
            self._show_counts()
        if panel != "columns":
            return
        result, frame = self._scene.result, self._scene.frame
        if result is None or result.is_partial:
            self._view.show_columns(np.zeros(0), None, "", HINT_NONE if result is None else HINT_RUNNING)
            return
        columns = result.columns_of(frame)
        there = int((columns["hmm_count"] > 0).sum())
        text = f"{there} of {len(columns)} columns hold atoms in frame {frame}" if len(columns) else ""
        self._view.show_columns(columns, result.info.pixel_size_pm, text, "" if len(columns) else HINT_NO_COLUMNS)

    # --- what is chosen

    def choose_event(self, event: np.void) -> None:
        """An event was clicked: there, when it happened."""
        self._go_to(int(event["frame"]), float(event["x_px"]), float(event["y_px"]))

    def choose_column(self, column: np.void) -> None:
        """A column was clicked."""
        self._go_to(self._scene.frame, float(column["x_px"]), float(column["y_px"]))

    def follow(self, record: np.void) -> None:
        """A double click on an event or a column: its trace is shown."""
        self._marking.set_column(int(record["column"]), float(record["x_px"]), float(record["y_px"]))
