"""Specimens made by the workers of a dask scheduler (the extra `cluster`), for datasets larger than one machine.

A task carries its settings and sends the finished specimens back; this process keeps them, so the workers need
neither a common disk nor our files. A worker that is lost costs its tasks' time: dask gives them to another one.
dask.distributed is imported when a scheduler is named, never before.
"""

import hashlib
import logging
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import SimulateConfig
from segdepth_app.datasets.makers import Finished, Group, batch_size, in_groups, simulate_group
from segdepth_app.datasets.parts import Parts
from segdepth_app.datasets.plan import PlannedSpecimen
from segdepth_app.datasets.store import SimulatedSpecimen
from segdepth_app.errors import InputError, SegDepthError
from segdepth_app.reporting import Reporter

CONNECT_SECONDS = 8
FIRST_WORKER_SECONDS = 10
WITHOUT_WORKERS_SECONDS = 30
TICK_SECONDS = 0.5
"""How soon a pause is heard, and how often workers are counted."""
FILE_FIELDS = (("specimen", "structure"), ("detector", "mtf_file"))
"""Settings that name files; their content travels with the task."""


def make_on_cluster(
    config: SimulateConfig, todo: Sequence[PlannedSpecimen], parts: Parts, reporter: Reporter
) -> Finished:
    """Lists of finished ids, an empty one at each tick.

    Raises: InputError where no scheduler answers, it has no workers, or they have another version; SegDepthError
    where all workers or the scheduler are lost.
    """
    address = str(config.scheduler)
    client = connected(address)
    try:
        n_threads = _check_workers(client, address)
        yield from _Tasks(client, address, config, parts, reporter).finished(todo, n_threads)
    finally:
        with suppress(Exception):  # the scheduler may be gone; then there is nothing to take leave of
            client.close(timeout=5)


def connected(address: str) -> Any:
    """A client of the scheduler. Raises: InputError."""
    try:
        from distributed import Client
    except ImportError as error:
        raise InputError(
            "dask.distributed is not installed.",
            "Install it with pip install 'segdepth[cluster]', or set no scheduler.",
        ) from error
    # what it would say of a lost connection, pages long, we say in one line
    for name in ("distributed", "distributed.client", "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        return Client(address, timeout=CONNECT_SECONDS, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"No dask scheduler answers at {address}.",
            "Check the address (as in tcp://host:8786), and that `dask scheduler` runs there.",
        ) from error


def _check_workers(client: Any, address: str) -> int:
    """Number of their threads. Raises: InputError where there are none, or one cannot work with us."""
    deadline = time.monotonic() + FIRST_WORKER_SECONDS
    while not (workers := _workers(client)):
        if time.monotonic() > deadline:
            raise InputError(f"The scheduler at {address} has no workers.", f"Start some with `dask worker {address}`.")
        time.sleep(TICK_SECONDS)
    answers = client.run(installed_version, on_error="return", workers=list(workers))
    for worker, answer in answers.items():
        if answer == __version__:
            continue
        has = f"has SegDepth {answer}" if isinstance(answer, str) else f"cannot run SegDepth ({_first_line(answer)})"
        raise InputError(
            f"The worker {worker} {has}; this one is {__version__}.", "Install the same version on every worker."
        )
    return sum(int(worker["nthreads"]) for worker in workers.values())


def _workers(client: Any) -> dict[str, Any]:
    # n_workers=-1: newer versions tell of five workers only, unless asked for all
    try:
        return dict(client.scheduler_info(n_workers=-1)["workers"])
    except TypeError:
        return dict(client.scheduler_info()["workers"])


