"""Which system libraries the window lacks. Qt blames libxcb-cursor whichever is missing; the dynamic linker knows."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

X_PLUGIN = Path("Qt", "plugins", "platforms", "libqxcb.so")
PATIENCE_S = 20


def missing_for_window() -> list[str]:
    """Names of the libraries that the window needs on Linux and the system does not have; none elsewhere."""
    qt = find_spec("PySide6")
    if not sys.platform.startswith("linux") or qt is None or not qt.submodule_search_locations:
        return []
    return missing_libraries(Path(qt.submodule_search_locations[0]) / X_PLUGIN)


def missing_libraries(library: Path) -> list[str]:
    """What the dynamic linker does not find of all that `library` needs, by name; none where it cannot be asked."""
    ldd = shutil.which("ldd")
    if ldd is None or not library.is_file():
        return []
    try:
        done = subprocess.run([ldd, library], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return sorted({line.split()[0] for line in done.stdout.splitlines() if "=> not found" in line})
