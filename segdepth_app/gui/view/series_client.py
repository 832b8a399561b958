"""The frames of the open series, as an `explore` child serves them: requests, cache, contrast. No widgets.

The newest wish is served first; frames to read ahead and the samples for the contrast follow when nothing is wished
for. Every frame that arrives is kept until the memory set aside for it is used up. A frame that cannot be read is
told as such; the others go on.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from segdepth_app.gui.child import take_array
from segdepth_app.gui.view.explore_child import ExploreChild
from segdepth_app.gui.view.frame_cache import CACHE_BYTES, FrameCache, contrast, sample_frames, thinned
from segdepth_app.gui.view.series_facts import SeriesFacts

MAX_IN_FLIGHT = 2


class SeriesClient(QObject):
    """The open series. One at a time; opening another closes the first."""

    opened = Signal(object)
    """SeriesFacts."""
    frame_ready = Signal(int, object)
    """Frame number and image [y, x]; only for frames that were wished for."""
    frame_failed = Signal(int, str)
    """A frame that was wished for cannot be read: its number, and why."""
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
        self._unreadable: dict[int, str] = {}
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

    def samples(self) -> list[np.ndarray]:
        """Values of the frames sampled so far, for a histogram."""
        return list(self._sampled.values())

    def wish(self, frame: int) -> None:
        """Asks for a frame: `frame_ready` follows, at once if it is at hand. An older wish is forgotten."""
        image = self._cache.get(frame)
        if image is not None:
            self._wish = None
            self.frame_ready.emit(frame, image)
        elif frame in self._unreadable:
            self._wish = None
            self.frame_failed.emit(frame, self._unreadable[frame])
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
                known = frame in self._unreadable or (queue is self._ahead and frame in self._cache)
                if frame not in asked and not known:
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
        if answer.get("error"):
            self._unreadable[frame] = str(answer["error"])
            if frame in self._wished:
                self._wished.discard(frame)
                self.frame_failed.emit(frame, self._unreadable[frame])
            self._look_at_samples(frame)
            return
        image = take_array(answer["path"])
        self._cache.put(frame, image)
        if frame in self._wished:
            self._wished.discard(frame)
            self.frame_ready.emit(frame, image)
        self._add_sample(frame, image)

    def _add_sample(self, frame: int, image: np.ndarray) -> None:
        assert self._facts is not None
        if frame not in sample_frames(self._facts.n_frames) or frame in self._sampled:
            return
        self._sampled[frame] = thinned(image).copy()
        self._look_at_samples(frame)

    def _look_at_samples(self, frame: int) -> None:
        """One look at the first frame, so that it can be shown, and then one for the whole series."""
        assert self._facts is not None
        if frame in self._samples:
            self._samples.remove(frame)
        wanted = sample_frames(self._facts.n_frames)
        known = sum(number in self._sampled or number in self._unreadable for number in wanted)
        if self._sampled and frame in wanted and (len(self._sampled) == 1 or known == len(wanted)):
            self.contrast_ready.emit(*contrast(self._sampled.values()))

    def _on_failure(self, message: str, hint: str) -> None:
        self.failed.emit(message, hint)
