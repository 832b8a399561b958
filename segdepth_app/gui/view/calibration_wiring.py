"""The calibration put together: its windows, their presenters, and what is remembered of a series."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from segdepth_app.gui.view.calibration_lattice import angle_text
from segdepth_app.gui.view.calibration_memory import CalibrationMemory
from segdepth_app.gui.view.calibration_presenter import CalibrationPresenter, Rectangle
from segdepth_app.gui.view.calibration_raw import RawDialog, wants_layout
from segdepth_app.gui.view.calibration_view import CalibrationView
from segdepth_app.gui.view.companion import Companion
from segdepth_app.gui.view.drift_presenter import DriftPresenter
from segdepth_app.gui.view.helper_client import HelperClient
from segdepth_app.gui.view.presenter import ViewPresenter
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.suits_presenter import SuitsPresenter
from segdepth_app.gui.view.suits_view import SuitsView
from segdepth_app.gui.view.typed import Typed

CALM_MS = 400
"""The model is compared when nothing has changed for so long: first the frame, then the rest."""


class Calibration(QObject, Companion):
    """Made by the tab. Windows are children of `parent`."""

    def __init__(
        self,
        parent: QWidget,
        context: Any,
        presenter: ViewPresenter,
        helper: HelperClient,
        bar: Any,
        region: Callable[[], Rectangle | None],
    ) -> None:
        """`bar` shows the line of *Does this model suit this data?* (show_suits)."""
        super().__init__(parent)
        self._parent, self._presenter, self._scene, self._bar = parent, presenter, presenter.scene, bar
        self._region = region
        self.memory = CalibrationMemory(context.settings)
        self.view, self.suits_view = CalibrationView(parent), SuitsView(parent)
        analysis = presenter.analysis
        self.lattice = CalibrationPresenter(
            self.view,
            self._scene,
            helper,
            model=lambda: analysis.model,
            type_values=analysis.type_values,
            region=region,
        )
        self.drift = DriftPresenter(self.view, context, self._scene, type_values=analysis.type_values)
        self.suits = SuitsPresenter(self.suits_view, bar, self._scene, helper, model=lambda: analysis.model)
        self._calm = QTimer(self)
        self._calm.setSingleShot(True)
        self._calm.setInterval(CALM_MS)
        self._calm.timeout.connect(self.suits.refresh)
        self._recalled = ""
        self._is_trying = False
        """The series is being opened with what was remembered of it."""
        self._context = context
        self._connect(region)
        context.theme_changed.connect(self.suits_view.refresh_theme)

    def _connect(self, region: Callable[[], Rectangle | None]) -> None:
        view, lattice, drift = self.view, self.lattice, self.drift
        view.value_typed.connect(lattice.type_value)
        view.lattice.measure.connect(lattice.measure)
        view.lattice.take_over.connect(lattice.take_over)
        view.lattice.turn.connect(lattice.turn)
        view.lattice.turn_back.connect(lattice.turn_back)
        view.levels.mode_chosen.connect(lattice.choose_mode)
        view.lattice.region.take = view.levels.rectangle.take = region
        view.drift.measure.connect(drift.measure)
        view.drift.stop.connect(drift.stop)
        view.drift.align_chosen.connect(drift.choose_align)
        view.drift.sum_asked.connect(drift.ask_sum)
        view.drift.sum_chosen.connect(drift.choose_sum)

    def present(self) -> None:
        """Opens the calibration."""
        if self._scene.facts is not None:
            self.view.present()

    def use_region(self, what: str) -> None:
        """The rectangle drawn in the frame pane is taken for the vacuum, or its lattice is measured."""
        region = self._region()
        if region is None or self._scene.facts is None:
            return
        if what == "vacuum":
            self.lattice.type_value("vacuum", ",".join(str(number) for number in region))
        elif what == "lattice":
            self.view.show_region(region)
            self.view.present()
            self.lattice.measure(False, region)

    def close(self) -> None:
        """The tab closes."""
        self._calm.stop()
        self.view.close()
        self.suits_view.close()

    # --- as companion of the presenter

    def opened(self, facts: SeriesFacts) -> bool:
        """An untouched series comes back with what was typed for it last time; that of a result is the result's."""
        scene, self._is_trying = self._scene, False
        if scene.typed.raw:
            self.memory.keep_raw(Path(scene.paths[0]), scene.typed.raw)
        untouched = scene.result is None and scene.typed == Typed(raw=scene.typed.raw)
        known = self.memory.recall(facts.fingerprint) if untouched and facts.fingerprint != self._recalled else None
        self._recalled = facts.fingerprint
        if known is None or replace(known, raw=scene.typed.raw) == scene.typed:
            return False
        scene.typed = replace(known, raw=scene.typed.raw)
        self._is_trying = True
        return True

    def refused(self, message: str, hint: str) -> bool:
        """A file without a header: opened with the layout of last time, or one is asked for."""
        scene = self._scene
        if not wants_layout(hint) or len(scene.paths) != 1 or not Path(scene.paths[0]).is_file():
            return self._opened_without(message, hint)
        path, typed = Path(scene.paths[0]), scene.typed.raw
        known = self.memory.raw_layout(path)
        if typed is None and known is not None:
            QTimer.singleShot(0, self, lambda: self._open_raw(path, known))  # when this one is closed
        else:
            RawDialog(path, message, typed, lambda text: self._open_raw(path, text), self._parent).open()
        return True

    def _opened_without(self, message: str, hint: str) -> bool:
        """What was remembered cannot be used any more (its drift is gone): opened without it, and that is said."""
        scene = self._scene
        typed, bare = scene.typed, Typed(raw=scene.typed.raw)
        first_time = scene.file_facts is None or self._is_trying
        if typed == bare or not first_time or scene.result is not None or len(scene.paths) != 1:
            return False
        easier = typed.changed(align="none") if typed.align != "none" else bare
        what = "alignment" if typed.align != "none" else "the values typed for it"
        if self._recalled:
            self.memory.keep(self._recalled, easier)
        path = scene.paths[0]
        self._context.report(message, f"{Path(path).name} is opened without {what}. {hint}")
        QTimer.singleShot(0, self, lambda: self._presenter.open_path(path, easier.kept()))
        return True

    def _open_raw(self, path: Path, layout: str) -> None:
        self._presenter.open_path(path, {"raw": layout})

    def typed(self) -> None:
        """Remembered for when the series is opened again."""
        facts = self._scene.file_facts
        if facts is not None:
            self.memory.keep(facts.fingerprint, self._scene.typed)

    def refreshed(self) -> None:
        """Pages follow at once, the comparison when it is calm."""
        self.lattice.refresh()
        self.drift.refresh()
        self._bar.show_more(done_text(self._scene.typed))
        self._calm.start()

    def left(self) -> None:
        """Nothing is open."""
        self._bar.show_more("")
        self._calm.stop()
        self._recalled, self._is_trying = "", False
        self.lattice.reset()
        self.drift.reset()
        self.suits.reset()


def done_text(typed: Typed) -> str:
    """What was done to the frames, for the top bar; the values that are always there stand in their fields."""
    parts = [f"turned {angle_text(typed.rotation_deg)}"] if typed.rotation_deg else []
    parts += ["drift undone"] * (typed.align != "none")
    parts += [f"{typed.sum_frames} frames to an image"] * (typed.sum_frames > 1)
    parts += ["gain typed"] * (typed.gain is not None) + ["offset typed"] * (typed.offset is not None)
    return " · ".join(parts)
