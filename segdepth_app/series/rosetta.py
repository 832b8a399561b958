"""Series in microscope vendors' formats, through RosettaSciIO (dm3, dm4, emd, hspy, tvips, …).

The import of its readers takes up to two seconds (dask), so it happens when such a file is opened. A file may hold
several signals; the largest real image or stack is taken, and the others are named in a warning.
"""

import importlib
import logging
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import refuse_other_quantities, square_pixel_pm, time_s
from segdepth_app.series.source import Calibration, RawSource, Source, check_numbers, foreign_faults, stack_shape

log = logging.getLogger(__name__)

READERS = {
    "dm3": "digitalmicrograph",
    "dm4": "digitalmicrograph",
    "emd": "emd",
    "de5": "emd",
    "hspy": "hspy",
    "tvips": "tvips",
    "mib": "quantumdetector",
    "unf": "semper",
    "rpl": "ripple",
    "nxs": "nexus",
    "img": "hamamatsu",
}
OTHER_ENDINGS = (".tif", ".npy", ".png", ".mrc", ".ser", ".avi", ".mp4", ".raw")
"""What else dispatch.py opens, for the user who comes with something unknown."""


@dataclass
class LazySource(Source):
    """Frames of a dask array (N, H, W)."""

    array: Any = None

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        with foreign_faults(self.paths[0], f"read frame {index} of"), quiet():
            frame = self.array[index]
            return np.asarray(frame.compute(scheduler="synchronous") if hasattr(frame, "compute") else frame)

    def close(self) -> None:
        """Drops the array, and with it the reader's hold on the file."""
        self.array = None


def open_with_rosetta(path: Path, kind: str = "") -> Source:
    """Opens a file of any format in READERS; `kind` is its ending where it has another.

    Raises: SeriesError where it holds no image.
    """
    ending = kind or path.suffix.lower().lstrip(".")
    if ending == "blo":
        # RosettaSciIO's reader would need scikit-image, only to say the same
        raise SeriesError(
            f"{path.name} is a scan of diffraction patterns (ASTAR), not a series of images.", "Open images."
        )
    if ending not in READERS:
        raise SeriesError(
            f"{path.name} is of a kind that cannot be opened (.{ending})." if ending else f"{path.name} has no ending.",
            f"Series may be {', '.join(OTHER_ENDINGS)}, .{', .'.join(READERS)}, or a folder of frames.",
        )
    with foreign_faults(path), quiet():
        reader = importlib.import_module(f"rsciio.{READERS[ending]}")
        signals = reader.file_reader(str(path), lazy=True)
    images, faults = [], []
    for signal in signals:
        try:
            images.append((signal, *_as_image(signal, path)))
        except SeriesError as fault:
            faults.append(fault)
    if not images:
        raise faults[0] if faults else SeriesError(f"{path.name} holds no image.", "Choose a file with images.")
    signal, shape, calibration = max(images, key=lambda item: item[1][0] * item[1][1] * item[1][2])
    remarks = []
    if len(signals) > 1:
        left = ", ".join(_title(other) for other in signals if other is not signal)
        remarks.append(f"{path.name} holds {len(signals)} signals; {_title(signal)} was taken and {left} left out.")
    data = signal["data"]
    plain = _plain_numbers(signal)
    if plain is not None:
        offset, stored = plain
        return RawSource((path,), *shape, stored.newbyteorder("="), calibration, remarks, offset=offset, stored=stored)
    return LazySource((path,), *shape, np.dtype(data.dtype), calibration, remarks, array=data.reshape(shape))


def _plain_numbers(signal: dict[str, Any]) -> tuple[int, np.dtype[Any]] | None:
    """Where the frames of a DM file begin and their number type: they lie one after the other, uncompressed.

    Reading them takes no dask then, which cuts large frames to pieces and maps the file into memory.
    """
    data = signal["data"]
    dtype, n_bytes = np.dtype(data.dtype), int(np.prod(data.shape, dtype=np.int64)) * data.dtype.itemsize
    try:
        place = signal["original_metadata"]["ImageList"]["TagGroup0"]["ImageData"]["Data"]
        if int(place["size_bytes"]) != n_bytes:
            return None
        return int(place["offset"]), dtype.newbyteorder("<" if place["endian"] == "little" else ">")
    except (KeyError, TypeError, ValueError):
        return None


def _as_image(signal: dict[str, Any], path: Path) -> tuple[tuple[int, int, int], Calibration]:
    """Shape (N, H, W) and calibration of one signal. Raises: SeriesError where it is no image."""
    data = signal["data"]
    axes = [axis for axis in signal["axes"] if axis.get("size", 2) != 1]
    for axis in axes:
        if not axis.get("navigate") or len(axes) < 3:
            refuse_other_quantities(axis.get("units"), path.name)
    check_numbers(np.dtype(data.dtype), path.name)
    shape = stack_shape(tuple(int(n) for n in data.shape), path.name)
    if any(axis.get("navigate") for axis in axes[-2:]):
        raise SeriesError(
            f"{path.name} is no image: its data are spectra or line profiles.", "Spectra cannot be analysed."
        )
    y, x = ((_number(axis.get("scale")), axis.get("units")) for axis in axes[-2:])
    size = square_pixel_pm(y, x, path.name)
    frame_time = None
    if len(axes) == 3:
        frame_time = time_s(_number(axes[0].get("scale")), axes[0].get("units"))
    return shape, Calibration(size, frame_time)


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0.0


def _title(signal: dict[str, Any]) -> str:
    title = (signal.get("metadata") or {}).get("General", {}).get("title") or "untitled"
    return f"{title} ({' × '.join(str(n) for n in signal['data'].shape)})"


@contextmanager
def quiet() -> Iterator[None]:
    """Third-party warnings go to our log, not to the screen.

    All of RosettaSciIO's loggers hand theirs on to its first, which would print them on stdout, among our results.
    """
    importlib.import_module("rsciio")  # it sets up that logger when it is imported
    logger = logging.getLogger("rsciio")
    handlers, propagates = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [_ToOurLog()], False
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            except Exception as error:
                _let_go(error)
                raise
        for item in caught:
            log.info("%s: %s", item.category.__name__, item.message)
    finally:
        logger.handlers, logger.propagate = handlers, propagates


class _ToOurLog(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        log.info("%s: %s", record.name, record.getMessage())


def _let_go(error: BaseException | None) -> None:
    """Readers that fail leave files open in the frames of their traceback; closes them."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__
