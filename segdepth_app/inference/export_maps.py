"""Maps of a result for other programs: calibrated TIFF stacks, and plain HDF5.

Maps keep the pixels of the result's grid, so no class is ever interpolated; where the grid is turned against the
frame, files say so. Frames that are not done, and pixels outside the frame, are 255 in depth and 0 in confidence.
tifffile and h5py are imported when they are needed.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.config import N_CLASSES
from segdepth_app.inference.result_info import OUTSIDE
from segdepth_app.inference.results import Result

IMAGEJ_BYTES = 4_000_000_000
"""ImageJ's files end at 4 GiB; larger stacks become BigTIFF with pixels per cm."""
NM_PER_CM = 1e7
Tick = Callable[[], None]


def confidence_path(depth_path: Path) -> Path:
    """The confidence stack beside the depth stack."""
    return depth_path.with_name(f"{depth_path.stem}_confidence{depth_path.suffix}")


def write_depth_stack(result: Result, path: Path, tick: Tick) -> None:
    """Classes, uint8 (T, h, w), as a TIFF stack with pixel size and frame time; `tick` after every frame."""
    _write_stack(result, path, result.depth, OUTSIDE, tick)


def write_confidence_stack(result: Result, path: Path, tick: Tick) -> None:
    """Confidence in 255ths, uint8 (T, h, w), as a TIFF stack with pixel size and frame time."""
    _write_stack(result, path, result.confidence, 0, tick)


def pixel_nm(result: Result) -> float:
    """Edge of a pixel of the maps."""
    return result.info.pixel_size_pm * result.scale / 1000


def _write_stack(result: Result, path: Path, read: Callable[[int], np.ndarray], missing: int, tick: Tick) -> None:
    import tifffile

    size_nm = pixel_nm(result)
    shape = (result.n_frames, *result.shape)
    settings: dict[str, Any] = {"resolution": (1 / size_nm, 1 / size_nm), "imagej": True, "metadata": _about(result)}
    if int(np.prod(shape, dtype=np.int64)) > IMAGEJ_BYTES:
        per_cm = NM_PER_CM / size_nm
        settings = {"resolution": (per_cm, per_cm), "resolutionunit": "CENTIMETER", "bigtiff": True, "metadata": None}
    tifffile.imwrite(
        path, _frames(result, read, missing, tick), shape=shape, dtype=np.uint8, photometric="minisblack", **settings
    )


def _frames(result: Result, read: Callable[[int], np.ndarray], missing: int, tick: Tick) -> Iterator[np.ndarray]:
    for t in range(result.n_frames):
        yield read(t) if result.done[t] else np.full(result.shape, missing, np.uint8)
        tick()


def _about(result: Result) -> dict[str, Any]:
    """ImageJ's description: unit of length, step in time, and a note with everything else."""
    info, grid = result.info, result.grid
    note = {
        "made by": f"SegDepth {result.version}",
        "source": info.source,
        "model": result.card.name,
        "source pixels per pixel": info.scale,
        "rotation against the frame (deg, counterclockwise)": grid.rotation_deg,
        "frame to map (x, y, 1)": np.round(grid.matrix(), 6).tolist(),
        "frames": "slice n of a viewer that counts from 1 is frame n - 1 of the tables, which count from 0",
        "frames of the file per slice": info.sum_frames,
        "drift": "undone" if info.align != "none" else "left as it was",
    }
    about: dict[str, Any] = {"axes": "TYX", "unit": "nm", "spacing": 1.0, "Info": json.dumps(note, ensure_ascii=True)}
    if info.frame_time_s:
        about |= {"finterval": info.frame_time_s, "tunit": "s"}
    return about


