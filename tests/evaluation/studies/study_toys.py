"""Tiny studies: toy datasets and networks, and a reporter that pauses or cancels at a chosen moment."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segdepth_app.config import StudyConfig
from segdepth_app.reporting import Command, Reporter
from tests.evaluation.evaluation_toys import lattice, save_toy_model, specimen, wedge_with_deviations, write_toy

N = 6
KINDS_OF_SPECIMENS = ("wedge", "rough", "shuffled")


class Witness(Reporter):
    """Notes events; gives `command` from the `after`-th question on."""

    def __init__(self, command: Command | None = None, after: int = 1) -> None:
        self.given, self.after, self.asked = command, after, 0
        self.progresses: list[tuple[int, int, str]] = []
        self.epochs: list[dict[str, float]] = []
        self.warnings: list[str] = []
        self.artifacts: list[Path] = []

    def progress(self, done: int, total: int, unit: str) -> None:
        self.progresses.append((done, total, unit))

    def epoch(self, **values: float) -> None:
        self.epochs.append(values)

    def warning(self, message: str) -> None:
        self.warnings.append(message)

    def artifact(self, path: Path) -> None:
        self.artifacts.append(path)

    def command(self) -> Command | None:
        self.asked += 1
        return self.given if self.asked >= self.after else None


def toy_dataset(path: Path, *, seed: int = 3, kinds: tuple[str, ...] = KINDS_OF_SPECIMENS) -> Path:
    """Two images each of one specimen of each kind."""
    rng = np.random.default_rng(seed)
    return write_toy(path, [specimen(i, wedge_with_deviations(N, rng), n=N, kind=kind) for i, kind in enumerate(kinds)])


def straight_dataset(path: Path) -> Path:
    """One wedge without any deviation."""
    plane = np.repeat(np.linspace(4, 7, N).round().astype(int)[:, None], N, 1)
    return write_toy(path, [specimen(0, lattice(plane, plane * 0), n=N, kind="wedge")])


def toy_study(folder: Path, **changes: Any) -> StudyConfig:
    """Two toy models on one toy dataset at one dose; files are made in `folder` where they are missing."""
    models = [folder / f"{name}.safetensors" for name in ("one", "two")]
    for path in models:
        if not path.exists():
            save_toy_model(path, name=path.stem)
    dataset = folder / "toys.h5"
    if not dataset.exists():
        toy_dataset(dataset)
    values = {
        "kind": "compare",
        "out": folder / "study",
        "models": tuple(map(str, models)),
        "datasets": (dataset,),
        "doses_e_per_px": (2.5,),
        "n_bootstrap": 20,
        "device": "cpu",
    }
    return StudyConfig.model_validate(values | changes)


def draw_nothing(patch: pytest.MonkeyPatch) -> None:
    """Figures take most of a tiny study's time; the tests about them draw."""
    patch.setattr("segdepth_app.evaluation.figures.draw_figures", lambda *_, **__: None)
    patch.setattr("segdepth_app.evaluation.studies.run.write_figures", lambda *_: [])


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study without figures."""
    draw_nothing(monkeypatch)
