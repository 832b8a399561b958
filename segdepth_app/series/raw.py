"""Series without a header (.raw, .bin, .dat): numbers of one type, frame after frame, whose layout the user types.

Nothing in such a file says how wide a frame is, so it is never guessed: where the layout is missing, the refusal
names layouts that the file's name or size would allow.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.source import RawSource, Source

HOW = "Give it with --raw height,width,type[,offset in bytes], for example --raw 4092,5760,uint8."
BYTE_ORDERS = {"le": "<", "be": ">"}
TYPES = ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float16", "float32", "float64")

CAMERAS_PX = (
    (4092, 5760),  # Gatan K3, counted
    (8184, 11520),  # K3, super-resolution
    (3838, 3710),  # Gatan K2
    (7676, 7420),  # K2, super-resolution
    (4096, 4096),
    (8192, 8192),
    (2048, 2048),
    (1024, 1024),
    (512, 512),
)
"""Height and width of frames of usual cameras; only ever named as a possibility."""
USUAL_TYPES = ("uint8", "uint16", "float32")
USUAL_HEADERS_BYTES = (0, 256, 512, 1024, 2048, 4096, 8192)
MOST_SUGGESTIONS = 3

_SIZE_IN_NAME = re.compile(r"(?<![\d.])(\d{2,5})\s?[x×X_]\s?(\d{2,5})(?!\d)")
_TYPE_IN_NAME = re.compile(r"(?<![a-z])(u?int|float|real|u|i|f)[_-]?(8|16|32|64)(?!\d)|(?<!\d)(8|16|32)[_-]?bit")


@dataclass(frozen=True)
class RawLayout:
    """How the numbers of a file without a header are to be read."""

    height_px: int
    width_px: int
    dtype: np.dtype[Any]
    offset: int = 0
    """Bytes before the first frame."""

    @property
    def frame_bytes(self) -> int:
        """Bytes of one frame."""
        return self.height_px * self.width_px * self.dtype.itemsize

    def __str__(self) -> str:
        """As it is typed."""
        text = f"{self.height_px},{self.width_px},{self.dtype.newbyteorder('=').name}"
        if self.dtype.byteorder == ">":
            text += "be"
        return f"{text},{self.offset}" if self.offset else text


def parse_layout(text: str) -> RawLayout:
    """`height,width,type[,offset]`; the type may end in `le` or `be` (byte order; none: le).

    Raises: SeriesError that says which part is wrong.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) not in (3, 4):
        raise SeriesError(f"The raw layout {text!r} has {len(parts)} parts instead of 3 or 4.", HOW)
    numbers = [parts[0], parts[1], *parts[3:]]
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise SeriesError(f"The raw layout {text!r} needs whole numbers for height, width and offset.", HOW)
    height, width = int(parts[0]), int(parts[1])
    if not (2 <= height <= 100_000 and 2 <= width <= 100_000):
        raise SeriesError(f"Frames of {height} × {width} px (raw layout {text!r}) cannot be.", HOW)
    return RawLayout(height, width, _dtype(parts[2], text), int(parts[3]) if len(parts) == 4 else 0)


def _dtype(name: str, layout: str) -> np.dtype[Any]:
    plain = name.lower()
    order: Any = BYTE_ORDERS.get(plain[-2:], "<")
    plain = plain.removesuffix("le").removesuffix("be")
    if plain not in TYPES:
        raise SeriesError(
            f"The raw layout {layout!r} names no number type: {name!r}.",
            f"Types are {', '.join(TYPES)}; add be for the byte order of old workstations (uint16be).",
        )
    return np.dtype(plain).newbyteorder(order)


def open_raw(path: Path, layout_text: str | None) -> Source:
    """A file without a header. Raises: SeriesError where the layout is missing or does not fit to the file's size."""
    size = path.stat().st_size
    if layout_text is None:
        fitting = suggested_layouts(path.name, size)
        hint = f"{HOW} Its {size:,} bytes would fit {_listed(fitting, size)}." if fitting else HOW
        raise SeriesError(f"{path.name} has no header; the layout of its frames must be told.", hint)
    layout = parse_layout(layout_text)
    n, rest = divmod(size - layout.offset, layout.frame_bytes)
    if n < 1 or rest:
        raise _misfit(path, size, layout)
    stored = layout.dtype
    return RawSource(
        (path,),
        n,
        layout.height_px,
        layout.width_px,
        stored.newbyteorder("="),
        offset=layout.offset,
        stored=stored,
        layout=str(layout),
    )


def _misfit(path: Path, size: int, layout: RawLayout) -> SeriesError:
    frames = (size - layout.offset) / layout.frame_bytes
    behind = f" behind {layout.offset:,} bytes" if layout.offset else ""
    message = (
        f"{path.name} has {size:,} bytes; frames of {layout} take {layout.frame_bytes:,} bytes each, "
        f"so {frames:.4g} of them would lie{behind} in it, which is no whole number."
    )
    fitting = suggested_layouts(path.name, size)
    rest = (size - layout.offset) % layout.frame_bytes
    if size > layout.frame_bytes and layout.offset + rest in USUAL_HEADERS_BYTES:
        n = (size - layout.offset) // layout.frame_bytes
        return SeriesError(message, f"With a header of {layout.offset + rest} bytes it would hold {n} frames.")
    if fitting:
        return SeriesError(message, f"Its size would fit {_listed(fitting, size)}.")
    return SeriesError(message, "Check height, width, type and offset; the file may also be cut short.")


def _listed(layouts: list[RawLayout], size: int) -> str:
    texts = [f"{one} ({(size - one.offset) // one.frame_bytes} frames)" for one in layouts]
    return " or ".join(texts)


def suggested_layouts(name: str, size: int) -> list[RawLayout]:
    """At most three layouts that a file of this name and size (bytes) may have; never used, only named."""
    in_name = [(int(a), int(b)) for a, b in _SIZE_IN_NAME.findall(name)]
    shapes = [shape for a, b in in_name for shape in dict.fromkeys(((b, a), (a, b))) if min(a, b) >= 16]
    named_type = _type_in_name(name.lower())
    types = (named_type,) if named_type else USUAL_TYPES
    headers = USUAL_HEADERS_BYTES if shapes else (0,)
    found = []
    for height, width in shapes or CAMERAS_PX:
        for header in headers:
            for kind in types:
                layout = RawLayout(height, width, np.dtype(kind), header)
                if size > header and (size - header) % layout.frame_bytes == 0:
                    found.append(layout)
    return found[:MOST_SUGGESTIONS]


def _type_in_name(name: str) -> str | None:
    found = _TYPE_IN_NAME.search(name)
    if found is None:
        return None
    if found[3]:
        return {"8": "uint8", "16": "uint16", "32": "float32"}[found[3]]
    kind = {"u": "uint", "i": "int", "f": "float", "real": "float"}.get(found[1], found[1])
    text = f"{kind}{found[2]}"
    return text if text in TYPES else None
