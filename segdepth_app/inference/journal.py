"""An analysis in the making: the folder OUT.h5.partial, read here while it grows. numpy and json only.

plan.json             format, the settings that decide the maps, and ResultInfo as far as it is known
maps-A-B.npy          uint8 (n, 2, h, w): depth and confidence of the frames A to B - 1, as in the result
logs-A-B.npy          uint8 (h, w, n, 12): codes of the eleven ln p, and the confidence in 255ths, pixel by pixel
sums-A-B.npy          uint8 (m, 11, h, w): codes of the sums of frames that end within the block (windows_in)
gaps.json             frames that could not be read, with the reason
shifts.npy            float64 (n, 2): the drift of every frame of the file that is undone; only with alignment

Blocks follow each other without a hole; one is there when its logs are, which are written last. Every file is written
under a temporary name and moved.

A code c stands for ln p = -14 (c / 255)²: finest where a class is likely (1 % of p at 0.5), and down to p = 1e-6.
Of equal codes the likeliest class has the lower one, and its probability is kept apart, so that depth and confidence
are those of the network, to the digit.
"""

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from segdepth_app.config import N_CLASSES
from segdepth_app.errors import ResultError
from segdepth_app.inference.result_info import ResultInfo
from segdepth_app.inference.result_reader import ResultReader, Steps
from segdepth_app.inference.windows import windows_ending
from segdepth_app.models.card import ModelCard

FORMAT = "segdepth-partial-1"
SUFFIX = ".partial"
PLAN_FILE, GAPS_FILE, SHIFTS_FILE = "plan.json", "gaps.json", "shifts.npy"
REACH = 14.0
"""-ln p of the largest code; whatever is less likely counts as that."""
PLANES = N_CLASSES + 1
ROWS_A_STEP = 8
"""Lines of pixels that are read at once for the mean of a region."""

LOG_OF_CODE = -REACH * np.square(np.arange(256, dtype=np.float32) / 255)
_PROBABILITY_OF_CODE = np.exp(LOG_OF_CODE)

Floats = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


def codes_of(log_probability: npt.NDArray[np.floating]) -> Bytes:
    """ln p (11, …) → codes of the same shape; the likeliest class has the lowest code, alone."""
    codes = np.rint(np.sqrt(np.clip(log_probability / -REACH, 0, 1)) * 255).astype(np.uint8)
    best = log_probability.argmax(axis=0)[None]
    lowest = np.take_along_axis(codes, best, axis=0)
    # another class of the same code is a little less likely; lowest is at most 106, for p = 1/11
    codes += codes == lowest
    np.put_along_axis(codes, best, lowest, axis=0)
    return codes


def logs_of(codes: Bytes) -> Floats:
    """Codes → ln p, normalised along the first axis of 11."""
    logs = LOG_OF_CODE[codes]
    return logs - np.log(np.exp(logs).sum(axis=0))


def planes_of(log_probability: npt.NDArray[np.floating], confidence: Bytes) -> Bytes:
    """What is kept of a frame: (h, w, 12) from ln p (11, h, w) and the confidence (h, w) in 255ths."""
    planes = np.empty((*confidence.shape, PLANES), np.uint8)
    planes[..., :N_CLASSES] = np.moveaxis(codes_of(log_probability), 0, -1)
    planes[..., N_CLASSES] = confidence
    return planes


def probability_of(planes: Bytes) -> Floats:
    """Probabilities (…, 11) from (…, 12) of planes_of: the likeliest as kept, the others share the rest.

    They add up to 1; to a little less where two classes are as likely, to a percent, since none may pass the likeliest.
    """
    codes = planes[..., :N_CLASSES]
    values = _PROBABILITY_OF_CODE[codes]
    best = codes.argmin(axis=-1)[..., None]
    confidence = planes[..., N_CLASSES:].astype(np.float32) / 255
    np.put_along_axis(values, best, 0, axis=-1)
    others = values.sum(axis=-1, keepdims=True)
    values *= (1 - confidence) / np.maximum(others, 1e-12)
    np.minimum(values, confidence * np.float32(0.999), out=values)
    np.put_along_axis(values, best, confidence, axis=-1)
    return values


