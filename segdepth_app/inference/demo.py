"""The demo job: the shipped sample series through the shipped model, onto one sheet, and scored against its truth.

Writes into a folder: the result (.h5), the columns (.csv), the traces of two pixels (.csv), their saliency maps
(.tif), the sheet (.png and .pdf) and demo-summary.json. What an earlier demo left there is replaced.
"""

import json
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import DemoConfig, InferConfig
from segdepth_app.errors import InputError
from segdepth_app.inference import run as infer
from segdepth_app.inference.export import export_columns, export_trace
from segdepth_app.inference.figure import save_figure, sheet_of, trace_of
from segdepth_app.inference.journal import partial_folder
from segdepth_app.inference.predictor import Predictor
from segdepth_app.inference.results import Result
from segdepth_app.inference.saliency import Saliency, saliency_map
from segdepth_app.inference.saliency_job import write_map
from segdepth_app.inference.scoring import over_time, read_truth, score_columns
from segdepth_app.inference.sheet import MARKERS, Map, Sheet, Trace
from segdepth_app.microscope.device import pick_device
from segdepth_app.models.card import DEFAULT_MODEL, find_model
from segdepth_app.models.model_file import load_model
from segdepth_app.paths import existing_file, resources, writable_target, written_whole
from segdepth_app.reporting import Command, Reporter
from segdepth_app.series.opener import open_series
from segdepth_app.shipped import check_shipped

SAMPLE = "ceria-surface"
SUMMARY = "demo-summary.json"
FAIR_SHARE = 0.15
"""A column that switches well shows each of its counts in at least this share of the frames."""


@dataclass(frozen=True)
class Spot:
    """A pixel the demo looks at, in source pixels."""

    name: str
    x_px: int
    y_px: int
    label: str
    truth: np.ndarray | None


class _Steps(Reporter):
    """Passes on all but what belongs to the inner job: its start, and its end."""

    def __init__(self, outer: Reporter) -> None:
        self._outer = outer

    def progress(self, done: int, total: int, unit: str) -> None:
        self._outer.progress(done, total, unit)

    def warning(self, message: str) -> None:
        self._outer.warning(message)

    def command(self) -> Command | None:
        return self._outer.command()


def run(config: DemoConfig, reporter: Reporter) -> str:
    """Analyses the shipped sample with the shipped model."""
    sample = existing_file(resources() / "samples" / f"{SAMPLE}.tif", "The shipped sample series")
    truth = existing_file(sample.with_name(f"{SAMPLE}_truth.csv"), "The truth of the shipped sample")
    check_shipped(sample, "The sample series")
    check_shipped(truth, "The truth of the sample series")
    return analyse_sample(sample, truth, find_model(DEFAULT_MODEL), config.out, config.device, reporter)


def analyse_sample(sample: Path, truth_path: Path, model: Path, out: Path, device: Any, reporter: Reporter) -> str:
    """The demo for any series with a truth; every file it writes is an artifact. "done" or "stopped"."""
    began = time.perf_counter()
    truth = read_truth(truth_path)
    target = writable_target(out / f"{SAMPLE}.h5")
    target.unlink(missing_ok=True)
    # of a demo that was killed, perhaps of another version
    shutil.rmtree(partial_folder(target), ignore_errors=True)
    reporter.started(device=str(pick_device(device)), folder=str(out))
    config = InferConfig(series=(sample,), model=str(model), out=target, device=device)
    if infer.run(config, _Steps(reporter)) == "stopped":
        reporter.artifact(target)
        return "stopped"
    inferred = time.perf_counter()
    with Result(target) as result:
        spots = choose_spots(result, truth)
        frame = _telling_frame(spots[0], result)
        image, maps = _saliency(config, spots, frame)
        traces = [trace_of(result, spot.label, spot.x_px, spot.y_px, spot.truth) for spot in spots]
        sheet = _sheet(result, image, frame, traces, maps)
        scores = score_columns(result.columns_table(), truth, result.info.pixel_size_pm, result.events())
        files = _write_files(result, spots, maps, sheet, out)
    summary = {
        "version": __version__,
        "sample": str(sample),
        "model": str(model),
        "spots": [{"name": spot.name, "x_px": spot.x_px, "y_px": spot.y_px} for spot in spots],
        "frame_shown": frame,
        "scores": scores,
        "seconds": {"analysis": round(inferred - began, 2), "whole": round(time.perf_counter() - began, 2)},
    }
    with written_whole(out / SUMMARY) as temporary:
        temporary.write_text(json.dumps(summary, indent=1), encoding="utf-8")
    for path in [target, *files, out / SUMMARY]:
        reporter.artifact(path)
    return "done"


