"""What is wrong with a file or a frame, for tests in which some are and some are not."""

from collections.abc import Callable
from typing import Any

from segdepth_app.errors import SeriesError


def tried(action: Callable[[], Any]) -> tuple[Any, SeriesError | None]:
    """What the action gives, or the fault it ends in, which is one line."""
    try:
        return action(), None
    except SeriesError as fault:
        found = fault
    assert "\n" not in str(found)
    return None, found
