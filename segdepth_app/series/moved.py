"""The images a series gives where its frames are aligned, or added up.

Image i is the mean of the file's frames i·n … i·n + n − 1, each moved by whole pixels to where frame 0 stands. Pixels
stay whole counts on the way, so n times the mean is Poisson again, of n times the dose. A pixel that some of the
frames did not record is the mean of the others; one that none did is vacuum.
"""

from collections.abc import Callable

import numpy as np

from segdepth_app.errors import SeriesError
from segdepth_app.series.grid import shifted

Read = Callable[[int], np.ndarray]


class Moved:
    """Which frames make which image, and how far each is moved.

    `shift_px` float (T, 2), (dy, dx): how much further the specimen stands in each frame of the file than in frame 0;
    None where frames stay where they are.
    """

    def __init__(self, n_stored: int, *, sum_frames: int = 1, shift_px: np.ndarray | None = None) -> None:
        if sum_frames > n_stored:
            raise SeriesError(
                f"{sum_frames} frames are to be added up, but there are {n_stored}.",
                "Choose a smaller number of frames to sum.",
            )
        self.sum_frames = sum_frames
        self.n_images = n_stored // sum_frames
        self.n_left_out = n_stored % sum_frames
        self._shift_px = shift_px
        self._whole = None if shift_px is None else np.floor(np.asarray(shift_px) + 0.5).astype(int)

    def frames(self, index: int) -> range:
        """The file's frames of one image. Raises: IndexError."""
        if not 0 <= index < self.n_images:
            raise IndexError(f"Frame {index} of {self.n_images}.")
        return range(index * self.sum_frames, (index + 1) * self.sum_frames)

    def image(self, index: int, read: Read, filler: float) -> np.ndarray:
        """Image `index`, float32 (H, W), of the frames that `read` gives; two frames are in memory at a time."""
        frames = self.frames(index)
        if len(frames) == 1:
            return self._in_place(read(frames[0]), frames[0], filler)
        total: np.ndarray | None = None
        number: np.ndarray | None = None
        for frame in frames:
            values = read(frame)
            if total is None or number is None:
                total, number = np.zeros(values.shape), np.zeros(values.shape, dtype=np.int32)
            total += self._in_place(values, frame, 0.0)
            number += self._recorded(values.shape, frame)
        assert total is not None
        assert number is not None
        total[number == 0] = filler
        return (total / np.maximum(number, 1)).astype(np.float32)

    def rest_shift(self, index: int) -> tuple[float, float]:
        """(dy, dx): what is left of an image's shift below a pixel; nothing for sums."""
        frames = self.frames(index)
        if self._shift_px is None or self._whole is None or len(frames) > 1:
            return 0.0, 0.0
        dy, dx = np.asarray(self._shift_px[frames[0]], dtype=float) - self._whole[frames[0]]
        return float(dy), float(dx)

    def _in_place(self, values: np.ndarray, frame: int, filler: float) -> np.ndarray:
        if self._whole is None:
            return values
        dy, dx = self._whole[frame].tolist()
        return shifted(values, dy, dx, filler)

    def _recorded(self, shape: tuple[int, ...], frame: int) -> np.ndarray | int:
        if self._whole is None:
            return 1
        dy, dx = self._whole[frame].tolist()
        return shifted(np.ones(shape, dtype=np.uint8), dy, dx, 0) if dy or dx else 1
