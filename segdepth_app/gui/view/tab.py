"""Makes the View tab: view, presenter, the two children's clients, and the wires between them."""

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QVBoxLayout, QWidget

from segdepth_app.gui.context import AppContext
from segdepth_app.gui.view.calibration_wiring import Calibration
from segdepth_app.gui.view.chores import Chores
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.presenter import ViewPresenter
from segdepth_app.gui.view.saliency_client import SaliencyClient
from segdepth_app.gui.view.series_client import SeriesClient
from segdepth_app.gui.view.shelf import Shelf
from segdepth_app.gui.view.view import View
from segdepth_app.gui.welcome import sample_series
from segdepth_app.paths import results_folder

SERIES_KINDS = (
    "Series and results (*.tif *.tiff *.mrc *.mrcs *.map *.dm3 *.dm4 *.emd *.ser *.npy *.hspy *.h5 *.hdf5 "
    "*.png *.jpg *.bmp *.tvips *.blo *.raw *.bin *.dat *.avi *.mp4 *.mov *.gif);;All files (*)"
)
MODEL_KINDS = "SegDepth models (*.safetensors)"


class ViewTab(QWidget):
    """The tab as the main window sees it."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self.view = View()
        self.series = SeriesClient(context.jobs)
        self.helper = HelperClient(context.jobs)
        self.saliency = SaliencyClient(self.helper)
        self.chores = Chores()
        self.presenter = ViewPresenter(
            self.view, context, self.series, self.saliency, self.helper, Shelf(results_folder()), self.chores
        )
        self.calibration = Calibration(
            self.view, context, self.presenter, self.helper, self.view.top_bar, self._drawn_rectangle
        )
        self.presenter.companion = self.calibration
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self._connect()

    def open_path(self, path: str) -> bool:
        """Opens a series or a result."""
        return self.presenter.open_path(path)

    def save_state(self) -> dict[str, Any]:
        """For the session."""
        return self.presenter.save_state()

    def restore_state(self, state: dict[str, Any]) -> None:
        """What a session kept."""
        self.presenter.restore_state(state)

    def close_children(self) -> None:
        """Ends the helpers of this tab."""
        self.view.play_bar.stop()
        self.calibration.close()
        self.presenter.close()

    def event(self, event: QEvent) -> bool:
        """A tab that goes for good takes its helpers with it."""
        if event.type() == QEvent.Type.DeferredDelete:
            self.close_children()
        return super().event(event)

    def _connect(self) -> None:
        view, presenter = self.view, self.presenter
        analysis, marking = presenter.analysis, presenter.marking
        view.welcome.file_wanted.connect(self._choose_file)
        view.welcome.folder_wanted.connect(self._choose_folder)
        view.welcome.sample_wanted.connect(lambda: self._open(str(sample_series() or "")))
        view.welcome.path_wanted.connect(presenter.open_path)
        view.top_bar.open_file.connect(self._choose_file)
        view.top_bar.open_folder.connect(self._choose_folder)
        self._context.theme_changed.connect(view.refresh_theme)
        bar = view.analysis
        bar.asked.connect(analysis.ask)
        bar.model_chosen.connect(analysis.choose_model)
        bar.other_model.connect(self._choose_model)
        bar.result_chosen.connect(presenter.results.load)
        bar.options.typed.connect(analysis.type_option)
        bar.options.reset.connect(analysis.reset_options)
        view.top_bar.value_typed.connect(analysis.type_value)
        view.top_bar.calibration_wanted.connect(self.calibration.present)
        view.top_bar.suits_wanted.connect(self.calibration.suits_view.present)
        for what in ("result", "traces", "events"):
            signal = getattr(view.top_bar, f"export_{what}")
            signal.connect(partial(presenter.exporter.export, what))
        view.frame_changed.connect(presenter.show_frame)
        view.settled.connect(presenter.settled)
        view.panes.pixel_clicked.connect(marking.click)
        view.panes.double_clicked.connect(marking.take_back)
        view.panes.right_clicked.connect(marking.clear)
        view.panes.depth_chosen.connect(marking.choose_depth)
        view.panes.pixel_hovered.connect(presenter.readout.show)
        view.panes.hover_left.connect(presenter.readout.end)
        view.marker_key.connect(marking.select)
        view.marker_list.selected.connect(marking.select)
        view.marker_list.removed.connect(marking.remove)
        view.marker_list.cleared.connect(marking.clear)
        view.marker_list.renamed.connect(marking.rename)
        view.marker_list.widened.connect(marking.widen)
        view.traces.hovered.connect(lambda number, frame: self._context.status(marking.hover_text(number, frame)))
        view.traces.hover_left.connect(presenter.readout.end)
        self._connect_tables()
        self._connect_pictures()

    def _connect_tables(self) -> None:
        """Events and columns."""
        side, events = self.view.side, self.presenter.events
        side.turned.connect(events.turned)
        side.events.filter_changed.connect(events.set_filter)
        side.events.export_wanted.connect(lambda: self.presenter.exporter.export("events"))
        side.events.chosen.connect(events.choose_event)
        side.columns.chosen.connect(events.choose_column)
        for table in (side.events, side.columns):
            table.opened.connect(events.follow)

    def _connect_pictures(self) -> None:
        """What is drawn over them, contrast and colours."""
        panels, pictures = self.view.panes.overlays, self.presenter.pictures
        overlays, contrast, dialog = pictures.overlays, pictures.contrast, self.view.contrast_dialog
        self.view.toggled.connect(overlays.toggle)
        panels.option_changed.connect(overlays.set_option)
        self.view.panes.third.chosen.connect(partial(overlays.set_option, "third"))
        panels.region_moved.connect(overlays.move_region)
        panels.region_moved.connect(lambda region: self.presenter.marking.move_region(*region.numbers))
        panels.region_renamed.connect(overlays.rename_region)
        panels.region_used.connect(self._use_region)
        for wanted in (self.view.contrast_wanted, panels.contrast_wanted):
            wanted.connect(contrast.open)
        dialog.levels_changed.connect(contrast.set_levels)
        dialog.saliency_changed.connect(contrast.set_saliency)
        dialog.reset_wanted.connect(contrast.reset)

    def _use_region(self, purpose: str) -> None:
        """The region becomes a marker, the place of the vacuum, or what the lattice is sought in."""
        rectangle = self._drawn_rectangle()
        if rectangle is None:
            return
        if purpose == "trace":
            self.presenter.marking.set_region(*rectangle)
        else:
            self.calibration.use_region(purpose)

    def _drawn_rectangle(self) -> tuple[int, int, int, int] | None:
        """x, y, width, height of the region on the frame, if there is one."""
        return self.presenter.pictures.overlays.rectangle()

    def commands(self) -> list[QAction]:
        """What the command palette offers while this tab is in front."""
        return self.view.keys

    def _last_folder(self) -> str:
        return str(self._context.settings.get("last_folder"))

    def _choose_file(self) -> None:
        self._open(self.view.ask_file("Open a series or a result", self._last_folder(), SERIES_KINDS))

    def _choose_folder(self) -> None:
        self._open(self.view.ask_folder("Open a folder of frames", self._last_folder()))

    def _open(self, path: str) -> None:
        if path and self.presenter.open_path(path):
            self._context.settings.set("last_folder", str(Path(path).parent))

    def _choose_model(self) -> None:
        path = self.view.ask_file("Choose a model", self._last_folder(), MODEL_KINDS)
        self.presenter.analysis.choose_model(path or self.presenter.analysis.model)


def create_tab(context: AppContext) -> QWidget:
    """The View tab."""
    return ViewTab(context)
