"""The frames of the open series, as an `explore` child serves them: requests, cache, contrast. No widgets.

The newest wish is served first; frames to read ahead and the samples for the contrast follow when nothing is wished
for. Every frame that arrives is kept until the memory set aside for it is used up.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.explore_child import ExploreChild

CACHE_BYTES = 512 * 2**20
MAX_IN_FLIGHT = 2
N_SAMPLES = 20
SAMPLE_PIXELS = 50_000
CONTRAST_PERCENTILES = (0.5, 99.5)


@dataclass(frozen=True)
class SeriesFacts:
    """What the child says about a series when it has opened it. `…_source` tells where a value came from."""

    name: str
    n_frames: int
    height_px: int
    width_px: int
    pixel_size_pm: float | None = None
    pixel_size_source: str = ""
    frame_time_s: float | None = None
    frame_time_source: str = ""
    vacuum: float | None = None
    vacuum_source: str = ""
    dose_e_per_px: float | None = None
    dose_source: str = ""
    fingerprint: str = ""
    warnings: tuple[str, ...] = ()

    @classmethod
    def from_answer(cls, answer: dict[str, Any]) -> "SeriesFacts":
        """From the child's first answer; further keys are ignored."""
        known = {field.name: answer[field.name] for field in fields(cls) if field.name in answer}
        return cls(**{**known, "warnings": tuple(known.get("warnings", ()))})


class FrameCache:
    """The most recently used frames, up to a number of bytes but at least two."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        self._limit = limit_bytes
        self._frames: OrderedDict[int, np.ndarray] = OrderedDict()
        self._bytes = 0

    def __contains__(self, frame: int) -> bool:
        return frame in self._frames

    def get(self, frame: int) -> np.ndarray | None:
        """The frame, now the most recently used one."""
        if frame in self._frames:
            self._frames.move_to_end(frame)
        return self._frames.get(frame)

    def put(self, frame: int, image: np.ndarray) -> None:
        """Keeps a frame; the ones not used for longest go."""
        if frame in self._frames:
            self._bytes -= self._frames.pop(frame).nbytes
        self._frames[frame] = image
        self._bytes += image.nbytes
        while self._bytes > self._limit and len(self._frames) > 2:
            _, dropped = self._frames.popitem(last=False)
            self._bytes -= dropped.nbytes

    def clear(self) -> None:
        """Forgets all."""
        self._frames.clear()
        self._bytes = 0


def contrast(samples: Iterable[np.ndarray]) -> tuple[float, float]:
    """Black and white for a whole series, from some of its frames."""
    values = np.concatenate([_thinned(image) for image in samples])
    low, high = (float(value) for value in np.percentile(values, CONTRAST_PERCENTILES))
    return (low, high) if high > low else (low, low + 1)


def _thinned(image: np.ndarray) -> np.ndarray:
    """Every k-th pixel, about SAMPLE_PIXELS of them; k is odd so that it does not walk along one column."""
    flat = image.ravel()
    step = flat.size // SAMPLE_PIXELS
    return flat[:: step + 1 - step % 2]


def sample_frames(n_frames: int) -> list[int]:
    """About 20 frames, evenly spread, with the first and the last."""
    return sorted({round(t) for t in np.linspace(0, n_frames - 1, min(n_frames, N_SAMPLES))})


class SeriesClient(QObject):
    """The open series. One at a time; opening another closes the first."""

    opened = Signal(object)
    """SeriesFacts."""
    frame_ready = Signal(int, object)
    """Frame number and image [y, x]; only for frames that were wished for."""
    contrast_ready = Signal(float, float)
    failed = Signal(str, str)

    def __init__(self, jobs: Any, cache_bytes: int = CACHE_BYTES) -> None:
        super().__init__()
        self._jobs = jobs
        self._child: ExploreChild | None = None
        self._cache = FrameCache(cache_bytes)
        self._reset()

    def _reset(self) -> None:
        self._cache.clear()
        self._facts: SeriesFacts | None = None
        self._wish: int | None = None
        self._ahead: deque[int] = deque()
        self._wished: set[int] = set()
        self._samples: deque[int] = deque()
        self._sampled: dict[int, np.ndarray] = {}
        self._in_flight: dict[int, int] = {}

    def open(self, options: dict[str, Any], title: str) -> None:
        """Starts a child for a series; options are those of SeriesOptions."""
        self.close()
        child = ExploreChild(self._jobs, options, None, title)
        child.answered.connect(self._on_answer)
        child.failed.connect(self._on_failure)
        self._child = child

    def close(self) -> None:
        """Ends the child and forgets its frames."""
        if self._child:
            self._child.close()
            self._child.deleteLater()
            self._child = None
        self._reset()

    def cached(self, frame: int) -> np.ndarray | None:
        """A frame that is at hand."""
        return self._cache.get(frame)

    def wish(self, frame: int) -> None:
        """Asks for a frame: `frame_ready` follows, at once if it is at hand. An older wish is forgotten."""
        image = self._cache.get(frame)
        if image is not None:
            self._wish = None
            self.frame_ready.emit(frame, image)
        elif frame in self._in_flight.values():
            self._wish = None
            self._wished.add(frame)
        else:
            self._wish = frame
        self._ask()

    def read_ahead(self, frames: Iterable[int]) -> None:
        """Frames that will be wished for soon; replaces earlier ones."""
        self._ahead = deque(frames)
        self._ask()

    def _ask(self) -> None:
        """Sends what is most urgent, a few requests at a time, so that a new wish waits for little."""
        if self._child is None or self._facts is None:
            return
        while len(self._in_flight) < MAX_IN_FLIGHT:
            frame = self._most_urgent()
            if frame is None:
                return
            self._in_flight[self._child.send("frame", frame=frame)] = frame

    def _most_urgent(self) -> int | None:
        asked = self._in_flight.values()
        if self._wish is not None:
            frame, self._wish = self._wish, None
            self._wished.add(frame)
            return frame
        for queue in (self._ahead, self._samples):
            while queue:
                frame = queue.popleft()
                if frame not in asked and (queue is self._samples or frame not in self._cache):
                    return frame
        return None

    def _on_answer(self, answer: dict) -> None:
        if answer["id"] == 0:
            self._facts = SeriesFacts.from_answer(answer)
            self._samples = deque(sample_frames(self._facts.n_frames))
            self.opened.emit(self._facts)
        elif answer["id"] in self._in_flight:
            self._on_frame(self._in_flight.pop(answer["id"]), answer)
        self._ask()

    def _on_frame(self, frame: int, answer: dict) -> None:
        image = take_array(answer["path"])
        self._cache.put(frame, image)
        if frame in self._wished:
            self._wished.discard(frame)
            self.frame_ready.emit(frame, image)
        self._add_sample(frame, image)

    def _add_sample(self, frame: int, image: np.ndarray) -> None:
        assert self._facts is not None
        wanted = sample_frames(self._facts.n_frames)
        if frame not in wanted or frame in self._sampled:
            return
        self._sampled[frame] = _thinned(image).copy()
        if frame in self._samples:
            self._samples.remove(frame)
        # one look at the first frame, so that it can be shown, and then one for the whole series
        if len(self._sampled) in (1, len(wanted)):
            self.contrast_ready.emit(*contrast(self._sampled.values()))

    def _on_failure(self, message: str, hint: str) -> None:
        self.failed.emit(message, hint)
