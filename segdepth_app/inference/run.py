"""The infer job: a series and a model → a result file (results.py).

While it runs, everything is kept in a folder beside the target (journal.py), so that the same command goes on after
a pause or a kill. STOP makes a result of the frames that are done, with the rest as a gap; PAUSE leaves the folder;
CANCEL leaves nothing.
"""

import glob
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import N_CLASSES, InferConfig
from segdepth_app.errors import Cancelled, InputError, SeriesError
from segdepth_app.inference.assembling import assemble
from segdepth_app.inference.frames import Loop, Use
from segdepth_app.inference.journal import GAPS_FILE, PLAN_FILE, SHIFTS_FILE, partial_folder
from segdepth_app.inference.journal_writer import Journal
from segdepth_app.inference.predictor import Predictor, check_pixel_size, fitness_warnings
from segdepth_app.inference.result_info import ResultInfo
from segdepth_app.inference.traces import column_prior
from segdepth_app.locks import LOCK_FILE, locked
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import sha256_of, writable_target
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.drift_files import drift_key
from segdepth_app.series.drift_job import ensure_drift
from segdepth_app.series.opener import Series, open_series

JOURNAL_BYTES = (N_CLASSES + 3) + N_CLASSES
"""Per pixel of a frame's maps: its block of the journal, and the sums that come with it (as many)."""
RESULT_BYTES = N_CLASSES + 2


def run(config: InferConfig, reporter: Reporter) -> str:
    """Analyses the series; "done", "stopped" or "paused".

    Raises: InputError where series, model, pixel size, dose, target or an earlier part of the analysis cannot be used;
    Cancelled.
    """
    out = writable_target(config.out)
    if out.exists():
        raise InputError(f"{out} exists already.", "Choose another name with --out, or delete it first.")
    model_path = find_model(config.model)
    device = pick_device(config.device)
    ensure_drift(config, reporter)
    with open_series(config) as series:
        predictor = Predictor(load_model(model_path, device), device, mirror=config.mirror, precision=config.precision)
        analysis = Analysis(config, series, predictor, sha256_of(model_path))
        reporter.started(device=str(device), folder=str(out.parent), versions=_versions())
        ended = analysis.to_its_end(out, reporter)
    if ended != "paused":
        reporter.artifact(out)
    return ended


class Analysis:
    """One series and one model, ready to be put together."""

    def __init__(self, config: InferConfig, series: Series, predictor: Predictor, model_sha256: str) -> None:
        self.config, self.series, self.predictor = config, series, predictor
        pixel_size, dose = calibration(series, predictor.card)
        self.use = Use(pixel_size, dose, config.rotation_deg)
        self.grid = predictor.output_grid(series.height_px, series.width_px, pixel_size, config.rotation_deg)
        self.info = self._info(model_sha256)

    def to_its_end(self, out: Path, reporter: Reporter) -> str:
        """Goes on where an earlier run ended; how this one did. Raises: InputError, Cancelled."""
        folder = partial_folder(out)
        try:
            with _opened(folder):
                _remove_leftovers(out, folder)
                journal = Journal(folder, self.info, self.grid.shape, self.settings(), self.series.shift_px)
                check_space(out, self.info.n_frames, self.grid.shape, n_reached=journal.n_reached)
                ended = self._worked(journal, out, reporter)
        except Cancelled:
            _remove(folder)
            raise
        except BaseException:
            if not any(folder.glob("logs-*")):
                _remove_empty(folder)
            raise
        if ended != "paused":
            _remove(folder)
        return ended

    def settings(self) -> dict[str, Any]:
        """All that decides the maps, by the names of the command line."""
        info, series = self.info, self.series
        return {
            "series": info.fingerprint,
            "model": info.model_sha256,
            "pixel_size_pm": info.pixel_size_pm,
            "vacuum": info.vacuum,
            "offset": info.offset,
            "dose_e_per_px": info.dose_e_per_px,
            "rotation_deg": info.rotation_deg,
            "align": info.align,
            "shifts": drift_key(series.shift_px) or None,
            "sum_frames": info.sum_frames,
            "longest_sum_frames": info.longest_sum_frames,
            "mirror": info.mirror,
            "precision": info.precision,
        }

    def _worked(self, journal: Journal, out: Path, reporter: Reporter) -> str:
        said = _Warnings(reporter)
        said.add([*self.series.warnings, *self._misfits(), *journal.gaps.values()])
        loop = Loop(self.series, self.predictor, journal, self.use, self.grid, said)
        command = loop.run()
        journal.flush()
        if command is Command.PAUSE:
            return "paused"
        n_frames = self.info.n_frames
        if not journal.n_done:
            _refuse_nothing(self.series.name, journal, command)
        said.add(self.series.warnings)
        if command is Command.STOP:
            said.add([f"Stopped after {journal.n_reached} of {n_frames} frames; the others are left out."])
        assemble(
            journal,
            out,
            card=self.predictor.card,
            grid=self.grid,
            stay_probability=self.config.stay_probability,
            shift_px=self.series.shift_px,
            warnings=said.texts,
            reporter=reporter,
        )
        return "done" if command is None else "stopped"

    def _misfits(self) -> list[str]:
        pixel_size, dose, _ = self.use
        return fitness_warnings(self.predictor.card, pixel_size_pm=pixel_size, dose_e_per_px=dose)

    def _info(self, model_sha256: str) -> ResultInfo:
        series, card, use, config = self.series, self.predictor.card, self.use, self.config
        assert series.dose_e_per_px is not None
        return ResultInfo(
            source=[str(path.resolve()) for path in config.series],
            fingerprint=series.fingerprint(),
            model_card=card.model_dump(mode="json"),
            model_sha256=model_sha256,
            n_frames=series.n_frames,
            height_px=series.height_px,
            width_px=series.width_px,
            pixel_size_pm=use.pixel_size_pm,
            pixel_size_source=series.pixel_size_source,
            vacuum=float(series.vacuum),
            vacuum_source=series.vacuum_source,
            dose_e_per_px=float(series.dose_e_per_px),
            dose_source=series.dose_source,
            frame_time_s=series.frame_time_s,
            frame_time_source=series.frame_time_source,
            scale=self.grid.scale,
            temperature=self.predictor.condition(use.image_dose_e_per_px, use.pixel_size_pm)[1],
            mirror=config.mirror,
            stay_probability=config.stay_probability,
            warnings=[],
            rotation_deg=config.rotation_deg,
            sum_frames=config.sum_frames,
            align=config.align,
            gain=series.gain,
            gain_source=series.gain_source,
            offset=series.offset,
            offset_source=series.offset_source,
            raw=config.raw,
            stay_source="typed" if config.stay_probability is not None else "not fitted yet",
            longest_sum_frames=config.longest_sum_frames,
            precision=self.predictor.precision,
            grid=self.grid.as_dict(),
            prior=[float(share) for share in column_prior(card.class_prior)],
        )


