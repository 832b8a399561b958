"""Series in NumPy files (.npy, .npz) and in pictures (.png, .jpg, .bmp). None of them has a pixel size."""

from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.source import ArraySource, RawSource, Source, check_numbers, foreign_faults, stack_shape

GREY_WEIGHTS = (0.299, 0.587, 0.114)
"""Luminance of red, green and blue (ITU-R BT.601)."""
SHORTEST_NPY_BYTES = 128
"""Headers are padded to at least two lines of 64 bytes."""


def open_npy(path: Path) -> Source:
    """A .npy file, read frame by frame. Pickled objects are refused: opening them would run their code."""
    shape, is_fortran, dtype, offset = _npy_header(path)
    check_numbers(dtype, path.name)
    n, height, width = stack_shape(shape, path.name)
    if not is_fortran:
        return RawSource((path,), n, height, width, dtype, offset=offset)
    if path.stat().st_size < offset + n * height * width * dtype.itemsize:
        raise SeriesError(
            f"{path.name} is cut short: it holds less data than its header promises.",
            "Copy it again from where it was recorded.",
        )
    mapped = np.memmap(path, dtype, "r", offset, shape, "F").reshape(n, height, width)
    return ArraySource((path,), n, height, width, dtype, array=mapped)


def _npy_header(path: Path) -> tuple[tuple[int, ...], bool, np.dtype[Any], int]:
    """Shape, whether it is in Fortran order, number type, and the byte at which the numbers begin."""
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    with foreign_faults(path), path.open("rb") as file:
        try:
            version = np.lib.format.read_magic(file)
            shape, is_fortran, dtype = readers[version](file)
        except (ValueError, KeyError) as error:
            if not _begins_with(path, np.lib.format.MAGIC_PREFIX):
                raise SeriesError(
                    f"{path.name} holds Python objects or is no NumPy file; opening it could run foreign code.",
                    "Save the frames as a plain array of numbers.",
                ) from error
            if file.seek(0, 2) < SHORTEST_NPY_BYTES:
                raise SeriesError(f"{path.name} is cut short.", "Copy it again from where it was recorded.") from error
            raise SeriesError(
                f"{path.name} is no NumPy array file, or its header is damaged.",
                "Give it the ending that says what it is.",
            ) from error
        if dtype.hasobject:
            raise SeriesError(
                f"{path.name} holds Python objects; opening them could run foreign code.",
                "Save the frames as a plain array of numbers.",
            )
        return shape, is_fortran, dtype, file.tell()


def _begins_with(path: Path, prefix: bytes) -> bool:
    with path.open("rb") as file:
        start = file.read(len(prefix))
    return bool(start) and prefix.startswith(start)


def open_npz(path: Path) -> Source:
    """The one image or stack in a .npz file; it is read whole, since the format is compressed as one piece."""
    with foreign_faults(path), np.load(path, allow_pickle=False) as archive:
        names = list(archive.files)
        arrays = {name: archive[name] for name in names}
    images = [name for name in names if arrays[name].ndim in (2, 3) and arrays[name].dtype.kind in "buif"]
    if len(images) != 1:
        raise SeriesError(
            f"{path.name} holds {len(images)} images or stacks ({', '.join(names) or 'nothing at all'}); "
            "one was expected.",
            "Save the series alone, as .npy.",
        )
    array = arrays[images[0]]
    n, height, width = stack_shape(array.shape, path.name)
    source = ArraySource((path,), n, height, width, array.dtype, array=array.reshape(n, height, width))
    if len(names) > 1:
        source.warnings.append(f"Of the arrays in {path.name}, {images[0]} was taken.")
    return source


def open_picture(path: Path) -> Source:
    """A PNG, JPEG or bitmap as one grey frame."""
    from PIL import Image

    warnings = []
    # a decompression-bomb warning becomes an error under `warnings as errors` and is a plain fault otherwise
    with foreign_faults(path), Image.open(path) as file:
        picture: Image.Image = file
        if getattr(file, "n_frames", 1) > 1:
            raise SeriesError(f"{path.name} is an animation.", "Save its frames as a TIFF stack.")
        if picture.mode in ("1", "P", "LA", "PA", "CMYK", "YCbCr", "HSV", "LAB"):
            picture = picture.convert("L" if picture.mode in ("1", "LA") else "RGB")
        array = np.asarray(picture)
    if array.ndim == 3:
        colours = array[..., :3]
        if (colours == colours[..., :1]).all():
            array = colours[..., 0]
        else:
            array = (colours @ np.array(GREY_WEIGHTS)).astype(np.float32)
            warnings.append(f"{path.name} is a colour picture; its luminance is used.")
    warnings.append(
        f"{path.name} is a picture for display, not a record of electron counts: its grey scale may be stretched."
    )
    n, height, width = stack_shape(array.shape, path.name)
    array = array.reshape(n, height, width)
    return ArraySource((path,), n, height, width, array.dtype, warnings=warnings, is_display=True, array=array)
