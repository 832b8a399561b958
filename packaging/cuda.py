"""CUDA's libraries for the frozen program, on Linux: `libraries()` is read by segdepth.spec. Empty without CUDA.

PyTorch's wheels of CUDA 13 have them in packages named nvidia-… that lie together in nvidia/cu13/lib. PyInstaller's
hook for torch looks for those of CUDA 12, one folder for each; what is only opened while the program runs (nvrtc's
builtins, the parts of cuDNN) would be missing. Untested: no computer with such a GPU was at hand.
"""

import re
from importlib import metadata
from pathlib import Path

LIBRARY = re.compile(r"^nvidia/.*/?lib/[^/]+\.so(\.[0-9.]+)?$")


def libraries(search: list[str] | None = None) -> list[tuple[str, str]]:
    """(file, folder in the program) of each shared library; `search` instead of the installed packages, for tests."""
    distributions = metadata.distributions() if search is None else metadata.distributions(path=search)
    found = set()
    for distribution in distributions:
        if not (distribution.metadata["Name"] or "").lower().startswith("nvidia-"):
            continue
        for file in distribution.files or ():
            if LIBRARY.match(file.as_posix()):
                found.add((str(distribution.locate_file(file)), file.parent.as_posix()))
    return sorted(found)


def is_shadow(entry: tuple[str, str, str]) -> bool:
    """Is this PyInstaller's link to one, in the main folder? Opened by it, a library looks for its parts there."""
    _, target, kind = entry
    return kind == "SYMLINK" and Path(target).parts[:1] == ("nvidia",)
