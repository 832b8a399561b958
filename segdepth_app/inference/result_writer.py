"""Writing a result file: maps frame by frame, then columns once all frames are there.

Probabilities are held back until a block of frames is full, so that every chunk is written once. The logarithms that
columns are pooled from wait in a scratch file beside the result; it goes when the job ends, however it ends.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from segdepth_app import __version__
from segdepth_app.config import N_CLASSES
from segdepth_app.errors import InputError
from segdepth_app.inference.results import ResultInfo, write_info

BLOCK_FRAMES = 50
CHUNK_PX = 32
BLOCK_BYTES = 512 * 2**20
"""A block of frames of very large images is shorter, so that it fits."""
LOG_STEP = 0.05
"""ln probability per scratch unit: 255 of them reach e⁻¹², and a plateau averages the rounding away."""

Floats = npt.NDArray[np.floating]


def check_space(out: Path, n_frames: int, shape: tuple[int, int]) -> None:
    """Raises: InputError where the disk cannot hold the result and its scratch file."""
    needed = n_frames * shape[0] * shape[1] * (2 * N_CLASSES + 2)
    free = shutil.disk_usage(out.parent).free
    if needed > free:
        raise InputError(
            f"The analysis needs up to {needed / 1e9:.1f} GB in {out.parent}, where {free / 1e9:.1f} GB are free.",
            "Choose another folder, or make room.",
        )


class ResultWriter:
    """A result file in the making. Use as a context manager; frames may be added in any order of blocks."""

    def __init__(self, path: Path, *, n_frames: int, shape: tuple[int, int]) -> None:
        import h5py

        self._file = h5py.File(path, "w", locking="best-effort")
        self.n_frames, self.shape = n_frames, shape
        height, width = shape
        frame = {"chunks": (1, height, width), "compression": "gzip", "compression_opts": 1}
        self._depth = self._file.create_dataset("depth", (n_frames, height, width), "u1", **frame)
        self._confidence = self._file.create_dataset("confidence", (n_frames, height, width), "u1", **frame)
        self._block = min(BLOCK_FRAMES, n_frames, max(1, BLOCK_BYTES // (N_CLASSES * height * width)))
        self._probability = self._file.create_dataset(
            "probability",
            (n_frames, N_CLASSES, height, width),
            "u1",
            # not compressed: it would halve the file, and a click would take five times as long
            chunks=(self._block, N_CLASSES, min(CHUNK_PX, height), min(CHUNK_PX, width)),
        )
        self.done = np.zeros(n_frames, bool)
        self._held: list[npt.NDArray[np.uint8]] = []
        self._scratch_path = path.with_name(f"{path.name}.scratch-{os.getpid()}")
        try:
            self._scratch: npt.NDArray[np.uint8] | None = np.memmap(
                self._scratch_path, np.uint8, "w+", shape=(n_frames, N_CLASSES, height, width)
            )
        except OSError:
            self.__exit__()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._scratch = None  # Windows removes no mapped file
        with suppress(OSError):
            self._scratch_path.unlink()
        self._file.close()  # last: after a full disk it fails as well

    def add(self, frame: int, log_probability: Floats) -> None:
        """The next frame, ln p (11, h, w); frames come in order from 0."""
        if frame != int(self.done.sum()):
            raise ValueError(f"Frame {frame} came after {int(self.done.sum())} frames.")
        assert self._scratch is not None
        probability = np.exp(log_probability)
        depth = probability.argmax(axis=0)
        self._depth[frame] = depth
        self._confidence[frame] = in_255ths(np.take_along_axis(probability, depth[None], axis=0)[0])
        self._held.append(in_255ths(probability))
        self._scratch[frame] = np.minimum(np.rint(log_probability / -LOG_STEP), 255)
        self.done[frame] = True
        if len(self._held) == self._block:
            self._flush()

    def log_probability(self, frame: int) -> npt.NDArray[np.float32]:
        """ln p (11, h, w) of a frame that was added, to half of LOG_STEP."""
        assert self._scratch is not None
        return self._scratch[frame] * np.float32(-LOG_STEP)

    def finish(self, columns: np.ndarray, info: ResultInfo) -> None:
        """Writes what is held back, the columns and the attributes; the file is complete after that."""
        self._flush()
        self._file["done"] = self.done
        compression: dict[str, Any] = {"compression": "gzip", "compression_opts": 1} if len(columns) else {}
        self._file.create_dataset("columns", data=columns, **compression)
        write_info(self._file, info, __version__)

    def _flush(self) -> None:
        if self._held:
            end = int(self.done.sum())
            self._probability[end - len(self._held) : end] = np.stack(self._held)
            self._held.clear()


def in_255ths(probability: Floats) -> npt.NDArray[np.uint8]:
    """0 to 1 → 0 to 255, rounded."""
    return np.rint(np.clip(probability, 0, 1) * 255).astype(np.uint8)