def write_plain_hdf5(result: Result, path: Path, tick: Tick) -> None:
    """Maps, probabilities, columns and events as datasets that explain themselves: one per quantity, with its unit.

    /depth, /confidence (T, h, w), /probability (T, 11, h, w) in 255ths, /activity (h, w), /done (T), /time_s (T),
    /shift_px (T, 2), /columns/… and /events/… with a dataset for each column of the table. `tick` after every frame.
    """
    import h5py

    height, width = result.shape
    with h5py.File(path, "w") as file:
        _describe_file(file, result)
        settings: dict[str, Any] = {"chunks": (1, height, width), "compression": "gzip", "compression_opts": 4}
        shape = (result.n_frames, height, width)
        depth = file.create_dataset("depth", shape, np.uint8, fillvalue=OUTSIDE, **settings)
        confidence = file.create_dataset("confidence", shape, np.float32, fillvalue=0, **settings)
        for t in _probability_written(file, result):
            if result.done[t]:
                depth[t] = result.depth(t)
                confidence[t] = result.confidence(t) / np.float32(255)
            tick()
        _describe(depth, "atoms", f"Atoms per column, axes time, y, x; {OUTSIDE} where nothing was analysed.")
        _describe(confidence, "1", "Probability of that number of atoms.")
        _describe(file.create_dataset("done", data=result.done), "", "Whether the frame was analysed.")
        _describe(file.create_dataset("shift_px", data=result.shift_px()), "px", "Drift (dy, dx) that was undone.")
        if result.time_s is not None:
            _describe(file.create_dataset("time_s", data=result.time_s), "s", "Time from the first frame.")
        activity = result.activity()
        if activity is not None:
            _describe(file.create_dataset("activity", data=activity), "atoms", "How much each pixel changes.")
        _write_table(file.create_group("columns"), result.columns_table(), result.info.pixel_size_pm)
        _write_table(file.create_group("events"), result.events(), result.info.pixel_size_pm)


def _probability_written(file: Any, result: Result) -> Iterator[int]:
    """Writes them as the result has them, so that the trace of a pixel is read quickly; each frame when it is due."""
    height, width = result.shape
    shape = (result.n_frames, N_CLASSES, height, width)
    values = file.create_dataset("probability", shape, np.uint8, fillvalue=0, chunks=result.probability_chunk)
    due = 0
    for frames, rows, piece in result.probability_pieces():
        values[frames, :, rows] = piece
        reached = frames.start + (frames.stop - frames.start) * rows.stop // height
        yield from range(due, reached)
        due = reached
    values.attrs["scale_factor"] = 1 / 255
    _describe(
        values,
        "1",
        f"Probability of 0 to {N_CLASSES - 1} atoms, axes time, atoms, y, x, in 255ths: times scale_factor. Rounding "
        "leaves sums a little off 1; SegDepth's traces are divided by their sum. 0 where nothing was analysed.",
    )


def _describe(dataset: Any, unit: str, text: str) -> None:
    dataset.attrs.update(unit=unit, description=text)


def _describe_file(file: Any, result: Result) -> None:
    info = result.info
    file.attrs.update(
        made_by=f"SegDepth {result.version}",
        source=info.source,
        model=result.card.name,
        pixel_size_nm=pixel_nm(result),
        source_pixel_size_nm=info.pixel_size_pm / 1000,
        rotation_deg=result.grid.rotation_deg,
        frame_to_map=result.grid.matrix(),
        frames_per_image=info.sum_frames,
        description="Frames are counted from 0. Positions x_px, y_px are pixels of the source's frame, from 0 at the "
        "centre of the first; frame_to_map (2 × 3) leads from (x, y, 1) there to x, y of the maps.",
    )
    if info.frame_time_s is not None:
        file.attrs["frame_time_s"] = info.frame_time_s


def _write_table(group: Any, table: np.ndarray, pixel_size_pm: float) -> None:
    for name in table.dtype.names or ():
        group.create_dataset(name, data=table[name])
    for axis in "xy":
        nm = group.create_dataset(f"{axis}_nm", data=table[f"{axis}_px"] * np.float32(pixel_size_pm / 1000))
        nm.attrs["unit"] = "nm"
