"""Hands folders, files and addresses to the programs of the system."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from segdepth_app.paths import is_frozen

LIBRARIES = "LD_LIBRARY_PATH"


def open_outside(target: Path | QUrl) -> bool:
    """Shows a folder, a file or an address with what the system has for it; False where it has nothing."""
    with _environment_of_the_system():
        return QDesktopServices.openUrl(target if isinstance(target, QUrl) else QUrl.fromLocalFile(str(target)))


@contextmanager
def _environment_of_the_system() -> Iterator[None]:
    """Without the path to our libraries, which a frozen program on Linux is started with.

    A file manager would load our older ones instead of the system's, and fail. Our own workers need that path, so that
    it comes back.
    """
    ours = os.environ.get(LIBRARIES)
    if not is_frozen() or ours is None:
        yield
        return
    before = os.environ.get(f"{LIBRARIES}_ORIG")  # what the user had set; PyInstaller's loader keeps it there
    try:
        if before is None:
            del os.environ[LIBRARIES]
        else:
            os.environ[LIBRARIES] = before
        yield
    finally:
        os.environ[LIBRARIES] = ours
