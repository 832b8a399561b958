"""One process at a time works on a folder; the system frees the lock when that process ends in any way."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from segdepth_app.errors import InputError

LOCK_FILE = ".lock"


@contextmanager
def locked(folder: Path, what: str) -> Iterator[None]:
    """Holds the folder's lock. Raises: InputError where another process holds it; `what` says what it works on."""
    with (folder / LOCK_FILE).open("a+b") as stream:
        try:
            _take(stream.fileno())
        except (PermissionError, BlockingIOError) as error:
            raise InputError(
                f"Another process is working on the {what} in {folder}.", "Wait for it, or pause it first."
            ) from error
        except OSError:
            pass  # some network shares know no locks; then the user must see to it
        yield


def _take(descriptor: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        return
    import fcntl

    # a lock of the process, not of the open file: processes that it forks do not inherit it
    fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
