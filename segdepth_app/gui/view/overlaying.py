"""Decisions about what is drawn over the pictures: columns, changes, activity, the region. No widgets."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from segdepth_app.gui.texts import signed
from segdepth_app.gui.view.overlay_dots import Changes, Dots, spacing_px
from segdepth_app.gui.view.overlay_options import OverlayOptions
from segdepth_app.gui.view.overlay_region import Region, first_region
from segdepth_app.gui.view.overlay_region_bar import FIRST_NAME
from segdepth_app.gui.view.scene import Scene

DEPTH_AT_FIRST = 50
"""Opacity in percent of the depth over the frame when it is switched on by its key."""
MAX_KEPT = 256
"""Frames whose columns are kept in memory: 50 kB each for 5,000 columns."""
NO_RESULT = "Columns are known when the series has been analysed."
NO_COLUMNS = "This result has no columns: they come when the analysis is done."
NO_ACTIVITY = "The activity is known when the analysis is done."
OLD_RESULT = "This result is of an older kind that holds no activity: analyse the series again."


class OverlayPresenter:
    """Its part of the tab; `show` is called whenever another frame or another result is shown."""

    def __init__(self, view: Any, context: Any, scene: Scene) -> None:
        self._view, self._context, self._scene = view, context, scene
        self.options = OverlayOptions()
        self.region: Region | None = None
        self.region_name = FIRST_NAME
        self._last_depth = DEPTH_AT_FIRST
        self._spacing: float | None = None
        self._kept: OrderedDict[int, tuple[Dots, Dots]] = OrderedDict()

    # --- what the user chooses

    def set_option(self, name: str, value: Any) -> None:
        """A switch of the menu, a key, or a choice."""
        self.options = self.options.with_value(name, value)
        if name == "depth_percent" and value:
            self._last_depth = int(value)
        if name == "columns" and value:
            self._say_why_no_columns()
        if name == "region" and value:
            self._show_region()
        self._view.show_overlay_options(self.options)
        self.show(self._scene.frame)

    def toggle(self, name: str) -> None:
        """A key: columns, region on or off; the depth over the frame; activity in the place of the confidence."""
        if name == "depth":
            self.set_option("depth_percent", 0 if self.options.depth_percent else self._last_depth)
        elif name == "activity":
            self.set_option("third", "confidence" if self.options.third == "activity" else "activity")
        else:
            self.set_option(name, not getattr(self.options, name))

    def move_region(self, region: Region) -> None:
        """It was dragged, or its numbers were typed."""
        self.region = region
        self._read_region()

    def lie_at(self, numbers: tuple[int, int, int, int]) -> None:
        """The region is the rectangle that is followed; shown with the next result, or by its switch."""
        self.region = Region(*numbers)

    def rename_region(self, name: str) -> None:
        """Another name."""
        self.region_name = name
        self._show_region()

    def rectangle(self) -> tuple[int, int, int, int] | None:
        """x, y, width, height of the region on the frame, in source pixels; None while there is none."""
        return self.region.numbers if self.options.region and self.region else None

    # --- what is open

    def result_changed(self) -> None:
        """Another result, or none."""
        self._spacing = None
        self._kept.clear()
        self._view.show_overlay_options(self.options)
        self._show_activity()
        if self.options.region:
            self._show_region()

    def clear(self) -> None:
        """Nothing is open; the choices stay."""
        self.region, self.region_name, self._spacing = None, FIRST_NAME, None
        self._kept.clear()

    def show(self, frame: int) -> None:
        """Columns, changes and what is in the region, in this frame."""
        self._view.show_dots(self._dots(frame), self._changes(frame), self._spacing)
        if self.options.third == "activity":
            self._show_activity()
        self._read_region()

    # --- session

    def state(self) -> dict[str, Any]:
        """What a session keeps."""
        region = list(self.region.numbers) if self.region else None
        return {"options": self.options.as_dict(), "region": region, "region_name": self.region_name}

    def restore(self, kept: Mapping[str, Any]) -> None:
        """What a session kept; call it when the series is open."""
        self.options = OverlayOptions.from_dict(kept.get("options") or {})
        numbers = kept.get("region")
        if isinstance(numbers, list) and len(numbers) == 4 and all(isinstance(n, int) for n in numbers):
            self.region = Region(*numbers)
        self.region_name = str(kept.get("region_name") or FIRST_NAME)
        self.result_changed()

    # --- its own

    def _dots(self, frame: int) -> Dots:
        result = self._scene.result
        if result is None or not (self.options.columns or self.options.changes):
            return Dots.none()
        if not self.options.columns:
            self._know_spacing(frame)
            return Dots.none()
        self._know_spacing(frame)
        each, smoothed = self._columns(frame)
        return smoothed if self.options.smoothed else each

    def _columns(self, frame: int) -> tuple[Dots, Dots]:
        """Counts of the frame alone and after smoothing; the last frames are kept, for playing goes round."""
        known = self._kept.get(frame)
        if known is None:
            assert self._scene.result is not None
            rows = self._scene.result.columns_of(frame)
            x, y = rows["x_px"], rows["y_px"]
            known = Dots(x, y, rows["count"]), Dots(x, y, rows["hmm_count"])
            self._kept[frame] = known
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
        return known

    def _know_spacing(self, frame: int) -> None:
        """How far columns are apart, once for a result: the same columns are in every frame."""
        if self._spacing is None:
            columns, _ = self._columns(frame)
            self._spacing = spacing_px(columns.x_px, columns.y_px)

    def _changes(self, frame: int) -> Changes:
        result = self._scene.result
        if result is None or not self.options.changes:
            return Changes()
        events = result.events
        away = np.abs(events["frame"].astype(np.int64) - frame)
        near = away <= 1
        return Changes(events["x_px"][near], events["y_px"][near], away[near]) if near.any() else Changes()

    def _show_activity(self) -> None:
        """Read only when somebody wants to see it."""
        result = self._scene.result
        values = result.activity if result and self.options.third == "activity" else None
        words = ""
        if values is None:
            words = OLD_RESULT if result and not result.is_partial else NO_ACTIVITY
        else:
            values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)  # a picture must hold no NaN
        self._view.show_activity(values, result.grid if result else 1.0, words)

    def _say_why_no_columns(self) -> None:
        result = self._scene.result
        if result is None:
            self._context.status(NO_RESULT)
        elif not len(self._columns(self._scene.frame)[0].count):
            self._context.status(NO_COLUMNS)

    def _show_region(self) -> None:
        facts = self._scene.facts
        if facts is None:
            return
        size = facts.width_px, facts.height_px
        self.region = (self.region or first_region(*size)).within(*size)
        self._view.show_region(self.region, self.region_name)
        self._read_region()

    def _read_region(self) -> None:
        """What is in the region in this frame, from memory."""
        image = self._scene.image
        if not self.options.region or self.region is None or image is None:
            return
        x, y, width, height = self.region.numbers
        values = image[y : y + height, x : x + width]
        if not values.size:
            return
        text = f"mean {signed(values.mean(dtype=np.float64))}, σ {values.std(dtype=np.float64):.3g}"
        size = self._scene.facts.pixel_size_pm if self._scene.facts else None
        if size:
            text += f", {width * size / 1000:.2f} × {height * size / 1000:.2f} nm"
        self._view.show_region_readout(text)
