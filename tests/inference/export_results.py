"""Small results with known maps, written straight into a result file, with the series they belong to."""

from pathlib import Path

import h5py
import numpy as np
import tifffile
from inference_toys import PIXEL_PM, toy_model

from segdepth_app.inference.results import COLUMN_DTYPE, EVENT_DTYPE, OUTSIDE, ResultInfo, write_info
from segdepth_app.series.fingerprint import fingerprint
from segdepth_app.series.grid import Grid, grid_for

N_FRAMES, HEIGHT, WIDTH = 7, 64, 96
FRAME_TIME_S = 0.13


def depth_at(t: int, grid: Grid) -> np.ndarray:
    """Class of a result pixel by where it lies in the frame: left half t, right half 10 − t; OUTSIDE beside it."""
    x, _ = grid.to_source(np.arange(grid.width)[None, :], np.arange(grid.height)[:, None])
    depth = np.where(np.broadcast_to(x, grid.shape) < WIDTH / 2 - 0.5, t, 10 - t).astype(np.uint8)
    depth[~grid.inside(HEIGHT, WIDTH)] = OUTSIDE
    return depth


def confidence_at(t: int, grid: Grid) -> np.ndarray:
    """The same everywhere in a frame: 100 + t, in 255ths; 0 beside the frame."""
    return np.where(grid.inside(HEIGHT, WIDTH), 100 + t, 0).astype(np.uint8)


def columns() -> np.ndarray:
    """Two columns in every frame but the last: Ce of 3 atoms, and O that goes from 2 to 0 in frame 4."""
    rows = np.zeros(2 * (N_FRAMES - 1), COLUMN_DTYPE)
    rows["frame"] = np.repeat(np.arange(N_FRAMES - 1), 2)
    rows["column"] = np.tile([0, 1], N_FRAMES - 1)
    rows["element"] = np.tile([b"Ce", b"O"], N_FRAMES - 1)
    rows["x_px"], rows["y_px"] = np.tile([20.25, 70.5], N_FRAMES - 1), np.tile([30.5, 10.75], N_FRAMES - 1)
    late = rows["frame"] >= 4
    rows["hmm_count"] = np.where(rows["column"] == 0, 3, np.where(late, 0, 2))
    rows["count"], rows["confidence"], rows["hmm_confidence"] = rows["hmm_count"], 0.75, 0.875
    for n in range(11):
        rows[f"p{n}"] = np.where(rows["count"] == n, 0.75, 0.025)
    return rows


def events() -> np.ndarray:
    return np.array([(1, b"O", 70.5, 10.75, 4, 2, 0, 0.9375)], EVENT_DTYPE)


def write_result(folder: Path, *, rotation_deg: float = 0.0, ending: str = ".tif") -> Path:
    """Seven frames of counts, and a result of them whose last frame was not analysed."""
    frames = np.random.default_rng(0).poisson(3, (N_FRAMES, HEIGHT, WIDTH)).astype(np.uint8)
    source = folder / f"series{ending}"
    if ending == ".tif":
        tifffile.imwrite(source, frames, photometric="minisblack")
    else:
        np.save(source, frames)
    grid = grid_for(HEIGHT, WIDTH, PIXEL_PM, 2 * PIXEL_PM, rotation_deg)
    path = folder / "result.h5"
    with h5py.File(path, "w") as file:
        write_info(file, _info(source, grid, rotation_deg), "0")
        done = np.arange(N_FRAMES) < N_FRAMES - 1
        file["done"] = done
        shape = (N_FRAMES, *grid.shape)
        depth, confidence = np.full(shape, OUTSIDE, np.uint8), np.zeros(shape, np.uint8)
        for t in np.flatnonzero(done):
            depth[t], confidence[t] = depth_at(t, grid), confidence_at(t, grid)
        file["depth"], file["confidence"] = depth, confidence
        file["probability"] = np.full((N_FRAMES, 11, *grid.shape), 23, np.uint8)
        file["columns"], file["events"] = columns(), events()
        file["activity"] = np.linspace(0, 2, grid.width, dtype=np.float32) * np.ones((grid.height, 1), np.float32)
        file["shift_px"] = np.zeros((N_FRAMES, 2), np.float32)
    return path


def _info(source: Path, grid: Grid, rotation_deg: float) -> ResultInfo:
    return ResultInfo(
        source=[str(source)],
        fingerprint=fingerprint([source]),
        model_card=toy_model().card.model_dump(mode="json"),
        model_sha256="0" * 64,
        n_frames=N_FRAMES,
        height_px=HEIGHT,
        width_px=WIDTH,
        pixel_size_pm=PIXEL_PM,
        pixel_size_source="typed",
        vacuum=3.0,
        vacuum_source="typed",
        dose_e_per_px=3.0,
        dose_source="typed",
        frame_time_s=FRAME_TIME_S,
        frame_time_source="typed",
        scale=grid.scale,
        temperature=1.0,
        mirror=False,
        stay_probability=0.98,
        warnings=[],
        rotation_deg=rotation_deg,
        grid=grid.as_dict(),
        prior=[1 / 11] * 11,
    )