class Block(NamedTuple):
    """The frames start to stop - 1."""

    start: int
    stop: int

    def file(self, folder: Path, what: str) -> Path:
        """Its file of maps, logs or sums."""
        return folder / f"{what}-{self.start:06d}-{self.stop:06d}.npy"


def partial_folder(out: Path) -> Path:
    """Where the analysis that will become `out` is kept."""
    return out.with_name(out.name + SUFFIX)


def read_plan(folder: Path) -> dict[str, Any]:
    """plan.json. Raises: ResultError where there is none that can be used."""
    try:
        plan: dict[str, Any] = json.loads((folder / PLAN_FILE).read_text(encoding="utf-8"))
        if plan["format"] != FORMAT:
            raise ValueError(f"its format is {plan['format']}")
        return {**plan, "info": _info(plan["info"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultError(
            f"{folder} is no unfinished analysis that can be read: {' '.join(str(error).split())}.",
            "Delete the folder, or analyse into another file.",
        ) from error


def read_gaps(folder: Path) -> dict[int, str]:
    """Frames that could not be read, and why."""
    try:
        return {int(frame): str(why) for frame, why in json.loads((folder / GAPS_FILE).read_text("utf-8")).items()}
    except FileNotFoundError:
        return {}


def read_blocks(folder: Path) -> list[Block]:
    """The blocks that are complete, in order, from frame 0 without a hole."""
    found: dict[int, int] = {}
    for path in folder.glob("logs-*-*.npy"):
        _, start, stop = path.stem.split("-")
        found[int(start)] = int(stop)
    blocks, at = [], 0
    while at in found:
        blocks.append(Block(at, found[at]))
        at = found[at]
    return blocks


def windows_in(block: Block, longest: int, gaps: dict[int, str]) -> list[tuple[int, int]]:
    """The sums that a block holds: windows that end in it and have a frame that could be read."""
    windows = [window for frame in range(*block) for window in windows_ending(frame, longest)]
    return [(start, stop) for start, stop in windows if not all(frame in gaps for frame in range(start, stop))]


class Partial(ResultReader):
    """An analysis in the making, with the members of a Result but for columns, events and activity.

    Raises: ResultError where the folder holds none.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        plan = read_plan(self.path)
        self.version = str(plan["version"])
        self.info = plan["info"]
        self.card = ModelCard.model_validate(self.info.model_card)
        height, width = plan["shape"]
        self._shape = int(height), int(width)
        self._blocks: list[Block] = []
        self.gaps: dict[int, str] = {}
        self.done = np.zeros(self.n_frames, bool)
        self.refresh()

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width in result pixels."""
        return self._shape

    @property
    def n_reached(self) -> int:
        """Frames that are behind the analysis, done or gaps."""
        return self._blocks[-1].stop if self._blocks else 0

    def refresh(self) -> bool:
        """Looks for more frames; whether there are any. False too once the analysis has ended and removed them."""
        before = self.n_reached
        blocks = read_blocks(self.path)
        if not blocks or blocks[-1].stop <= before:
            return False
        self._blocks = blocks
        self.gaps = read_gaps(self.path)
        self.done[: self.n_reached] = True
        self.done[[frame for frame in self.gaps if frame < self.n_frames]] = False
        return True

    def close(self) -> None:
        """Nothing is held open."""

    def depth(self, t: int) -> Bytes:
        """Likeliest class of every pixel of frame t, (h, w), 255 outside the frame."""
        return self._map(t, 0)

    def confidence(self, t: int) -> Bytes:
        """Probability of that class in 255ths, (h, w), 0 outside the frame."""
        return self._map(t, 1)

    def probability(self, t: int) -> Floats:
        """All probabilities of frame t, (11, h, w)."""
        self._check_frame(t)
        block = self._block_of(t)
        values = probability_of(self._loaded(block, "logs")[:, :, t - block.start])
        return np.ascontiguousarray(np.moveaxis(values, -1, 0))

    def columns_table(self) -> np.ndarray:
        """Raises: ResultError; columns are found once all frames are there."""
        raise ResultError("Columns are found when the analysis ends.", "Wait for it, or stop it.")

    def source_shift_px(self) -> npt.NDArray[np.float64] | None:
        """Drift (dy, dx) of every frame of the file that is undone, (n, 2); None where frames stay as they are.

        Raises: ResultError where it was not kept, or the analysis has ended.
        """
        if self.info.align == "none":
            return None
        try:
            return np.asarray(np.load(self.path / SHIFTS_FILE, allow_pickle=False), np.float64)
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _pixel_trace(self, x: int, y: int) -> Floats:
        codes = np.zeros((self.n_frames, PLANES), np.uint8)
        for block in self._blocks:
            codes[slice(*block)] = self._read_row(block, y, x, 1)[0]
        return probability_of(codes)

    def _mean_steps(self, rows: slice, cols: slice, chosen: npt.NDArray[np.bool_]) -> Steps:
        values = np.zeros((self.n_frames, N_CLASSES), np.float32)
        for block in list(self._blocks):
            for y, picked in zip(range(rows.start, rows.stop), chosen, strict=True):
                planes = self._read_row(block, y, cols.start, cols.stop - cols.start)
                values[slice(*block)] += probability_of(planes[picked]).sum(axis=0)
                if y % ROWS_A_STEP == 0:
                    yield
        return values / np.float32(max(int(chosen.sum()), 1))

    def _read_row(self, block: Block, y: int, x: int, n_pixels: int) -> Bytes:
        """Planes (n_pixels, n, 12) of neighbouring pixels."""
        n_frames = block.stop - block.start
        path, pixel = block.file(self.path, "logs"), n_frames * PLANES
        height, width = self.shape
        try:
            with path.open("rb") as stream:
                header = path.stat().st_size - height * width * pixel
                stream.seek(header + (y * width + x) * pixel)
                data = stream.read(n_pixels * pixel)
            return np.frombuffer(data, np.uint8).reshape(n_pixels, n_frames, PLANES)
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _map(self, t: int, which: int) -> Bytes:
        self._check_frame(t)
        block = self._block_of(t)
        return np.array(self._loaded(block, "maps")[t - block.start, which])

    def _loaded(self, block: Block, what: str) -> Bytes:
        try:
            loaded: Bytes = np.load(block.file(self.path, what), mmap_mode="r", allow_pickle=False)
            return loaded
        except (OSError, ValueError) as error:
            raise self._gone(error) from error

    def _block_of(self, t: int) -> Block:
        return next(block for block in self._blocks if t < block.stop)

    def _gone(self, error: Exception) -> ResultError:
        return ResultError(
            f"{self.path} cannot be read any more: {' '.join(str(error).split())}.", "The analysis may have ended."
        )


def find_partials(folder: str | Path, fingerprint: str) -> list[Path]:
    """Unfinished analyses in a folder of the series with this fingerprint, newest first."""
    found = []
    for path in Path(folder).glob(f"*{SUFFIX}"):
        try:
            if read_plan(path)["info"].fingerprint == fingerprint and not path.with_suffix("").exists():
                found.append((path.stat().st_mtime, path))
        except (ResultError, OSError):  # a folder may hold other things, or this one ends right now
            continue
    return [path for _, path in sorted(found, reverse=True)]


def _info(values: dict[str, Any]) -> ResultInfo:
    known = {entry.name for entry in fields(ResultInfo)}
    return ResultInfo(**{name: value for name, value in values.items() if name in known})
