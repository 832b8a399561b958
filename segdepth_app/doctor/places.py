"""Folders: whether they can be written to, how much room their disk has, and what kind of disk it is.

Nothing is made: a folder that does not exist yet is judged by its nearest parent.
"""

import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from segdepth_app import paths

FOLDERS: dict[str, Callable[[], Path]] = {
    "workspace": paths.workspace,
    "datasets": paths.datasets_folder,
    "runs": paths.runs_folder,
    "evaluations": paths.evaluations_folder,
    "studies": paths.studies_folder,
    "reports": paths.reports_folder,
    "results": paths.results_folder,
    "logs": paths.log_folder,
    "cache": paths.cache_folder,
    "trash": paths.trash_folder,
}
MEASURED = ("cache", "trash")
"""Folders that may be emptied: their size is told."""

LEAST_FREE_BYTES = 2_000_000_000
"""A dataset of the preset `mixed` takes 1.4 GB while it is made."""
LEAST_TEMPORARY_BYTES = 500_000_000
"""Some of the largest frames on their way to the window: float32, 67 MB for 4096 × 4096 px."""

NETWORK = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "davfs", "fuse.davfs2", "network")
IN_MEMORY = ("tmpfs", "ramfs")
SMALL_FILES = ("vfat", "msdos", "FAT32", "FAT")
"""Take no file above 4 GB."""
MOUNTS = Path("/proc/self/mountinfo")
GB = 1e9


def folder_facts(path: Path) -> dict[str, Any]:
    """Where it is, whether it is there and takes new files; of its disk free and total bytes, kind, number.

    None is what cannot be known.
    """
    path = Path(os.path.abspath(path))
    nearest = next((parent for parent in (path, *path.parents) if os.path.exists(parent)), path)
    facts: dict[str, Any] = {"path": str(path), "exists": os.path.isdir(path), "writable": _takes_files(nearest)}
    try:
        usage = shutil.disk_usage(nearest)
        disk: int | None = os.stat(nearest).st_dev
    except OSError:
        return facts | {"free_bytes": None, "total_bytes": None, "filesystem": None, "disk": None}
    kind = filesystem(nearest)
    return facts | {"free_bytes": usage.free, "total_bytes": usage.total, "filesystem": kind, "disk": disk}


def size_of(folder: Path) -> dict[str, int]:
    """Number of files in a folder and below it, and their bytes; what cannot be read does not count."""
    n, total = 0, 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(parent, name)).st_size
                n += 1
    return {"files": n, "bytes": total}


def file_facts(path: Path) -> dict[str, Any]:
    """Whether a small file of ours is there and can be read; why not."""
    try:
        path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"path": str(path), "exists": False, "fault": None}
    except UnicodeDecodeError:
        return {"path": str(path), "exists": True, "fault": "it is no text"}
    except OSError as error:
        return {"path": str(path), "exists": True, "fault": error.strerror or str(error)}
    return {"path": str(path), "exists": True, "fault": None}


def concerns(places: dict[str, dict[str, Any]]) -> list[dict[str, str]]:
    """What is to be known of the disks of workspace and temporary files: full, in memory, far away."""
    work, temporary = places["workspace"], places["temporary"]
    found = []
    if (free := work["free_bytes"]) is not None and free < LEAST_FREE_BYTES:
        found.append(
            concern(
                f"Only {free / GB:.1f} GB are free for datasets and results, in {work['path']}; the preset "
                "mixed alone takes 1.4 GB while it is made.",
                "Free some room (the trash folder is yours to empty), or set SEGDEPTH_HOME to a folder with more.",
            )
        )
    if (free := temporary["free_bytes"]) is not None and free < LEAST_TEMPORARY_BYTES:
        found.append(
            concern(
                f"Only {free / GB:.1f} GB are free for temporary files, in {temporary['path']}, where pictures on "
                "their way to the window lie (67 MB for a frame of 4096 × 4096 px).",
                "Free some room there.",
            )
        )
    return [*found, *_kind_concerns(work["path"], work["filesystem"])]


def _kind_concerns(workspace: str, kind: str | None) -> Iterator[dict[str, str]]:
    """What the kind of its disk means for the workspace."""
    if kind in IN_MEMORY:
        yield concern(
            f"The workspace {workspace} lies in memory ({kind}): it is lost when the computer restarts.",
            "Set SEGDEPTH_HOME to a folder on a disk.",
        )
    elif kind in NETWORK:
        yield concern(
            f"The workspace {workspace} lies on a network drive ({kind}): reading is slower, and a job fails when the "
            "connection breaks.",
            "Set SEGDEPTH_HOME to a folder on this computer's disk, if there is one with room.",
        )
    elif kind in SMALL_FILES:
        yield concern(
            f"The disk of the workspace {workspace} takes no file above 4 GB ({kind}).",
            "Set SEGDEPTH_HOME to a folder on another disk.",
        )


def concern(message: str, advice: str) -> dict[str, str]:
    """A finding, and what to do about it."""
    return {"message": message, "advice": advice}


def filesystem(path: Path) -> str | None:
    """Kind of the file system a path lies on, as the system calls it; None where it does not tell."""
    if sys.platform == "win32":
        return _drive_on_windows(path)
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    return kind_of_mount(os.path.realpath(path), lines)


def kind_of_mount(path: str, mountinfo: Iterable[str]) -> str | None:
    """The kind of the innermost mount that holds a path; of two on the same point, the later one is in front."""
    best, kind = -1, None
    for line in mountinfo:
        before, dash, after = line.partition(" - ")
        fields = before.split()
        if not dash or len(fields) < 5 or not after.split():
            continue
        # blanks and the like are written as octal numbers
        point = re.sub(r"\\(\d{3})", lambda code: chr(int(code[1], 8)), fields[4]).rstrip("/")
        if (path == point or path.startswith(point + "/")) and len(point) >= best:
            best, kind = len(point), after.split()[0]
    return kind


def _drive_on_windows(path: Path) -> str | None:
    """Not tried: there was no Windows."""
    if sys.platform != "win32":
        return None
    import ctypes

    root = path.anchor
    if root.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(root) == 4:
        return "network"
    name = ctypes.create_unicode_buffer(64)
    told = ctypes.windll.kernel32.GetVolumeInformationW(root, None, 0, None, None, None, name, len(name))
    return name.value if told else None


def _takes_files(folder: Path) -> bool:
    """Tries it: access rights alone say nothing for root, on Windows and on network drives."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