def choose_spots(result: Result, truth: np.ndarray) -> tuple[Spot, Spot]:
    """A switching column near the surface, and the pixel of the vacuum that is farthest from everything."""
    rows, atoms = over_time(truth, "atoms", np.arange(result.n_frames))
    switches = (atoms != atoms[:, :1]).any(axis=1)
    lower = atoms == atoms.min(axis=1, keepdims=True)
    fair = switches & (np.minimum(lower.mean(axis=1), 1 - lower.mean(axis=1)) >= FAIR_SHARE)
    candidates = np.flatnonzero(fair if fair.any() else switches if switches.any() else atoms[:, 0] > 0)
    if not len(candidates):
        raise InputError("The truth of the sample holds no columns.", "Make the sample again.")
    chosen = candidates[rows["y_px"][candidates].argmin()]
    row = rows[chosen]
    x, y = (round(float(row[name])) for name in ("x_px", "y_px"))
    low, high = int(np.nanmin(atoms[chosen])), int(np.nanmax(atoms[chosen]))
    element = row["element"].decode()
    column = Spot("column", x, y, f"{element} column at {x}, {y}: {low} ↔ {high} atoms", atoms[chosen])
    x, y = emptiest_pixel(rows[(atoms > 0).any(axis=1)], result.info.height_px, result.info.width_px)
    return column, Spot("vacuum", x, y, f"vacuum at {x}, {y}", None)


def emptiest_pixel(rows: np.ndarray, height: int, width: int) -> tuple[int, int]:
    """The pixel (x, y) farthest from all columns, not nearer to the rim than 1/16 of the picture."""
    from scipy.spatial import cKDTree

    step = max(min(height, width) // 128, 1)
    ys = np.arange(height // 16, height - height // 16, step)
    xs = np.arange(width // 16, width - width // 16, step)
    y, x = (grid.ravel() for grid in np.meshgrid(ys, xs, indexing="ij"))
    distance, _ = cKDTree(np.column_stack([rows["x_px"], rows["y_px"]])).query(np.column_stack([x, y]))
    # of the farthest, the one nearest to the middle: far from the rim as well
    far = distance >= min(distance.max(), 0.15 * min(height, width))
    middle = np.hypot(x - width / 2, y - height / 2)
    best = np.flatnonzero(far)[middle[far].argmin()]
    return int(x[best]), int(y[best])


def _telling_frame(spot: Spot, result: Result) -> int:
    """The middle of the longest stay of the column at its higher count."""
    assert spot.truth is not None
    high = spot.truth == np.nanmax(spot.truth)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], high.astype(int), [0]])))
    starts, stops = edges[::2], edges[1::2]
    longest = int((stops - starts).argmax())
    return int(starts[longest] + stops[longest] - 1) // 2


def _saliency(config: InferConfig, spots: tuple[Spot, Spot], frame: int) -> tuple[np.ndarray, list[Saliency]]:
    """The frame as it is in the file, and the saliency of both spots in it."""
    device = pick_device(config.device)
    loaded = load_model(find_model(config.model), device)
    predictor = Predictor(loaded, device)
    with open_series(config) as series:
        pixel_size, dose = infer.calibration(series, loaded.card)
        image = series.normalised(frame)
        maps = [
            saliency_map(predictor, image, pixel_size_pm=pixel_size, dose_e_per_px=dose, x_px=spot.x_px, y_px=spot.y_px)
            for spot in spots
        ]
        return series.frame(frame), maps


def _sheet(result: Result, image: np.ndarray, frame: int, traces: list[Trace], maps: list[Saliency]) -> Sheet:
    saliency = [
        Map(
            found.map,
            found.scale,
            f"saliency of P({found.depth}) = {found.probability:.2f} at {trace.x_px:.0f}, {trace.y_px:.0f}",
            trace.x_px,
            trace.y_px,
            colour,
        )
        for found, trace, colour in zip(maps, traces, MARKERS, strict=True)
    ]
    return sheet_of(result, frame, traces, image=image, saliency=saliency)


def _write_files(result: Result, spots: tuple[Spot, Spot], maps: list[Saliency], sheet: Sheet, out: Path) -> list[Path]:
    """Tables, maps and the figure; their paths."""
    files = [export_columns(result.path, out / f"{SAMPLE}_columns.csv")]
    for spot, found in zip(spots, maps, strict=True):
        files.append(export_trace(result.path, spot.x_px, spot.y_px, out / f"trace_{spot.name}.csv"))
        path = out / f"saliency_{spot.name}.tif"
        write_map(path, found, result.info.pixel_size_pm)
        files.append(path)
    figures = [out / f"{SAMPLE}.png", out / f"{SAMPLE}.pdf"]
    save_figure(sheet, figures)
    return files + figures
