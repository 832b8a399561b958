"""One process at a time works on a folder; the system frees the lock when that process ends in any way."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segdepth_app.errors import InputError

LOCK_FILE = ".lock"
TRIES, PAUSE_S = 4, 0.05
"""Whoever only looks whether a folder is locked holds it for a moment."""
_held: set[Path] = set()
"""Folders that this process holds itself: a second look at the file would let go of the lock (POSIX)."""


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Holds the folder's lock. Raises: InputError where another process holds it; `what` says what it works on."""
    with (folder / LOCK_FILE).open("a+b") as stream:
        try:
            _take_soon(stream.fileno())
        except (PermissionError, BlockingIOError) as error:
            raise InputError(
                f"Another process is working on the {what} in {folder}.", "Wait for it, or pause it first."
            ) from error
        except OSError:
            pass  # some network shares know no locks; then the user must see to it
        place = folder.resolve()
        _held.add(place)
        try:
            yield
        finally:
            _held.discard(place)


def is_locked(folder: Path) -> bool | None:
    """Does a process hold the folder's lock? None where that cannot be told, as on some network shares."""
    if folder.resolve() in _held:
        return True
    try:
        with (folder / LOCK_FILE).open("r+b") as stream:
            try:
                _take(stream.fileno())
            except (PermissionError, BlockingIOError):
                return True
            _give_back(stream.fileno())
            return False
    except FileNotFoundError:
        return False
    except OSError:
        return None


def _take_soon(descriptor: int) -> None:
    for attempt in range(TRIES):
        try:
            _take(descriptor)
            return
        except (PermissionError, BlockingIOError):
            if attempt == TRIES - 1:
                raise
            time.sleep(PAUSE_S)


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    # a lock of the process, not of the open file: processes that it forks do not inherit it
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _give_back(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        return
    import fcntl

    fcntl.lockf(descriptor, fcntl.LOCK_UN)
