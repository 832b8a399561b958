"""Series in TIFF files: ImageJ, OME, Gatan-calibrated and plain.

Where the pixel size comes from, first match wins:
1. Gatan's private tags, 2. ImageJ's unit with the resolution tags, 3. OME-XML, 4. the resolution tags
alone. A scale in inch, cm or mm is believed only between 0.5 pm and 1 nm (see calibration.py): cameras
and printers write 72 dpi and the like. ImageJ's `fps` is the speed of its player and is not believed;
`finterval` is the frame time.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import square_pixel_pm, time_s
from segdepth_app.series.source import (
    ArraySource,
    Calibration,
    RawSource,
    Source,
    check_numbers,
    foreign_faults,
    stack_shape,
)

log = logging.getLogger(__name__)

_DM_UNIT_X, _DM_UNIT_Y, _DM_UNIT_Z = 65003, 65004, 65005
_DM_SCALE_X, _DM_SCALE_Y, _DM_SCALE_Z = 65009, 65010, 65011
_RESOLUTION_UNITS = {2: "in", 3: "cm"}
_DAMAGE = ("invalid page offset", "corrupt", "suspicious", "invalid")
_WHOLE_LIMIT_BYTES = 1 << 30


@dataclass
class PageSource(Source):
    """Frames that are one TIFF page each, compressed or scattered."""

    file: Any = None
    pages: Any = None

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        name = self.paths[0].name
        with foreign_faults(self.paths[0], f"read frame {index} of"):
            page = self.pages[index]
            if page is None:
                raise SeriesError(f"Frame {index} of {name} is missing.", "Copy all files of the series.")
            frame = np.squeeze(page.asarray())
        if frame.shape != (self.height_px, self.width_px):
            raise SeriesError(
                f"Frame {index} of {name} is {' × '.join(map(str, frame.shape))} px; "
                f"the series began with {self.height_px} × {self.width_px} px.",
                "Open the parts as separate series.",
            )
        return frame

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


def open_tiff(path: Path) -> Source:
    """A TIFF image or stack; nothing but its directory is read."""
    import tifffile

    with foreign_faults(path), _complaints() as complaints:
        file = tifffile.TiffFile(path)
        try:
            source = _opened(file, path)
        except BaseException:
            file.close()
            raise
    damage = [text for text in complaints if any(word in text.lower() for word in _DAMAGE)]
    if damage:
        source.close()
        raise SeriesError(
            f"{path.name} is damaged or cut short ({damage[0].split('> ')[-1]}).",
            "Copy it again from where it was recorded.",
        )
    for text in complaints:
        log.info("%s: %s", path.name, text)
    return source


def _opened(file: Any, path: Path) -> Source:
    series, warnings = _main_series(file, path)
    page = series.keyframe
    check_numbers(series.dtype, path.name)
    if series.axes.endswith("S"):
        raise SeriesError(
            f"{path.name} is a colour picture ({' × '.join(map(str, series.shape))}).",
            "Open the counts the camera recorded, not a picture of them.",
        )
    n, height, width = stack_shape(tuple(series.shape), path.name)
    if n > 1 and any(letter in series.axes for letter in "SC"):
        warnings.append(f"{path.name} calls its first axis colour; its {n} planes are taken as frames.")
    if page.photometric == 0:
        warnings.append(f"{path.name} is marked as to be shown inverted; its numbers are taken as stored.")
    if page.photometric == 3:
        warnings.append(f"{path.name} has a colour table; its numbers are taken as stored.")
    calibration, about = _calibration(file, page, path)
    common = ((path,), n, height, width, np.dtype(series.dtype), calibration, warnings + about)
    if series.dataoffset is not None and not series.is_multifile:
        source: Source = RawSource(*common, offset=int(series.dataoffset))
        source.dtype = np.dtype(file.byteorder + series.dtype.char)
        file.close()
        return source
    if len(series.pages) == n:
        _check_end(series.pages[n - 1], path)
        return PageSource(*common, file=file, pages=series.pages)
    if n * height * width * series.dtype.itemsize > _WHOLE_LIMIT_BYTES:
        raise SeriesError(
            f"{path.name} stores its {n} frames in one compressed piece.", "Save it as an uncompressed TIFF stack."
        )
    array = series.asarray().reshape(n, height, width)
    file.close()
    return ArraySource(*common, array=array)


def _main_series(file: Any, path: Path) -> tuple[Any, list[str]]:
    """The images, and a remark on what else the file holds."""
    everything = [one for one in file.series if one.pages]
    if not everything:
        raise SeriesError(f"{path.name} holds no image.", "Choose a file with images.")
    main = max(everything, key=lambda one: int(np.prod(one.shape, dtype=np.int64)))
    others = [one for one in everything if one is not main]
    if not others:
        return main, []
    first = min(_page_numbers(main))
    last = max(_page_numbers(main))
    for one in others:
        for number in _page_numbers(one):
            if first < number < last:
                raise SeriesError(
                    f"Frame {number} of {path.name} is {' × '.join(map(str, one.shape[-2:]))} px; "
                    f"the series began with {' × '.join(map(str, main.shape[-2:]))} px.",
                    "Open the parts as separate series, or leave this frame out.",
                )
    sizes = ", ".join(" × ".join(map(str, one.shape)) for one in others)
    return main, [
        f"{path.name} holds images of several sizes; the largest, {' × '.join(map(str, main.shape))}, "
        f"was taken and {sizes} left out."
    ]


def _page_numbers(series: Any) -> list[int]:
    return [page.index for page in series.pages if page is not None] or [0]


def _check_end(page: Any, path: Path) -> None:
    """The last frame must lie inside the file."""
    if page is None:
        raise SeriesError(f"The last frame of {path.name} is missing.", "Copy all files of the series.")
    end = max((a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=False)), default=0)
    size = path.stat().st_size
    if end > size and page.parent.filehandle.path == str(path):
        raise SeriesError(
            f"{path.name} is cut short: its header promises {end:,} bytes, the file has {size:,}.",
            "Copy it again from where it was recorded.",
        )


def _calibration(file: Any, page: Any, path: Path) -> tuple[Calibration, list[str]]:
    tags = {tag.code: tag.value for tag in file.pages.first.tags}
    if _DM_SCALE_X in tags and _DM_SCALE_Y in tags and _DM_UNIT_X in tags:
        size = square_pixel_pm(
            (tags[_DM_SCALE_Y], tags.get(_DM_UNIT_Y)), (tags[_DM_SCALE_X], tags[_DM_UNIT_X]), path.name
        )
        return Calibration(size, time_s(float(tags.get(_DM_SCALE_Z, 0)), tags.get(_DM_UNIT_Z))), []
    if file.is_ome:
        return _ome(file, path)
    steps = [_step(tags.get(code)) for code in (283, 282)]
    if file.is_imagej:
        about = file.imagej_metadata or {}
        unit_x = about.get("unit")
        unit_y = about.get("yunit", unit_x)
        size = square_pixel_pm((steps[0], unit_y), (steps[1], unit_x), path.name)
        return Calibration(size, time_s(float(about.get("finterval", 0)), about.get("tunit", "s"))), []
    unit = _RESOLUTION_UNITS.get(int(tags.get(296, 2)))
    sizes = [step for step in steps if step > 0]
    # dots per inch of pictures need not be square, so only a believable pair is compared
    if len(sizes) == 2 and unit and 1e-11 < min(sizes) and max(sizes) < 1e-5:
        return Calibration(square_pixel_pm((steps[0], unit), (steps[1], unit), path.name)), []
    return Calibration(), []


def _step(resolution: Any) -> float:
    """Length of a pixel from TIFF's pixels per unit, a fraction of two integers."""
    try:
        pixels, units = resolution
        return float(units) / float(pixels)
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0


def _ome(file: Any, path: Path) -> tuple[Calibration, list[str]]:
    from xml.etree import ElementTree

    try:
        root = ElementTree.fromstring(file.ome_metadata)
    except (ElementTree.ParseError, TypeError):
        return Calibration(), [f"The OME description of {path.name} is damaged; its calibration is not used."]
    pixels = next((node for node in root.iter() if node.tag.endswith("}Pixels")), None)
    if pixels is None:
        return Calibration(), []
    about = pixels.attrib

    def value(name: str, unit: str) -> tuple[float, str]:
        try:
            return float(about.get(name, 0)), about.get(f"{name}Unit", unit)
        except ValueError:
            return 0.0, unit

    size = square_pixel_pm(value("PhysicalSizeY", "um"), value("PhysicalSizeX", "um"), path.name)
    return Calibration(size, time_s(*value("TimeIncrement", "s"))), []


@contextmanager
def _complaints() -> Iterator[list[str]]:
    """Collects what tifffile logs: it reports a torn file there, and then returns fewer frames."""
    texts: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(record.getMessage())

    logger = logging.getLogger("tifffile")
    handler = Collector(logging.WARNING)
    propagate = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield texts
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
