"""Changes of columns, out of the chances of every change in every frame.

An event stands for REACH frames to both sides: in noise, a change can be seen without its frame being certain. Its
probability is the chance that the column changed in this direction within them. A change that is spread over more
frames than that leaves several events, each with its part of the probability.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

REACH = 2
LEAST_PROBABILITY = 0.05
"""Events below it are not listed. On simulated series, 0.7 in 100 column-frames are false then."""


class Event(NamedTuple):
    """A column's change."""

    column: int
    frame: int
    """The first with the new count."""
    before: int
    after: int
    probability: float


def find_events(changes: Floats, *, least: float = LEAST_PROBABILITY) -> list[Event]:
    """Events of all columns, from the chances (T, N, C, C) of changes between frames t - 1 and t, by frame.

    What is summed is the expected number of changes; where a change back within REACH frames is improbable, it is
    the chance of one.
    """
    classes = np.arange(changes.shape[2])
    up = classes[:, None] < classes
    found = []
    for rising in (True, False):
        numbers = (changes * (up if rising else up.T)).sum(axis=(2, 3))  # (T, N)
        for column in np.flatnonzero(numbers.sum(axis=0) >= least):
            for frame, probability in _peaks(numbers[:, column], least):
                near = changes[max(frame - REACH, 0) : frame + REACH + 1, column].sum(axis=0)
                near = np.where(up if rising else up.T, near, 0)
                before, after = np.unravel_index(near.argmax(), near.shape)
                found.append(Event(int(column), frame, int(before), int(after), probability))
    return sorted(found, key=lambda event: (event.frame, event.column))


def _peaks(numbers: Floats, least: float) -> list[tuple[int, float]]:
    """Frames whose surroundings hold most of what is left, one after the other, until too little is left."""
    left = np.asarray(numbers, float).copy()
    frames = np.arange(len(left))
    low, high = np.maximum(frames - REACH, 0), np.minimum(frames + REACH + 1, len(left))
    found: list[tuple[int, float]] = []
    while True:
        total = np.concatenate([[0], np.cumsum(left)])
        around = total[high] - total[low]
        # of equal surroundings, the frame that is likeliest itself
        frame = int((around + 1e-6 * left).argmax())
        if around[frame] < least:
            return found
        found.append((frame, float(min(around[frame], 1))))
        left[low[frame] : high[frame]] = 0
