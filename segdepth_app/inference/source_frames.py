"""The series that a result was made from, opened again for figures and movies."""

from pathlib import Path

from segdepth_app.config import SeriesOptions
from segdepth_app.errors import SeriesError
from segdepth_app.inference.result_reader import ResultReader
from segdepth_app.series.opener import Series, open_series


def open_source_of(result: ResultReader) -> Series:
    """The series of a result, with the same calibration, alignment and sums: its frames lie under the result's maps.

    The drift is the one that the result keeps, whatever was measured since. The series is looked for where it was, and
    beside the result. Raises: SeriesError where it is not there, or is another; ResultError where the result does not
    keep how its frames were moved.
    """
    info = result.info
    paths = tuple(_found(Path(text), result.path.parent) for text in info.source)
    series = open_series(
        SeriesOptions(
            series=paths,
            pixel_size_pm=info.pixel_size_pm,
            vacuum=str(info.vacuum),
            dose_e_per_px=info.dose_e_per_px,
            gain=info.gain,
            offset=info.offset,
            align="rigid" if info.align == "rigid" else "none",
            sum_frames=info.sum_frames,
            raw=info.raw,
        ),
        shift_px=result.source_shift_px(),
    )
    try:
        if series.fingerprint() != info.fingerprint:
            raise SeriesError(f"{paths[0]} is not the series that {result.path.name} was made from.", "It was changed.")
        if (series.n_frames, series.height_px, series.width_px) != (info.n_frames, info.height_px, info.width_px):
            raise SeriesError(f"{paths[0]} has other frames than {result.path.name}.", "It was changed.")
    except BaseException:
        series.close()
        raise
    return series


def _found(path: Path, folder: Path) -> Path:
    beside = folder / path.name
    return beside if not path.exists() and beside.exists() else path
