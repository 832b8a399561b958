"""A series as one file per frame: a folder, also nested as Gatan's in-situ recordings are, or a list of files."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.calibration import SQUARE_TOLERANCE
from segdepth_app.series.names import in_natural_order
from segdepth_app.series.source import Source

CHECKED_AT_OPENING = 200
"""At most so many frames of other file size than the first are opened at once; the rest when they are read."""

SIDE_FILES = {".txt", ".csv", ".json", ".xml", ".md", ".log", ".ini", ".html", ".pdf", ".db", ".gtg", ".yaml", ".yml"}

Opener = Callable[[Path], Source]


@dataclass
class FolderSource(Source):
    """Opens a frame's file when the frame is read."""

    opener: Opener | None = None
    _checked: set[int] = field(default_factory=set)

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        source = self._open(index)
        try:
            self.compare(source, index)
            return source.read(0)
        finally:
            source.close()

    def fault(self, index: int) -> SeriesError | None:
        """Why the frame's file cannot be opened, if so. Raises: SeriesError where it does not fit to the first."""
        try:
            source = self._open(index)
        except SeriesError as fault:
            return fault
        try:
            self.compare(source, index)
        finally:
            source.close()
        return None

    def _open(self, index: int) -> Source:
        assert self.opener is not None
        try:
            return self.opener(self.paths[index])
        except SeriesError as fault:
            raise SeriesError(f"Frame {index} cannot be read: {fault.message}", fault.hint) from fault

    def compare(self, source: Source, index: int) -> None:
        """Raises: SeriesError where the file of frame `index` does not fit to the first."""
        if index in self._checked:
            return
        name = self.paths[index].name
        if source.n_frames != 1:
            raise SeriesError(
                f"Frame {index}, {name}, holds {source.n_frames} frames itself.",
                "Open it alone, or keep only files with one frame each.",
            )
        if (source.height_px, source.width_px) != (self.height_px, self.width_px):
            raise SeriesError(
                f"Frame {index}, {name}, is {source.height_px} × {source.width_px} px; "
                f"the series began with {self.height_px} × {self.width_px} px.",
                "Open the two parts as separate series, or leave this frame out.",
            )
        mine, first = source.calibration.pixel_size_pm, self.calibration.pixel_size_pm
        if mine and first and abs(mine - first) > SQUARE_TOLERANCE * first:
            raise SeriesError(
                f"Frame {index}, {name}, has {mine:.5g} pm per pixel; the series began with {first:.5g} pm.",
                "The magnification was changed. Open the two parts as separate series.",
            )
        if source.dtype.newbyteorder("=") != self.dtype.newbyteorder("="):
            raise SeriesError(
                f"Frame {index}, {name}, stores {source.dtype.name} numbers; the series began with {self.dtype.name}.",
                "Open the two parts as separate series, or leave this frame out.",
            )
        self._checked.add(index)


def frames_in(folder: Path) -> tuple[list[Path], list[str]]:
    """The frames of a folder in order, and remarks. Raises: SeriesError where it is no series."""
    files = [
        Path(root) / name
        for root, folders, names in os.walk(folder)
        if not _hide(folders)
        for name in names
        if not name.startswith((".", "~")) and Path(name).suffix.lower() not in SIDE_FILES
    ]
    if not files:
        raise SeriesError(f"The folder {folder} holds no frames.", "Choose a folder with one image file per frame.")
    kinds: dict[str, int] = {}
    for file in files:
        kinds[file.suffix.lower()] = kinds.get(file.suffix.lower(), 0) + 1
    if set(kinds) == {".emi", ".ser"}:
        # an .emi is the cover sheet of its .ser
        files = [file for file in files if file.suffix.lower() == ".ser"]
    elif len(kinds) > 1:
        found = ", ".join(f"{n} × {kind or 'no ending'}" for kind, n in sorted(kinds.items(), key=lambda kv: -kv[1]))
        raise SeriesError(
            f"The folder {folder} mixes files of several kinds: {found}.",
            "Keep the frames of one series in a folder of their own.",
        )
    if len(files) == 1:
        return files, []
    return in_natural_order(files, folder)


def _hide(folders: list[str]) -> bool:
    """Leaves hidden folders out of the walk; always False, for use inside a comprehension."""
    folders[:] = [name for name in folders if not name.startswith(".")]
    return False


def open_frames(files: list[Path], opener: Opener) -> Source:
    """One file per frame, in the order given. A file that cannot be read is a frame that cannot be read.

    Raises: SeriesError where frames differ in shape or scale, or none of the first can be read.
    """
    start, first, faults = _first_readable(files, opener)
    try:
        source = FolderSource(
            tuple(files),
            len(files),
            first.height_px,
            first.width_px,
            first.dtype,
            first.calibration,
            list(first.warnings),
            first.is_display,
            opener,
            layout=first.layout,
        )
        if first.n_frames != 1:
            source.compare(first, start)
    finally:
        first.close()
    size = _size(files[start])
    doubtful = [i for i, file in enumerate(files) if i != start and _size(file) != size]
    step = max(1, -(-len(doubtful) // CHECKED_AT_OPENING))
    for index in sorted({*doubtful[::step], len(files) - 1} - set(faults)):
        fault = source.fault(index)
        if fault is not None:
            faults[index] = fault
    source.warnings.extend(_remark(faults))
    return source


def _first_readable(files: list[Path], opener: Opener) -> tuple[int, Source, dict[int, SeriesError]]:
    faults: dict[int, SeriesError] = {}
    for index, file in enumerate(files[:CHECKED_AT_OPENING]):
        try:
            return index, opener(file), faults
        except SeriesError as fault:
            faults[index] = fault
    raise faults[0]


def _remark(faults: dict[int, SeriesError]) -> list[str]:
    if not faults:
        return []
    listed = ", ".join(str(index) for index in sorted(faults)[:5]) + ("…" if len(faults) > 5 else "")
    return [f"{len(faults)} frames cannot be read (frame {listed}). {faults[min(faults)].message}"]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:  # it has vanished; opening it says so
        return -1
