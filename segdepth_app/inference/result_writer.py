"""Writing a result file: maps frame by frame, then columns, events and attributes once all frames are there.

Probabilities are held back until a block of frames is full, so that every chunk is written once.
"""

from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import numpy.typing as npt

from segdepth_app import __version__
from segdepth_app.config import N_CLASSES
from segdepth_app.inference.result_info import BY_COLUMN, OUTSIDE, SOURCE_SHIFTS, ResultInfo, write_info
from segdepth_app.inference.tracking import Tracked

BLOCK_FRAMES, CHUNK_PX = 100, 8
"""Frames and edge of a chunk of probabilities: a click on 1,000 frames reads ten of 70 kB each (2 to 3 ms from a disk;
with 50 frames and 32 px it was 20 of 560 kB, and 29 ms)."""
BLOCK_BYTES = 512 * 2**20
"""A block of frames of very large images is shorter, so that it fits."""

Floats = npt.NDArray[np.floating]
Bytes = npt.NDArray[np.uint8]


class ResultWriter:
    """A result file in the making. Use as a context manager; frames come in order."""

    def __init__(self, path: Path, *, n_frames: int, shape: tuple[int, int]) -> None:
        import h5py

        self._file = h5py.File(path, "w", locking="best-effort")
        self.n_frames, self.shape = n_frames, shape
        height, width = shape
        frame = {"chunks": (1, height, width), "compression": "gzip", "compression_opts": 1}
        maps = (n_frames, height, width)
        self._depth = self._file.create_dataset("depth", maps, "u1", fillvalue=OUTSIDE, **frame)
        self._confidence = self._file.create_dataset("confidence", maps, "u1", **frame)
        self._block = min(BLOCK_FRAMES, n_frames, max(1, BLOCK_BYTES // (N_CLASSES * height * width)))
        self._probability = self._file.create_dataset(
            "probability",
            (n_frames, N_CLASSES, height, width),
            "u1",
            # not compressed: it would halve the file, and a click would take five times as long
            chunks=(self._block, N_CLASSES, min(CHUNK_PX, height), min(CHUNK_PX, width)),
        )
        self.done = np.zeros(n_frames, bool)
        self._held = np.zeros((self._block, N_CLASSES, height, width), np.uint8)
        self._start = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._file.close()

    def add(self, frame: int, depth: Bytes, confidence: Bytes, probability: Floats) -> None:
        """Depth and confidence (h, w) as they are stored, probabilities (11, h, w) from 0 to 1."""
        while frame >= self._start + self._block:
            self._flush()
        self._depth[frame] = depth
        self._confidence[frame] = confidence
        self._held[frame - self._start] = in_255ths(probability)
        self.done[frame] = True

    def finish(self, tracked: Tracked, activity: Floats, shift_px: Floats | None, info: ResultInfo) -> None:
        """Writes what is held back, the tables and the attributes; the file is complete after that.

        `shift_px` (n, 2): the drift of every frame of the file, None where it was not undone.
        """
        self._flush()
        self._file["done"] = self.done
        self._file["columns"] = tracked.table
        n_done = max(int(self.done.sum()), 1)
        self._file[BY_COLUMN] = tracked.table.reshape(n_done, -1).T.ravel()
        self._file["events"] = tracked.events
        self._file["activity"] = activity.astype(np.float32)
        of_images = np.zeros((self.n_frames, 2)) if shift_px is None else mean_shifts(shift_px, info)
        self._file["shift_px"] = of_images.astype(np.float32)
        if shift_px is not None:
            self._file[SOURCE_SHIFTS] = shift_px.astype(np.float64)
        write_info(self._file, info, __version__)

    def _flush(self) -> None:
        stop = min(self._start + self._block, self.n_frames)
        # a block of frames of which none is done takes no room
        if self.done[self._start : stop].any():
            self._probability[self._start : stop] = self._held[: stop - self._start]
        self._held[:] = 0
        self._start += self._block


def mean_shifts(shift_px: Floats, info: ResultInfo) -> Floats:
    """Drift (T, 2) of the images, each the mean of the frames that it sums."""
    used = shift_px[: info.n_frames * info.sum_frames]
    means: Floats = used.reshape(info.n_frames, info.sum_frames, 2).mean(axis=1)
    return means


def in_255ths(probability: Floats) -> Bytes:
    """0 to 1 → 0 to 255, rounded."""
    return np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)
