"""Series in NumPy files (.npy, .npz) and in pictures (.png, .jpg, .bmp). None of them has a pixel size."""

from pathlib import Path

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.source import ArraySource, RawSource, Source, check_numbers, foreign_faults, stack_shape

GREY_WEIGHTS = (0.299, 0.587, 0.114)
"""Luminance of red, green and blue (ITU-R BT.601)."""


def open_npy(path: Path) -> Source:
    """A .npy file, read frame by frame. Pickled objects are refused: opening them would run their code."""
    with foreign_faults(path):
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise _npy_fault(path, str(error)) from error
        except EOFError as error:
            raise SeriesError(f"{path.name} is cut short.", "Copy it again from where it was recorded.") from error
    if not isinstance(mapped, np.memmap):
        raise SeriesError(f"{path.name} is no NumPy array file.", "Give it the ending that says what it is.")
    check_numbers(mapped.dtype, path.name)
    n, height, width = stack_shape(mapped.shape, path.name)
    if mapped.flags.c_contiguous:
        return RawSource((path,), n, height, width, mapped.dtype, offset=mapped.offset)
    return ArraySource((path,), n, height, width, mapped.dtype, array=mapped.reshape(n, height, width))


def _npy_fault(path: Path, reason: str) -> SeriesError:
    if "object" in reason.lower() or "pickle" in reason.lower():
        return SeriesError(
            f"{path.name} holds Python objects or is no NumPy file; opening it could run foreign code.",
            "Save the frames as a plain array of numbers.",
        )
    if "length" in reason or "size" in reason:
        return SeriesError(
            f"{path.name} is cut short: it holds less data than its header promises.",
            "Copy it again from where it was recorded.",
        )
    return SeriesError(f"Could not open {path.name}: {' '.join(reason.split())[:160]}.", "The file may be damaged.")


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
