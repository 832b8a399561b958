"""A result as the View tab needs it, finished or in the making: maps of a frame, and what happens through time. No Qt.

Nothing big is read at once: a frame's maps and columns, a pixel's or a column's trace, each when it is asked for.
"""

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from segdepth_app.errors import ResultError, SegDepthError
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.typed import FROM_LATTICE, TYPED, Typed
from segdepth_app.inference.journal import Partial
from segdepth_app.inference.result_info import COLUMN_DTYPE, EVENT_DTYPE, UNKNOWN_ELEMENT
from segdepth_app.inference.results import Result
from segdepth_app.series.drift_files import drift_key

RECTANGLE = re.compile(r"rectangle (\d+) × (\d+) px at x (\d+), y (\d+)")
"""How series.levels names the source of a vacuum level that was measured in a rectangle."""
NOT_KEPT = "not kept"
"""In place of the key of a drift that is not known any more: such a result is laid over no frames."""


@dataclass(frozen=True)
class Site:
    """An atomic column of the result; x, y in source pixels."""

    number: int
    element: str
    x_px: float
    y_px: float


class ResultView:
    """An opened result, or (a folder) what an analysis has done so far.

    Raises: ResultError where it cannot be used.
    """

    def __init__(self, path: str | Path) -> None:
        self._result: Result | Partial = Partial(path) if Path(path).is_dir() else Result(path)
        self.path = Path(path)
        self.is_partial = isinstance(self._result, Partial)
        self.scale = self._result.scale
        self.grid = self._result.grid
        self.shape = self._result.shape
        self.n_frames = self._result.n_frames
        self.info = info = self._result.info
        self.version = self._result.version
        self.sources = tuple(info.source)
        self.card = self._result.card
        labels = self.card.labels
        self._reach_px = max(labels.heavy_radius_pm, labels.light_radius_pm) / info.pixel_size_pm
        self.facts = SeriesFacts(
            name=Path(info.source[0]).name,
            n_frames=info.n_frames,
            height_px=info.height_px,
            width_px=info.width_px,
            pixel_size_pm=info.pixel_size_pm,
            pixel_size_source=info.pixel_size_source,
            frame_time_s=info.frame_time_s,
            frame_time_source=info.frame_time_source,
            vacuum=info.vacuum,
            vacuum_source=info.vacuum_source,
            dose_e_per_px=info.dose_e_per_px,
            dose_source=info.dose_source,
            image_dose_e_per_px=info.dose_e_per_px * info.sum_frames,
            gain=info.gain,
            gain_source=info.gain_source,
            offset=info.offset,
            offset_source=info.offset_source,
            rotation_deg=info.rotation_deg,
            align=info.align,
            sum_frames=info.sum_frames,
            drift=_drift_of(self._result),
            fingerprint=info.fingerprint,
            warnings=tuple(info.warnings),
        )

    def close(self) -> None:
        """Closes the file."""
        self._result.close()

    def refresh(self) -> bool:
        """Looks for frames that came since; whether there are any."""
        return isinstance(self._result, Partial) and self._result.refresh()

    @property
    def typed(self) -> Typed:
        """What was typed or chosen when it was made: its frames are shown as it saw them."""
        facts = self.facts
        of_lattice = facts.pixel_size_source.startswith(FROM_LATTICE)
        return Typed(
            pixel_size_pm=facts.pixel_size_pm if of_lattice or facts.pixel_size_source == TYPED else None,
            pixel_size_from=facts.pixel_size_source if of_lattice else "",
            dose_e_per_px=facts.dose_e_per_px if facts.dose_source == TYPED else None,
            vacuum=_typed_vacuum(facts),
            frame_time_s=_typed_frame_time(facts),
            gain=facts.gain if facts.gain_source == TYPED else None,
            offset=facts.offset if facts.offset_source == TYPED else None,
            rotation_deg=facts.rotation_deg,
            align=facts.align,
            sum_frames=facts.sum_frames,
            raw=self.info.raw,
        )

    @property
    def source_text(self) -> str:
        """The source, for a sentence."""
        more = f" and {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return self.sources[0] + more

    @property
    def done(self) -> np.ndarray:
        """bool (T,): frames that were analysed."""
        return self._result.done

    @property
    def n_done(self) -> int:
        """Frames that were analysed."""
        return int(self.done.sum())

    def has(self, frame: int) -> bool:
        """Was this frame analysed?"""
        return 0 <= frame < self.n_frames and bool(self.done[frame])

    # --- maps

    def depth(self, frame: int) -> np.ndarray | None:
        """Classes of a frame, uint8 (h, w), 255 outside it; None where it was not analysed."""
        return self._result.depth(frame) if self.has(frame) else None

    def confidence(self, frame: int) -> np.ndarray | None:
        """Confidence of a frame in 255ths, uint8 (h, w); None where it was not analysed."""
        return self._result.confidence(frame) if self.has(frame) else None

    @cached_property
    def activity(self) -> np.ndarray | None:
        """How much each pixel changes through the series, float32 (h, w), in atoms; None while that is unknown."""
        return self._result.activity() if isinstance(self._result, Result) else None

    def map_cell(self, x: float, y: float) -> tuple[int, int] | None:
        """(row, column) of the map's pixel that holds source pixel (x, y); None where the map does not reach."""
        column, row = (int(np.floor(float(value) + 0.5)) for value in self.grid.to_grid(float(x), float(y)))
        height, width = self.shape
        return (row, column) if 0 <= row < height and 0 <= column < width else None

    # --- through time

    def probability(self, x: int, y: int) -> np.ndarray:
        """All classes at a source pixel through time in 255ths, uint8 (T, 11); 0 where a frame was not analysed."""
        return _in_255ths(self._result.trace(x, y))

    def region_steps(self, x: int, y: int, width: int, height: int) -> Generator[None, None, np.ndarray]:
        """The mean over a rectangle of source pixels, as `probability`; read in steps, for it may be large."""
        values = yield from self._result.roi_steps(x, y, width, height)
        return _in_255ths(values)

    def column_probability(self, number: int) -> np.ndarray | None:
        """Of a column, pooled over its disc, as `probability`; None where there is no such column."""
        if not isinstance(self._result, Result) or self.site(number) is None:
            return None
        return _in_255ths(self._result.column_trace(number))

    def hmm_path(self, site: Site) -> np.ndarray:
        """HMM count of a column in each frame, float (T,); NaN where there is none."""
        path = np.full(self.n_frames, np.nan)
        if isinstance(self._result, Result):
            rows = self._result.column_rows(site.number)
            path[rows["frame"]] = rows["hmm_count"]
        return path

    @cached_property
    def events(self) -> np.ndarray:
        """Changes of columns, EVENT_DTYPE, by frame; none while the analysis runs."""
        return self._result.events() if isinstance(self._result, Result) else np.zeros(0, EVENT_DTYPE)

    def events_of(self, number: int) -> np.ndarray:
        """Changes of one column."""
        return self.events[self.events["column"] == number]

    # --- columns

    def columns_of(self, frame: int) -> np.ndarray:
        """The columns of a frame, COLUMN_DTYPE; none where it was not analysed to the end."""
        if not isinstance(self._result, Result) or not self.has(frame):
            return np.zeros(0, COLUMN_DTYPE)
        try:
            return self._result.columns_of(frame)
        except SegDepthError:  # a result of no column has no table
            return np.zeros(0, COLUMN_DTYPE)

    def site(self, number: int) -> Site | None:
        """The column of this number."""
        rows = self._sites[self._sites["column"] == number]
        return _site(rows[0]) if len(rows) else None

    def site_at(self, x: float, y: float) -> Site | None:
        """The nearest column, if the pixel lies on it."""
        if not len(self._sites):
            return None
        distance = np.hypot(self._sites["x_px"] - x, self._sites["y_px"] - y)
        nearest = int(distance.argmin())
        return _site(self._sites[nearest]) if distance[nearest] <= self._reach_px else None

    def columns_in(self, x: int, y: int, width: int, height: int) -> list[int]:
        """Numbers of the columns whose centres lie in a rectangle of source pixels."""
        sites = self._sites
        inside = (sites["x_px"] >= x - 0.5) & (sites["x_px"] < x + width - 0.5)
        inside &= (sites["y_px"] >= y - 0.5) & (sites["y_px"] < y + height - 0.5)
        return [int(number) for number in sites["column"][inside]]

    @cached_property
    def _sites(self) -> np.ndarray:
        """One row for each column: those of the first frame, the same columns in every frame."""
        first = np.flatnonzero(self.done)
        return self.columns_of(int(first[0])) if len(first) else np.zeros(0, COLUMN_DTYPE)


def _drift_of(result: Result | Partial) -> str:
    try:
        return drift_key(result.source_shift_px())
    except ResultError:
        return NOT_KEPT


def prepare() -> Iterator[None]:
    """Loads what reads results (50 ms), at a moment when nobody waits for a picture."""
    yield
    import h5py  # noqa: F401


def _typed_vacuum(facts: SeriesFacts) -> str | None:
    """As it was given: a level, or the rectangle it is the mean of."""
    place = RECTANGLE.fullmatch(facts.vacuum_source)
    if place:
        return "{2},{3},{0},{1}".format(*place.groups())
    return repr(facts.vacuum) if facts.vacuum_source == TYPED else None


def _typed_frame_time(facts: SeriesFacts) -> float | None:
    """Of one frame of the file."""
    is_typed = facts.frame_time_s is not None and facts.frame_time_source == TYPED
    return facts.frame_time_s / facts.sum_frames if is_typed and facts.frame_time_s else None


def _in_255ths(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values * 255, nan=0.0).round().astype(np.uint8)


def _site(row: np.void) -> Site:
    element = row["element"].decode()
    return Site(
        int(row["column"]), "" if element == UNKNOWN_ELEMENT else element, float(row["x_px"]), float(row["y_px"])
    )
