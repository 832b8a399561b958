"""Who makes the specimens of a dataset: this process, several processes, or a GPU in batches.

Every maker is a generator of lists of finished ids, an empty list where nothing is new; closing it ends the work.
What is made does not depend on who makes it: each specimen draws from its own generator.
"""

import multiprocessing
import multiprocessing.connection
import os
import signal
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice

from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.parts import Parts
from segdepth_app.datasets.plan import PlannedSpecimen
from segdepth_app.datasets.store import SimulatedSpecimen
from segdepth_app.errors import SegDepthError

BYTES_PER_WAVE_SAMPLE = 160
"""Of one wave on its way: itself, its spectrum, propagator, and per layer a structure factor and a transmission."""
GPU_OVERHEAD_BYTES = 3 * 2**30
"""The focal stack, which is made one specimen after the other, and what the driver keeps."""
LARGEST_BATCH = 64
"""More at once gains nothing, and a pause would be answered late."""

MOST_WORKERS = 61 if sys.platform == "win32" else 256
"""Windows waits for no more processes at once; Python refuses to start more there."""
Group = list[PlannedSpecimen]
Finished = Generator[list[int], None, None]


def make_here(config: SimulateConfig, todo: Sequence[PlannedSpecimen], parts: Parts, device: str) -> Finished:
    """Everything on this machine: processes on the CPU; one process drives a GPU."""
    workers = config.workers or os.cpu_count() or 1
    groups = list(in_groups(todo, batch_size(config, device)))
    if device == "cuda" or workers == 1 or len(groups) < 2:
        prepare_worker(0)
        for group in groups:
            parts.check_space(len(group))
            yield make_parts(config, group, parts)
        return
    yield from _make_in_processes(config, groups, parts, min(workers, len(groups), MOST_WORKERS))


def _make_in_processes(config: SimulateConfig, groups: list[Group], parts: Parts, workers: int) -> Finished:
    context = multiprocessing.get_context("spawn")  # fork would copy torch's threads
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=prepare_worker, initargs=(1,))
    waiting = iter(groups)
    running: set[Future[list[int]]] = set()
    largest = max(map(len, groups))
    try:
        while True:
            # a few in flight per worker, so that a pause is answered within a specimen's time
            for group in islice(waiting, 2 * workers - len(running)):
                with _children_deaf_to_ctrl_c():
                    running.add(pool.submit(make_parts, config, group, parts))
            if not running:
                return
            parts.check_space(largest * len(running))
            finished, running = wait(running, return_when=FIRST_COMPLETED)
            yield [specimen for future in finished for specimen in future.result()]
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def in_groups(items: Sequence[PlannedSpecimen], size: int) -> Iterator[Group]:
    """Consecutive pieces of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])


def make_parts(config: SimulateConfig, group: Group, parts: Parts) -> list[int]:
    """Simulates specimens and keeps them; returns their ids. Runs in the worker."""
    return [parts.write(made) for made in simulate_group(config, group)]


def simulate_group(config: SimulateConfig, group: Group) -> list[SimulatedSpecimen]:
    """Simulates specimens together; where a GPU's memory is too small, in two halves.

    Raises: SegDepthError with the numbers where half of them do not fit either.
    """
    from torch import OutOfMemoryError

    from segdepth_app.datasets.simulate_one import simulate_specimens
    from segdepth_app.microscope.device import pick_device

    device = pick_device(config.device)

    def simulated(items: Group) -> list[SimulatedSpecimen]:
        return simulate_specimens(config, items, device)

    try:
        return simulated(group)
    except OutOfMemoryError as error:
        if len(group) == 1:
            raise _too_small(config, 1) from error
    # outside the block above, where the exception would keep the tensors of the first attempt alive
    return _in_halves(config, group, simulated)


def _in_halves(
    config: SimulateConfig, group: Group, simulated: Callable[[Group], list[SimulatedSpecimen]]
) -> list[SimulatedSpecimen]:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    half = (len(group) + 1) // 2
    try:
        return [made for items in in_groups(group, half) for made in simulated(list(items))]
    except torch.OutOfMemoryError as error:
        raise _too_small(config, half) from error


def _too_small(config: SimulateConfig, n: int) -> SegDepthError:
    import torch

    free, total = torch.cuda.mem_get_info() if torch.cuda.is_available() else (0, 0)
    needed = n * bytes_per_specimen(config) + GPU_OVERHEAD_BYTES
    return SegDepthError(
        f"{n} specimen(s) at once take about {needed / 1e9:.1f} GB; the GPU has {free / 1e9:.1f} of "
        f"{total / 1e9:.1f} GB free.",
        "Set batch_specimens lower, end other programs on the GPU, choose a coarser wave sampling, or device cpu.",
    )


def batch_size(config: SimulateConfig, device: str) -> int:
    """Specimens that are computed together: as asked for, or 1 on a CPU and as many as fit on a GPU."""
    if config.batch_specimens or device != "cuda":
        return config.batch_specimens or 1
    import torch

    free, _ = torch.cuda.mem_get_info()
    fit = (0.8 * free - GPU_OVERHEAD_BYTES) // bytes_per_specimen(config)
    return int(min(max(fit, 1), LARGEST_BATCH))


def bytes_per_specimen(config: SimulateConfig) -> int:
    """Memory of one specimen's waves while they pass the layers."""
    from segdepth_app.microscope.frame import frame_from_config

    height, width = frame_from_config(config.grid).wave_shape
    n_waves = config.optics.n_phonons if config.optics.thermal == "frozen-phonon" else 1
    return n_waves * height * width * BYTES_PER_WAVE_SAMPLE


def prepare_worker(threads: int) -> None:
    """Sets torch's threads (0: all); a worker process also ends with its parent and leaves Ctrl-C to it."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Ctrl-C in a terminal reaches the workers as well; the job's own process decides what it means
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        # a killed parent cannot tell its workers; without this they would wait for work for ever
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import torch  # takes a second: a worker must be safe from Ctrl-C before

    if threads:
        torch.set_num_threads(threads)


@contextmanager
def _children_deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that start meanwhile do not hear it, not even before they can say so themselves."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    multiprocessing.connection.wait([parent.sentinel])
    os._exit(1)
