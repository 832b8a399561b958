"""What a user follows through time: up to nine markers, each with a number and a colour of its own.

A marker is a pixel, a rectangle (its mean) or an atomic column (pooled over its disc). Coordinates are source-file
pixels, integers, x right, y down, from 0. No Qt here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

MAX_MARKERS = 9

# Bright enough for black numbers on them (contrast above 4.5) and to show on dark pictures; the number beside a
# marker says the same as its colour.
COLOURS = (
    "#f76707",
    "#339af0",
    "#f06595",
    "#37b24d",
    "#cc5de8",
    "#1098ad",
    "#fa5252",
    "#94b816",
    "#9775fa",
)


@dataclass(frozen=True)
class Marker:
    """One pixel, rectangle or column."""

    number: int
    """1 to 9, free numbers are used again."""
    x: int
    y: int
    """The pixel; the middle of a rectangle or column."""
    region: tuple[int, int, int, int] | None = None
    """x, y, width, height of a rectangle."""
    column: int | None = None
    """Number of a column in the result."""
    name: str = ""
    """What the user calls it."""

    @property
    def colour(self) -> str:
        """Its colour, fixed by its number."""
        return COLOURS[self.number - 1]

    @property
    def what(self) -> str:
        """`pixel 7, 5`, `rectangle 3 × 4 px at 7, 5` or `column 31`."""
        if self.column is not None:
            return f"column {self.column}"
        if self.region is not None:
            x, y, width, height = self.region
            return f"rectangle of {width} × {height} px at {x}, {y}"
        return f"pixel {self.x}, {self.y}"

    @property
    def place(self) -> tuple[Any, ...]:
        """What it is on, whatever its number and name: traces are kept by it."""
        return (self.x, self.y, self.region, self.column)


@dataclass(frozen=True)
class MarkerRow:
    """What the list says of a marker in the frame shown; empty where a value is unknown."""

    number: int
    colour: str
    name: str
    depth: str
    confidence: str
    pixel: str
    nanometre: str
    element: str

    @property
    def texts(self) -> tuple[str, ...]:
        """In the order of the list's columns."""
        place = "\n".join(f"{text} {unit}" for text, unit in ((self.pixel, "px"), (self.nanometre, "nm")) if text)
        return (str(self.number), self.name, self.depth, self.confidence, self.element, place)


@dataclass(frozen=True)
class Trace:
    """A marker through time. Frame i is at i × `frame_time_s`; with None the axis counts frames."""

    marker: Marker
    probability: np.ndarray
    """uint8 [frame, class], 255 is certain; a frame that is not analysed is all 0."""
    path: np.ndarray | None
    """Count in each frame, smoothed through time, float, NaN where there is none; None where it is not known (yet)."""
    note: str
    frame_time_s: float | None = None
    events: tuple[tuple[int, float], ...] = ()
    """Changes of the column: frame and probability."""

    @property
    def number(self) -> int:
        """The marker's."""
        return self.marker.number

    @property
    def colour(self) -> str:
        """The marker's."""
        return self.marker.colour


class Markers:
    """The markers in the order they were set; one of them is selected."""

    def __init__(self) -> None:
        self._markers: list[Marker] = []
        self._selected: int | None = None

    def __iter__(self) -> Iterator[Marker]:
        return iter(list(self._markers))

    def __len__(self) -> int:
        return len(self._markers)

    @property
    def selected(self) -> Marker | None:
        """The marker whose saliency is shown: the last one clicked."""
        return self.get(self._selected) if self._selected else None

    @property
    def region(self) -> tuple[int, int, int, int] | None:
        """x, y, width, height of the rectangle that is followed, if there is one."""
        return next((marker.region for marker in self._markers if marker.region), None)

    def get(self, number: int | None) -> Marker | None:
        """The marker with this number, if it is set."""
        return next((marker for marker in self._markers if marker.number == number), None)

    def add(self, x: int, y: int) -> Marker | None:
        """Sets a pixel and selects it; one that has a marker gets no second. None when all nine are used."""
        return self._set(Marker(0, x, y))

    def add_region(self, x: int, y: int, width: int, height: int) -> Marker | None:
        """Sets the rectangle; there is one at a time, which keeps its number when it is moved."""
        new = Marker(0, x + width // 2, y + height // 2, region=(x, y, width, height))
        old = next((marker for marker in self._markers if marker.region), None)
        return self._set(new) if old is None else self._replace(old, replace(new, number=old.number, name=old.name))

    def add_column(self, number: int, x: float, y: float) -> Marker | None:
        """Sets a column; one that has a marker gets no second."""
        return self._set(Marker(0, round(x), round(y), column=number))

    def widen(self, number: int, column: int, x: float, y: float) -> None:
        """A pixel's marker becomes that of the column it lies on."""
        marker = self.get(number)
        if marker:
            self._replace(marker, replace(marker, x=round(x), y=round(y), column=column, region=None))

    def rename(self, number: int, name: str) -> None:
        """Gives a marker a name; an empty one takes it back."""
        marker = self.get(number)
        if marker:
            self._replace(marker, replace(marker, name=name.strip()))

    def _set(self, new: Marker) -> Marker | None:
        known = next((marker for marker in self._markers if marker.place == new.place), None)
        if known is None:
            used = {marker.number for marker in self._markers}
            free = next((number for number in range(1, MAX_MARKERS + 1) if number not in used), None)
            if free is None:
                return None
            known = replace(new, number=free)
            self._markers.append(known)
        self._selected = known.number
        return known

    def _replace(self, old: Marker, new: Marker) -> Marker:
        self._markers[self._markers.index(old)] = new
        self._selected = new.number
        return new

    def select(self, number: int) -> None:
        """Selects a marker that is set; any other number changes nothing."""
        if self.get(number):
            self._selected = number

    def remove(self, number: int) -> None:
        """Removes one; the newest of the others is selected if it was the selected one."""
        self._markers = [marker for marker in self._markers if marker.number != number]
        if self._selected == number:
            self._selected = self._markers[-1].number if self._markers else None

    def clear(self) -> None:
        """Removes all."""
        self._markers, self._selected = [], None

    def pixels(self) -> list[list[int]]:
        """[[x, y], …] in order."""
        return [[marker.x, marker.y] for marker in self._markers]

    def kept(self) -> list[dict[str, Any]]:
        """What a session keeps."""
        return [asdict(marker) for marker in self._markers]

    def restore(self, kept: Iterable[Any], width_px: int, height_px: int) -> None:
        """Sets the markers a session kept; those outside the picture, and what is no marker, are left out."""
        self.clear()
        for item in kept:
            marker = _marker_of(item)
            if marker and 0 <= marker.x < width_px and 0 <= marker.y < height_px and not self.get(marker.number):
                self._markers.append(marker)
                self._selected = marker.number


def _marker_of(item: Any) -> Marker | None:
    try:
        region = item["region"] and tuple(int(n) for n in item["region"])
        column = item["column"] if item["column"] is None else int(item["column"])
        marker = Marker(int(item["number"]), int(item["x"]), int(item["y"]), region, column, str(item["name"]))
    except (KeyError, TypeError, ValueError):
        return None
    return marker if 1 <= marker.number <= MAX_MARKERS and len(region or (0,) * 4) == 4 else None
