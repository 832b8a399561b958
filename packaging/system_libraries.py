"""Files that PyInstaller took from the system of the build: which Debian package each came from."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from filecmp import cmp
from functools import cache
from pathlib import Path

COPYRIGHTS = Path("/usr/share/doc")
COMMON = Path("/usr/share/common-licenses")


@dataclass(frozen=True)
class Package:
    """An installed Debian package and the source it was built from."""

    name: str
    version: str
    source: str
    source_version: str

    @property
    def copyright_file(self) -> Path:
        """Its licence texts."""
        return COPYRIGHTS / self.name / "copyright"

    @property
    def page(self) -> str:
        """Where Debian keeps this very source for good."""
        return f"https://snapshot.debian.org/package/{self.source}/{self.source_version}/"

    def licences(self) -> str:
        """The licences that its copyright file names, where that is machine-readable."""
        text = self.copyright_file.read_text(encoding="utf-8", errors="replace")
        names = re.findall(r"^License: *(\S[^\n]*)", text, re.MULTILINE) if text.startswith("Format") else []
        return ", ".join(sorted(set(names), key=str.lower)) or "see its copyright file"

    def common_licences(self) -> set[str]:
        """Names of those texts that its copyright file leaves to Debian's common folder."""
        text = self.copyright_file.read_text(encoding="utf-8", errors="replace")
        return {name.rstrip(".") for name in re.findall(rf"{COMMON}/([A-Za-z0-9.-]+)", text)}


@cache
def _library_places() -> dict[str, list[Path]]:
    """From the name of a shared library to where the linker finds it."""
    program = shutil.which("ldconfig") or "/sbin/ldconfig"
    if not Path(program).exists() or shutil.which("dpkg") is None:
        return {}
    found: dict[str, list[Path]] = {}
    listed = subprocess.run([program, "-p"], capture_output=True, text=True, check=True).stdout
    for name, place in re.findall(r"^\s+(\S+) .* => (\S+)$", listed, re.MULTILINE):
        found.setdefault(name, []).append(Path(place))
    return found


def package_of(file: Path) -> Package | None:
    """The Debian package of a copied library; None where no library of that name has the same content."""
    for place in _library_places().get(file.name, ()):
        original = place.resolve()
        if not cmp(file, original, shallow=False):
            continue
        # dpkg knows files by the path they were packed under, /lib or /usr/lib
        paths = [original, Path(str(original).removeprefix("/usr")), Path(f"/usr{original}")]
        asked = subprocess.run(["dpkg", "-S", *map(str, paths)], capture_output=True, text=True, check=False)
        if asked.stdout:
            return _package(asked.stdout.split(": ", 1)[0].split(", ")[0])
    return None


@cache
def _package(name: str) -> Package:
    fields = "${Package}\t${Version}\t${source:Package}\t${source:Version}"
    shown = subprocess.run(["dpkg-query", "-W", "-f", fields, name], capture_output=True, text=True, check=True)
    return Package(*shown.stdout.split("\t"))
