"""What is on the table: the open series, its result, the frame shown. No Qt, no decisions.

Pixels are the source file's, [y, x]; where a result's maps lie on them, `result.grid` says.
"""

from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any

import numpy as np

from segdepth_app.errors import ResultError
from segdepth_app.gui.view.result_view import ResultView
from segdepth_app.gui.view.series_facts import SeriesFacts
from segdepth_app.gui.view.typed import TYPED, Typed
from segdepth_app.inference.result_info import OUTSIDE
from segdepth_app.units import dose_per_area


@dataclass(frozen=True)
class PixelValues:
    """What is at one pixel of the frame shown; None where it is unknown."""

    intensity: float | None = None
    depth: int | None = None
    confidence: float | None = None


@dataclass
class Scene:
    """One series and what is known of it."""

    paths: tuple[str, ...] = ()
    typed: Typed = field(default_factory=Typed)
    file_facts: SeriesFacts | None = None
    result: ResultView | None = None
    drift_of: str = ""
    """Result whose drift is undone in the frames; empty: the drift that was measured last."""
    frame: int = 0
    image: np.ndarray | None = None
    depth: np.ndarray | None = None
    confidence: np.ndarray | None = None

    def reset(self) -> None:
        """Nothing is open; the object stays, others hold it."""
        for item in fields(self):
            setattr(self, item.name, item.default if item.default_factory is MISSING else item.default_factory())

    @property
    def facts(self) -> SeriesFacts | None:
        """The file's facts with the typed values in their place; those of the result where there is no file."""
        facts = self.file_facts or (self.result.facts if self.result else None)
        if facts is None:
            return None
        if self.typed.pixel_size_pm is not None:
            size, source = self.typed.pixel_size_pm, self.typed.pixel_size_source
            facts = replace(facts, pixel_size_pm=size, pixel_size_source=source)
        if self.typed.dose_e_per_px is not None:
            facts = replace(facts, dose_e_per_px=self.typed.dose_e_per_px, dose_source=TYPED)
        if self.typed.vacuum is not None:
            facts = replace(facts, vacuum_source=TYPED)
        return facts

    @property
    def n_frames(self) -> int:
        """Frames of the series, or of the result alone."""
        return self.facts.n_frames if self.facts else 0

    @property
    def frame_time_s(self) -> float | None:
        """Time from frame to frame."""
        return self.facts.frame_time_s if self.facts else None

    def options(self) -> dict[str, Any]:
        """SeriesOptions of the series with what was typed: what an analysis takes."""
        return {"series": list(self.paths), **self.typed.options()}

    def shown_options(self) -> dict[str, Any]:
        """The same for the children that show the series: its frames stand as the maps of the result shown."""
        pinned = bool(self.drift_of) and self.typed.align != "none"
        return {**self.options(), **({"drift_of": self.drift_of} if pinned else {})}

    def follow(self, result: ResultView) -> None:
        """The frames are shown as the maps of a result saw them: moved by its drift, or not at all."""
        self.typed = self.typed.changed(align=result.facts.align)
        self.drift_of = str(result.path) if result.facts.drift else ""

    def drop_result(self) -> None:
        """Lets go of the result."""
        if self.result is not None:
            self.result.close()
        self.result = None

    def take_maps(self, frame: int) -> None:
        """Depth and confidence of a frame, as far as there are any."""
        try:
            self.depth = self.result.depth(frame) if self.result else None
            self.confidence = self.result.confidence(frame) if self.result else None
        except ResultError:  # an analysis that ends takes away what it had kept; its result follows
            self.depth = self.confidence = None

    def contains(self, x: int, y: int) -> bool:
        """Is this a pixel of the series?"""
        facts = self.facts
        return facts is not None and 0 <= x < facts.width_px and 0 <= y < facts.height_px

    def values_at(self, x: int, y: int) -> PixelValues:
        """From memory only: cheap enough for every move of the mouse."""
        values = PixelValues()
        if self.image is not None and self.contains(x, y):
            values = replace(values, intensity=float(self.image[y, x]))
        if self.result is None or self.depth is None or self.confidence is None:
            return values
        cell = self.result.map_cell(x, y)
        if cell is None or self.depth[cell] == OUTSIDE:
            return values
        return replace(values, depth=int(self.depth[cell]), confidence=float(self.confidence[cell]) / 255)


def area_dose_text(facts: SeriesFacts) -> str:
    """`651 e/Å²`, as far as dose and pixel size are known."""
    if facts.dose_e_per_px is None or facts.pixel_size_pm is None:
        return ""
    return f"{dose_per_area(facts.dose_e_per_px, facts.pixel_size_pm):.3g} e/Å²"
