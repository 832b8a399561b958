"""Pages of the Train tab that need runs or a few clicks: curves over each other, the wizard's pages, a comparison."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from tests.gui.lab_files import make_run
from tests.shots.simulate import wait_for

RUNS = (
    ("fast 32", {"state": "done", "model": True}, {}, 60, 0.25),
    ("wide", {"state": "stopped", "checkpoint": True, "model": True}, {"network": {"width": 64}}, 41, 0.2),
    ("low dose", {"state": "paused", "checkpoint": True}, {"dose_low_e_per_px": 0.2, "learning_rate": 1e-3}, 25, 0.5),
    ("ordinal", {"state": "running", "pid": os.getpid()}, {"loss": "ordinal", "batch_size": 16}, 33, 0.3),
)
"""Name, state, settings apart from the usual, epochs, and the loss it comes down to."""


def make_runs() -> None:
    """Invented runs of every state, where the workspace has none."""
    from segdepth_app.paths import runs_folder

    if runs_folder().is_dir() and any(runs_folder().iterdir()):
        return
    for number, (name, state, settings, epochs, floor) in enumerate(RUNS):
        path = make_run(runs_folder() / name, started=1000.0 + number, **state)
        config = json.loads((path / "config.json").read_text())
        (path / "config.json").write_text(json.dumps(_merged(config, settings)))
        _write_metrics(path, epochs, floor, np.random.default_rng(number))


def pages(tab: Any, wait: Callable[[int], None]) -> Iterator[str]:
    """Brings one page after the other up, and says what it is called."""
    tab.table.selectAll()
    wait(400)
    yield "train-over-each-other"
    tab.curves.span.setCurrentIndex(1)
    wait(400)
    yield "train-recent"
    tab.curves.span.setCurrentIndex(0)
    tab.action_buttons["compare"].click()
    yield from _dialog(tab, wait, "TableDialog", "train-compare")
    dialog = tab.open_wizard()
    wait_for(lambda: bool(dialog.where.device.text()) and "Looking" not in dialog.where.device.text(), wait)
    yield from _wizard(dialog, wait)


def _wizard(dialog: Any, wait: Callable[[int], None]) -> Iterator[str]:
    wait(200)
    yield "train-new-data"
    dialog.next.click()
    wait_for(lambda: "parameters." in dialog.network.facts.text(), wait)
    wait(300)
    yield "train-new-network"
    dialog.next.click()
    wait(300)
    yield "train-new-schedule"
    dialog.schedule.show_more(True)
    _type(dialog.schedule.editors["batch_size"], "0")
    wait(200)
    yield "train-new-schedule-more-refused"
    _type(dialog.schedule.editors["batch_size"], "8")
    dialog.next.click()
    wait(300)
    yield "train-new-where"
    dialog.where.cluster.setChecked(True)
    wait(200)
    yield "train-new-where-cluster"
    dialog.where.here.setChecked(True)
    dialog.next.click()
    wait(200)
    yield "train-new-review-measuring"
    wait_for(lambda: "Measuring" not in dialog.review.estimate.text(), wait)
    wait(300)
    yield "train-new-review"
    dialog.reject()
    wait(200)


def _dialog(tab: Any, wait: Callable[[int], None], kind: str, name: str) -> Iterator[str]:
    from PySide6.QtWidgets import QDialog

    wait(300)
    yield name
    for dialog in tab.findChildren(QDialog):
        if type(dialog).__name__ == kind:
            dialog.close()
    wait(200)


def _type(editor: Any, text: str) -> None:
    editor.setText(text)
    editor.textEdited.emit(text)


def _merged(config: dict[str, Any], settings: dict[str, Any]) -> dict[str, Any]:
    return {
        **config,
        **{key: {**config[key], **value} if isinstance(value, dict) else value for key, value in settings.items()},
    }


def _write_metrics(path: Path, epochs: int, floor: float, rng: np.random.Generator) -> None:
    from segdepth_app.training.runs import METRICS

    lines = [",".join(METRICS)]
    for epoch in range(1, epochs + 1):
        fall = np.exp(-epoch / 12)
        train, validation = (floor + 2 * fall) * rng.normal(1, 0.03, 2) * (1, 1.05)
        values = dict.fromkeys(METRICS, 0.5)
        values |= {"epoch": epoch, "train_loss": train, "val_loss": validation, "seconds": 61.0, "best_epoch": epoch}
        values |= {
            "learning_rate": 1e-3 * (1 + np.cos(np.pi * epoch / 60)),
            "centre_accuracy": 1.05 - floor - 0.7 * fall,
        }
        values |= {"column_accuracy": 1.0 - floor - 0.7 * fall}
        lines.append(",".join(f"{values[name]:.6g}" for name in METRICS))
    (path / "metrics.csv").write_text("\n".join(lines) + "\n")
