"""What a reader of one file format hands over: frames on demand, and what the file says about them.

Arrays are [y, x]. Frames come as they are stored, in the file's own number type.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from segdepth_app.errors import SeriesError


@dataclass(frozen=True)
class Calibration:
    """What the file itself says; None where it says nothing that can be believed."""

    pixel_size_pm: float | None = None
    frame_time_s: float | None = None


@dataclass
class Source:
    """One opened file (or folder). Subclasses read a frame; everything else was settled at opening."""

    paths: tuple[Path, ...]
    n_frames: int
    height_px: int
    width_px: int
    dtype: np.dtype[Any]
    calibration: Calibration = Calibration()
    warnings: list[str] = field(default_factory=list)
    is_display: bool = False
    """A picture made for the eye (8-bit PNG, JPEG): its numbers are no electrons, whatever they look like."""
    layout: str = field(default="", kw_only=True)
    """How a file without a header is read; the same bytes read otherwise are another series."""
    landmarks: tuple[int, ...] = field(default=(), kw_only=True)
    """Frames that are read faster than others (key frames of a movie), in order; none: all are alike."""

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        raise TypeError(f"{type(self).__name__} must define read().")

    def close(self) -> None:
        """Lets go of the file."""


@dataclass
class ArraySource(Source):
    """Frames of an array (N, H, W) in memory, or mapped from a file."""

    array: Any = None

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        return np.asarray(self.array[index])

    def close(self) -> None:
        """Drops the array, and with it a mapping."""
        self.array = None


@dataclass
class RawSource(Source):
    """Frames that lie uncompressed, one after the other, in one file.

    Plain reads instead of a memory map: a map of a file on a share that goes away, or that another
    program shortens, ends the process without a word; a read ends in a sentence.
    """

    offset: int = 0
    stored: np.dtype[Any] | None = None
    """Number type with the file's byte order, where it is not `dtype`."""
    handle: Any = None

    def __post_init__(self) -> None:
        path = self.paths[0]
        ends = self.offset + np.arange(1, self.n_frames + 1) * self._frame_bytes
        self.warnings.extend(cut_short(path, ends))
        self.handle = path.open("rb")

    @property
    def _frame_bytes(self) -> int:
        return self.height_px * self.width_px * self.dtype.itemsize

    def read(self, index: int) -> np.ndarray:
        """Frame `index` (H, W) as stored."""
        self.handle.seek(self.offset + index * self._frame_bytes)
        data = self.handle.read(self._frame_bytes)
        if len(data) < self._frame_bytes:
            raise SeriesError(
                f"Frame {index} of {self.paths[0].name} ends after {len(data):,} of {self._frame_bytes:,} bytes.",
                "The file is cut short. Copy it again from where it was recorded.",
            )
        return np.frombuffer(data, dtype=self.stored or self.dtype).reshape(self.height_px, self.width_px)

    def close(self) -> None:
        """Closes the file."""
        self.handle.close()


def cut_short(path: Path, ends: np.ndarray) -> list[str]:
    """A remark where the file ends before the last frames; `ends` is the byte behind each frame.

    Raises: SeriesError where not one frame is whole.
    """
    size = path.stat().st_size
    missing = int((ends > size).sum())
    if not missing:
        return []
    if missing == len(ends):
        raise SeriesError(
            f"{path.name} is cut short: its header promises {int(ends.max()):,} bytes, the file has {size:,}, "
            "and not one frame is whole.",
            "Copy it again from where it was recorded.",
        )
    return [
        f"{path.name} is cut short: its header promises {int(ends.max()):,} bytes, the file has {size:,}; "
        f"{missing} of its {len(ends)} frames are missing."
    ]


def stack_shape(shape: tuple[int, ...], name: str) -> tuple[int, int, int]:
    """(N, H, W) of an image or a stack of images; axes of length 1 do not count.

    Raises: SeriesError for spectra, colour pictures and data of more than three axes.
    """
    text = " × ".join(str(n) for n in shape) or "a single number"
    if 0 in shape:
        raise SeriesError(f"{name} holds no pixels ({text}).", "Choose a file with images.")
    squeezed = shape if len(shape) <= 3 else tuple(n for n in shape if n > 1)
    if len(squeezed) < 2 or min(squeezed[-2:]) < 2:
        raise SeriesError(
            f"{name} is no image: its data have the shape {text}.", "Spectra and line profiles cannot be analysed."
        )
    if len(squeezed) > 3:
        raise SeriesError(
            f"{name} has {len(squeezed)} axes ({text}); a series has frames, rows and columns.",
            "Save one channel, or one scan position, as a stack of images.",
        )
    n, height, width = (1, *squeezed) if len(squeezed) == 2 else squeezed
    if width in (3, 4) and min(n, height) >= 16:
        raise SeriesError(
            f"{name} is a colour picture ({text}).", "Open the counts the camera recorded, not a picture of them."
        )
    return n, height, width


def check_numbers(dtype: np.dtype[Any], name: str) -> None:
    """Raises: SeriesError unless the data are plain real numbers."""
    if dtype.kind == "c":
        raise SeriesError(
            f"{name} holds complex numbers (a Fourier transform or a wave), not an image.",
            "Open the image it was made from.",
        )
    if dtype.fields:
        raise SeriesError(f"{name} is a colour picture.", "Open the counts the camera recorded, not a picture of them.")
    if dtype.kind not in "buif":
        raise SeriesError(f"{name} holds no numbers ({dtype}).", "Choose a file with images.")


@contextmanager
def foreign_faults(path: Path, doing: str = "open") -> Iterator[None]:
    """Turns whatever a third-party reader raises into one line about the file."""
    try:
        yield
    except SeriesError:
        raise
    except MemoryError as error:
        raise SeriesError(
            f"Could not {doing} {path.name}: it asks for more memory than there is.",
            "Close other programs; the file may also be damaged.",
        ) from error
    except ModuleNotFoundError as error:
        raise SeriesError(
            f"{path.name} needs the Python package {error.name}, which is not installed.",
            "Convert the file to TIFF, or install the package.",
        ) from error
    except PermissionError as error:
        raise SeriesError(f"{path} may not be read.", "Ask its owner for the right to read it.") from error
    except Exception as error:
        # messages like "list index out of range" tell the user nothing
        is_internal = isinstance(error, LookupError | AttributeError | TypeError | AssertionError | UnicodeError)
        reason = " ".join(str(error).split())[:160]
        if is_internal or not reason:
            reason = f"its content makes no sense to the reader ({type(error).__name__})"
        raise SeriesError(
            f"Could not {doing} {path.name}: {reason.rstrip('.')}.",
            "The file may be damaged or of another kind than its ending says.",
        ) from error
