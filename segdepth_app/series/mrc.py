"""Images and movies in MRC files (.mrc, .mrcs, .st, .ali, .map), read frame by frame after their 1024-byte header.

RosettaSciIO reads them too, through dask, whose import alone takes longer than opening a file may.

Reference: Cheng et al., MRC2014, J. Struct. Biol. 192 (2015), 146; words are numbered from 1 as there.
"""

import struct
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import square_pixel_pm
from segdepth_app.series.source import Calibration, RawSource, Source, foreign_faults, stack_shape

HEADER_BYTES = 1024
MODES = {0: "i1", 1: "i2", 2: "f4", 6: "u2", 12: "f2"}
COMPLEX_MODES = (3, 4)
IMOD_STAMP = 1146047817
"""In word 39; bit 0 of word 40 then says that bytes have a sign."""
FEI_HEADER_BYTES = 1024 * 128
FEI_PIXEL_SIZE_AT = HEADER_BYTES + 11 * 4
MOST_PX = 200_000


def open_mrc(path: Path) -> Source:
    """An MRC image or movie; its header is read."""
    with foreign_faults(path), path.open("rb") as file:
        start = file.read(FEI_PIXEL_SIZE_AT + 4)
    if len(start) < HEADER_BYTES:
        raise SeriesError(f"{path.name} is cut short: it ends within its header.", "Copy it again.")
    order = _byte_order(start, path)
    width, height, n, mode = struct.unpack_from(f"{order}4i", start, 0)
    space_group, extended = struct.unpack_from(f"{order}2i", start, 88)
    if path.suffix.lower() == ".map" and space_group > 0 and n > 1:
        # movies in .mrc carry the same flag by mistake
        raise SeriesError(f"{path.name} is a density map (a volume), not a series of images.", "Open images.")
    n, height, width = stack_shape((n, height, width), path.name)
    stored = _dtype(mode, order, start, path)
    return RawSource(
        (path,),
        n,
        height,
        width,
        stored.newbyteorder("="),
        _calibration(start, order, extended, path),
        offset=HEADER_BYTES + extended,
        stored=stored,
    )


def _byte_order(start: bytes, path: Path) -> str:
    """By the sizes, which must make sense: the machine stamp is often wrong."""
    for order in "<>":
        nx, ny, nz, mode = struct.unpack_from(f"{order}4i", start, 0)
        extended = struct.unpack_from(f"{order}i", start, 92)[0]
        if 0 < nx < MOST_PX and 0 < ny < MOST_PX and 0 < nz < 1 << 24 and 0 <= mode < 256 and 0 <= extended < 1 << 30:
            return order
    raise SeriesError(f"{path.name} is no MRC file, or its header is damaged.", "Copy it again.")


def _dtype(mode: int, order: str, start: bytes, path: Path) -> np.dtype[Any]:
    if mode in COMPLEX_MODES:
        raise SeriesError(
            f"{path.name} holds complex numbers (a Fourier transform or a wave), not an image.",
            "Open the image it was made from.",
        )
    if mode not in MODES:
        raise SeriesError(f"{path.name} stores numbers of MRC mode {mode}, which cannot be read.", "Save it as TIFF.")
    if mode == 0:
        return np.dtype("i1" if _is_signed(start, order) else "u1")
    return np.dtype(order + MODES[mode])


def _is_signed(start: bytes, order: str) -> bool:
    """MRC2014 says signed bytes; cameras write counts from 0 to 255 and say so nowhere."""
    stamp, flags = struct.unpack_from(f"{order}2i", start, 152)
    return bool(stamp == IMOD_STAMP and flags & 1)


def _calibration(start: bytes, order: str, extended: int, path: Path) -> Calibration:
    if extended == FEI_HEADER_BYTES and len(start) >= FEI_PIXEL_SIZE_AT + 4:
        (metres,) = struct.unpack_from(f"{order}f", start, FEI_PIXEL_SIZE_AT)
        return Calibration(square_pixel_pm((metres, "m"), (metres, "m"), path.name))
    samples = struct.unpack_from(f"{order}2i", start, 28)
    lengths = struct.unpack_from(f"{order}2f", start, 40)
    x, y = (length / n if n > 0 else 0.0 for length, n in zip(lengths, samples, strict=True))
    return Calibration(square_pixel_pm((y, "Å"), (x, "Å"), path.name))
