"""The pixels a user has clicked: up to nine markers, each with a number and a colour of its own.

Coordinates are source-file pixels, integers, x right, y down, from 0. No Qt here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    """One clicked pixel."""

    number: int
    """1 to 9, free numbers are used again."""
    x: int
    y: int

    @property
    def colour(self) -> str:
        """Its colour, fixed by its number."""
        return COLOURS[self.number - 1]


@dataclass(frozen=True)
class MarkerRow:
    """What the list says of a marker in the frame shown; empty where a value is unknown."""

    number: int
    colour: str
    depth: str
    confidence: str
    pixel: str
    nanometre: str
    element: str

    @property
    def texts(self) -> tuple[str, ...]:
        """In the order of the list's columns."""
        return (str(self.number), self.depth, self.confidence, self.pixel, self.nanometre, self.element)


@dataclass(frozen=True)
class Trace:
    """A marker's pixel through time. Frame i is at i × `frame_time_s`; with None the axis counts frames."""

    number: int
    colour: str
    x: int
    y: int
    probability: np.ndarray
    """uint8 [frame, class], 255 is certain; a frame that is not analysed is all 0."""
    path: np.ndarray | None
    """HMM count of the nearest column in each frame, float, NaN where there is none."""
    note: str
    frame_time_s: float | None = None


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

    def get(self, number: int | None) -> Marker | None:
        """The marker with this number, if it is set."""
        return next((marker for marker in self._markers if marker.number == number), None)

    def add(self, x: int, y: int) -> Marker | None:
        """Sets a marker and selects it; a pixel that has one gets no second. None when all nine are used."""
        known = next((marker for marker in self._markers if (marker.x, marker.y) == (x, y)), None)
        if known is None:
            used = {marker.number for marker in self._markers}
            free = next((number for number in range(1, MAX_MARKERS + 1) if number not in used), None)
            if free is None:
                return None
            known = Marker(free, x, y)
            self._markers.append(known)
        self._selected = known.number
        return known

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
        """What a session keeps: [[x, y], …] in order."""
        return [[marker.x, marker.y] for marker in self._markers]

    def restore(self, pixels: Iterable[Any], width_px: int, height_px: int) -> None:
        """Sets the markers a session kept; pixels outside the picture are left out."""
        self.clear()
        for x, y in pixels:
            if 0 <= x < width_px and 0 <= y < height_px:
                self.add(int(x), int(y))
