"""Which reader opens what: by ending, or one file per frame for folders and lists."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from segdepth_app.errors import SeriesError
from segdepth_app.series.source import Source

TIFF_ENDINGS = {".tif", ".tiff", ".btf", ".tf8"}
PICTURE_ENDINGS = {".png", ".jpg", ".jpeg", ".bmp"}
MOVIE_ENDINGS = {".avi", ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".wmv", ".mpg", ".mpeg", ".gif"}
MRC_ENDINGS = {".mrc", ".mrcs", ".map", ".ali", ".st"}
HDF5_ENDINGS = {".h5", ".hdf5"}
RAW_ENDINGS = {".raw", ".bin", ".dat"}


def open_source(series: Sequence[Path], raw: str | None = None) -> Source:
    """A file, a folder of frames, or frames in the order given; `raw` is the layout of files without a header.

    Raises: SeriesError.
    """
    opener = partial(_open_file, raw=raw)
    for path in series:
        _must_exist(path)
    if len(series) > 1:
        for path in series:
            if path.is_dir():
                raise SeriesError(f"{path} is a folder among files.", "Name one folder, or the frames in order.")
        return _frames(list(series), opener)
    path = series[0]
    if not path.is_dir():
        return opener(path)
    from segdepth_app.series.folder import frames_in

    files, remarks = frames_in(path)
    source = opener(files[0]) if len(files) == 1 else _frames(files, opener)
    source.warnings.extend(remarks)
    return source


def _frames(files: list[Path], opener: Callable[[Path], Source]) -> Source:
    from segdepth_app.series.folder import open_frames

    return open_frames(files, opener)


def _must_exist(path: Path) -> None:
    try:
        exists = path.exists()
    except OSError:
        exists = False
    if not exists:
        raise SeriesError(f"There is no file or folder {path}.", "Check the path.")


def _open_file(path: Path, *, raw: str | None) -> Source:
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except OSError as error:
        raise SeriesError(f"{path} cannot be read: {error.strerror or error}.", "Check the file's rights.") from error
    if not size:
        raise SeriesError(f"{path.name} is empty (0 bytes).", "Copy it again from where it was recorded.")
    ending = path.suffix.lower()
    opener: Any
    if ending in RAW_ENDINGS:
        from segdepth_app.series.raw import open_raw

        return open_raw(path, raw)
    if raw is not None:
        raise SeriesError(
            f"{path.name} has a header; a raw layout ({raw}) is for {', '.join(sorted(RAW_ENDINGS))}.",
            "Leave the raw layout away, or give the file one of these endings.",
        )
    if ending in TIFF_ENDINGS:
        from segdepth_app.series.tiff import open_tiff as opener
    elif ending in (".npy", ".npz") or ending in PICTURE_ENDINGS:
        from segdepth_app.series import arrays

        opener = {".npy": arrays.open_npy, ".npz": arrays.open_npz}.get(ending, arrays.open_picture)
    elif ending in (".ser", ".emi"):
        from segdepth_app.series import ser

        opener = ser.open_emi if ending == ".emi" else ser.open_ser
    elif ending in HDF5_ENDINGS:
        from segdepth_app.series.hdf5 import open_hdf5 as opener
    elif ending in MRC_ENDINGS:
        from segdepth_app.series.mrc import open_mrc as opener
    elif ending in MOVIE_ENDINGS:
        from segdepth_app.series.video import open_video as opener
    else:
        from segdepth_app.series.rosetta import open_with_rosetta as opener
    return opener(path)
