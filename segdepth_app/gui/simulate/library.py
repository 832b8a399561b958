"""What lies in the datasets folder: finished files, and the parts of unfinished ones.

A finished dataset is `<name>.h5`; one in the making is the folder `<name>.h5.parts`, one file per
specimen. The folder is the truth: nothing is remembered here but what an unchanged file said before.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from segdepth_app.config import SimulateConfig
from segdepth_app.errors import SegDepthError

PARTS_SUFFIX = ".parts"
BYTES_PER_PIXEL = 2  # images are float16


@dataclass(frozen=True)
class DatasetEntry:
    """One row of the list. `path` is the .h5 file, there or still to come."""

    path: Path
    state: str
    """complete, unfinished or unreadable"""
    preset: str = ""
    n_specimens: int | None = None
    n_images: int | None = None
    size_bytes: int = 0
    n_parts: int = 0
    problem: str = ""
    config: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """File name without its ending."""
        return self.path.stem

    @property
    def parts(self) -> Path:
        """The folder of an unfinished dataset's specimens."""
        return parts_folder(self.path)


def parts_folder(dataset: Path) -> Path:
    """Where the specimens of a dataset in the making lie."""
    return dataset.with_name(dataset.name + PARTS_SUFFIX)


class Library:
    """Scans one folder; files that did not change since the last scan are not opened again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.others: list[Path] = []
        """Datasets that were opened from elsewhere."""
        self._known: dict[tuple[Path, int, int], DatasetEntry] = {}

    def find(self, path: Path) -> Path | None:
        """The dataset by the name it has in this list: it joins, where it lies elsewhere. None where there is none."""
        if path.is_dir() and path.name.endswith(f".h5{PARTS_SUFFIX}"):
            path = path.with_name(path.name.removesuffix(PARTS_SUFFIX))
        known = [entry.path for entry in self.scan()]
        same = [item for item in known if item == path or (item.exists() and path.exists() and item.samefile(path))]
        if same:
            return same[0]
        if not path.is_file():
            return None
        self.others.append(path)
        return path

    def scan(self) -> list[DatasetEntry]:
        """Every dataset, newest first."""
        found: list[tuple[float, DatasetEntry]] = []
        known = {}
        paths = {*self.folder.glob("*.h5"), *self.others}
        finished = {path for path in paths if path.is_file() and not path.name.startswith(".")}
        for path in finished:
            stat = path.stat()
            key = (path, stat.st_mtime_ns, stat.st_size)
            known[key] = self._known.get(key) or _read(path, stat.st_size)
            found.append((stat.st_mtime, known[key]))
        self._known = known
        for parts in self.folder.glob(f"*.h5{PARTS_SUFFIX}"):
            dataset = parts.with_name(parts.name.removesuffix(PARTS_SUFFIX))
            if parts.is_dir() and dataset not in finished:
                found.append((parts.stat().st_mtime, _unfinished(dataset, parts)))
        return [entry for _, entry in sorted(found, key=lambda pair: (-pair[0], pair[1].name))]


def _read(path: Path, size: int) -> DatasetEntry:
    from segdepth_app.datasets.store import Dataset  # h5py only once there is a dataset

    try:
        with Dataset(path) as dataset:
            return DatasetEntry(
                path,
                "complete",
                dataset.preset,
                len(dataset.specimens),
                len(dataset),
                size,
                config=dataset.config,
            )
    except SegDepthError as error:
        return DatasetEntry(path, "unreadable", size_bytes=size, problem=str(error))
    except (KeyError, ValueError, OSError) as error:
        return DatasetEntry(path, "unreadable", size_bytes=size, problem=f"{path.name} is damaged: {error}")


def _unfinished(dataset: Path, parts: Path) -> DatasetEntry:
    files = [path for path in parts.iterdir() if path.is_file() and not path.name.startswith(".")]
    config = _settings(dataset, parts)
    return DatasetEntry(
        dataset,
        "unfinished",
        preset=config.preset if config else "",
        n_specimens=config.n_specimens if config else None,
        n_images=config.n_specimens * config.n_defoci if config else None,
        size_bytes=sum(path.stat().st_size for path in files),
        n_parts=sum(path.suffix == ".npz" for path in files),
        config=config.model_dump(mode="json") if config else None,
    )


def _settings(dataset: Path, parts: Path) -> SimulateConfig | None:
    """The settings that the job keeps beside its parts: all but where it runs and what it writes."""
    try:
        values = json.loads((parts / "config.json").read_text(encoding="utf-8"))
        return SimulateConfig.model_validate({**values, "out": str(dataset)})
    except (OSError, ValueError, TypeError):
        return None


@dataclass(frozen=True)
class Estimate:
    """What a dataset will take. Minutes only where this machine's rate was measured."""

    n_images: int
    image_bytes: int
    minutes: float | None = None


def estimate(config: SimulateConfig, pixels_per_second: float | None = None) -> Estimate:
    """Images and bytes follow from the settings; the time from a measured rate in reference pixels per second."""
    n_images = config.n_specimens * config.n_defoci
    pixels = config.grid.height_px * config.grid.width_px
    stored = pixels // config.grid.binning**2
    minutes = n_images * pixels / pixels_per_second / 60 if pixels_per_second else None
    return Estimate(n_images, n_images * stored * BYTES_PER_PIXEL, minutes)
