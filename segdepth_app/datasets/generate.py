"""The simulate job: plan, make specimens in parallel, assemble one HDF5 file.

Finished specimens wait as single files in `<out>.parts`; each is written under a temporary name and moved,
so a kill at any moment loses only the specimens in flight and the same job goes on where it was. When all
are there, they are assembled into the dataset and the folder is removed.
"""

import json
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import threading
from collections.abc import Generator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import closing
from pathlib import Path

import numpy as np

from segdepth_app import __version__
from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.plan import PlannedSpecimen, plan_dataset
from segdepth_app.datasets.store import SimulatedSpecimen, write_dataset
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.paths import writable_target, written_whole
from segdepth_app.reporting import Command, Reporter

BYTES_PER_STORED_PIXEL = 2


def parts_folder(out: Path) -> Path:
    """Where finished specimens wait until the dataset is complete."""
    return out.with_name(out.name + ".parts")


def estimated_bytes(config: SimulateConfig) -> int:
    """Size of the images; the tables are small beside them."""
    grid = config.grid
    pixels = (grid.height_px // grid.binning) * (grid.width_px // grid.binning)
    return config.n_specimens * config.n_defoci * pixels * BYTES_PER_STORED_PIXEL


def run(config: SimulateConfig, reporter: Reporter) -> None:
    """Makes the dataset, or goes on with one that was paused.

    Raises: InputError where the target exists, cannot be written, or was begun with other settings.
    """
    from segdepth_app.microscope.device import pick_device

    out = writable_target(config.out)
    if out.exists():
        raise InputError(f"{out} exists already.", "Choose another name, or delete it first.")
    device = str(pick_device(config.device))
    planned = plan_dataset(config)
    parts = _open_parts(config, out)
    todo = [item for item in planned if not _part(parts, item.id).exists()]
    _check_space(out, 2 * estimated_bytes(config) * len(todo) // len(planned) + estimated_bytes(config))
    reporter.started(device=device, folder=str(out.parent), version=__version__, resumed=len(planned) - len(todo))

    done = len(planned) - len(todo)
    with closing(_simulate_all(config, todo, parts, device)) as finished:
        for _ in finished:
            done += 1
            reporter.progress(done, len(planned), "specimens")
            if reporter.command() is not None:
                break
    # only now are the specimens in flight done as well: before, they would write into a folder that goes
    if reporter.command() is Command.CANCEL:
        shutil.rmtree(parts, ignore_errors=True)
        raise Cancelled("The dataset was cancelled; its parts were removed.")
    if done < len(planned):
        return
    grid = config.grid
    write_dataset(
        out,
        (_read_part(_part(parts, item.id)) for item in planned),
        config=json.loads(config.model_dump_json()),
        image_shape=(grid.height_px // grid.binning, grid.width_px // grid.binning),
    )
    shutil.rmtree(parts, ignore_errors=True)
    reporter.artifact(out)


def _open_parts(config: SimulateConfig, out: Path) -> Path:
    """The folder for parts; what was begun with other settings is not mixed in."""
    parts = parts_folder(out)
    parts.mkdir(exist_ok=True)
    settings = config.model_dump_json(exclude={"workers", "device", "out"})
    record = parts / "config.json"
    if record.exists() and record.read_text(encoding="utf-8") != settings:
        raise InputError(
            f"{parts} holds a dataset that was begun with other settings.",
            "Go on with the same settings, choose another name, or delete that folder.",
        )
    record.write_text(settings, encoding="utf-8")
    return parts


def _check_space(out: Path, needed: int) -> None:
    free = shutil.disk_usage(out.parent).free
    if needed > free:
        raise InputError(
            f"The dataset needs about {needed / 1e9:.1f} GB while it is made; "
            f"{out.parent} has {free / 1e9:.1f} GB free.",
            "Choose another disk, or fewer or smaller images.",
        )


def _simulate_all(
    config: SimulateConfig, todo: list[PlannedSpecimen], parts: Path, device: str
) -> Generator[int, None, None]:
    """Ids as they are finished. Processes on the CPU; one process drives a GPU."""
    workers = config.workers or os.cpu_count() or 1
    if workers == 1 or len(todo) < 2 or device == "cuda":
        _prepare_worker(0)
        for item in todo:
            yield _simulate_part(config, item, parts)
        return
    context = multiprocessing.get_context("spawn")  # fork would copy torch's threads
    pool = ProcessPoolExecutor(min(workers, len(todo)), mp_context=context, initializer=_prepare_worker, initargs=(1,))
    waiting = iter(todo)
    running: set[Future[int]] = set()
    try:
        while True:
            # a few in flight per worker, so that a pause is answered within a specimen's time
            for item in waiting:
                running.add(pool.submit(_simulate_part, config, item, parts))
                if len(running) >= 2 * workers:
                    break
            if not running:
                return
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare_worker(threads: int) -> None:
    import torch

    if threads:
        torch.set_num_threads(threads)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Ctrl-C in a terminal reaches the workers as well; the job's own process decides what it means
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # a killed parent cannot tell its workers; without this they would wait for work for ever
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)


def _simulate_part(config: SimulateConfig, item: PlannedSpecimen, parts: Path) -> int:
    from segdepth_app.datasets.simulate_one import simulate_specimen
    from segdepth_app.microscope.device import pick_device

    result = simulate_specimen(config, item, pick_device(config.device))
    with written_whole(_part(parts, item.id)) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            specimen=np.array([result.specimen]),
            columns=result.columns,
            images=result.images,
            index=result.index,
        )
    return item.id


def _part(parts: Path, specimen: int) -> Path:
    return parts / f"{specimen:06d}.npz"


def _read_part(path: Path) -> SimulatedSpecimen:
    with np.load(path, allow_pickle=False) as part:
        return SimulatedSpecimen(part["specimen"][0], part["columns"], part["images"], part["index"])
