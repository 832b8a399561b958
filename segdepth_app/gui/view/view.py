"""The View tab's widgets put together: signals out, setters in, no decisions."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from segdepth_app.gui import theme
from segdepth_app.gui.view.analysis import FieldText
from segdepth_app.gui.view.analysis_bar import AnalysisBar
from segdepth_app.gui.view.analysis_state import AnalysisState, ResultEntry
from segdepth_app.gui.view.contrast_dialog import ContrastDialog
from segdepth_app.gui.view.events_logic import EventFilter, StateCounts
from segdepth_app.gui.view.export_dialog import ExportDialog
from segdepth_app.gui.view.export_draft import ExportDraft
from segdepth_app.gui.view.facts_lines import FactLine
from segdepth_app.gui.view.help_actions import add_keys
from segdepth_app.gui.view.help_keys import JUMP
from segdepth_app.gui.view.help_sheet import HelpSheet
from segdepth_app.gui.view.markers import MAX_MARKERS, Marker, MarkerRow, Trace
from segdepth_app.gui.view.overlay_setters import PictureSetters
from segdepth_app.gui.view.panes import LinkedPanes
from segdepth_app.gui.view.side_tabs import SideTabs
from segdepth_app.gui.view.top_bar import TopBar
from segdepth_app.gui.view.traces_panel import TracesPanel
from segdepth_app.gui.welcome import WelcomePage
from segdepth_app.gui.widgets.asking import ask
from segdepth_app.gui.widgets.class_legend import ClassLegend
from segdepth_app.gui.widgets.play_bar import PlayBar

if TYPE_CHECKING:
    from segdepth_app.series.grid import Grid

SETTLE_MS = 300
SIDE_WIDTH = 320
TRACES_BELOW_ENLARGED_PX = 84
"""One trace is still seen below an enlarged picture."""


def _split(direction: Qt.Orientation, first: QWidget, second: QWidget, *, sizes: tuple[int, int]) -> QSplitter:
    """Two widgets whose border can be moved; the first takes most of the room that comes."""
    splitter = QSplitter(direction)
    splitter.addWidget(first)
    splitter.addWidget(second)
    splitter.setStretchFactor(0, 3)
    splitter.setStretchFactor(1, 1 if direction is Qt.Orientation.Vertical else 0)
    splitter.setChildrenCollapsible(False)
    splitter.setSizes(list(sizes))
    return splitter


def _press(button: QAbstractButton) -> None:
    """What a key stands for can be had where its button is: not on the welcome page."""
    if button.isVisible():
        button.click()


class View(QWidget, PictureSetters):
    """Welcome page, or the workspace with panes, play bar, traces and markers."""

    frame_changed = Signal(int)
    settled = Signal()
    """The frame has stood still for a moment."""
    marker_key = Signal(int)
    """A key 1 to 9."""
    toggled = Signal(str)
    """A key of what is drawn over the pictures: columns, depth, activity, region."""
    contrast_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.welcome = WelcomePage()
        self.top_bar = TopBar()
        self.panes = LinkedPanes()
        self.legend = ClassLegend(vertical=True)
        self.play_bar = PlayBar()
        self.traces = TracesPanel()
        self.side = SideTabs()
        self.marker_list = self.side.markers
        self.contrast_dialog = ContrastDialog(self)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self._stack.addWidget(self._make_workspace())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(SETTLE_MS)
        self._settle.timeout.connect(self.settled)
        self.play_bar.frame_changed.connect(self._on_frame)
        self.traces.frame_clicked.connect(self.go_to)
        self._heights: list[int] = []
        self.panes.enlarged_changed.connect(self._on_enlarged)
        self._add_keys()

    def _make_workspace(self) -> QWidget:
        pictures = QWidget()
        row = QHBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACING_PX)
        row.addWidget(self.panes, 1)
        row.addWidget(self.legend, 0, Qt.AlignmentFlag.AlignVCenter)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(pictures, 1)
        column.addWidget(self.play_bar)
        self.splitter = _split(Qt.Orientation.Vertical, upper, self.traces, sizes=(370, 190))
        self.side_splitter = _split(Qt.Orientation.Horizontal, self.splitter, self.side, sizes=(930, SIDE_WIDTH))
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        layout.addWidget(self.top_bar)
        layout.addWidget(self.side_splitter, 1)
        return page

    def _add_keys(self) -> None:
        """Keys for the pictures; a text field in focus keeps its own."""
        bar, panes = self.play_bar, self.panes
        slots: dict[str, Callable[[], object]] = {
            "play": bar.toggle,
            "back": lambda: bar.step(-1),
            "on": lambda: bar.step(1),
            "jump_back": lambda: bar.step(-JUMP),
            "jump_on": lambda: bar.step(JUMP),
            "first": lambda: self.go_to(0),
            "last": lambda: self.go_to(bar.slider.maximum()),
            **{name: partial(self.toggled.emit, name) for name in ("columns", "depth", "activity", "region")},
            "contrast": self.contrast_wanted.emit,
            "enlarge": panes.toggle_enlarged,
            "fit": panes.fit,
            "nearer": lambda: panes.zoom(1),
            "farther": lambda: panes.zoom(-1),
            "calibration": partial(_press, self.top_bar.calibration),
            "suits": partial(_press, self.top_bar.suits),
            "help": lambda: HelpSheet(self).open(),
        }
        self.keys = add_keys(slots, everywhere=self, around_frames=(panes, bar, self.traces))
        for number in range(1, MAX_MARKERS + 1):
            for place in (self.panes, self.play_bar, self.traces):
                shortcut = QShortcut(QKeySequence(str(number)), place, partial(self.marker_key.emit, number))
                shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.panes.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def _on_frame(self, frame: int) -> None:
        self.frame_changed.emit(frame)
        if self.play_bar.playing:
            self._settle.stop()
        else:
            self._settle.start()

    def _on_enlarged(self, enlarged: bool) -> None:
        """The traces lend an enlarged picture their room."""
        now = self.splitter.sizes()
        if enlarged and not self._heights:
            self._heights = now
            below = min(TRACES_BELOW_ENLARGED_PX, now[1])
            self.splitter.setSizes([sum(now) - below, below])
        elif not enlarged and self._heights:
            # laid out from within, or the four still claim the height of one below the other
            inner: QWidget | None = self.panes
            while inner is not None and inner is not self.splitter:
                if (layout := inner.layout()) is not None:
                    layout.activate()
                inner = inner.parentWidget()
            self.splitter.setSizes(self._heights)
            self._heights = []

    @property
    def analysis(self) -> AnalysisBar:
        """The controls of the analysis."""
        return self.top_bar.analysis

    def go_to(self, frame: int) -> None:
        """Stops playing and shows a frame."""
        self.play_bar.stop()
        self.play_bar.set_frame(frame)

    # --- pages

    def show_welcome(self, recent: list[str]) -> None:
        """The page for when nothing is open."""
        self.play_bar.stop()
        self.welcome.set_recent(recent)
        self._stack.setCurrentIndex(0)

    def show_workspace(self, name: str) -> None:
        """The page of a series."""
        self.top_bar.show_series(name)
        self._stack.setCurrentIndex(1)
        self.panes.setFocus()

    # --- pictures

    def set_series(self, n_frames: int, frame_time_s: float | None, width_px: int, height_px: int) -> None:
        """Size of the series; goes to frame 0."""
        self.play_bar.set_series(n_frames, frame_time_s)
        self.panes.set_picture_size(width_px, height_px)

    def set_frame(self, frame: int) -> None:
        """Moves the slider."""
        self.play_bar.set_frame(frame)

    def set_pixel_size(self, pixel_size_pm: float | None) -> None:
        """For the scale bars."""
        self.panes.set_pixel_size(pixel_size_pm)

    def show_frame(self, image: np.ndarray) -> None:
        """The frame [y, x]."""
        self.panes.show_image("frame", image)

    def hide_frame(self, hint: str) -> None:
        """Words in the place of a frame that is not there."""
        self.panes.hide_image("frame")
        self.panes.hints["frame"].show(hint)

    def show_maps(
        self, depth: np.ndarray | None, confidence: np.ndarray | None, place: "float | Grid", hint: str
    ) -> None:
        """Depth and confidence, uint8, on their grid; or the hint why there are none."""
        for name, image in (("depth", depth), ("confidence", confidence)):
            if image is None:
                self.panes.hide_image(name)
            else:
                self.panes.show_image(name, image, place)
            self.panes.hints[name].show(hint)

    def show_saliency(self, values: np.ndarray | None, place: "float | Grid") -> None:
        """The saliency, in the colours chosen."""
        if values is None:
            self.panes.hide_image("saliency")
        else:
            self.panes.show_image("saliency", values, place)

    def show_saliency_text(self, text: str, hint: str) -> None:
        """What the saliency is of; or words in its place."""
        self.panes.caption.say(text)
        self.panes.hints["saliency"].show(hint)

    def show_hint(self, pane: str, text: str) -> None:
        """Words in a pane that has nothing to show."""
        self.panes.hints[pane].show(text)

    def clear_pictures(self) -> None:
        """Nothing is open any more."""
        self.play_bar.set_series(0)
        self.panes.clear()

    def show_cursor(self, frame: int) -> None:
        """The frame shown, in the traces."""
        self.traces.set_frame(frame)

    def highlight_class(self, depth: int | None) -> None:
        """Marks a class in the legend."""
        self.legend.set_highlighted([] if depth is None else [depth])

    # --- markers, facts, analysis

    def show_markers(self, markers: list[Marker]) -> None:
        """Rings in the panes."""
        self.panes.set_markers(markers)

    def show_marker_rows(self, rows: list[MarkerRow], selected: int | None) -> None:
        """The list of markers."""
        self.marker_list.show_rows(rows, selected)

    def show_traces(self, traces: list[Trace], hint: str) -> None:
        """The trace rows, or the hint."""
        self.traces.show_traces(traces, hint)

    def show_models(self, names: list[str], chosen: str | None) -> None:
        """The model chooser."""
        self.analysis.show_models(names, chosen)

    def show_results(self, entries: list[ResultEntry]) -> None:
        """The results of this series to choose from."""
        self.analysis.show_results(entries)

    def show_options(self, values: dict[str, Any], complaints: dict[str, str]) -> None:
        """The options of the next analysis."""
        self.analysis.options.show_options(values, complaints)

    def show_facts(self, facts: dict[str, FieldText]) -> None:
        """Pixel size, dose, vacuum."""
        self.top_bar.show_facts(facts)

    def show_warnings(self, warnings: list[str]) -> None:
        """The strip of warnings."""
        self.top_bar.show_warnings(warnings)

    def show_analysis(self, state: AnalysisState) -> None:
        """The buttons of the analysis."""
        self.analysis.show_state(state)

    def show_result_facts(self, lines: list[FactLine]) -> None:
        """What made the result."""
        self.side.facts.show_lines(lines)

    # --- events and columns

    def side_panel(self) -> str:
        """The panel in sight at the right: markers, events, columns, facts."""
        return self.side.name()

    def show_events(self, events: np.ndarray, frame_time_s: float | None, summary: str, hint: str) -> None:
        """The events that pass the filter."""
        self.side.events.show_events(events, frame_time_s, summary, hint)

    def show_event_filter(self, chosen: EventFilter) -> None:
        """The filter of the events."""
        self.side.events.show_filter(chosen)

    def show_state_counts(self, counts: StateCounts) -> None:
        """What events and columns add up to."""
        self.side.events.show_counts(counts)

    def show_columns(self, columns: np.ndarray, pixel_size_pm: float | None, summary: str, hint: str) -> None:
        """The columns of the frame."""
        self.side.columns.show_columns(columns, pixel_size_pm, summary, hint)

    def look_at(self, x: float, y: float) -> None:
        """Shows where a place is: a cross on it, and the zoom moved so that it is in sight."""
        for pane in self.panes.panes.values():
            pane.set_crosshair(x, y)
        view = self.panes.panes["frame"].view
        for axis, place in enumerate((x, y)):
            low, high = view.viewRange()[axis]
            if not low <= place <= high:
                half = (high - low) / 2
                view.setRange(**{"xRange" if axis == 0 else "yRange": (place - half, place + half)}, padding=0)

    def set_can_export(self, *, result: bool) -> None:
        """Is there anything to export?"""
        self.top_bar.set_can_export(result=result)

    # --- dialogs and looks

    def ask_to_discard(self, question: str, explanation: str, then: Callable[[], object]) -> None:
        """Asks before something is lost; calls `then` on yes."""
        ask(self, question, explanation, "Discard", then)

    def ask_export(self, draft: ExportDraft, then: Callable[[ExportDraft], object]) -> None:
        """What of a result is written, and where to; calls `then` when it is settled."""
        ExportDialog(draft, then, self).open()

    def ask_file(self, title: str, folder: str, kinds: str) -> str:
        """A file to open; empty when the user thinks better of it."""
        return QFileDialog.getOpenFileName(self, title, folder, kinds)[0]

    def ask_folder(self, title: str, folder: str) -> str:
        """A folder to open."""
        return QFileDialog.getExistingDirectory(self, title, folder)

    def refresh_theme(self) -> None:
        """Light became dark, or back."""
        self.panes.refresh_theme()
        self.traces.refresh_theme()

    def ask_target(self, title: str, suggestion: str, kinds: str) -> str:
        """A file to write."""
        return QFileDialog.getSaveFileName(self, title, suggestion, kinds)[0]