class _Tasks:
    """The tasks on a cluster, and the watch over its workers."""

    def __init__(self, client: Any, address: str, config: SimulateConfig, parts: Parts, reporter: Reporter) -> None:
        self.client = client
        self.address = address
        self.config = config
        self.parts = parts
        self.reporter = reporter
        self.settings = config.model_dump_json(exclude={"scheduler"})
        self.files = contents_of_files(config)
        self.ended: SimpleQueue[str] = SimpleQueue()
        self.seen_workers = time.monotonic()

    def finished(self, todo: Sequence[PlannedSpecimen], n_threads: int) -> Finished:
        """Lists of finished ids."""
        groups = list(in_groups(todo, batch_size(self.config, "cluster")))
        waiting = iter(groups)
        running: dict[str, Any] = {}
        largest = max(map(len, groups), default=0)
        try:
            while True:
                # few in flight per thread: results wait in the workers' memory, not here
                for group in islice(waiting, 2 * n_threads - len(running)):
                    future = self._submitted(group)
                    running[future.key] = future
                if not running:
                    return
                self.parts.check_space(largest * len(running))
                done = [running.pop(key) for key in self._done_within_a_tick()]
                yield [specimen for future in done for specimen in self._keep(future)]
                n_threads = self._watched(n_threads)
        finally:
            with suppress(Exception):
                self.client.cancel(list(running.values()), force=True)

    def _submitted(self, group: Group) -> Any:
        future = self.client.submit(
            simulate_remotely, self.settings, self.files, group, __version__, pure=False, retries=2
        )
        future.add_done_callback(lambda ended: self.ended.put(ended.key))
        return future

    def _done_within_a_tick(self) -> list[str]:
        with suppress(Empty):
            return [self.ended.get(timeout=TICK_SECONDS)]
        return []

    def _keep(self, future: Any) -> list[int]:
        """Fetches the specimens of one task and keeps them."""
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        try:
            made: list[SimulatedSpecimen] = future.result(timeout=120)
        except (CancelledError, CommClosedError, TimeoutError) as error:
            raise self._lost("the connection broke") from error
        except KilledWorker as error:
            raise self._lost("several workers died on the same specimen, likely for want of memory") from error
        future.release()
        return [self.parts.write(specimen) for specimen in made]

    def _watched(self, n_threads: int) -> int:
        """Threads there are now. Raises: SegDepthError where nobody has been there to work for a while."""
        if self.client.status != "running":
            raise self._lost("the scheduler is gone")
        workers, now = _workers(self.client), time.monotonic()
        if workers:
            self.seen_workers = now
            return sum(int(worker["nthreads"]) for worker in workers.values())
        if now - self.seen_workers > WITHOUT_WORKERS_SECONDS:
            raise self._lost(f"it has had no workers for {WITHOUT_WORKERS_SECONDS:g} s")
        return n_threads

    def _lost(self, why: str) -> SegDepthError:
        return SegDepthError(
            f"The cluster at {self.address} is lost: {why}.",
            "Finished specimens are kept; give the same command again, with this scheduler, another one or none.",
        )


def installed_version() -> str:
    """Runs on a worker: the version of SegDepth there."""
    from segdepth_app import __version__ as version

    return version


def simulate_remotely(settings: str, files: dict[str, bytes], group: Group, version: str) -> list[SimulatedSpecimen]:
    """Runs on a worker: makes some specimens. Raises: InputError for a worker of another version."""
    import torch

    if version != __version__:
        raise InputError(
            f"A worker has SegDepth {__version__}; the job is {version}.", "Install the same version on every worker."
        )
    torch.set_num_threads(1)  # a worker runs as many tasks as it has threads
    with tempfile.TemporaryDirectory(prefix="segdepth-") as folder:
        config = with_files(SimulateConfig.model_validate_json(settings), files, Path(folder))
        return simulate_group(config, group)


def contents_of_files(config: SimulateConfig) -> dict[str, bytes]:
    """The files that settings name, by `section.field`. Raises: InputError for one that cannot be read."""
    contents = {}
    for section, field in FILE_FIELDS:
        path = getattr(getattr(config, section), field)
        if path is not None:
            try:
                contents[f"{section}.{field}"] = Path(path).read_bytes()
            except OSError as error:
                raise InputError(f"{path} cannot be read: {error.strerror or error}.", "Check the path.") from error
    return contents


def with_files(config: SimulateConfig, contents: dict[str, bytes], folder: Path) -> SimulateConfig:
    """The settings with their files written into `folder`, under names that tell their kind and content."""
    for section, field in FILE_FIELDS:
        content = contents.get(f"{section}.{field}")
        if content is None:
            continue
        settings = getattr(config, section)
        name = hashlib.sha256(content).hexdigest()[:16] + Path(getattr(settings, field)).suffix
        (folder / name).write_bytes(content)
        config = config.model_copy(update={section: settings.model_copy(update={field: folder / name})})
    return config


def _first_line(error: object) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
