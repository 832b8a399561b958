"""What can be evaluated: models and datasets at hand, doses as typed, and where the answer goes. No Qt."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from segdepth_app.models.card import shipped_models
from segdepth_app.paths import datasets_folder, evaluations_folder, runs_folder


@dataclass(frozen=True)
class Choice:
    """One line of a list: what is shown, and what the job is given."""

    label: str
    value: str


def models() -> list[Choice]:
    """Shipped models, then the models of training runs, newest first."""
    shipped = [Choice(name, name) for name in shipped_models()]
    files = runs_folder().glob("*/model.safetensors")
    runs = [Choice(path.parent.name, str(path)) for path in _newest_first(files)]
    return shipped + runs


def datasets() -> list[Choice]:
    """Datasets of the Simulate tab, newest first."""
    files = (path for path in datasets_folder().glob("*.h5") if not path.name.startswith("."))
    return [Choice(path.stem, str(path)) for path in _newest_first(files)]


def doses_from_text(text: str) -> list[float | str]:
    """Numbers with blanks or semicolons between them; what is no number stays text, for the config to refuse."""
    values: list[float | str] = []
    for part in text.replace(";", " ").split():
        # `1,8` is a decimal comma, `1, 2` is a list
        number = part.rstrip(",").replace(",", ".")
        try:
            values.append(float(number))
        except ValueError:
            values.append(part)
    return values


def new_folder(model: str, dataset: str, now: datetime) -> Path:
    """A folder that is not there yet, named after model, dataset and time."""
    path = Path(model)
    # every run's file is called model.safetensors: its folder says more
    name = path.parent.name if path.name == "model.safetensors" else path.stem if path.suffix else model
    stem = re.sub(r'[<>:"/\\|?*\s]+', "-", f"{name}_{Path(dataset).stem}_{now:%Y%m%d-%H%M%S}")
    return free_folder(evaluations_folder(), stem)


def free_folder(parent: Path, name: str) -> Path:
    """`name` in a folder, with a number behind it where that is taken."""
    folder, number = parent / name, 2
    while folder.exists():
        folder = parent / f"{name}-{number}"
        number += 1
    return folder


def _newest_first(files) -> list[Path]:
    dated = []
    for path in files:
        try:
            dated.append((path.stat().st_mtime, path))
        except OSError:
            continue  # gone since the folder was listed
    return [path for _, path in sorted(dated, reverse=True)]
