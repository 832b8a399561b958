"""Reads run folders without torch, whether the run lives, has ended or was killed in the middle of a line."""

import csv
import json
import os
import socket
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segdepth_app.paths import written_whole
from segdepth_app.reporting import Command

METRICS = (
    "epoch",
    "train_loss",
    "val_loss",
    "learning_rate",
    "pixel_accuracy",
    "centre_accuracy",
    "column_accuracy",
    "column_within_one",
    "seconds",
    "best_epoch",
)
"""Columns of metrics.csv; epochs count from 1."""

ASKED = "command.json"
"""What somebody who did not start the run asks of it; read with the heartbeat, and gone once the run has ended."""

LIVE = ("starting", "running")
ENDED = ("done", "stopped", "paused", "failed")
LOST_AFTER_S = 600.0
LOST_AFTER_ELSEWHERE_S = 120.0
"""On this machine the process itself is asked for; its number may have gone to another after a restart, so
a very old heartbeat counts too. On another machine there is only the heartbeat, late over a network share."""


@dataclass(frozen=True)
class RunInfo:
    """One run as a list shows it."""

    path: Path
    name: str
    state: str  # starting, running, done, stopped, paused, failed or lost
    epoch: int  # epochs finished
    max_epochs: int
    best_epoch: int  # 0: none yet
    val_loss: float  # of the best epoch; nan: none yet
    centre_accuracy: float  # of the best epoch; nan: none yet
    started: float  # seconds since 1970
    has_model: bool

    @property
    def is_live(self) -> bool:
        """Whether a process is working on it."""
        return self.state in LIVE

    @property
    def is_resumable(self) -> bool:
        """Whether there is a checkpoint to go on from and nobody works on it."""
        return not self.is_live and self.state != "done" and (self.path / "last.ckpt").exists()


def is_run(path: Path) -> bool:
    """Whether a folder is a training run."""
    return (path / "config.json").is_file() and (path / "status.json").is_file()


def list_runs(folder: Path) -> list[RunInfo]:
    """Every run in a folder, newest first."""
    try:
        paths = [path for path in folder.iterdir() if is_run(path)]
    except OSError:
        return []
    return sorted((read_run(path) for path in paths), key=lambda run: run.started, reverse=True)


def read_run(path: Path) -> RunInfo:
    """One run folder in short."""
    status = read_status(path) or {}
    metrics = read_metrics(path)
    losses = metrics["val_loss"]
    best = int(np.nanargmin(losses)) if np.isfinite(losses).any() else -1
    return RunInfo(
        path=path,
        name=path.name,
        state=state_of(status),
        epoch=int(metrics["epoch"][-1]) if len(losses) else 0,
        max_epochs=int(status.get("max_epochs", 0)),
        best_epoch=int(metrics["epoch"][best]) if best >= 0 else 0,
        val_loss=float(losses[best]) if best >= 0 else float("nan"),
        centre_accuracy=float(metrics["centre_accuracy"][best]) if best >= 0 else float("nan"),
        started=float(status.get("started", 0.0)),
        has_model=(path / "model.safetensors").is_file(),
    )


def ask(path: Path, command: Command) -> None:
    """Asks a live run to stop, pause or cancel, whichever program started it: it hears within a few seconds.

    Raises: OSError where its folder cannot be written.
    """
    with written_whole(path / ASKED) as temporary:
        temporary.write_text(json.dumps({"cmd": str(command)}), encoding="utf-8")


def asked(path: Path) -> Command | None:
    """What a run was asked to do; none where nothing was, or nothing that can be understood."""
    try:
        return Command(json.loads((path / ASKED).read_text(encoding="utf-8"))["cmd"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_status(path: Path) -> dict[str, Any] | None:
    """status.json of a run folder; none where there is none, or none that can be read."""
    try:
        values = json.loads((path / "status.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return values if isinstance(values, dict) else None


def read_config(path: Path) -> dict[str, Any] | None:
    """config.json of a run folder as raw settings; none where it cannot be read."""
    try:
        values = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    return values if isinstance(values, dict) else None


def read_metrics(path: Path) -> dict[str, npt.NDArray[np.float64]]:
    """metrics.csv of a run folder (or the file itself): an array per column of METRICS.

    A line that is half written, or torn, is left out.
    """
    file = path / "metrics.csv" if path.is_dir() else path
    rows: list[list[float]] = []
    with suppress(OSError):
        text = file.read_text(encoding="utf-8", errors="replace")
        whole = text[: text.rfind("\n") + 1]
        for row in csv.DictReader(whole.splitlines()):
            with suppress(KeyError, TypeError, ValueError):
                rows.append([float(row[name]) for name in METRICS])
    table = np.array(rows, dtype=float).reshape(-1, len(METRICS))
    return {name: table[:, column] for column, name in enumerate(METRICS)}


def state_of(status: dict[str, Any] | None, now: float | None = None) -> str:
    """The state in a status, or `lost` where it says live but its process is gone."""
    if not status:
        return "lost"
    state = str(status.get("state", "lost"))
    if state not in LIVE:
        return state if state in ENDED else "lost"
    try:
        age = (time.time() if now is None else now) - float(status["heartbeat"])
        pid, host = int(status["pid"]), str(status["host"])
    except (KeyError, TypeError, ValueError):
        return "lost"
    if host != socket.gethostname():
        return "lost" if age > LOST_AFTER_ELSEWHERE_S else state
    return "lost" if age > LOST_AFTER_S or not is_alive(pid) else state


def is_alive(pid: int) -> bool:
    """Whether a process of this machine exists."""
    if pid <= 0:
        return False
    if sys.platform == "win32":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """os.kill would end the process there: asks for its exit code instead."""
    import ctypes

    still_active, query_limited_information = 259, 0x1000
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    handle = kernel.OpenProcess(query_limited_information, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    asked = kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(asked) and code.value == still_active