def calibration(series: Series, card: ModelCard) -> tuple[float, float]:
    """Pixel size in pm, and dose of one image in electrons per pixel of the file: what a network is told.

    Raises: InputError that names the option where one of them is missing or unusable.
    """
    pixel_size = series.require_pixel_size()
    check_pixel_size(card, pixel_size)
    if series.image_dose_e_per_px is None:
        raise InputError(
            f"The dose of {series.name} is unknown: its values are no electron counts.",
            "Give the electrons per pixel in vacuum with --dose (or type it in the View tab).",
        )
    return pixel_size, float(series.image_dose_e_per_px)


def check_space(out: Path, n_frames: int, shape: tuple[int, int], *, n_reached: int = 0) -> None:
    """Raises: InputError where the disk cannot hold the result and what is kept on the way to it."""
    pixels = shape[0] * shape[1]
    needed = pixels * (n_frames * RESULT_BYTES + (n_frames - n_reached) * JOURNAL_BYTES)
    free = shutil.disk_usage(out.parent).free
    if needed > free:
        raise InputError(
            f"The analysis needs up to {needed / 1e9:.1f} GB in {out.parent}, where {free / 1e9:.1f} GB are free.",
            "Choose another folder, or make room.",
        )


class _Warnings(Reporter):
    """Says each sentence once, and keeps it for the file; passes on everything else that the loop says."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.texts: list[str] = []

    def add(self, texts: Iterable[str]) -> None:
        """Sentences, new or not."""
        for text in texts:
            self.warning(text)

    def warning(self, message: str) -> None:
        """One sentence."""
        if message not in self.texts:
            self.texts.append(message)
            self._reporter.warning(message)

    def progress(self, done: int, total: int, unit: str) -> None:
        """As it is."""
        self._reporter.progress(done, total, unit)

    def command(self) -> Command | None:
        """As it is."""
        return self._reporter.command()


def _refuse_nothing(name: str, journal: Journal, command: Command | None) -> None:
    if command is not None and not journal.gaps:
        raise Cancelled("The job was stopped before its first frame was done.")
    why = next(iter(journal.gaps.values()))
    for path in journal.folder.glob("*.npy"):  # the next run shall try them again
        path.unlink()
    raise SeriesError(f"No frame of {name} could be read. {why}", "Copy the series again from where it was recorded.")


@contextmanager
def _opened(folder: Path) -> Iterator[None]:
    """The folder, made where it is not there, for this process alone."""
    folder.mkdir(exist_ok=True)
    with locked(folder, "analysis"):
        yield


def _remove(folder: Path) -> None:
    """Deletes the folder; another program that is reading in it may keep a file a little longer."""
    # first what makes it one, so that a rest is never taken for an analysis
    (folder / PLAN_FILE).unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)


def _remove_empty(folder: Path) -> None:
    """Deletes a folder that never held a frame, unless it holds what is not ours."""
    if {path.name for path in folder.glob("*")} <= {PLAN_FILE, GAPS_FILE, SHIFTS_FILE, LOCK_FILE}:
        _remove(folder)


def _remove_leftovers(out: Path, folder: Path) -> None:
    """What a killed process was writing; nobody else writes here while the folder is locked."""
    for path in (*out.parent.glob(f".{glob.escape(out.name)}.part-*"), *folder.glob(".*.part-*")):
        path.unlink(missing_ok=True)


def _versions() -> dict[str, str]:
    import torch

    return {"segdepth": __version__, "torch": torch.__version__}
