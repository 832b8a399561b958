"""The align job: measures the drift of a series and keeps it for whoever opens the series with `align`."""

import csv
from pathlib import Path

from segdepth_app.config import AlignConfig, SeriesOptions
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.series.drift_files import Drift, load_drift, save_drift
from segdepth_app.series.opener import Series, open_series


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
    """`frame,time_s,dx_px,dy_px,dx_nm,dy_nm,quality`; what is unknown stays empty."""
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream)
        table.writerow(["frame", "time_s", "dx_px", "dy_px", "dx_nm", "dy_nm", "quality"])
        for frame, ((dy, dx), quality) in enumerate(zip(drift.shift_px.tolist(), drift.quality.tolist(), strict=True)):
            time = "" if series.frame_time_s is None else f"{frame * series.frame_time_s:.6g}"
            lengths = ["", ""]
            if series.pixel_size_pm is not None:
                lengths = [f"{value * series.pixel_size_pm / 1000:.5f}" for value in (dx, dy)]
            table.writerow([frame, time, f"{dx:.3f}", f"{dy:.3f}", *lengths, f"{quality:.3f}"])


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
