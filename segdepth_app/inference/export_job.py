"""The job that writes a result in other programs' formats: what the settings name, all of it or nothing.

Files are written under temporary names and moved into place when the last is complete.
"""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from segdepth_app.config import ExportResultConfig
from segdepth_app.errors import InputError, ResultError, SeriesError
from segdepth_app.inference import export, export_maps
from segdepth_app.inference.results import Result
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Reporter
from segdepth_app.series.opener import Series

ENDINGS = {
    "tiff": (".tif", ".tiff"),
    "csv": (".csv",),
    "events": (".csv",),
    "hdf5": (".h5", ".hdf5"),
    "figure": (".png", ".svg", ".pdf"),
    "movie": (".mp4", ".gif"),
}
"""What may be written, and the endings that say its format."""


def run(config: ExportResultConfig, reporter: Reporter) -> None:
    """Writes what is named.

    Raises: InputError where nothing is named, an ending is unknown, a target cannot be written or frames do not
    exist; Cancelled, between two frames, with nothing written.
    """
    targets = _targets(config)
    with Result(config.result) as result:
        frames = _frames(config, result)
        reporter.started(folder=str(next(iter(targets.values())).parent))
        steps = _Steps(reporter, _n_steps(targets, result.n_frames, len(frames)))
        with ExitStack() as stack:
            series = _series(config, result, reporter, stack)
            written = {name: stack.enter_context(written_whole(path)) for name, path in targets.items()}
            for name, temporary in written.items():
                reporter.raise_if_cancelled()
                _write(name, temporary, config, result, series, frames, steps)
            reporter.raise_if_cancelled()
    for path in targets.values():
        reporter.artifact(path)


def _targets(config: ExportResultConfig) -> dict[str, Path]:
    """What is to be written, by name; the confidence stack goes with the depth stack."""
    targets: dict[str, Path] = {}
    for name, endings in ENDINGS.items():
        path: Path | None = getattr(config, name)
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            raise InputError(f"{path.name} is no name for it ({name}).", f"Name a file {' or '.join(endings)}.")
        targets[name] = path
        if name == "tiff":
            targets["confidence"] = export_maps.confidence_path(path)
    if not targets:
        raise InputError("Nothing to export is named.", f"Name a file for at least one of {', '.join(ENDINGS)}.")
    resolved = [path.resolve() for path in targets.values()]
    double = next((path for path in resolved if resolved.count(path) > 1 or path == config.result.resolve()), None)
    if double is not None:
        raise InputError(f"{double} would be written over.", "Give every file a name of its own.")
    return {name: writable_target(path) for name, path in targets.items()}


def _frames(config: ExportResultConfig, result: Result) -> range:
    """Of the movie. Raises: InputError where a frame is named that the series does not have."""
    last = result.n_frames - 1 if config.last is None else config.last
    for frame in (config.first, last, config.frame or 0):
        if frame >= result.n_frames:
            raise InputError(f"There is no frame {frame}.", f"Frames run from 0 to {result.n_frames - 1}.")
    if last < config.first:
        raise InputError(f"The movie would end (frame {last}) before it begins (frame {config.first}).", "Swap them.")
    return range(config.first, last + 1)


def _series(config: ExportResultConfig, result: Result, reporter: Reporter, stack: ExitStack) -> Series | None:
    """The series itself, where a pane shows its frames and it is still there."""
    if not {"frame", "columns"} & set(config.panes) or not (config.figure or config.movie):
        return None
    from segdepth_app.inference.source_frames import open_source_of

    try:
        return stack.enter_context(open_source_of(result))
    except (SeriesError, ResultError) as fault:
        if not set(config.panes) - {"frame"}:
            raise
        reporter.warning(f"Without the frames of the series: {fault.message}")
        return None


def _write(
    name: str,
    path: Path,
    config: ExportResultConfig,
    result: Result,
    series: Series | None,
    frames: range,
    steps: "_Steps",
) -> None:
    if name == "tiff":
        export_maps.write_depth_stack(result, path, steps.tick)
    elif name == "confidence":
        export_maps.write_confidence_stack(result, path, steps.tick)
    elif name == "hdf5":
        export_maps.write_plain_hdf5(result, path, steps.tick)
    elif name == "movie":
        assert config.movie is not None
        _write_movie(path, config, result, series, frames, steps.tick)
    elif name == "figure":
        assert config.figure is not None
        from segdepth_app.inference import figure

        sheet = figure.result_sheet(result, frame=config.frame, pixels=config.pixels, panes=config.panes, series=series)
        figure.save_as(figure.draw(sheet), path, config.figure.suffix)
        steps.tick()
    else:
        {"csv": export.write_columns, "events": export.write_events}[name](result, path)
        steps.tick()


def _write_movie(
    path: Path,
    config: ExportResultConfig,
    result: Result,
    series: Series | None,
    frames: range,
    tick: Callable[[], None],
) -> None:
    from segdepth_app.inference.movie import write_movie
    from segdepth_app.inference.pictures import Pictures

    assert config.movie is not None
    pictures = Pictures(result, series, config.panes, frames)
    if not pictures.panes:
        raise InputError(f"{config.result.name} has none of the panes {', '.join(config.panes)}.", "Choose others.")
    write_movie(path, config.movie.suffix.lower(), pictures, frames, config.frames_per_second, tick)


def _n_steps(targets: dict[str, Path], n_frames: int, n_movie: int) -> int:
    per_target = {"tiff": n_frames, "confidence": n_frames, "hdf5": n_frames, "movie": n_movie}
    return sum(per_target.get(name, 1) for name in targets)


class _Steps:
    """Counts what is done, for the progress bar, and ends the job where it is cancelled."""

    def __init__(self, reporter: Reporter, total: int) -> None:
        self._reporter, self._total, self._done = reporter, total, 0

    def tick(self) -> None:
        """One more frame or table. Raises: Cancelled."""
        self._done += 1
        self._reporter.progress(self._done, self._total, "steps")
        self._reporter.raise_if_cancelled()
