"""What of a result is to be written: the settings of the job export-result in the making. No Qt."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from segdepth_app.config import ExportResultConfig
from segdepth_app.gui import drafts


@dataclass(frozen=True)
class Target:
    """One file that may be written."""

    field: str
    """Of ExportResultConfig."""
    title: str
    endings: tuple[str, ...]


TARGETS = (
    Target("tiff", "Maps (TIFF with calibration)", (".tif",)),
    Target("csv", "Columns of all frames (CSV)", (".csv",)),
    Target("events", "Events (CSV)", (".csv",)),
    Target("hdf5", "Maps, probabilities, columns, events (plain HDF5)", (".h5",)),
    Target("figure", "Figure of one frame", (".png", ".svg", ".pdf")),
    Target("movie", "Movie of the panes", (".mp4", ".gif")),
)
NAMES = {"tiff": "_depth", "csv": "_columns", "events": "_events", "hdf5": "_plain", "figure": "_figure", "movie": ""}


@dataclass(frozen=True)
class ExportDraft:
    """Raw values, as they stand in the dialog; `folder` and `stem` name the files."""

    result: str
    folder: str
    stem: str
    n_frames: int
    targets: dict[str, str] = field(default_factory=dict)
    """Field → ending, of what is to be written."""
    values: dict[str, Any] = field(default_factory=dict)
    """panes, frame, first, last, frames_per_second, pixels."""

    def path(self, name: str) -> Path:
        """The file of a target."""
        return Path(self.folder) / f"{self.stem}{NAMES[name]}{self.targets[name]}"

    def config(self) -> dict[str, Any]:
        """As ExportResultConfig takes it."""
        return {"result": self.result, **self.values, **{name: str(self.path(name)) for name in self.targets}}

    def existing(self) -> list[Path]:
        """Files that would be written over."""
        return [path for name in self.targets if (path := self.path(name)).exists()]

    def complaint(self) -> str:
        """Why it cannot be written so; empty when it can."""
        if not self.targets:
            return "Choose at least one file."
        if not self.stem.strip() or not Path(self.folder).is_dir():
            return "Choose a folder that exists, and a name."
        found = drafts.complaints(ExportResultConfig, self.config())
        if found:
            name, reason = next(iter(found.items()))
            return f"{name.replace('_', ' ').capitalize()}: {reason}"
        config = ExportResultConfig.model_validate(self.config())
        last = self.n_frames - 1 if config.last is None else config.last
        if max(last, config.first, config.frame or 0) >= self.n_frames:
            return f"The series has {self.n_frames} frames, 0 to {self.n_frames - 1}."
        if config.first > last:
            return "The movie ends before it begins."
        return ""
