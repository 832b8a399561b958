"""The simulate job: plan, make specimens in parallel, assemble one HDF5 file.

Finished specimens wait as single files in `<out>.parts` (datasets.parts), so a kill at any moment loses only the
specimens in flight and the same job goes on where it was. When all are there, they are assembled into the dataset
and the folder is removed. Who makes them: this machine (datasets.makers) or a dask cluster (datasets.cluster).
"""

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from segdepth_app import __version__
from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.makers import Finished, make_here
from segdepth_app.datasets.parts import Parts, check_space_at_start
from segdepth_app.datasets.plan import PlannedSpecimen, plan_dataset
from segdepth_app.datasets.store import write_dataset
from segdepth_app.errors import Cancelled, InputError
from segdepth_app.locks import locked
from segdepth_app.paths import writable_target
from segdepth_app.reporting import Command, Reporter


def run(config: SimulateConfig, reporter: Reporter) -> None:
    """Makes the dataset, or goes on with one that was paused.

    Raises: InputError where the target exists, cannot be written, was begun with other settings, or another process
    makes it; SegDepthError where the disk gets full, a GPU's memory is too small, or a cluster is lost. Finished
    specimens stay.
    """
    out = writable_target(config.out)
    if out.exists():
        raise InputError(f"{out} exists already.", "Choose another name, or delete it first.")
    device = _device(config)
    planned = plan_dataset(config)
    parts = Parts(config, out)
    with locked(parts.folder, "dataset"):
        finished = _make(config, planned, parts, out, device, reporter)
    # after the lock: Windows does not delete an open file
    if reporter.command() is Command.CANCEL and not finished:
        parts.remove()
        raise Cancelled("The dataset was cancelled; its parts were removed.")
    if finished:
        parts.remove()
        reporter.artifact(out)


def _make(
    config: SimulateConfig, planned: list[PlannedSpecimen], parts: Parts, out: Path, device: str, reporter: Reporter
) -> bool:
    """The missing specimens, and the dataset where none is missing any more; whether it is there now."""
    todo = [item for item in planned if not parts.has(item.id)]
    check_space_at_start(config, out, len(todo))
    n_before = len(planned) - len(todo)
    reporter.started(device=device, folder=str(out.parent), version=__version__, resumed=n_before)

    done = n_before
    with closing(_maker(config, todo, parts, device, reporter)) as finished:
        for ids in finished:
            done += len(ids)
            if ids:
                reporter.progress(done, len(planned), "specimens")
            if reporter.command() is not None:
                break
    # only now are the specimens in flight done as well: before, they would write into a folder that goes
    if reporter.command() is Command.CANCEL or done < len(planned):
        return False
    grid = config.grid
    with parts.assembling():
        write_dataset(
            out,
            parts.read(item.id for item in planned),
            config=json.loads(config.model_dump_json()),
            image_shape=(grid.height_px // grid.binning, grid.width_px // grid.binning),
        )
    return True


def _device(config: SimulateConfig) -> str:
    """What runs the multislice, in words; on a cluster each worker chooses for itself."""
    if config.scheduler is not None:
        return f"the workers of {config.scheduler}"
    from segdepth_app.microscope.device import pick_device

    return str(pick_device(config.device))


def _maker(
    config: SimulateConfig, todo: Sequence[PlannedSpecimen], parts: Parts, device: str, reporter: Reporter
) -> Finished:
    if config.scheduler is None:
        return make_here(config, todo, parts, device)
    from segdepth_app.datasets.cluster import make_on_cluster

    return make_on_cluster(config, todo, parts, reporter)
