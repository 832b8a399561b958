"""A result file as the View tab needs it: maps of a frame, and what happens at a pixel through time. No Qt."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from segdepth_app.errors import SegDepthError
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.inference.results import UNKNOWN_ELEMENT, Result


@dataclass(frozen=True)
class Site:
    """An atomic column of the result; x, y in source pixels."""

    number: int
    element: str
    x_px: float
    y_px: float


class ResultView:
    """An opened result. Raises: ResultError where the file cannot be used."""

    def __init__(self, path: str | Path) -> None:
        self._result = Result(path)
        self.path = self._result.path
        self.scale = self._result.scale
        self.shape = self._result.shape
        self.n_frames = self._result.n_frames
        info = self._result.info
        self.sources = tuple(info.source)
        self.model_name = self._result.card.name
        labels = self._result.card.labels
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
            warnings=tuple(info.warnings),
        )

    def close(self) -> None:
        """Closes the file."""
        self._result.close()

    @property
    def source_text(self) -> str:
        """The source, for a sentence."""
        more = f" and {len(self.sources) - 1} more" if len(self.sources) > 1 else ""
        return self.sources[0] + more

    @property
    def n_done(self) -> int:
        """Frames that were analysed."""
        return int(self._result.done.sum())

    def depth(self, frame: int) -> np.ndarray | None:
        """Classes of a frame, uint8 (h, w); None where it was not analysed."""
        return self._result.depth(frame) if self._has(frame) else None

    def confidence(self, frame: int) -> np.ndarray | None:
        """Confidence of a frame in 255ths, uint8 (h, w); None where it was not analysed."""
        return self._result.confidence(frame) if self._has(frame) else None

    def probability(self, x: int, y: int) -> np.ndarray:
        """All classes at a source pixel through time in 255ths, uint8 (T, 11); 0 where a frame was not analysed."""
        return np.nan_to_num(self._result.trace(x, y) * 255, nan=0.0).round().astype(np.uint8)

    def site_at(self, x: int, y: int) -> Site | None:
        """The nearest column, if the pixel lies on it."""
        if not len(self._sites):
            return None
        distance = np.hypot(self._sites["x_px"] - x, self._sites["y_px"] - y)
        nearest = int(distance.argmin())
        if distance[nearest] > self._reach_px:
            return None
        row = self._sites[nearest]
        element = row["element"].decode()
        shown = "" if element == UNKNOWN_ELEMENT else element
        return Site(int(row["column"]), shown, float(row["x_px"]), float(row["y_px"]))

    def hmm_path(self, site: Site) -> np.ndarray:
        """HMM count of a column in each frame, float (T,); NaN where there is none."""
        rows = self._table[self._table["column"] == site.number]
        path = np.full(self.n_frames, np.nan)
        path[rows["frame"]] = rows["hmm_count"]
        return path

    def columns_table(self) -> np.ndarray:
        """All rows of the table of columns (results.COLUMN_DTYPE)."""
        return self._table

    def _has(self, frame: int) -> bool:
        return 0 <= frame < self.n_frames and bool(self._result.done[frame])

    @cached_property
    def _table(self) -> np.ndarray:
        try:
            return self._result.columns_table()
        except SegDepthError:  # an analysis that was stopped early has no table, but all the rest
            return np.zeros(0, [("column", "u4"), ("frame", "u4")])

    @cached_property
    def _sites(self) -> np.ndarray:
        """One row for each column: where it was first seen."""
        _, first = np.unique(self._table["column"], return_index=True)
        return self._table[first]
