"""The runs there are, and what is worth saying about one. Reads run folders; no Qt, no torch.

A second passes between two looks, so a run that has ended is not read again until its files change.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.gui.texts import duration
from segdepth_app.training.runs import RunInfo, is_run, read_config, read_metrics, read_run, read_status

LOOKED_BACK_EPOCHS = 5
"""The pace is that of the last few epochs."""


class Roster:
    """The runs of one folder, newest first, plus single ones opened from elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.others: list[Path] = []
        self._known: dict[Path, tuple[tuple[int, ...], RunInfo]] = {}

    def scan(self) -> list[RunInfo]:
        """Every run as its folder tells it now."""
        try:
            paths = [path for path in self.folder.iterdir() if not path.name.startswith(".") and is_run(path)]
        except OSError:
            paths = []
        paths += [path for path in self.others if path not in paths and is_run(path)]
        self._known = {path: self._look(path) for path in paths}
        return sorted((run for _, run in self._known.values()), key=lambda run: run.started, reverse=True)

    def _look(self, path: Path) -> tuple[tuple[int, ...], RunInfo]:
        stamp = _stamp(path)
        known = self._known.get(path)
        # a live run may die without touching a file
        if known is not None and known[0] == stamp and not known[1].is_live:
            return known
        return stamp, read_run(path)


def _stamp(path: Path) -> tuple[int, ...]:
    found = []
    for name in ("status.json", "metrics.csv", "model.safetensors", "last.ckpt"):
        try:
            found.append((path / name).stat().st_mtime_ns)
        except OSError:
            found.append(0)
    return tuple(found)


@dataclass(frozen=True)
class Curve:
    """The metrics of one run, one value per finished epoch; NaN where a value is missing."""

    path: Path
    name: str
    epochs: np.ndarray
    series: dict[str, np.ndarray]


class CurveReader:
    """Reads metrics.csv again only when it has grown or changed."""

    def __init__(self, read: Callable[[Path], dict[str, np.ndarray]] = read_metrics) -> None:
        self._read = read
        self._known: dict[Path, tuple[tuple[int, int], Curve]] = {}

    def curves(self, paths: list[Path]) -> list[Curve]:
        """One for each run folder."""
        self._known = {path: self._look(path) for path in paths}
        return [self._known[path][1] for path in paths]

    def _look(self, path: Path) -> tuple[tuple[int, int], Curve]:
        try:
            stat = (path / "metrics.csv").stat()
            stamp = (stat.st_mtime_ns, stat.st_size)
        except OSError:
            stamp = (0, 0)
        known = self._known.get(path)
        if known is not None and known[0] == stamp:
            return known
        metrics = self._read(path)
        return stamp, Curve(path, path.name, metrics["epoch"], metrics)


def details(run: RunInfo, curve: Curve, seconds_left: float | None = None) -> list[tuple[str, str]]:
    """What stands below the curves: (what, value). The time left is measured, or it is not there."""
    config = read_config(run.path) or {}
    lines = [("State", state_text(run))]
    lines.append(("Epoch", f"{run.epoch} of at most {run.max_epochs}" if run.max_epochs else str(run.epoch)))
    if run.best_epoch:
        since = run.epoch - run.best_epoch
        patience = config.get("patience_epochs")
        of = f", patience {patience}" if patience else ""
        ago = f"{since} {'epoch' if since == 1 else 'epochs'} ago" if since else "the latest"
        lines.append(("Best", f"epoch {run.best_epoch}, {ago}{of}"))
        lines.append(("Best validation loss", f"{run.val_loss:.4g}"))
        lines.append(("Centre accuracy", f"{run.centre_accuracy:.3f}"))
        columns = curve.series["column_accuracy"][curve.epochs == run.best_epoch]
        if len(columns) and isfinite(columns[-1]):
            lines.append(("Column accuracy", f"{columns[-1]:.3f}"))
    if run.is_live:
        left = seconds_left if seconds_left is not None else time_left(run, curve)
        lines.append(("Time left", f"at most {duration(left)}" if left is not None else "after the first epoch"))
    lines += _place(run.path, config)
    if run.has_model:
        lines.append(("Model", str(run.path / "model.safetensors")))
    return lines


def state_text(run: RunInfo) -> str:
    """The state, and what it means where that is not plain."""
    if run.state == "lost":
        return "lost: its process is gone without a word" + ("; it can be resumed" if run.is_resumable else "")
    return run.state


def time_left(run: RunInfo, curve: Curve) -> float | None:
    """Seconds to the last allowed epoch at the pace of the last few; None before the first has ended."""
    seconds = curve.series["seconds"][-LOOKED_BACK_EPOCHS:]
    seconds = seconds[np.isfinite(seconds)]
    if not len(seconds) or not run.max_epochs:
        return None
    return float(seconds.mean() * max(run.max_epochs - run.epoch, 0))


def _place(path: Path, config: dict[str, Any]) -> list[tuple[str, str]]:
    """Network, data, device and process."""
    lines = []
    network = config.get("network")
    if isinstance(network, dict):
        lines.append(("Network", f"{network.get('kind')}, width {network.get('width')}"))
    if config.get("dataset"):
        lines.append(("Data", Path(str(config["dataset"])).stem))
    try:
        environment = json.loads((path / "environment.json").read_text(encoding="utf-8"))
        device = environment.get("device_name") or environment["device"]
        note = f". {environment['device_note']}" if environment.get("device_note") else ""
        lines.append(("Device", f"{device}, {environment['threads']} threads{note}"))
    except (OSError, ValueError, KeyError, TypeError):
        pass
    status = read_status(path) or {}
    if "pid" in status and "host" in status:
        lines.append(("Process", f"{status['pid']} on {status['host']}"))
    return lines
