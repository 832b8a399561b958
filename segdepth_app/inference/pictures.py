"""Pictures of a result's panes at one time: frame, depth, confidence, columns, activity, with all that explains them.

Drawn with numpy and Pillow. All panes show the frame, upright; contrast and colours are the same at every time, so
that pictures of a series can be compared, and played as a movie.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from segdepth_app.colours import CLASS_COLOURS, NOTHING, class_table, grey_table, heat_table
from segdepth_app.errors import SeriesError
from segdepth_app.inference.on_frame import OnFrame, bar_length_nm, frame_picture, zoom_for
from segdepth_app.inference.result_info import OUTSIDE
from segdepth_app.inference.results import Result
from segdepth_app.series.opener import Series

PANE_PX = 480
GAP_PX = 8
LINE_PX = 22
TEXT_PX = 14
LEAST_PANE_PX = 220
"""Narrower panes would not hold their titles."""
SAMPLED_FRAMES = 20
DARK = tuple(share // 2 for share in (48, 54, 58))
TEXT = (230, 233, 236)
MUTED = (150, 158, 166)
TITLES = {
    "frame": "Frame",
    "depth": "Atoms per column",
    "confidence": "Confidence",
    "columns": "Columns, smoothed through time",
    "activity": "Activity of the whole series",
}
NEED_FRAMES = ("frame",)


class Pictures:
    """picture(t) draws frame t. `series` None: panes that need frames are left out, see `panes`."""

    def __init__(self, result: Result, series: Series | None, panes: Sequence[str], frames: range) -> None:
        self._result, self._series = result, series
        info = result.info
        zoom = zoom_for(info.height_px, info.width_px, PANE_PX)
        self._on_frame = OnFrame(result.grid, info.height_px, info.width_px, zoom)
        self._activity = result.activity()
        self.panes = [name for name in panes if self._has(name)]
        self._levels = _levels(series, frames) if series is not None else (0.0, 1.0)
        self._classes, self._heat, self._grey = class_table()[:, :3], heat_table()[:, :3], grey_table()
        self._classes[OUTSIDE] = NOTHING
        height, width = self._on_frame.shape
        self._cell = (height + LINE_PX, max(width, LEAST_PANE_PX))
        self._n_across = 1 if len(self.panes) == 1 else 3 if len(self.panes) > 4 or len(self.panes) == 3 else 2
        self._font = ImageFont.load_default(TEXT_PX)

    def _has(self, name: str) -> bool:
        if name in NEED_FRAMES:
            return self._series is not None
        return self._activity is not None if name == "activity" else True

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the pictures; even, as video codecs need them."""
        rows = -(-len(self.panes) // self._n_across)
        height = LINE_PX + GAP_PX + rows * (self._cell[0] + GAP_PX) + 2 * LINE_PX
        width = GAP_PX + self._n_across * (self._cell[1] + GAP_PX)
        return height + height % 2, max(width + width % 2, 2 * LEAST_PANE_PX)

    def place(self, pane: str) -> tuple[int, int]:
        """Row and column of the picture at which a pane's upper left pixel lies."""
        down, across = divmod(self.panes.index(pane), self._n_across)
        x = GAP_PX + across * (self._cell[1] + GAP_PX)
        y = LINE_PX + GAP_PX + down * (self._cell[0] + GAP_PX) + LINE_PX
        return y, x

    def picture(self, t: int) -> np.ndarray:
        """uint8 (height, width, 3) of frame t."""
        height, width = self.size
        canvas = Image.new("RGB", (width, height), DARK)
        draw = ImageDraw.Draw(canvas)
        draw.text((GAP_PX, GAP_PX // 2), self._headline(t), fill=TEXT, font=self._font)
        frame = self._frame(t)
        for name in self.panes:
            y, x = self.place(name)
            canvas.paste(self._pane(name, t, frame), (x, y))
            draw.text((x, y - LINE_PX + 3), TITLES[name], fill=TEXT, font=self._font)
            self._scale_bar(draw, x, y)
        self._legend(draw, height - 2 * LINE_PX)
        return np.asarray(canvas)

    def _headline(self, t: int) -> str:
        times = self._result.time_s
        time = "" if times is None else f"   {times[t]:.3f} s"
        return f"{Path(self._result.info.source[0]).name}   frame {t} (from 0){time}"

    def _frame(self, t: int) -> np.ndarray | None:
        """uint8 picture of the frame; None where there is none."""
        if self._series is None:
            return None
        try:
            frame = self._series.frame(t)
        except SeriesError:
            return None
        low, high = self._levels
        shown = frame_picture(frame, self._on_frame.zoom)
        grey: np.ndarray = np.clip((shown - low) * (255 / (high - low)), 0, 255).astype(np.uint8)
        return grey

    def _pane(self, name: str, t: int, frame: np.ndarray | None) -> Image.Image:
        is_done = bool(self._result.done[t])
        nothing = Image.new("RGB", (self._on_frame.shape[1], self._on_frame.shape[0]), NOTHING)
        if name == "frame":
            return nothing if frame is None else Image.fromarray(self._grey[frame])
        if name == "activity":
            return Image.fromarray(self._activity_colours())
        if not is_done:
            return nothing
        if name == "depth":
            return Image.fromarray(self._classes[self._on_frame(self._result.depth(t), OUTSIDE)])
        if name == "confidence":
            shown = self._heat[self._on_frame(self._result.confidence(t), 0)]
            shown[~self._on_frame.reaches] = NOTHING
            return Image.fromarray(shown)
        return self._columns(t, nothing if frame is None else Image.fromarray(self._grey[frame // 2]))

    def _activity_colours(self) -> np.ndarray:
        assert self._activity is not None
        share = np.clip(self._activity * (255 / self.most_activity), 0, 255).astype(np.uint8)
        shown: np.ndarray = self._heat[self._on_frame(share, 0)]
        shown[~self._on_frame.reaches] = NOTHING
        return shown

    @property
    def most_activity(self) -> float:
        """Activity in atoms that is drawn brightest."""
        most = 0.0 if self._activity is None else float(self._activity.max())
        return most if most > 0 else 1.0

    def _columns(self, t: int, picture: Image.Image) -> Image.Image:
        """Discs in the class colours of the smoothed counts; a ring where a site is empty."""
        draw = ImageDraw.Draw(picture)
        info = self._result.info
        reach = self._result.card.labels.light_radius_pm / info.pixel_size_pm * self._on_frame.zoom
        radius = float(np.clip(0.7 * reach, 2, 12))
        rows = self._result.columns_of(t)
        for x, y, count in zip(
            self._on_frame.to_picture(rows["x_px"]),
            self._on_frame.to_picture(rows["y_px"]),
            rows["hmm_count"],
            strict=True,
        ):
            box = (float(x) - radius, float(y) - radius, float(x) + radius, float(y) + radius)
            draw.ellipse(box, fill=CLASS_COLOURS[count] if count else None, outline=MUTED)
        return picture

    def _scale_bar(self, draw: ImageDraw.ImageDraw, x: int, y: int) -> None:
        height, width = self._on_frame.shape
        pixel_nm = self._result.info.pixel_size_pm / 1000 / self._on_frame.zoom
        length_nm = bar_length_nm(width * pixel_nm)
        length = round(length_nm / pixel_nm)
        left, bottom = x + 8, y + height - 8
        draw.rectangle((left - 4, bottom - LINE_PX - 2, left + max(length, 36) + 4, bottom + 4), fill=(0, 0, 0))
        draw.rectangle((left, bottom - 4, left + length - 1, bottom), fill=(255, 255, 255))
        draw.text((left, bottom - LINE_PX - 1), f"{length_nm:g} nm", fill=(255, 255, 255), font=self._font)

    def _legend(self, draw: ImageDraw.ImageDraw, y: int) -> None:
        x = GAP_PX
        if {"depth", "columns"} & set(self.panes):
            for number, colour in enumerate(CLASS_COLOURS):
                draw.rectangle((x, y + 4, x + 12, y + 16), fill=colour, outline=MUTED)
                draw.text((x + 16, y + 2), str(number), fill=TEXT, font=self._font)
                x += 32 if number < 9 else 38
            y, x = y + LINE_PX, GAP_PX
        bars = {"confidence": ("0", "1"), "activity": ("0", f"{self.most_activity:.3g} atoms")}
        for name, (low, high) in bars.items():
            if name in self.panes:
                x = self._heat_bar(draw, x, y, f"{name} {low}", high)

    def _heat_bar(self, draw: ImageDraw.ImageDraw, x: int, y: int, before: str, behind: str) -> int:
        draw.text((x, y + 2), before, fill=TEXT, font=self._font)
        x += round(draw.textlength(before, self._font)) + 6
        for step in range(64):
            draw.line((x + step, y + 4, x + step, y + 16), fill=tuple(int(v) for v in self._heat[4 * step]))
        draw.text((x + 70, y + 2), behind, fill=TEXT, font=self._font)
        return x + 70 + round(draw.textlength(behind, self._font)) + 16


def _levels(series: Series, frames: range) -> tuple[float, float]:
    """Black and white of all frames: the percentiles 0.5 and 99.5 of a sample of them."""
    wanted = {frames[round(i)] for i in np.linspace(0, len(frames) - 1, min(SAMPLED_FRAMES, len(frames)))}
    zoom = zoom_for(series.height_px, series.width_px, PANE_PX)
    values = []
    for index in sorted(wanted):
        try:
            values.append(frame_picture(series.frame(index), zoom).ravel())
        except SeriesError:  # it is shown as a gap
            continue
    if not values:
        return 0.0, 1.0
    low, high = np.percentile(np.concatenate(values), (0.5, 99.5))
    return float(low), float(max(high, low + 1e-6))
