"""The window's log: a file that rotates, and its last lines in memory for the details of an error card."""

import logging
import os
import platform
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from segdepth_app import __version__
from segdepth_app.paths import log_folder

LAST_LINES = 100
FILE_BYTES = 1_000_000
OLD_FILES = 3
FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
PACKAGES = ("PySide6_Essentials", "pyqtgraph", "numpy", "h5py", "torch", "rosettasciio")


class LastLines(logging.Handler):
    """Keeps the last lines."""

    def __init__(self, count: int = LAST_LINES) -> None:
        super().__init__()
        self.lines: deque[str] = deque(maxlen=count)
        self.setFormatter(logging.Formatter(FORMAT))

    def emit(self, record: logging.LogRecord) -> None:
        """Keeps one record, as the file has it."""
        self.lines.append(self.format(record))


last_lines = LastLines()


def start_log() -> logging.Handler | None:
    """Logs into the workspace's log folder; None where it cannot be written, and the window works without."""
    root = logging.getLogger("segdepth_app")
    root.setLevel(logging.INFO)
    if last_lines not in root.handlers:
        root.addHandler(last_lines)
    folder = log_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / "window.log", maxBytes=FILE_BYTES, backupCount=OLD_FILES, encoding="utf-8"
        )
    except OSError as error:
        root.warning("No log file in %s: %s", folder, error)
        return None
    handler.rotator = _set_aside
    handler.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(handler)
    root.info("SegDepth %s starts on %s, Python %s", __version__, platform.platform(), platform.python_version())
    return handler


def _set_aside(source: str, target: str) -> None:
    """Windows renames no file that another window writes to: then it grows on, and no line is lost."""
    with suppress(OSError):
        os.rename(source, target)


def stop_log(handler: logging.Handler | None) -> None:
    """Closes the file."""
    if handler is not None:
        logging.getLogger("segdepth_app").removeHandler(handler)
        handler.close()


def versions() -> list[str]:
    """Name and version of what a fault may depend on; from the packages' metadata, nothing is imported."""
    from importlib.metadata import PackageNotFoundError, version

    out = [f"SegDepth {__version__}", f"Python {platform.python_version()}", platform.platform()]
    for package in PACKAGES:
        try:
            out.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            out.append(f"{package} not found")
    return out


def details(message: str, hint: str, trace: str, more_lines: Iterable[str] = ()) -> str:
    """What *Copy details* copies; the user's home folder is masked."""
    parts = [message, hint, "", *versions(), "", trace.strip(), "", "Last log lines:", *last_lines.lines, *more_lines]
    return masked("\n".join(parts))


def masked(text: str, home: Path | None = None) -> str:
    """The text without the name of the user's home folder."""
    home = home or Path.home()
    return text if len(home.parts) < 2 else text.replace(str(home), "~")
