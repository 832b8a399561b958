"""Whether a resumed run gets the dataset it was started with: dataset.json in the run folder. No torch.

Same size and same time of change count as the same file; else its hash decides. A copy elsewhere is the same dataset.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from segdepth_app.config import TrainConfig
from segdepth_app.datasets.store import Dataset
from segdepth_app.errors import DatasetError, InputError
from segdepth_app.paths import sha256_of

FILE = "dataset.json"


@dataclass(frozen=True)
class Identity:
    """What tells a dataset from another, and what was different in its making."""

    bytes: int
    modified: float  # seconds since 1970
    sha256: str
    n_images: int
    config: dict[str, Any]  # the settings it was simulated with


def check_present(config: TrainConfig) -> None:
    """Raises: InputError where a run is to go on and its dataset is not where it was."""
    if config.resume and not config.dataset.exists():
        raise InputError(
            f"The dataset of the run is not at {config.dataset} any more.",
            "Name where it is now: --dataset FILE.h5, with --resume.",
        )


def identify(dataset: Dataset, folder: Path) -> Identity:
    """Who the open dataset is. Its bytes are read only where `folder` does not know the very file already."""
    facts = dataset.path.stat()
    before = known(folder)
    if before and (before.bytes, before.modified) == (facts.st_size, facts.st_mtime):
        sha256 = before.sha256
    else:
        sha256 = sha256_of(dataset.path)
    return Identity(facts.st_size, facts.st_mtime, sha256, len(dataset), dataset.config)


def known(folder: Path) -> Identity | None:
    """The dataset a run was started with; none where it was not written down, as in runs of older versions."""
    try:
        return Identity(**json.loads((folder / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def check_same(now: Identity, config: TrainConfig) -> None:
    """Raises: DatasetError saying what differs where a run is to go on with another dataset."""
    before = known(config.out) if config.resume else None
    if before is None or before.sha256 == now.sha256:
        return
    raise DatasetError(
        f"{config.dataset} is not the dataset that the run in {config.out} was started with: "
        f"{_difference(before, now)}.",
        "Name the one it was started with (--dataset FILE.h5), or start a new run.",
    )


def as_json(identity: Identity) -> dict[str, Any]:
    """What dataset.json holds."""
    return asdict(identity)


def _difference(before: Identity, now: Identity) -> str:
    if before.n_images != now.n_images:
        return f"it has {now.n_images} images, not {before.n_images}"
    places = {"out", "workers", "device", "scheduler"}
    one, two = (dict(_flat(identity.config)) for identity in (before, now))
    changed = [name for name in sorted(one.keys() | two.keys()) if one.get(name) != two.get(name)]
    named = [f"{name} is {two.get(name)}, not {one.get(name)}" for name in changed if name.split(".")[0] not in places]
    if named:
        return f"its {', '.join(named[:3])}" + (f" and {len(named) - 3} more" if len(named) > 3 else "")
    return "its settings are the same, but its content is another"


def _flat(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return found
