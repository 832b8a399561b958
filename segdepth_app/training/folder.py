"""The run folder while a training writes it; training/runs.py reads it. No torch here.

config.json, environment.json, dataset.json, metrics.csv (appended and flushed), last.ckpt, best.ckpt,
model.safetensors, status.json (rewritten every 2 s, so that others see whether the run lives), log.txt.
"""

import csv
import json
import logging
import os
import platform
import shutil
import socket
import threading
import time
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from segdepth_app import __version__
from segdepth_app.config import TrainConfig
from segdepth_app.csv_file import LINE_END
from segdepth_app.errors import InputError
from segdepth_app.paths import is_frozen, trash_folder, writable_target, written_whole
from segdepth_app.reporting import Command
from segdepth_app.training.runs import ASKED, METRICS, asked, read_status, state_of

HEARTBEAT_S = 2.0
LIBRARIES = ("torch", "lightning", "numpy", "scipy", "h5py", "safetensors", "pydantic")


FIXED = ("network", "labels", "optimizer")
"""Settings that a checkpoint cannot do without."""


class RunFolder:
    """One run's files. `open` it, `close` it; in between a thread keeps status.json fresh."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_checkpoint = path / "last.ckpt"
        self.best_checkpoint = path / "best.ckpt"
        self.model = path / "model.safetensors"
        self.metrics = path / "metrics.csv"
        self.asked: Command | None = None
        """What another program asked of this run; the heartbeat looks."""
        self._status: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self._log = logging.Logger(f"segdepth.run.{path.name}")

    def open(self, config: TrainConfig, environment: dict[str, Any]) -> None:
        """Makes or takes over the folder and starts the heartbeat.

        Raises: InputError where the folder holds a run and `resume` is off, none and it is on, or a live one.
        """
        config_file = self.path / "config.json"
        if config.resume:
            self._check_resumable(config_file, config)
        elif config_file.exists():
            raise InputError(
                f"{self.path} already holds a training run.", "Choose another folder, or resume it (--resume)."
            )
        writable_target(config_file)
        stored = config.model_copy(update={"resume": False}).model_dump(mode="json")
        write_json(config_file, stored)
        write_json(self.path / "environment.json", environment)
        handler = logging.FileHandler(self.path / "log.txt", encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._log.addHandler(handler)
        (self.path / ASKED).unlink(missing_ok=True)  # meant for the one before
        now = time.time()
        started = (read_status(self.path) or {}).get("started", now) if config.resume else now
        self.set_status(
            state="starting", pid=os.getpid(), host=socket.gethostname(), started=started, max_epochs=config.max_epochs
        )
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()

    def _check_resumable(self, config_file: Path, config: TrainConfig) -> None:
        if not config_file.exists():
            raise InputError(f"{self.path} holds no training run to resume.", "Name the folder of a run.")
        if state_of(read_status(self.path)) in ("starting", "running"):
            raise InputError(f"The run in {self.path} is being trained right now.", "Wait for it, or stop it first.")
        before = json.loads(config_file.read_text(encoding="utf-8"))
        now = config.model_dump(mode="json")
        # settings that a run of an older version did not have yet were as they are by default
        defaults = TrainConfig(dataset=config.dataset, out=config.out).model_dump(mode="json")
        changed = [key for key in FIXED if _filled(before.get(key), defaults[key]) != now[key]]
        if changed:
            raise InputError(
                f"The run in {self.path} was started with other settings ({', '.join(changed)}).",
                "Resume with the run's own config.json, or start a new run.",
            )

    def set_status(self, **values: Any) -> None:
        """Changes the status and writes it at once."""
        with self._lock:
            self._status.update(values)
            self._write_status()

    def _write_status(self) -> None:
        self._status["heartbeat"] = time.time()
        # Windows refuses to replace a file that a reader has open; the next beat will do
        with suppress(PermissionError):
            write_json(self.path / "status.json", self._status)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            with self._lock, suppress(OSError):
                if not self._ended.is_set():
                    self.asked = asked(self.path)
                    self._write_status()

    def log(self, message: str) -> None:
        """Adds a line to log.txt."""
        self._log.info(message)

    def log_fault(self, message: str) -> None:
        """Adds a line and the current traceback to log.txt."""
        self._log.exception(message)

    def add_metrics(self, row: dict[str, float]) -> None:
        """Appends one epoch to metrics.csv."""
        is_new = not self.metrics.exists()
        with self.metrics.open("a", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, METRICS, lineterminator=LINE_END)
            if is_new:
                writer.writeheader()
            writer.writerow({name: row[name] for name in METRICS})
            stream.flush()
            os.fsync(stream.fileno())

    def rewrite_metrics(self, rows: list[dict[str, float]]) -> None:
        """Makes metrics.csv hold exactly `rows`: those before the checkpoint a run goes on from."""
        with written_whole(self.metrics) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, METRICS, lineterminator=LINE_END)
            writer.writeheader()
            writer.writerows({name: row[name] for name in METRICS} for row in rows)

    def close(self, state: str) -> None:
        """Ends the heartbeat with a last state; a second call does nothing."""
        if self._ended.is_set():
            return
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
            # on a full disk the last status stays, and the missing process tells
            with suppress(OSError):
                (self.path / ASKED).unlink(missing_ok=True)
                self.set_status(state=state)
        for handler in list(self._log.handlers):
            handler.close()
            self._log.removeHandler(handler)

    def discard(self) -> Path:
        """Moves the closed run to the trash folder; gives its new place."""
        target = trash_folder() / f"{self.path.name}-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(self.path, target)
        return target


class NoFolder(RunFolder):
    """The run folder of a process that does not lead: it reads checkpoints there and writes nothing."""

    def open(self, config: TrainConfig, environment: dict[str, Any]) -> None:
        """Nothing to make."""

    def set_status(self, **values: Any) -> None:
        """Nothing to write."""

    def log(self, message: str) -> None:
        """Nothing to write."""

    def log_fault(self, message: str) -> None:
        """Nothing to write."""

    def add_metrics(self, row: dict[str, float]) -> None:
        """Nothing to write."""

    def rewrite_metrics(self, rows: list[dict[str, float]]) -> None:
        """Nothing to write."""

    def close(self, state: str) -> None:
        """Nothing to end."""


def _filled(value: Any, default: Any) -> Any:
    """A stored setting with what it lacks taken from the defaults."""
    if value is None:
        return default
    return {**default, **value} if isinstance(default, dict) else value


def write_json(path: Path, values: dict[str, Any]) -> None:
    """A JSON file, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(values, indent=1), encoding="utf-8")


def versions() -> dict[str, str]:
    """Versions of SegDepth, Python and the libraries that decide results."""
    found = {"segdepth": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def environment(device: str, threads: int) -> dict[str, Any]:
    """Where a run takes place."""
    return {
        "versions": versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        "cpus": os.cpu_count(),
        "host": socket.gethostname(),
        "device": device,
        "threads": threads,
        "frozen": is_frozen(),
    }
