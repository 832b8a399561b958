"""The align job: measures the drift of a series and keeps it for whoever opens the series with `align`."""

from collections.abc import Iterator
from pathlib import Path

from segdepth_app.config import AlignConfig, SeriesOptions
from segdepth_app.csv_file import number, write_csv
from segdepth_app.paths import writable_target
from segdepth_app.reporting import Reporter
from segdepth_app.series.drift_files import Drift, load_drift, save_drift
from segdepth_app.series.opener import Series, open_series

HEADER = ("frame", "time_s", "dx_px", "dy_px", "dx_nm", "dy_nm", "quality")


def run(config: AlignConfig, reporter: Reporter) -> None:
    """Measures, keeps, and writes the table that is asked for. Raises: SeriesError, InputError, Cancelled."""
    csv_path = None if config.csv is None else writable_target(config.csv)
    with _as_recorded(config) as series:
        reporter.started(device="cpu", folder=str(csv_path.parent) if csv_path else "")
        for text in series.warnings:
            reporter.warning(text)
        drift = _measured(series, reporter)
        reporter.table("drift", [_figures(series, drift)])
        if csv_path is not None:
            write_table(csv_path, series, drift)
            reporter.artifact(csv_path)


def ensure_drift(options: SeriesOptions, reporter: Reporter) -> Drift | None:
    """What opening the series with these options needs: measured now, unless it is kept; None without alignment."""
    if options.align == "none":
        return None
    with _as_recorded(options) as series:
        kept = load_drift(series.fingerprint())
        if kept is not None and len(kept.shift_px) == series.n_frames:
            return kept
        return _measured(series, reporter)


def write_table(path: Path, series: Series, drift: Drift) -> None:
    """HEADER of every frame of the file, from 0; what is unknown stays empty."""
    write_csv(path, HEADER, _rows(series, drift))


def _rows(series: Series, drift: Drift) -> Iterator[list[object]]:
    for frame, ((dy, dx), quality) in enumerate(zip(drift.shift_px.tolist(), drift.quality, strict=True)):
        time = None if series.frame_time_s is None else frame * series.frame_time_s
        size = series.pixel_size_pm
        lengths = [None if size is None else value * size / 1000 for value in (dx, dy)]
        yield [frame, *map(number, (time, dx, dy, *lengths, quality))]


def _as_recorded(options: SeriesOptions) -> Series:
    """The series as it is in its files, neither aligned nor summed."""
    known = {name: getattr(options, name) for name in SeriesOptions.model_fields}
    return open_series(SeriesOptions(**{**known, "align": "none", "sum_frames": 1}))


def _measured(series: Series, reporter: Reporter) -> Drift:
    # scipy is loaded only here: whoever finds a drift already measured waits for nothing
    from segdepth_app.series.drift import measure_drift

    drift = measure_drift(series, reporter)
    save_drift(series.fingerprint(), drift)
    for text in drift.warnings:
        reporter.warning(text)
    return drift


def _figures(series: Series, drift: Drift) -> dict[str, float | int | str | None]:
    found = drift.quality > 0
    pixel = series.pixel_size_pm
    return {
        "series": series.name,
        "frames": series.n_frames,
        "found": int(found.sum()),
        "largest_px": round(drift.largest_px, 2),
        "largest_nm": None if pixel is None else round(drift.largest_px * pixel / 1000, 4),
        "median_quality": round(float(sorted(drift.quality[found])[int(found.sum()) // 2]), 3) if found.any() else None,
    }
