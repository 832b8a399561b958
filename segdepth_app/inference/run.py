"""The infer job: a series and a model → a result file (results.py).

STOP keeps the frames that are done, as a valid result with the rest as a gap; CANCEL leaves nothing.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import InferConfig
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.inference.columns import Evidence, Sites, columns_table, find_sites, pool
from segdepth_app.inference.predictor import Predictor, check_pixel_size, fitness_warnings, geometry
from segdepth_app.inference.result_writer import ResultWriter, check_space
from segdepth_app.inference.results import COLUMN_DTYPE, ResultInfo
from segdepth_app.inference.traces import column_prior, smooth
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import ModelCard, find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import sha256_of, writable_target, written_whole
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.opener import Series, open_series
from segdepth_app.series.resample import resampled_shape

CUDA_BATCH = 8
"""Frames at once on a GPU; a CPU gains nothing from more than one."""


def run(config: InferConfig, reporter: Reporter) -> str:
    """Analyses the series; "done" or "stopped".

    Raises: InputError where series, model, pixel size, dose or target cannot be used; Cancelled.
    """
    out = writable_target(config.out)
    if out.exists():
        raise InputError(f"{out} exists already.", "Choose another name with --out, or delete it first.")
    model_path = find_model(config.model)
    device = pick_device(config.device)
    with open_series(config) as series:
        loaded = load_model(model_path, device)
        use = Use(*calibration(series, loaded.card))
        predictor = Predictor(loaded, device, mirror=config.mirror)
        reporter.started(device=str(device), folder=str(out.parent), versions=_versions())
        said = _Warnings(reporter)
        said.add([*series.warnings, *fitness_warnings(loaded.card, **use.as_arguments())])
        shape = result_shape(series, loaded.card, use.pixel_size_pm)
        check_space(out, series.n_frames, shape)
        with (
            written_whole(out) as temporary,
            ResultWriter(temporary, n_frames=series.n_frames, shape=shape) as writer,
        ):
            evidence = _maps(series, predictor, writer, reporter, use)
            if not writer.done.all():
                n_done = int(writer.done.sum())
                said.add([f"Stopped after {n_done} of {series.n_frames} frames; the others are left out."])
            sites = find_sites(evidence, loaded.card)
            scale = geometry(loaded.card, use.pixel_size_pm).output_scale
            table = tracked(sites, writer, loaded.card, config.stay_probability, scale)
            said.add([*series.warnings, *sites.warnings])
            writer.finish(table, _info(config, series, predictor, use, sha256_of(model_path), said.texts))
    reporter.artifact(out)
    return "done" if writer.done.all() else "stopped"


class Use(NamedTuple):
    """What is assumed of a series when a model is applied to it."""

    pixel_size_pm: float
    dose_e_per_px: float  # of the file

    def as_arguments(self) -> dict[str, float]:
        """For functions that take both by keyword."""
        return self._asdict()


class _Warnings:
    """Says each sentence once, and keeps it for the file."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter
        self.texts: list[str] = []

    def add(self, texts: list[str]) -> None:
        """Sentences, new or not."""
        for text in texts:
            if text not in self.texts:
                self.texts.append(text)
                self._reporter.warning(text)


def _info(
    config: InferConfig, series: Series, predictor: Predictor, use: Use, model_sha256: str, warnings: list[str]
) -> ResultInfo:
    return ResultInfo(
        source=[str(path.resolve()) for path in config.series],
        fingerprint=series.fingerprint(),
        model_card=predictor.card.model_dump(mode="json"),
        model_sha256=model_sha256,
        n_frames=series.n_frames,
        height_px=series.height_px,
        width_px=series.width_px,
        pixel_size_pm=use.pixel_size_pm,
        pixel_size_source=series.pixel_size_source,
        vacuum=float(series.vacuum),
        vacuum_source=series.vacuum_source,
        dose_e_per_px=use.dose_e_per_px,
        dose_source=series.dose_source,
        frame_time_s=series.frame_time_s,
        frame_time_source=series.frame_time_source,
        scale=geometry(predictor.card, use.pixel_size_pm).output_scale,
        temperature=predictor.condition(use.dose_e_per_px, use.pixel_size_pm)[1],
        mirror=config.mirror,
        stay_probability=config.stay_probability,
        warnings=warnings,
    )


def calibration(series: Series, card: ModelCard) -> tuple[float, float]:
    """Pixel size in pm and dose in electrons per pixel of the file.

    Raises: InputError that names the option where one of them is missing or unusable.
    """
    pixel_size = series.require_pixel_size()
    check_pixel_size(card, pixel_size)
    if series.dose_e_per_px is None:
        raise InputError(
            f"The dose of {series.name} is unknown: its values are no electron counts.",
            "Give the electrons per pixel in vacuum with --dose (or type it in the View tab).",
        )
    return pixel_size, float(series.dose_e_per_px)


def result_shape(series: Series, card: ModelCard, pixel_size_pm: float) -> tuple[int, int]:
    """Height and width of the maps. Raises: InputError where a frame holds no output pixel."""
    ratio = card.output_binning // card.binning
    height, width = (
        n // ratio for n in resampled_shape(series.height_px, series.width_px, pixel_size_pm, card.input_pixel_pm)
    )
    if not height or not width:
        raise InputError(
            f"Frames of {series.height_px} × {series.width_px} px at {pixel_size_pm:.4g} pm are smaller than one "
            f"output pixel of the model ({card.output_pixel_pm:.4g} pm).",
            "Check the pixel size.",
        )
    return height, width


def _versions() -> dict[str, str]:
    import torch

    return {"segdepth": __version__, "torch": torch.__version__}


def _maps(series: Series, predictor: Predictor, writer: ResultWriter, reporter: Reporter, use: Use) -> Evidence:
    """Analyses frames until the end or a command. Raises: Cancelled after a cancel, or a stop before any frame."""
    evidence = Evidence(writer.shape)
    size = CUDA_BATCH if predictor.device.type == "cuda" else 1
    for frames in _batches(series.n_frames, size):
        reporter.raise_if_cancelled()
        if reporter.command() in (Command.STOP, Command.PAUSE):
            if not frames.start:
                raise Cancelled("The job was stopped before its first frame was done.")
            break
        images = np.stack([series.normalised(frame) for frame in frames])
        logs = predictor.log_probabilities(images, **use.as_arguments())
        for frame, log_probability in zip(frames, logs, strict=True):
            writer.add(frame, log_probability)
            evidence.add(np.exp(log_probability))
        reporter.progress(frames.stop, series.n_frames, "frames")
    return evidence


def _batches(n: int, size: int) -> Iterator[range]:
    for start in range(0, n, size):
        yield range(start, min(start + size, n))


def tracked(sites: Sites, writer: ResultWriter, card: ModelCard, stay_probability: float, scale: float) -> np.ndarray:
    """The table of columns of all frames done: pooled, smoothed through time, without places that hold nothing."""
    if not len(sites):
        return np.zeros(0, COLUMN_DTYPE)
    discs = sites.discs(writer.shape, card)
    frames = np.flatnonzero(writer.done)
    pooled = np.stack([pool(writer.log_probability(int(frame)), discs, len(sites)) for frame in frames])
    smoothed = smooth(pooled, prior=column_prior(card.class_prior), stay_probability=stay_probability)
    # a candidate that all frames together never take for a column is vacuum, however often a frame doubted it
    kept = np.flatnonzero((smoothed.path > 0).any(axis=0))
    return columns_table(sites.taken(kept), frames, pooled[:, kept], smoothed.taken(kept), scale=scale)
