"""Series in TIFF files: ImageJ, OME, Gatan-calibrated and plain.

Where the pixel size comes from, first match wins:
1. Gatan's private tags, 2. ImageJ's unit with the resolution tags, 3. OME-XML, 4. the resolution tags
alone. A scale in inch, cm or mm is believed only between 0.5 pm and 1 nm (see calibration.py): cameras
and printers write 72 dpi and the like. ImageJ's `fps` is the speed of its player and is not believed;
`finterval` is the frame time.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
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
    cut_short,
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
    """Frames that lie scattered over the file, or are compressed."""

    file: Any = None
    places: Any = None
    """Per frame: a TIFF page, or the byte at which its plain numbers begin."""
    stored: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint8))

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        with foreign_faults(self.paths[0], f"read frame {index} of"), _complaints():
            place = self.places[index]
            frame = self._plain(place, index) if isinstance(place, int) else self._page(place, index)
        if frame.shape != (self.height_px, self.width_px):
            raise _odd_frame(self.paths[0], index, frame.shape, (self.height_px, self.width_px))
        return frame

    def _page(self, page: Any, index: int) -> np.ndarray:
        """A page by its own directory: tifffile's shortcut takes all pages to be like the first."""
        import tifffile

        if page is None:
            raise SeriesError(f"Frame {index} of {self.paths[0].name} is missing.", "Copy all files of the series.")
        if page.parent is self.file:
            self.file.filehandle.seek(page.offset)
            page = tifffile.TiffPage(self.file, index=page.index)
        return np.squeeze(page.asarray())

    def _plain(self, offset: int, index: int) -> np.ndarray:
        self.file.filehandle.seek(offset)
        data = self.file.filehandle.read(self.height_px * self.width_px * self.stored.itemsize)
        return np.frombuffer(data, self.stored).reshape(self.height_px, self.width_px)

    def close(self) -> None:
        """Closes the file."""
        self.file.close()


def _odd_frame(path: Path, index: int, found: tuple[int, ...], first: tuple[int, ...]) -> SeriesError:
    return SeriesError(
        f"Frame {index} of {path.name} is {' × '.join(map(str, found))} px; "
        f"the series began with {' × '.join(map(str, first))} px.",
        "Open the parts as separate series, or leave this frame out.",
    )


def open_tiff(path: Path) -> Source:
    """A TIFF image or stack; nothing but its directory is read."""
    import tifffile

    with foreign_faults(path), _complaints() as complaints:
        file = tifffile.TiffFile(path)
        try:
            if _is_written_frame_by_frame(file):
                file.close()
                file = tifffile.TiffFile(path, is_shaped=False)
            source = _opened(file, path)
        except BaseException as error:
            file.close()
            if "keyframe" in str(error):
                raise SeriesError(
                    f"The frames of {path.name} differ in size, number type or compression.",
                    "Open the parts as separate series.",
                ) from error
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


def _is_written_frame_by_frame(file: Any) -> bool:
    """tifffile then takes every page for a series of its own, which costs a millisecond each."""
    page = file.pages.first
    try:
        shape = json.loads(page.description)["shape"]
        return bool(np.prod(shape) == page.imagelength * page.imagewidth) and len(file.pages) > 1
    except (ValueError, KeyError, TypeError):
        return False


def _opened(file: Any, path: Path) -> Source:
    members, warnings = _members(file, path)
    main, page = members[0], members[0].keyframe
    n, height, width = _shape(main, path)
    n = sum(_shape(one, path)[0] for one in members)
    if n > 1 and any(letter in main.axes for letter in "SC"):
        warnings.append(f"{path.name} calls its first axis colour; its {n} planes are taken as frames.")
    if page.photometric == 0:
        warnings.append(f"{path.name} is marked as to be shown inverted; its numbers are taken as stored.")
    if page.photometric == 3:
        warnings.append(f"{path.name} has a colour table; its numbers are taken as stored.")
    calibration, about = _calibration(file, page, path)
    warnings += about
    common = ((path,), n, height, width, np.dtype(main.dtype), calibration, warnings)
    stored = np.dtype(file.byteorder + main.dtype.char)
    if len(members) == 1 and main.dataoffset is not None and not main.is_multifile:
        file.close()
        return RawSource(*common, offset=int(main.dataoffset), stored=stored)
    places = [place for one in members for place in _places(one, path, stored.itemsize)]
    if places:
        warnings.extend(cut_short(path, _ends(places, path, height * width * stored.itemsize)))
        return PageSource(*common, file=file, places=places, stored=stored)
    if n * height * width * stored.itemsize > _WHOLE_LIMIT_BYTES:
        raise SeriesError(
            f"{path.name} stores its {n} frames in one compressed piece.", "Save it as an uncompressed TIFF stack."
        )
    array = main.asarray().reshape(n, height, width)
    file.close()
    return ArraySource(*common, array=array)


def _shape(series: Any, path: Path) -> tuple[int, int, int]:
    check_numbers(series.dtype, path.name)
    if series.axes.endswith("S"):
        raise SeriesError(
            f"{path.name} is a colour picture ({' × '.join(map(str, series.shape))}).",
            "Open the counts the camera recorded, not a picture of them.",
        )
    return stack_shape(tuple(series.shape), path.name)


def _places(series: Any, path: Path, itemsize: int) -> list[Any]:
    """Where each frame lies; nothing where all frames are in one compressed piece."""
    n, height, width = _shape(series, path)
    if len(series.pages) == n:
        return list(series.pages)
    if series.dataoffset is not None:
        return [int(series.dataoffset) + index * height * width * itemsize for index in range(n)]
    return []


def _members(file: Any, path: Path) -> tuple[list[Any], list[str]]:
    """The images that make up the series, in order, and a remark on what else the file holds.

    Programs that write frame by frame leave one "series" of a frame each; those of one shape belong together.
    """
    everything = [one for one in file.series if one.pages]
    if not everything:
        raise SeriesError(f"{path.name} holds no image.", "Choose a file with images.")
    main = max(everything, key=lambda one: int(np.prod(one.shape, dtype=np.int64)))

    def is_alike(one: Any) -> bool:
        return one.shape[-2:] == main.shape[-2:] and one.dtype == main.dtype and one.axes[-2:] == main.axes[-2:]

    members = [one for one in everything if is_alike(one)]
    others = [one for one in everything if not is_alike(one)]
    if len(members) > 1 and not all(_places(one, path, 1) for one in members):
        raise SeriesError(f"{path.name} holds several stacks.", "Save each as a file of its own.")
    if not others:
        return members, []
    numbers = [number for one in members for number in _page_numbers(one)]
    for one in others:
        for number in _page_numbers(one):
            if min(numbers) < number < max(numbers):
                raise _odd_frame(path, number, one.shape[-2:], main.shape[-2:])
    sizes = ", ".join(" × ".join(map(str, one.shape)) for one in others)
    return members, [
        f"{path.name} holds images of several sizes; the largest, {' × '.join(map(str, main.shape))}, "
        f"was taken and {sizes} left out."
    ]


def _page_numbers(series: Any) -> list[int]:
    return [page.index for page in series.pages if page is not None] or [0]


def _ends(places: list[Any], path: Path, frame_bytes: int) -> np.ndarray:
    """The byte behind each frame; 0 for one in another file."""

    def end(place: Any) -> int:
        if isinstance(place, int):
            return place + frame_bytes
        if place is None or place.parent.filehandle.path != str(path):
            return 0
        return max((a + b for a, b in zip(place.dataoffsets, place.databytecounts, strict=False)), default=0)

    return np.array([end(place) for place in places])


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
