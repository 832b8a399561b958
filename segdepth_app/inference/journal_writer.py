"""Keeping an analysis on disk while it runs, such that it can go on after any end; see journal.py for the files."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from segdepth_app import __version__
from segdepth_app.errors import InputError, ResultError
from segdepth_app.inference.journal import (
    FORMAT,
    GAPS_FILE,
    PLAN_FILE,
    SHIFTS_FILE,
    Block,
    Bytes,
    codes_of,
    planes_of,
    read_blocks,
    read_gaps,
    read_plan,
    windows_in,
)
from segdepth_app.inference.result_info import OUTSIDE, ResultInfo
from segdepth_app.inference.result_writer import in_255ths
from segdepth_app.locks import LOCK_FILE
from segdepth_app.paths import written_whole

FLUSH_S = 3.0
"""Blocks are written this often: what a kill may cost, and how often traces in the window grow."""
FLUSH_BYTES = 128 * 2**20
NAMES = {"series": "the series", "model": "the model", "shifts": "the measured drift"}
"""Settings whose values are hashes, in words."""

Floats = npt.NDArray[np.floating]


class Journal:
    """The folder of one analysis. Goes on with the blocks that are there.

    `settings` are all that decide the maps, by their names on the command line; `shift_px` (n, 2) is the drift of every
    frame of the file, None where it is not undone.
    Raises: InputError where the folder holds an analysis with others, named.
    """

    def __init__(
        self,
        folder: Path,
        info: ResultInfo,
        shape: tuple[int, int],
        settings: dict[str, Any],
        shift_px: Floats | None = None,
    ) -> None:
        self.folder, self.info, self.shape = folder, info, shape
        self._settings = settings
        _refuse_others(folder, settings)
        self.blocks = read_blocks(folder)
        # a frame beyond the last block is tried again
        self.gaps = {frame: why for frame, why in read_gaps(folder).items() if frame < self.n_reached}
        self._maps: list[Bytes] = []
        self._planes: list[Bytes] = []
        self._sums: dict[tuple[int, int], Bytes] = {}
        self._flushed = time.monotonic()
        self._write_plan()
        if shift_px is not None:
            self._write_array(folder / SHIFTS_FILE, shift_px)

    @property
    def n_reached(self) -> int:
        """Frames in blocks, done or gaps."""
        return self.blocks[-1].stop if self.blocks else 0

    @property
    def n_done(self) -> int:
        """Frames in blocks that could be read."""
        return self.n_reached - len(self.gaps)

    @property
    def next_frame(self) -> int:
        """The frame that add() takes."""
        return self.n_reached + len(self._maps)

    def add(self, log_probability: Floats, recorded: npt.NDArray[np.bool_]) -> None:
        """The next frame: ln p (11, h, w), and where (h, w) the frame has recorded anything."""
        probability = np.exp(log_probability)
        confidence = in_255ths(probability.max(axis=0))
        self._planes.append(planes_of(log_probability, confidence))
        depth = probability.argmax(axis=0).astype(np.uint8)
        depth[~recorded] = OUTSIDE
        self._maps.append(np.stack([depth, np.where(recorded, confidence, 0).astype(np.uint8)]))

    def add_gap(self, why: str) -> None:
        """The next frame could not be read."""
        self.gaps[self.next_frame] = why
        empty = np.zeros((2, *self.shape), np.uint8)
        empty[0] = OUTSIDE
        self._maps.append(empty)
        self._planes.append(np.zeros((*self.shape, 12), np.uint8))

    def add_sum(self, window: tuple[int, int], log_probability: Floats) -> None:
        """ln p (11, h, w) of the frames start to stop - 1 added up; they have been added, or are gaps."""
        self._sums[window] = codes_of(log_probability)

    def flush_when_due(self) -> None:
        """Writes a block where one is due."""
        held = sum(planes.nbytes for planes in self._planes) + sum(codes.nbytes for codes in self._sums.values())
        if held >= FLUSH_BYTES or time.monotonic() - self._flushed >= FLUSH_S:
            self.flush()

    def flush(self) -> None:
        """Writes all frames that were added as a block."""
        self._flushed = time.monotonic()
        if not self._maps:
            return
        block = Block(self.n_reached, self.next_frame)
        windows = windows_in(block, self.info.longest_sum_frames, self.gaps)
        if set(windows) != set(self._sums):
            raise ValueError(f"The block {block} needs the sums {windows}, and has {list(self._sums)}.")
        if self.gaps:
            self._write_json(GAPS_FILE, {str(frame): why for frame, why in self.gaps.items()})
        if windows:
            self._save(block, "sums", np.stack([self._sums[window] for window in windows]))
        self._save(block, "maps", np.stack(self._maps))
        self._save(block, "logs", np.stack(self._planes, axis=2))
        self.blocks.append(block)
        self._maps.clear()
        self._planes.clear()
        self._sums.clear()

    def _save(self, block: Block, what: str, values: Bytes) -> None:
        self._write_array(block.file(self.folder, what), values)

    def _write_array(self, path: Path, values: np.ndarray) -> None:
        with written_whole(path) as temporary, temporary.open("wb") as stream:
            np.save(stream, values, allow_pickle=False)

    def _write_plan(self) -> None:
        values = {
            "format": FORMAT,
            "version": __version__,
            "settings": self._settings,
            "shape": list(self.shape),
            "info": asdict(self.info),
        }
        self._write_json(PLAN_FILE, values)

    def _write_json(self, name: str, values: Any) -> None:
        with written_whole(self.folder / name) as temporary:
            temporary.write_text(json.dumps(values, ensure_ascii=False, allow_nan=False), encoding="utf-8")


def _refuse_others(folder: Path, settings: dict[str, Any]) -> None:
    try:
        before = read_plan(folder)["settings"]
    except ResultError as error:
        if {path.name for path in folder.iterdir()} <= {LOCK_FILE}:
            return
        raise InputError(error.message, error.hint) from error
    settings = json.loads(json.dumps(settings))  # as it would be read back
    differing = [name for name in settings if before.get(name) != settings[name]]
    if differing:
        raise InputError(
            f"{folder} holds an unfinished analysis with other settings: "
            f"{', '.join(_difference(name, before.get(name), settings[name]) for name in differing)}.",
            "Go on with those settings, choose another --out, or delete that folder.",
        )


def _difference(name: str, before: Any, now: Any) -> str:
    if name in NAMES:
        return f"{NAMES[name]} is another"
    return f"{name} was {_shown(before)}, now {_shown(now)}"


def _shown(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
