"""Where things lie: shipped resources, the user's folders, and writing without half-written files."""

import hashlib
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import platformdirs

from segdepth_app.errors import InputError

APP_NAME = "SegDepth"
IS_WINDOWS = sys.platform == "win32"
IN_USE_PATIENCE_S, LOOK_AGAIN_S = 2.0, 0.05


def is_frozen() -> bool:
    """Whether this is an installed program; else it runs from source or from a wheel."""
    return bool(getattr(sys, "frozen", False))


def resources() -> Path:
    """The folder of shipped resources, from source, from a wheel or frozen."""
    if is_frozen():
        return Path(getattr(sys, "_MEIPASS", Path(sys.executable).parent)) / "resources"
    beside_package = Path(__file__).parent / "resources"
    return beside_package if beside_package.is_dir() else Path(__file__).parent.parent / "resources"


def workspace() -> Path:
    """The user's folder for datasets, runs, evaluations and results.

    SEGDEPTH_HOME overrides it; tests and portable installations set it.
    """
    override = os.environ.get("SEGDEPTH_HOME")
    return Path(override) if override else _of_the_user(platformdirs.user_documents_path) / APP_NAME


def datasets_folder() -> Path:
    """Datasets made by the Simulate tab."""
    return workspace() / "datasets"


def runs_folder() -> Path:
    """Training runs, one folder each."""
    return workspace() / "runs"


def evaluations_folder() -> Path:
    """Evaluations, one folder each."""
    return workspace() / "evaluations"


def studies_folder() -> Path:
    """Studies of several models, one folder each."""
    return workspace() / "studies"


def reports_folder() -> Path:
    """Reports of evaluations and studies, one folder each."""
    return workspace() / "reports"


def results_folder() -> Path:
    """Result files of analysed series."""
    return workspace() / "results"


def trash_folder() -> Path:
    """Where discarded runs and datasets go."""
    return workspace() / "trash"


def log_folder() -> Path:
    """Logs of the window and its children."""
    return workspace() / "logs"


def cache_folder() -> Path:
    """What can be measured again from the files it was measured on, as the drift of a series."""
    return workspace() / "cache"


def settings_file() -> Path:
    """The window's settings (INI)."""
    override = os.environ.get("SEGDEPTH_HOME")
    if override:
        return Path(override) / "settings.ini"
    return _of_the_user(partial(platformdirs.user_config_path, APP_NAME, appauthor=False)) / "settings.ini"


def _of_the_user(folder: Callable[[], Path]) -> Path:
    try:
        return folder()
    except RuntimeError as error:  # an account without an entry, as in some containers and batch queues
        raise InputError(
            "The home folder of this account is not known.", "Set HOME, or SEGDEPTH_HOME to a folder for SegDepth."
        ) from error


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, as hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def existing_file(path: str | Path, what: str) -> Path:
    """The path, if it is a readable, non-empty file.

    Raises: InputError that names the file and says what it should have been.
    """
    path = Path(path)
    try:
        if not path.exists():
            raise InputError(f"{what} not found: {path}.", "Check the path.")
        if path.is_dir():
            raise InputError(f"{what} expected, but {path} is a folder.", "Name a file.")
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        hint = "Check its permissions, and whether another program has it open."
        raise InputError(f"{path} cannot be read: {error.strerror}.", hint) from error
    if empty:
        raise InputError(f"{path} is empty.", f"{what} expected; copy it again from its source.")
    return path


def writable_target(path: str | Path) -> Path:
    """The path of a file, once its folder exists and takes new files.

    Raises: InputError where the folder cannot be made or written to, or the path itself is a folder.
    """
    path = Path(path)
    if path.is_dir():
        raise InputError(f"Cannot write {path}: it is a folder.", "Name a file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # os.access lies for root and on network shares: try it
        probe = path.parent / f".{path.name}.probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"Cannot write {path}: {error.strerror or error}.", "Choose a folder you may write to."
        ) from error
    return path


def replace_file(source: Path, target: Path) -> None:
    """os.replace, with patience on Windows.

    There it fails while anything has the target open, be it a virus scanner, a synchroniser of folders or our own
    window that looks at a status: mostly for an instant. Raises: PermissionError where it stays open.
    """
    give_up = time.monotonic() + IN_USE_PATIENCE_S
    while True:
        try:
            os.replace(source, target)
            return
        except PermissionError:
            if not IS_WINDOWS or time.monotonic() > give_up:
                raise
        time.sleep(LOOK_AGAIN_S)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; moved into place when the block ends well, removed when not."""
    temporary = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        yield temporary
        replace_file(temporary, path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def move_to_trash(path: Path) -> Path:
    """Moves a file or folder into the trash folder, under a name that is free there; where it is now.

    Raises: InputError where it cannot be moved.
    """
    target = trash_folder() / path.name
    number = 1
    while target.exists():
        number += 1
        target = trash_folder() / f"{path.stem} ({number}){path.suffix}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(path, target)
    except OSError as error:
        raise InputError(
            f"{path} cannot be moved to {target.parent}: {error.strerror or error}.",
            "Close other programs that use it, and try again.",
        ) from error
    return target
