"""Which frame a playing series should show now: by the clock, so that a slow picture drops frames, not time."""

from dataclasses import dataclass

DEFAULT_FRAME_TIME_S = 0.1
"""Used where the series does not say how long a frame took."""
SPEEDS = (0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)


@dataclass
class PlayClock:
    """Frame number as a function of time. Times in s from any steady clock."""

    n_frames: int
    frame_time_s: float
    speed: float = 1.0
    _start_frame: int = 0
    _start_time: float | None = None

    @property
    def playing(self) -> bool:
        """Is it running?"""
        return self._start_time is not None

    def start(self, frame: int, now: float) -> None:
        """Runs from `frame`; from the first one when `frame` is the last."""
        self._start_frame = 0 if frame >= self.n_frames - 1 else frame
        self._start_time = now

    def stop(self) -> None:
        """Stands still."""
        self._start_time = None

    def frame_at(self, now: float) -> int:
        """The frame due at `now`; after the last one it starts over."""
        if self._start_time is None:
            return self._start_frame
        passed = int((now - self._start_time) / self.frame_time_s * self.speed + 1e-9)
        return (self._start_frame + passed) % self.n_frames
