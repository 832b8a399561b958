"""Which frames are added up: aligned windows of 2, 4, 8 … frames.

Window k of level l holds the frames k·2^l to (k + 1)·2^l - 1, so every window is two of the level below, and each
level costs half as many sums as the one below: all of them together as many as there are frames.
"""


def windows(n_frames: int, longest: int) -> list[tuple[int, int]]:
    """All (start, stop) of at most `longest` frames, in the order in which a series completes them.

    Only whole windows: what is left over at the end of a series is in the shorter ones.
    """
    return [window for frame in range(n_frames) for window in windows_ending(frame, longest)]


def windows_ending(frame: int, longest: int) -> list[tuple[int, int]]:
    """The windows whose last frame this is, shortest first."""
    found = []
    width, stop = 2, frame + 1
    while width <= longest and stop % width == 0:
        found.append((stop - width, stop))
        width *= 2
    return found
